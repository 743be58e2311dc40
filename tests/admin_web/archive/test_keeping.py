"""How long stories are kept: each rule at its last moment, and nothing by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from admin_web.archive import Archive
from admin_web.archive.keeping import due
from kiosk.config import KeepingSettings
from kiosk.stories.records import Permissions
from tests.admin_web.archive.kept_stories import DEFAULT, MOMENT, TOLD, due_at, put, put_checked
from tests.admin_web.archive.told import WORDS, check_words, story_id, take_in, told


def require_due_from(archive: Archive, at: datetime, what: str, settings: KeepingSettings = DEFAULT) -> None:
    """The one story is due from this very moment on."""
    assert due_at(archive, at - MOMENT, settings) == []
    for later in (timedelta(0), MOMENT, timedelta(days=1), timedelta(days=4), timedelta(days=20)):
        (each,) = due(archive, settings, at + later)
        assert (each.what, each.since) == (what, at)


class TestNotAgreed:
    def test_it_goes_after_72_hours_also_unheard(self, archive: Archive) -> None:
        put(archive, agreed=False)
        require_due_from(archive, TOLD + timedelta(hours=72), "story")

    def test_the_hours_count_from_when_it_came_here(self, archive: Archive) -> None:
        came = TOLD + timedelta(days=100)
        put(archive, agreed=False, taken_in_at=came)
        require_due_from(archive, came + timedelta(hours=72), "story")

    def test_but_not_from_before_it_was_told_where_this_machines_clock_was_behind(self, archive: Archive) -> None:
        put(archive, agreed=False, taken_in_at=datetime(1970, 1, 2, tzinfo=UTC))
        require_due_from(archive, TOLD + timedelta(hours=72), "story")

    @pytest.mark.parametrize("hours", [0.0, 0.5, 8760.0])
    def test_the_setting_counts(self, archive: Archive, hours: float) -> None:
        put(archive, agreed=False)
        settings = KeepingSettings(not_agreed_kept_h=hours)
        require_due_from(archive, TOLD + timedelta(hours=hours), "story", settings)

    def test_also_after_it_was_heard_or_checked(self, archive: Archive) -> None:
        put_checked(archive, agreed=False)
        assert due_at(archive, TOLD + timedelta(hours=72)) == [(story_id(1), "story")]


class TestWords:
    def test_a_heard_story_goes_after_24_months(self, archive: Archive) -> None:
        put(archive, state="heard", heard_at=TOLD)
        require_due_from(archive, TOLD.replace(year=2028), "story")

    def test_a_checked_story_too_with_its_recording(self, archive: Archive) -> None:
        put_checked(archive, at=TOLD + timedelta(days=725), audio_deleted_at=TOLD)
        require_due_from(archive, TOLD.replace(year=2028), "story")

    def test_where_both_are_due_it_goes_once(self, archive: Archive) -> None:
        put_checked(archive)
        assert due_at(archive, TOLD.replace(year=2028)) == [(story_id(1), "story")]

    def test_a_story_that_nobody_has_heard_never_goes(self, archive: Archive) -> None:
        put(archive)
        assert due_at(archive, TOLD.replace(year=2100)) == []

    @pytest.mark.parametrize(
        ("told_at", "months", "until"),
        [
            ("2026-01-31T10:30", 1, "2026-02-28T10:30"),
            ("2027-12-31T10:30", 2, "2028-02-29T10:30"),
            ("2028-02-29T10:30", 12, "2029-02-28T10:30"),
            ("2028-02-29T10:30", 48, "2032-02-29T10:30"),
            ("2026-03-31T00:00", 3, "2026-06-30T00:00"),
            ("2026-10-31T23:59", 4, "2027-02-28T23:59"),
            ("2026-12-01T00:00", 1, "2027-01-01T00:00"),
            ("2026-05-05T10:30", 0, "2026-05-05T10:30"),
            ("2026-05-05T10:30", 1200, "2126-05-05T10:30"),
        ],
    )
    def test_months_are_those_of_the_calendar(self, archive: Archive, told_at: str, months: int, until: str) -> None:
        put(archive, state="heard", started_at=datetime.fromisoformat(told_at).replace(tzinfo=UTC))
        up = datetime.fromisoformat(until).replace(tzinfo=UTC)
        require_due_from(archive, up, "story", KeepingSettings(words_kept_months=months))

    def test_of_the_time_zone_in_which_it_was_told(self, archive: Archive) -> None:
        put(archive, state="heard", started_at=datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=13))))
        settings = KeepingSettings(words_kept_months=1)
        require_due_from(archive, datetime(2026, 3, 31, 11, 30, tzinfo=UTC), "story", settings)


class TestRecordings:
    def test_without_the_voice_it_goes_30_days_after_the_words_were_checked(self, archive: Archive) -> None:
        for voice in (None, False):
            put_checked(archive, at=TOLD + timedelta(days=5), permissions=Permissions(words=True, voice=voice))
            require_due_from(archive, TOLD + timedelta(days=35), "recording")

    def test_with_the_voice_after_12_months(self, archive: Archive) -> None:
        put_checked(archive, at=TOLD + timedelta(days=29))
        require_due_from(archive, datetime(2027, 3, 1, 10, 30, tzinfo=UTC), "recording")

    @pytest.mark.parametrize("days", [0.0, 0.25, 400.0])
    def test_the_settings_count(self, archive: Archive, days: float) -> None:
        put_checked(archive, permissions=Permissions(voice=False))
        settings = KeepingSettings(audio_kept_days=days, words_kept_months=1200)
        require_due_from(archive, TOLD + timedelta(days=days), "recording", settings)

    def test_nought_months_is_at_once(self, archive: Archive) -> None:
        put_checked(archive)
        settings = KeepingSettings(voice_kept_months=0, words_kept_months=1200)
        require_due_from(archive, TOLD, "recording", settings)

    @pytest.mark.parametrize(
        "changed",
        [
            {"state": "unheard"},
            {"state": "heard"},
            {"checked_at": None},
            {"audio_deleted_at": TOLD},
            {"agreed": False, "taken_in_at": TOLD + timedelta(days=900)},
            # Its words were checked by a clock that was wrong: nobody knows how long ago.
            {"checked_at": TOLD - MOMENT},
            {"checked_at": datetime(1970, 1, 1, tzinfo=UTC)},
        ],
    )
    def test_otherwise_it_stays(self, archive: Archive, changed: dict[str, Any]) -> None:
        put(archive, **{"state": "checked", "checked_at": TOLD, **changed})
        settings = KeepingSettings(words_kept_months=1200)
        assert due_at(archive, TOLD + timedelta(days=800), settings) == []

    def test_words_that_were_changed_since_are_not_checked(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        check_words(archive, story, WORDS)
        text = archive.texts.get(story)
        assert text
        far = datetime.now(UTC) + timedelta(days=600)
        assert due_at(archive, far, KeepingSettings(words_kept_months=1200)) == [(story, "recording")]
        archive.texts.save(story, [], by="ann", revision=text.revision)
        assert due_at(archive, far, KeepingSettings(words_kept_months=1200)) == []


@pytest.mark.parametrize("changed", [{"frozen": True}, {"clock_quality": "unknown"}])
def test_neither_a_frozen_story_nor_one_of_an_unknown_clock_ever_goes(
    archive: Archive, changed: dict[str, Any]
) -> None:
    put_checked(archive, number=1, **changed)
    put_checked(archive, number=2, agreed=False, **changed)
    put(archive, number=3, state="heard", **changed)
    assert due_at(archive, TOLD.replace(year=2200)) == []
