"""What was measured on the archive, and the sheet that shows all of it."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.archive_stores import ARCHIVE, BARE, CACHING, DOCUMENTS, JSON

#: Who is who in the sheet.
CALLED = {
    DOCUMENTS: "Sayso, a table (TinyDB's calls)",
    ARCHIVE: "Sayso, the archive",
    BARE: "bare sqlite3",
    JSON: "TinyDB JSONStorage",
    CACHING: "TinyDB CachingMiddleware (NOT durable)",
}
#: Each block of the sheet: what it is called, the operation, and ours to which the others are compared.
BLOCKS = (
    ("durable insert of one document", "insert", DOCUMENTS),
    ("update of one field of a document", "update", DOCUMENTS),
    ("get by id", "get", DOCUMENTS),
    ("inbox: newest 25 unheard, how many", "inbox", ARCHIVE),
    ("filter by tag and month: newest 25, how many", "filter", ARCHIVE),
    ("search: two rarer words", "pair", ARCHIVE),
    ("search: a phrase of three words", "phrase", ARCHIVE),
    ("search: a word that is nearly everywhere", "common", ARCHIVE),
    ("open, in a fresh process", "open", ARCHIVE),
    ("memory, MB above that before opening", "memory", ARCHIVE),
)
#: What only the archive does.
VERBS = {
    "take_in": "take in one new story with its words",
    "tag": "put tags on a story",
    "heard": "note that a story was heard",
    "story": "get a story",
    "narrow": "search: a common word, a tag, a month",
    "compare": "compare with the folders' names",
}
_NAME, _CELL = 41, 17


@dataclass
class Figures:
    """Everything that was measured.

    Attributes:
        sizes: Numbers of stories.
        values: Milliseconds (for "memory": MB) of each operation of each store at each size.
    """

    sizes: Sequence[int]
    values: dict[tuple[str, str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, operation: str, kind: str, size: int, values: Sequence[float]) -> None:
        """Keep what was measured."""
        self.values[operation, kind, size] += values

    def median(self, operation: str, kind: str, size: int) -> float | None:
        """Return the middle of what was measured, or None if nothing was."""
        values = self.values.get((operation, kind, size))
        return statistics.median(values) if values else None

    def ratio(self, operation: str, size: int) -> float:
        """Return the median, turn by turn, of our table's time over that of bare sqlite3."""
        ours, bare = (self.values[operation, kind, size] for kind in (DOCUMENTS, BARE))
        return statistics.median(a / b for a, b in zip(ours, bare, strict=True))

    def growth(self, operation: str, kind: str) -> float | None:
        """Return the median of the time at the largest size over that at the smallest, turn by turn."""
        least, most = (self.values.get((operation, kind, size), []) for size in (self.sizes[0], self.sizes[-1]))
        pairs = [b / a for a, b in zip(least, most, strict=False)]
        return statistics.median(pairs) if pairs else None


def sheet(figures: Figures) -> str:
    """Return all figures in blocks, a column for each size."""
    lines = [
        "The archive, by number of stories. Medians in ms (memory: MB). In brackets: over the first line of the block.",
        "",
        _line("", [*(f"{size:,}" for size in figures.sizes), "growth"]),
        "-" * (_NAME + _CELL * len(figures.sizes) + _CELL // 2 + 1),
    ]
    for title, operation, ours in BLOCKS:
        lines.append(title)
        lines += (_measured(figures, CALLED[kind], operation, kind, ours) for kind in (ours, BARE, JSON, CACHING))
        if ours == DOCUMENTS:
            ratios = [f"{figures.ratio(operation, size):.2f}" for size in figures.sizes]
            lines.append(_line("  Sayso over bare sqlite3, by turns", [*ratios, ""]))
    lines.append("what only the archive does")
    lines += (_measured(figures, title, operation, ARCHIVE, ARCHIVE) for operation, title in VERBS.items())
    return "\n".join(lines)


def _measured(figures: Figures, title: str, operation: str, kind: str, ours: str) -> str:
    cells = []
    for size in figures.sizes:
        value, first = figures.median(operation, kind, size), figures.median(operation, ours, size)
        over = f" ({shown(value / first)})" if kind != ours and value is not None and first else ""
        cells.append(f"{shown(value)}{over}")
    growth = figures.growth(operation, kind)
    return _line(f"  {title}", [*cells, f"x {shown(growth)}" if growth else "-"])


def _line(name: str, cells: Sequence[str]) -> str:
    *sizes, growth = (f"{cell:>{_CELL}}" for cell in cells)
    return f"{name:{_NAME}}{''.join(sizes)}{growth[_CELL // 2 - 1 :]}".rstrip()


def shown(value: float | None) -> str:
    """Return a number with three figures that count, or "-"."""
    if value is None:
        return "-"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"
