"""How well the time of day is known. A Raspberry Pi has no clock of its own that runs while it is off."""

import contextlib
import ctypes
from pathlib import Path

from kiosk.stories.records import ClockQuality

#: adjtimex(2) returns this while the clock is not synchronised.
_TIME_ERROR = 5
#: Larger than the kernel's `struct timex` on every machine; all zero means "change nothing, tell me".
_TIMEX_BYTES = 512
_CLOCKS = Path("/sys/class/rtc")


def clock_quality() -> ClockQuality:
    """Return "ntp" when the kernel says that the clock is synchronised, "rtc" when a battery kept it, or "unknown"."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        if 0 <= state != _TIME_ERROR:
            return "ntp"
    with contextlib.suppress(OSError):
        for clock in _CLOCKS.iterdir():
            if (clock / "hctosys").read_text().strip() == "1":
                return "rtc"
    return "unknown"
