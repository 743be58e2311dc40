"""Recording comes first: whatever else the machine does, not one sample is missing.

SAYSO_TEST_LOAD_S sets how long it lasts; `make test-long` takes five minutes.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kiosk.flow import State
from tests.sound_card import SoundCard, stands_in, wait_until
from tests.station import StationUnderTest

LOAD_S = int(os.environ.get("SAYSO_TEST_LOAD_S", "8"))


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Every processor has more to do than it can."""
    spin = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(spin) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@pytest.mark.timeout(LOAD_S * 2 + 600)
def test_a_busy_machine_and_a_dying_transcriber_do_not_touch_the_recording(
    station: StationUnderTest, card: SoundCard
) -> None:
    said = random.Random(2).randbytes(32_000 * 2 * (LOAD_S + 60))
    card.script.write_bytes(said)
    station.walk(State.TELLING)
    killed: set[int] = set()

    def told_all() -> bool:
        worker = station.pids().get("worker")
        if worker and worker not in killed and station.status("transcriber").get("state") == "transcribing":
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
        return bool(killed) and (station.status()["seconds"] or 0) > LOAD_S

    with busy_machine():
        wait_until(told_all, "all was told, and a recogniser was killed over it", 2 * LOAD_S + 60)
        station.keep()
    folder = station.data.story(station.status()["last_story"])
    story = folder.story()
    assert (story.overflows, story.lost_frames) == (0, 0)
    stands_in(folder.audio.read_bytes()[44:], said)
