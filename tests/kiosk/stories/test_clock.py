"""How well the time of day is known, and for how long a person's word for it counts."""

import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.stories import clock
from kiosk.stories.clock import clock_quality, confirm_date
from kiosk.stories.folder import DataFolder


@pytest.fixture
def unknown(data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A machine without a network and without a battery for its clock."""

    def no_library(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    monkeypatch.setattr(clock, "_CLOCKS", tmp_path / "none")
    assert clock_quality(data) == "unknown"
    return data


def test_this_machine_answers(data: DataFolder) -> None:
    assert clock_quality(data) in ("ntp", "rtc", "unknown")


def test_a_battery_keeps_it(unknown: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "none" / "rtc0").mkdir(parents=True)
    (tmp_path / "none" / "rtc0" / "hctosys").write_text("1\n")
    assert clock_quality(unknown) == "rtc"


class TestConfirmed:
    def test_it_counts_from_then_on(self, unknown: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        confirm_date(unknown, datetime.now(UTC))
        assert clock_quality(unknown) == "staff"
        (path,) = unknown.status.glob("date-*")
        assert path.stat().st_mode & 0o077 == 0

    def test_until_the_machine_starts_again(
        self, unknown: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        confirm_date(unknown, datetime.now(UTC))
        (tmp_path / "boot").write_text("another\n")
        monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "boot")
        assert clock_quality(unknown) == "unknown"

    @pytest.mark.parametrize("jump", [timedelta(hours=3), -timedelta(hours=3), timedelta(days=26_000)])
    def test_until_the_clock_is_set(self, unknown: DataFolder, jump: timedelta) -> None:
        confirm_date(unknown, datetime.now(UTC) - jump)
        assert clock_quality(unknown) == "unknown"

    def test_a_clock_that_wanders_a_little_in_many_months_is_still_right(
        self, unknown: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        year_s, uptime = 365 * 86400.0, time.monotonic
        confirm_date(unknown, datetime.now(UTC) - timedelta(seconds=year_s + 3000))
        monkeypatch.setattr(time, "monotonic", lambda: uptime() + year_s)
        assert clock_quality(unknown) == "staff"

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"at": 1}', b"\xff", b'{"version": 2}'])
    def test_what_cannot_be_read_confirms_nothing(self, unknown: DataFolder, content: bytes) -> None:
        (unknown.status / "date-confirmed.json").write_bytes(content)
        assert clock_quality(unknown) == "unknown"
