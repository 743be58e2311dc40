"""What is deleted is what was said to be due, and nothing by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive, Filter
from admin_web.archive import log as log_module
from admin_web.archive.keeping import delete_due, due
from kiosk.config import KeepingSettings
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.kept_stories import DEFAULT, TOLD, put, put_checked
from tests.admin_web.archive.told import story_id, take_in, told


@pytest.fixture
def kept(archive: Archive) -> list[str]:
    """One story for each rule, all due, and one that is not."""
    return [
        put(archive, 1, agreed=False),
        put(archive, 2, state="heard"),
        put_checked(archive, number=3, at=TOLD + timedelta(days=700)),
        put(archive, 4),
        put_checked(archive, number=5, frozen=True),
    ]


NOW = TOLD.replace(year=2028, month=12)


def test_what_is_deleted_is_what_was_said_before(archive: Archive, kept: list[str]) -> None:
    settings = KeepingSettings(words_kept_months=30, voice_kept_months=6)
    before = list(due(archive, settings, NOW))
    assert [(each.entry.id, each.what, each.rule) for each in before] == [
        (kept[0], "story", "not agreed to for 72 hours"),
        (kept[1], "story", "told 30 months ago"),
        (kept[2], "story", "told 30 months ago"),
    ]
    assert delete_due(archive, settings, NOW, "ntp") == before
    assert [each.id for each in archive.stories.page(1, 9, order="oldest")] == [kept[3], kept[4]]
    assert {each.id: (each.why, each.by, each.cleared) for each in archive.deleting.tombstones()} == {
        kept[0]: ("not agreed", "keeping rules", True),
        kept[1]: ("kept long enough", "keeping rules", True),
        kept[2]: ("kept long enough", "keeping rules", True),
    }
    assert delete_due(archive, settings, NOW, "ntp") == []


def test_a_recording_goes_alone(archive: Archive, kept: list[str]) -> None:
    settings = KeepingSettings(not_agreed_kept_h=8760, words_kept_months=1200, voice_kept_months=6)
    found = [(each.entry.id, each.what, each.rule) for each in delete_due(archive, settings, NOW, "rtc")]
    assert (kept[2], "recording", "words checked 6 months ago") in found
    entry = archive.stories.get(kept[2])
    assert entry and entry.audio_deleted_at and archive.texts.get(kept[2])
    assert delete_due(archive, settings, NOW, "rtc") == []


class TestClock:
    """Nothing is deleted by a clock that may be wrong."""

    def test_a_good_one_is_trusted(self, archive: Archive) -> None:
        for quality in ("ntp", "rtc", "staff"):
            assert archive.clock.doubt(datetime.now(UTC), quality) == ""  # type: ignore[arg-type]

    def test_one_that_is_unknown_was_never_set_or_went_backward_is_not(self, archive: Archive) -> None:
        archive.log.add("ann", "heard")
        last = archive.log.last()
        assert last
        for quality, now, why in (
            ("unknown", datetime.now(UTC), "does not know for sure what day it is"),
            ("ntp", datetime(1970, 1, 1, tzinfo=UTC), "clock says 1970"),
            ("ntp", datetime(2024, 12, 31, 23, 59, tzinfo=UTC), "clock says 2024"),
            ("rtc", last.at - timedelta(minutes=10, seconds=1), f"behind what it was on {last.at:%-d %B %Y}"),
        ):
            assert why in archive.clock.doubt(now, quality)  # type: ignore[arg-type]
        assert archive.clock.doubt(last.at - timedelta(minutes=10), "rtc") == ""

    def test_a_clock_that_was_ahead_for_a_while_does_not_stop_it_for_years(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Ahead:
            @staticmethod
            def now(zone: timezone) -> datetime:
                return datetime(2099, 1, 1, tzinfo=zone)

        with monkeypatch.context() as patch:
            patch.setattr(log_module, "datetime", Ahead)
            archive.log.add("ann", "heard")
        assert "behind what it was on 1 January 2099" in archive.clock.doubt(datetime.now(UTC), "ntp")
        archive.log.add("ann", "heard")
        assert archive.clock.doubt(datetime.now(UTC), "ntp") == ""

    @pytest.mark.parametrize(
        ("quality", "now"), [("unknown", NOW), ("ntp", datetime(1970, 1, 1, tzinfo=UTC)), ("ntp", TOLD)]
    )
    def test_then_nothing_goes(self, archive: Archive, kept: list[str], quality: Any, now: datetime) -> None:
        archive.log.add("ann", "heard")
        settings = KeepingSettings(not_agreed_kept_h=0, words_kept_months=0, audio_kept_days=0, voice_kept_months=0)
        assert delete_due(archive, settings, now, quality) == []
        assert archive.stories.count(Filter(lead=True)) == 5
        assert not list(archive.deleting.tombstones())


def test_deleted_by_a_rule_is_deleted_for_good(folder: DataFolder, archive: Archive, in_memory: Path) -> None:
    put(archive, agreed=False)
    folder.story(story_id(1)).path.mkdir()
    (folder.story(story_id(1)).path / "audio.wav").write_bytes(b"sound")
    delete_due(archive, DEFAULT, NOW, "ntp")
    assert not folder.story(story_id(1)).path.exists()
    take_in(archive, told(1, agreed=False))
    assert archive.stories.count(Filter(lead=True)) == 0
