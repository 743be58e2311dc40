"""Time and memory of a process, as the kernel counts them. Loads nothing, so that a baseline stays bare."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Memory of a process in MB (millions of bytes).

    Attributes:
        rss: All pages in memory; those that processes share count in each of them.
        pss: The same, with shared pages divided among those who share them.
    """

    rss: float
    pss: float


def cpu_s(pid: int) -> float:
    """Return the processor time (user and system, seconds) of a process and of its children that have ended."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    # proc(5): fields 14 to 17; the name in brackets, which may hold anything, is the second.
    return sum(map(int, stat.rpartition(")")[2].split()[11:15])) / _TICKS_PER_S


def memory(pid: int | str = "self") -> Memory:
    """Return how much memory a process holds now."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rss, pss = (int(re.findall(rf"^{name}: +(\d+) kB", rollup, re.MULTILINE)[0]) for name in ("Rss", "Pss"))
    return Memory(rss * 1024 / 1e6, pss * 1024 / 1e6)
