"""How long stories are kept, and that nothing is deleted by a clock that may be wrong."""

import calendar
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from admin_web.archive.archive import Archive
from admin_web.archive.records.stories import StoryEntry
from kiosk.config import KeepingSettings
from kiosk.stories.records import ClockQuality

#: More than the days by which months differ, and the day by which calendars of different places do.
_MARGIN = timedelta(days=6)
#: Who did it, in the log.
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


def due(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    """Go through everything whose time is up at `now`: what `delete_due` would delete."""
    going = set()
    for each in itertools.chain(not_agreed(archive, settings), _kept_long_enough(archive, settings, now)):
        if each.since <= now:
            going.add(each.entry.id)
            yield each
    for each in _recordings(archive, settings, now):
        if each.since <= now and each.entry.id not in going:
            yield each


def delete_due(archive: Archive, settings: KeepingSettings, now: datetime, quality: ClockQuality) -> list[Due]:
    """Delete everything whose time is up, and return it. Nothing on a doubtful clock.

    Raises:
        ArchiveError: The archive could not be written.
        NotAllowed: A story was flagged or taken back in this moment; the next run goes on with the others.
    """
    if archive.clock.doubt(now, quality):
        return []
    archive.clock.trust(now)
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


def not_agreed(archive: Archive, settings: KeepingSettings) -> Iterator[Due]:
    """Go through the stories that nobody agreed to keep and that a timer deletes, soonest first, to a day."""
    for entry in archive.stories.of_ids(archive.ahead.not_agreed()):
        if each := goes(entry, settings):
            yield each


def goes(entry: StoryEntry, settings: KeepingSettings) -> Due | None:
    """Return when a story goes, or None while no timer deletes it."""
    since = entry.kept_since
    if since is None:
        return None
    if not entry.agreed:
        hours = settings.not_agreed_kept_h
        return Due(entry, "story", f"not agreed to for {hours:g} hours", since + timedelta(hours=hours))
    months = settings.words_kept_months
    return Due(entry, "story", f"told {months} months ago", _months_later(since, months))


def recording_goes(entry: StoryEntry, settings: KeepingSettings) -> Due | None:
    """Return when the recording of a story goes by itself, or None while no timer deletes it."""
    since = entry.recording_kept_since
    if since is None:
        return None
    if entry.permissions.voice:
        kept = f"{settings.voice_kept_months} months"
        until = _months_later(since, settings.voice_kept_months)
    else:
        kept = f"{settings.audio_kept_days:g} days"
        until = since + timedelta(days=settings.audio_kept_days)
    return Due(entry, "recording", f"words checked {kept} ago", until)


def _kept_long_enough(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    # Only those that come into question are read.
    before = _months_later(now, -settings.words_kept_months) + _MARGIN
    for entry in archive.stories.of_ids(archive.ahead.kept_since_before(before)):
        if each := goes(entry, settings):
            yield each


def _recordings(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    before = now - timedelta(days=settings.audio_kept_days) + _MARGIN
    before_with_voice = _months_later(now, -settings.voice_kept_months) + _MARGIN
    for entry in archive.stories.of_ids(archive.ahead.recordings_since_before(before, before_with_voice)):
        if each := recording_goes(entry, settings):
            yield each


def is_past_keeping(told_at: datetime, settings: KeepingSettings, now: datetime) -> bool:
    """Say whether a story that was told then would be deleted as soon as somebody has heard it."""
    return _months_later(told_at, settings.words_kept_months) <= now


def _months_later(at: datetime, months: int) -> datetime:
    """Return the same day so many months later or earlier, or the last of that month if it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
