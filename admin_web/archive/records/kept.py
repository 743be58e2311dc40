"""What all records have in common."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict


def moment(at: datetime) -> str:
    """Return a moment as the text by which moments sort: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def keepable(text: str) -> str:
    """Return a text without NUL, the only character that the archive cannot keep and nobody says."""
    return text.replace("\0", "")


class Kept(BaseModel):
    """A record. It never changes: a change makes another. Fields of an older or a newer Sayso are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")
