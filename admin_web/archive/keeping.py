"""How long stories are kept, and that nothing is deleted by a clock that may be wrong."""

import calendar
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tinydb import where

from admin_web.archive.archive import Archive
from admin_web.archive.records import StoryEntry, moment
from kiosk.config import KeepingSettings
from kiosk.stories.records import ClockQuality

#: More than the days by which months differ.
_MARGIN = timedelta(days=4)
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
    """Go through the stories that nobody agreed to keep and that a timer deletes, with when each goes."""
    for entry in archive.stories.matching(where("agreed") == False):  # noqa: E712 - a query, not a comparison
        if each := goes(entry, settings):
            yield each


def goes(entry: StoryEntry, settings: KeepingSettings) -> Due | None:
    """Return when a story goes, or None while no timer deletes it."""
    if not _may_go(entry):
        return None
    if not entry.agreed:
        # Where the site's clock was behind when it took the story in, the time counts from when it was told.
        since = max(entry.taken_in_at, entry.started_at) + timedelta(hours=settings.not_agreed_kept_h)
        return Due(entry, "story", f"not agreed to for {settings.not_agreed_kept_h:g} hours", since)
    if entry.state == "unheard":
        return None
    months = settings.words_kept_months
    return Due(entry, "story", f"told {months} months ago", _months_later(entry.started_at, months))


def recording_goes(entry: StoryEntry, settings: KeepingSettings) -> Due | None:
    """Return when the recording of a story goes by itself, or None while no timer deletes it."""
    if not _may_go(entry) or not entry.agreed or entry.state != "checked" or entry.audio_deleted_at:
        return None
    # Checked before it was told: by a clock that was wrong, so that nobody knows when.
    if not entry.checked_at or entry.checked_at < entry.started_at:
        return None
    if entry.permissions.voice:
        kept = f"{settings.voice_kept_months} months"
        since = _months_later(entry.checked_at, settings.voice_kept_months)
    else:
        kept = f"{settings.audio_kept_days:g} days"
        since = entry.checked_at + timedelta(days=settings.audio_kept_days)
    return Due(entry, "recording", f"words checked {kept} ago", since)


def _kept_long_enough(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    # Only those that come into question are read.
    before = moment(_months_later(now, -settings.words_kept_months) + _MARGIN)
    for entry in archive.stories.matching(where("listed_at") < before):
        if entry.agreed and (each := goes(entry, settings)):
            yield each


def _recordings(archive: Archive, settings: KeepingSettings, now: datetime) -> Iterator[Due]:
    checked = (where("state") == "checked") & (where("audio_deleted_at") == None)  # noqa: E711
    before = max(now - timedelta(days=settings.audio_kept_days), _months_later(now, -settings.voice_kept_months))
    for entry in archive.stories.matching(checked & (where("checked_at") < moment(before + _MARGIN))):
        if each := recording_goes(entry, settings):
            yield each


def is_past_keeping(told_at: datetime, settings: KeepingSettings, now: datetime) -> bool:
    """Say whether a story that was told then would be deleted as soon as somebody has heard it."""
    return _months_later(told_at, settings.words_kept_months) <= now


def _may_go(entry: StoryEntry) -> bool:
    # A story that was told by a clock that nobody trusts has no age that a timer could go by.
    return not entry.frozen and entry.clock_quality != "unknown"


def _months_later(at: datetime, months: int) -> datetime:
    """Return the same day so many months later or earlier, or the last of that month if it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
