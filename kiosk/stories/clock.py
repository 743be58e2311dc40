"""How well the time of day is known. A Raspberry Pi has no clock of its own that runs while it is off."""

import contextlib
import ctypes
import json
import time
from datetime import datetime
from pathlib import Path

from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import ClockQuality

#: adjtimex(2) returns this while the clock is not synchronised.
_TIME_ERROR = 5
#: Larger than the kernel's `struct timex` on every machine; all zero means "change nothing, tell me".
_TIMEX_BYTES = 512
_CLOCKS = Path("/sys/class/rtc")
#: Another one after each start of the machine.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: Written by the site, in `status/`: what somebody confirmed is so only until the machine is switched off.
_CONFIRMED = "clock.json"
#: A clock that was moved by more than this since somebody confirmed it is not the one that they saw.
_MOVED_S = 120.0


def clock_quality(folder: DataFolder) -> ClockQuality:
    """Return how well the time of day is known on the machine of this data folder.

    Returns:
        "ntp" when the kernel says that the clock is synchronised, "rtc" when a battery kept it, "staff" when somebody
        has confirmed it since this machine was started, or "unknown".
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
    return "staff" if _is_confirmed(folder) else "unknown"


def confirm_clock(folder: DataFolder, seen: datetime) -> bool:
    """Note that somebody has compared this machine's date and time with their own and found them right.

    It holds until the machine is started again or its clock is moved. Only the site calls this.

    Args:
        folder: The data folder.
        seen: What the person was shown. A page that was open too long shows a time that nobody confirms.

    Returns:
        False, and nothing is noted, where the clock says something else by now.

    Raises:
        OSError: It cannot be written.
    """
    if abs(seen.timestamp() - time.time()) > _MOVED_S:
        return False
    noted = {"boot": _BOOT_ID.read_text().strip(), "started_at": _started_at()}
    write_whole(folder.status / _CONFIRMED, json.dumps(noted).encode(), durable=False)
    return True


def _is_confirmed(folder: DataFolder) -> bool:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads((folder.status / _CONFIRMED).read_bytes())
        same_start = bool(noted["boot"] == _BOOT_ID.read_text().strip())
        return same_start and abs(float(noted["started_at"]) - _started_at()) <= _MOVED_S
    return False


def _started_at() -> float:
    """Return when the machine was started, by the present time of day: another value means that the clock was moved."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
