"""What is due is what plain Python reckons from the rules."""

import calendar
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from admin_web.archive import Archive, Filter, StoryEntry
from admin_web.archive.keeping import _months_later, goes, recording_goes
from kiosk.config import KeepingSettings
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from tests.admin_web.archive.kept_stories import TOLD, due_at, put
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.archive.told import story_id

FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck)
)


EVERYTHING = Filter(lead=True, viewer="somebody")
DAYS = st.integers(0, 1500)


STORIES = st.lists(
    st.fixed_dictionaries(
        {
            "told": DAYS,
            "checked": DAYS,
            "came": DAYS,
            "state": st.sampled_from(["unheard", "heard", "checked"]),
            "agreed": st.booleans(),
            "voice": st.sampled_from([True, False, None]),
            "frozen": st.sampled_from([False, False, True]),
            "deleted": st.booleans(),
            "clock": st.sampled_from(["ntp", "rtc", "staff", "unknown"]),
        }
    ),
    max_size=6,
)


SETTINGS = st.builds(
    KeepingSettings,
    not_agreed_kept_h=st.sampled_from([0, 72, 2400]),
    audio_kept_days=st.sampled_from([0, 30, 500]),
    voice_kept_months=st.sampled_from([0, 1, 12]),
    words_kept_months=st.sampled_from([0, 1, 24]),
)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Archive]:
    """An archive that stays empty: whatever is put into it is rolled back."""
    with folder_in_memory() as root, Archive(DataFolder.open(root)) as archive:
        yield archive


def expected(entry: StoryEntry, settings: KeepingSettings, now: datetime) -> str | None:
    """Return what of a story is to go, as TRUST's table says it."""
    if entry.frozen or entry.clock_quality == "unknown":
        return None
    if not entry.agreed:
        kept = timedelta(hours=settings.not_agreed_kept_h)
        return "story" if max(entry.taken_in_at, entry.started_at) + kept <= now else None
    if entry.state != "unheard" and months_later(entry.started_at, settings.words_kept_months) <= now:
        return "story"
    if entry.state != "checked" or entry.audio_deleted_at or not entry.checked_at:
        return None
    if entry.checked_at < entry.started_at:
        return None
    voice_up = months_later(entry.checked_at, settings.voice_kept_months)
    up = voice_up if entry.permissions.voice else entry.checked_at + timedelta(days=settings.audio_kept_days)
    return "recording" if up <= now else None


def calendar_of(archive: Archive, settings: KeepingSettings) -> dict[date, tuple[int, int]]:
    return {each.first: (each.stories, each.recordings) for each in archive.ahead.months(settings, EVERYTHING)}


def expected_calendar(entries: list[StoryEntry], settings: KeepingSettings) -> dict[date, tuple[int, int]]:
    """Return how many stories, and recordings alone, go in which month: by the rules for each story by itself."""
    stories, recordings = Counter[date](), Counter[date]()
    for entry in entries:
        story, recording = goes(entry, settings), recording_goes(entry, settings)
        if not story or not entry.agreed:
            continue
        stories[month := story.since.date().replace(day=1)] += 1
        if recording and (first := recording.since.date().replace(day=1)) < month:
            recordings[first] += 1
    return {first: (stories[first], recordings[first]) for first in {*stories, *recordings}}


def months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or the last day before it that there is: found by counting."""
    year, month = at.year, at.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    day = at.day
    while day > calendar.monthrange(year, month)[1]:
        day -= 1
    return at.replace(year=year, month=month, day=day)


@FIXED
@given(STORIES, SETTINGS, DAYS)
def test_what_is_due_is_what_the_rules_say(
    scratch: Archive, stories: list[dict[str, Any]], settings: KeepingSettings, day: int
) -> None:
    def at(days: int) -> datetime:
        return TOLD + timedelta(days=days)

    with pytest.raises(ZeroDivisionError), scratch.transaction():
        for number, each in enumerate(stories):
            put(
                scratch,
                number,
                started_at=at(each["told"]),
                taken_in_at=at(each["came"]),
                state=each["state"],
                checked_at=at(each["checked"]) if each["state"] == "checked" else None,
                agreed=each["agreed"],
                permissions=Permissions(words=True, voice=each["voice"]),
                frozen=each["frozen"],
                audio_deleted_at=TOLD if each["deleted"] else None,
                clock_quality=each["clock"],
            )
        entries = [scratch.stories.known(story_id(number)) for number in range(len(stories))]
        wanted = {entry.id: what for entry in entries if (what := expected(entry, settings, at(day)))}
        found = due_at(scratch, at(day), settings)
        assert dict(found) == wanted and len(found) == len(wanted)
        assert calendar_of(scratch, settings) == expected_calendar(entries, settings)
        raise ZeroDivisionError


@FIXED
@given(st.datetimes(datetime(1970, 1, 1), datetime(8990, 1, 1), timezones=st.just(UTC)), st.integers(0, 1200))
@example(datetime(2024, 2, 29, tzinfo=UTC), 12)
def test_months_later_are_that_many_months_later(at: datetime, months: int) -> None:
    later = _months_later(at, months)
    assert later == months_later(at, months)
    assert _months_later(at, 0) == at
    # There and back is the same day, or an earlier one where a month was too short for it.
    assert timedelta(0) <= at - _months_later(later, -months) <= timedelta(days=3)
