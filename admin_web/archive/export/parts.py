"""What an export is made of: files, each in pieces, so that none of them is ever in memory as a whole."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from admin_web.archive.export.csv_rows import BYTE_ORDER_MARK, csv_row, without_formula

#: Everything, for moving away; or what may be given to others.
What = Literal["everything", "shared"]
#: Told how many stories are done, and how many there are.
Progress = Callable[[int, int], None]

_PIECE_BYTES = 1 << 18


@dataclass(frozen=True)
class Wish:
    """What somebody wants, and what for.

    Attributes:
        what: How much.
        reason: What for, in their words.
        by: Id of the account, or "command line".
        name: Who that is.
    """

    what: What
    reason: str
    by: str
    name: str


@dataclass(frozen=True)
class Part:
    """A file of an export.

    Attributes:
        name: Its path in the export, with "/".
        pieces: What it holds; to be gone through once.
        packed: Whether packing makes it smaller: text, but hardly speech.
    """

    name: str
    pieces: Iterable[bytes]
    packed: bool = True


def lines(records: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Return records as JSON lines: one object a line, UTF-8."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def table(columns: tuple[str, ...], records: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Return records as CSV, with a mark by which programs for tables see that it is UTF-8."""
    yield (BYTE_ORDER_MARK + csv_row(columns)).encode()
    for record in records:
        yield csv_row([cell(record.get(column)) for column in columns]).encode()


def cell(value: object) -> str:
    """Return a value as a cell that no program takes for a formula."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = "" if value is None else str(value)
    # A number is no formula, also a negative one.
    return text if isinstance(value, int | float) else without_formula(text)


def of_file(path: Path) -> Iterator[bytes]:
    """Return a file's content. Nothing, if it has gone meanwhile: its story was taken back."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except FileNotFoundError:
        return
