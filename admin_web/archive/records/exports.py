"""What was handed out."""

from typing import Literal

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept


class Exported(Kept):
    """A part of what was handed out."""

    story: str
    quote: int = Field(default=0, description="Number of the quote; 0: the whole story.")


class Export(Kept):
    """Something that was handed out. It holds no story's words; it stays when a story goes, to tell where that went."""

    number: int = 0
    what: tuple[Literal["words", "voice"], ...]
    reason: str
    parts: tuple[Exported, ...] = ()
    by: str
    at: AwareDatetime
    finished_at: AwareDatetime | None = Field(
        default=None, description="None: it was cut off, and holds some of the parts or all."
    )
