"""How long stories are kept, and that nothing is deleted by a clock that may be wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tinydb import where
from tinydb.queries import QueryInstance

from admin_web.archive.archive import Archive
from admin_web.archive.records import StoryEntry, moment
from kiosk.config import KeepingSettings
from kiosk.stories.records import ClockQuality

#: Sayso was not there before: a clock that says so was never set.
_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
#: A clock that is corrected by no more than this has not gone backward.
_SLACK = timedelta(minutes=10)
BY = "keeping rules"


@dataclass(frozen=True)
class Due:
    """Something whose time is up.

    Attributes:
        entry: The story.
        what: Its recording alone, or all of it.
        rule: Which rule says so, in a sentence for staff.
        since: When its time was up.
    """

    entry: StoryEntry
    what: Literal["recording", "story"]
    rule: str
    since: datetime


def clock_doubt(archive: Archive, now: datetime, quality: ClockQuality) -> str:
    """Return why nothing may be deleted by this clock, in a sentence for staff; empty if it can be trusted."""
    if quality == "unknown":
        return "Nothing is deleted: this machine does not know for sure what day it is."
    if now < _EARLIEST:
        return f"Nothing is deleted: this machine's clock says {now:%Y}, so it was never set."
    last = archive.log.last()
    if last and now < last.at - _SLACK:
        return f"Nothing is deleted: this machine's clock is behind what it was on {last.at:%-d %B %Y}."
    return ""


def due(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    """Go through everything whose time is up at `now`: what `delete_due` would delete."""
    for entry in archive.stories.matching(_not_agreed()):
        up = entry.taken_in_at + timedelta(hours=settings.not_agreed_kept_h)
        if _may_go(entry) and up <= now:
            yield Due(entry, "story", f"not agreed to for {settings.not_agreed_kept_h:g} hours", up)
    going = set()
    long_ago = moment(_months_later(now, -settings.words_kept_months))
    for entry in archive.stories.matching(where("listed_at") < long_ago):
        up = _months_later(entry.started_at, settings.words_kept_months)
        if _may_go(entry) and entry.agreed and entry.state != "unheard" and up <= now:
            going.add(entry.id)
            yield Due(entry, "story", f"told {settings.words_kept_months} months ago", up)
    for entry in archive.stories.matching((where("state") == "checked") & (where("audio_deleted_at") == None)):  # noqa: E711
        if not _may_go(entry) or not entry.agreed or not entry.checked_at or entry.id in going:
            continue
        if entry.permissions.voice:
            up, kept = (
                _months_later(entry.checked_at, settings.voice_kept_months),
                f"{settings.voice_kept_months} months",
            )
        else:
            up, kept = entry.checked_at + timedelta(days=settings.audio_kept_days), f"{settings.audio_kept_days:g} days"
        if up <= now:
            yield Due(entry, "recording", f"words checked {kept} ago", up)


def delete_due(archive: Archive, settings: KeepingSettings, now: datetime, quality: ClockQuality) -> list[Due]:
    """Delete everything whose time is up, and return it. Nothing on a doubtful clock.

    Raises:
        OSError: A folder could not be removed; the next run goes on.
        ArchiveError: The archive could not be written.
    """
    if clock_doubt(archive, now, quality):
        return []
    gone = list(due(archive, settings, now))
    for each in gone:
        if each.what == "recording":
            archive.deleting.delete_audio(each.entry.id, by=BY)
    archive.deleting.delete_all(
        {
            each.entry.id: "kept long enough" if each.entry.agreed else "not agreed"
            for each in gone
            if each.what == "story"
        },
        by=BY,
    )
    return gone


def _not_agreed() -> QueryInstance:
    query: QueryInstance = where("agreed") == False  # noqa: E712 - a query, not a comparison
    return query


def _may_go(entry: StoryEntry) -> bool:
    # A story that was told by a clock that nobody trusts has no age that a timer could go by.
    return not entry.frozen and entry.clock_quality != "unknown"


def _months_later(at: datetime, months: int) -> datetime:
    """Return the same day so many months later or earlier, or the last of that month if it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        return datetime.min.replace(tzinfo=UTC) if year < 1 else datetime.max.replace(tzinfo=UTC)
    first = at.replace(year=year, month=month + 1, day=1)
    length = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - first.replace(day=1)
    return first.replace(day=min(at.day, length.days))
