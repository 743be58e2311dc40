"""What a benchmark found, and the table that shows it."""

import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 120


@dataclass(frozen=True)
class Result:
    """A row of the table.

    Attributes:
        name: What was measured.
        measured: The station's value.
        against: What it is held against.
        baseline: The value of that, from the same run.
        compared: Both together: a ratio or a difference.
        target: What it should be; empty if there is none.
        met: Whether it is so; None without a target.
        note: How it was measured or what it is made of; shown below the table.
    """

    name: str
    measured: str
    against: str = ""
    baseline: str = ""
    compared: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""


class Took:
    """How long something took, several times, in milliseconds: half and 95 of 100 took no longer, and the longest."""

    def __init__(self, values_ms: list[float]) -> None:
        self.p50, self.longest = statistics.median(values_ms), max(values_ms)
        self.p95 = statistics.quantiles(values_ms, n=20, method="inclusive")[-1]

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, longest {self.longest:.0f} ms"


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """Return the median with the smallest and the largest value."""
    shown = f"{statistics.median(values):.{digits}f} {unit}"
    return f"{shown} ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else shown


def table(results: Sequence[Result]) -> str:
    """Return all rows in columns, each with its baseline's name below, and the notes below them all."""
    rows = [("", "measured", "baseline", "compared", "target", "")]
    below, notes = ["", ""], []
    for result in results:
        if result.note:
            notes.append(result.note)
        mark = f" [{len(notes)}]" if result.note else ""
        below.append(f"    against {result.against}" if result.against else "")
        met = {True: "met", False: "NOT MET", None: ""}[result.met]
        rows.append((result.name + mark, result.measured, result.baseline, result.compared, result.target, met))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(len(line) for line in lines))
    lines = [line for pair in zip(lines, below, strict=True) for line in pair if line]
    for number, note in enumerate(notes, start=1):
        lines += [""] * (number == 1) + textwrap.wrap(f"[{number}] {note}", WIDTH, subsequent_indent="    ")
    return "\n".join(lines)
