"""What this machine has, what a Raspberry Pi has, and whether a speech model fits."""

import os
import re
from pathlib import Path

#: Memory, in millions of bytes, of the Raspberry Pis that a station is made of.
PIS = {
    "Raspberry Pi Zero 2 W": 512,
    "Raspberry Pi 3 (1 GB)": 1024,
    "Raspberry Pi 4 or 5 (2 GB)": 2048,
    "Raspberry Pi 4 or 5 (4 GB)": 4096,
    "Raspberry Pi 4 or 5 (8 GB)": 8192,
}
#: What the rest of a station needs: kiosk, site and transcriber (at most 60, 80 and 40 MB: `make bench` holds them to
#: that), and the system itself.
REST_OF_STATION_MB = 400
#: A model that takes this many seconds of one processor for a second of speech keeps up with whoever talks, and leaves
#: as much for the rest. Up to 1 it just keeps up; beyond, the words come later.
_EASY = 0.5


def fits(memory_mb: float, machine_mb: float) -> bool:
    """Say whether a model that needs `memory_mb` fits beside the rest of a station."""
    return memory_mb + REST_OF_STATION_MB <= machine_mb


def this_machine() -> str:
    """Return the kind of machine that this is: a Raspberry Pi's own name, or "this machine"."""
    try:
        model = Path("/proc/device-tree/model").read_text().rstrip("\0\n")
    except OSError:
        return "this machine"
    return model if "Raspberry Pi" in model else "this machine"


def memory_mb() -> float:
    """Return the memory of this machine in millions of bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6


def peak_memory_mb(pid: int) -> float:
    """Return the most memory that a process has held so far, in millions of bytes."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used so far, in seconds."""
    # The name, which may hold anything, ends at the last bracket; the 12th and 13th field after it are user and system.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def speed_in_words(real_time_factor: float) -> str:
    """Return what a real-time factor means for whoever waits for the words."""
    if real_time_factor <= _EASY:
        return "it keeps up with whoever talks, with room to spare"
    if real_time_factor <= 1:
        return "it just keeps up with whoever talks"
    return f"it falls behind: after a story of 5 minutes the words come {5 * (real_time_factor - 1):.0f} minutes later"


def fit_in_words(memory: float | str) -> str:
    """Return whether a model fits into this machine, in a word or two; `memory` in MB, or "unknown"."""
    if isinstance(memory, str):
        return "not known before it is tried"
    return "fits" if fits(memory, memory_mb()) else "too large"
