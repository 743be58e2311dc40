"""How well the time of day is known. A Raspberry Pi has no clock of its own that runs while it is off."""

import contextlib
import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, Field

from kiosk.errors import StoryDamaged
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import ClockQuality, Record, parse_record

#: adjtimex(2) returns this while the clock is not synchronised.
_TIME_ERROR = 5
#: Larger than the kernel's `struct timex` on every machine; all zero means "change nothing, tell me".
_TIMEX_BYTES = 512
_CLOCKS = Path("/sys/class/rtc")
#: Another one at each start of the machine (random(4)).
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: By so much a clock may wander off in the months that a station runs without a network; where the date is set anew it
#: differs by more.
_WANDER = timedelta(hours=2)


class Confirmed(Record):
    """`status/date-confirmed.json`: somebody has said that the date is right. Written by the site."""

    at: AwareDatetime = Field(description="The time that they confirmed.")
    boot_id: str = Field(description="Of the kernel, at its start: when the machine starts again, nobody knows.")
    uptime_s: float = Field(description="By the monotonic clock, at the same moment.")


def clock_quality(folder: DataFolder) -> ClockQuality:
    """Return how well this machine knows the time.

    Returns:
        "ntp" when the kernel says that the clock is synchronised, "rtc" when a battery kept it, "staff" when somebody
        has confirmed it since the machine started, or "unknown".
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        if 0 <= state != _TIME_ERROR:
            return "ntp"
    with contextlib.suppress(OSError):
        for clock in _CLOCKS.iterdir():
            if (clock / "hctosys").read_text().strip() == "1":
                return "rtc"
    return "staff" if _is_confirmed(folder, datetime.now(UTC)) else "unknown"


def confirm_date(folder: DataFolder, now: datetime) -> None:
    """Note that somebody says that `now` is right; it counts until the machine starts again or its clock is set.

    Raises:
        OSError: It could not be written.
    """
    confirmed = Confirmed(at=now, boot_id=_boot_id(), uptime_s=time.monotonic())
    write_whole(_file(folder), confirmed.to_bytes())


def _is_confirmed(folder: DataFolder, now: datetime) -> bool:
    try:
        confirmed = parse_record(Confirmed, _file(folder).read_bytes(), str(_file(folder)))
    except (OSError, StoryDamaged):
        return False
    since_then = timedelta(seconds=time.monotonic() - confirmed.uptime_s)
    return confirmed.boot_id == _boot_id() and abs(now - confirmed.at - since_then) <= _WANDER


def _boot_id() -> str:
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""


def _file(folder: DataFolder) -> Path:
    return folder.status / "date-confirmed.json"
