"""What each process costs while nobody comes."""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

from kiosk.devices.playback import AWAKE_S
from kiosk.flow import State
from models.transcriber import IDLE_AFTER_S
from tests.benchmarks import proc
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import Rig, samples
from tests.station import StationUnderTest

LIMIT_PERCENT = 1.0
ASLEEP = "import time; time.sleep(3600)"


def measure_idle(rig: Rig) -> list[Result]:
    """Watch a station that nobody has visited, and one that somebody has just left."""
    asleep = subprocess.Popen([sys.executable, "-c", ASLEEP])
    try:
        with rig.station() as station:
            idle = _watch(rig, {**station.pids(), "asleep": asleep.pid})
            _visit(rig, station)
            lively = _watch(rig, station.pids())
    finally:
        asleep.kill()
        asleep.wait()
    baseline = spread(idle.pop("asleep"), "%", 2)
    return [
        Result(
            f"idle CPU: {who}",
            spread(idle[who], "%", 2) if who in idle else "not running",
            "a bare Python that sleeps",
            baseline,
            f"after a visit {spread(lively[who], '%', 2)}",
            f"at most {LIMIT_PERCENT:.0f} %",
            statistics.median(idle.get(who, [0.0])) <= LIMIT_PERCENT,
            "Per cent of one core. The transcriber looks for sound more often until "
            f"{IDLE_AFTER_S:.0f} s after a visit ('after a visit'); the speaker's process starts with the first visit."
            if who == "transcriber"
            else "",
        )
        for who in lively
    ]


def _watch(rig: Rig, pids: Mapping[str, int]) -> dict[str, list[float]]:
    """Return the processor's share of each process in per cent, for each of some periods."""
    found: dict[str, list[float]] = {who: [] for who in pids}
    # Longer, in all, than the microphone is left unasked.
    for _ in range(1 if rig.quick else 3):
        begun, before = time.monotonic(), {who: proc.cpu_s(pid) for who, pid in pids.items()}
        time.sleep(10 if rig.quick else 25)
        seconds = time.monotonic() - begun
        for who, pid in pids.items():
            found[who].append(100 * (proc.cpu_s(pid) - before[who]) / seconds)
    return found


def _visit(rig: Rig, station: StationUnderTest) -> None:
    """Make a visit of some seconds, and wait until the speaker has closed after it."""
    rig.card.script.write_bytes(samples(rig.story).tobytes())
    station.walk(State.TELLING)
    time.sleep(3)
    station.keep()
    station.reach(State.IDLE)
    time.sleep(AWAKE_S + 2)
