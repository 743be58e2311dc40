"""Two hundred visits, one after the other, to one station with real files: nothing grows."""

import gc
import math
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kiosk.config import Config, ConversationSettings, DiskSettings, MicrophoneSettings, PanelSettings, VoiceSettings
from kiosk.devices import Button
from kiosk.flow import State
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.station import Station
from kiosk.stories.folder import DataFolder
from tests.kiosk.simulated import AT_WORK, Hearer, Rehearsed, Shown, SimulatedClock
from tests.sound_card import wait_until
from tests.station import brief

VISITS, WARM_UP = 220, 20
#: What a visitor presses in a state; nobody presses anything elsewhere. None: they have gone.
KEEPS: dict[State, Button] = {
    State.IDLE: "green", State.BEFORE: "green", State.TELLING: "red", State.HEAR_IT: "green", State.KEEP: "green",
    State.WORDS: "green", State.VOICE_TOO: "red",
}  # fmt: skip
KINDS: dict[str, dict[State, Button]] = {
    "keeps it": KEEPS,
    "throws it away": {**KEEPS, State.KEEP: "red", State.SURE: "red"},
    "walks away": {state: KEEPS[state] for state in (State.IDLE, State.BEFORE, State.TELLING)},
    "does not begin": {State.IDLE: "red"},
}


class ManyVisitors:
    """Come one after the other, each when the one before has gone."""

    def __init__(self, station: Station, panel: Shown) -> None:
        self._station, self._panel = station, panel
        self._pressed: set[int] = set()
        self.visits = 0
        self.measured: list[tuple[int, int, int, int]] = []

    def at_work(self) -> bool:
        state = self._station._visit.state
        # Half a second of sound, so that there is something to keep.
        told = self._station._telling.frames > 8_000
        return state in AT_WORK or (state is State.TELLING and not told)

    def act(self) -> bool:
        visit = self._station._visit
        way = KINDS[sorted(KINDS)[self.visits % len(KINDS)]]
        if visit.number in self._pressed or visit.state not in way or self.at_work():
            return False
        if visit.state is State.IDLE:
            if self.visits == VISITS:
                self._station.stop()
                return False
            if self.visits in (WARM_UP, VISITS - 1):
                self.measure()
            self.visits += 1
            way = KINDS[sorted(KINDS)[self.visits % len(KINDS)]]
            self._pressed.clear()
        self._pressed.add(visit.number)
        assert self._panel.edge
        self._panel.edge(way[visit.state], True, self._station._clock.now())
        self._panel.edge(way[visit.state], False, self._station._clock.now())
        return True

    def measure(self) -> None:
        # What is still being saved, or a recorder that is just ending, is no growth.
        wait_until(lambda: self._station._telling._saver._jobs.empty() and threads("recorder") == 0, "all is done")
        gc.collect()
        most = self.measured[0][:2] if self.measured else (math.inf, math.inf)
        now: tuple[int, int] = (0, 0)

        def at_rest() -> bool:
            # The threads that look after the disk and save have something open for a moment now and then.
            nonlocal now
            now = threading.active_count(), len(os.listdir("/proc/self/fd"))
            return all(each <= before for each, before in zip(now, most, strict=True))

        wait_until(at_rest, f"no more threads and file handles than before: {most}")
        self.measured.append((*now, len(gc.get_objects()), psutil.Process().memory_info().rss))


def threads(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


@pytest.fixture
def fast_disk() -> Iterator[DataFolder]:
    """A data folder in memory: files as any others, on a disk that keeps nobody waiting."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield DataFolder.open(Path(folder) / "data")


def test_two_hundred_visits_leave_no_thread_no_file_handle_and_no_memory_behind(
    fast_disk: DataFolder, short_wav: Path
) -> None:
    data, prompts = fast_disk, Prompts(fast_disk, load_texts("en-GB"), VoiceSettings())
    for name in prompts.texts:
        brief(data.programme / f"{name}.wav")
    config = Config(
        panel=PanelSettings(kind="simulated", repeat_ignored_s=0, bounce_s=0),
        microphone=MicrophoneSettings(post_roll_s=0),
        conversation=ConversationSettings(shortest_story_s=0, consent="spoken"),
        disk=DiskSettings(reserve_mb=1),
    )
    panel = Shown()
    clock = SimulatedClock(lambda: visitors.at_work(), lambda: visitors.act())
    station = Station(
        config, data, panel=panel, microphone=Rehearsed(short_wav.read_bytes()[44:]), speaker=Hearer(),
        prompts=prompts, clock=clock,
    )  # fmt: skip
    visitors = ManyVisitors(station, panel)
    station.run()
    before, after = visitors.measured
    assert after[2] - before[2] < 2_000, "objects"
    assert after[3] - before[3] < 10_000_000, "bytes of memory"
    assert clock.at > VISITS * 20, "hours have passed"
    stories = [folder.story() for folder in data.story_folders()]
    assert Counter(story.agreed for story in stories) == {True: VISITS // 4, False: VISITS // 4}
    assert len({story.card for story in stories if story.agreed}) == VISITS // 4
    assert os.listdir(data.takes) == ["sequence"]
