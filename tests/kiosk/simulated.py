"""A station on simulated time, with real files: hours of visits in seconds."""

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from kiosk.devices import Block, Lights, OnEdge
from kiosk.devices.capture import BLOCK_S
from kiosk.flow import State
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ

T = TypeVar("T")
#: In these states a device is at work: no time passes until it has answered.
AT_WORK = {State.OPENING, State.STOPPING, State.LEAVING, State.SAID, State.SAVING}


class Hearer:
    """A speaker that everything is heard from at once."""

    fault = None

    def __init__(self) -> None:
        self.heard: list[Path] = []
        self.louder_db = 0.0

    def check(self) -> str | None:
        return None

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        self.heard = [*self.heard[-99:], wav]
        self.louder_db = louder_db
        done()

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Shown:
    """A panel that shows lights to nobody but the test, and is pressed by it."""

    simulated = pressable = True

    def __init__(self) -> None:
        self.lights = Lights()
        self.edge: OnEdge | None = None

    def start(self, on_edge: OnEdge) -> None:
        self.edge = on_edge

    def show(self, lights: Lights) -> None:
        self.lights = lights

    def close(self) -> None: ...


class Rehearsed:
    """A microphone that gives sound fifty times as fast as a voice does."""

    name, sample = "rehearsed", True

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm

    def check(self) -> str | None:
        return None

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        step, at = int(SAMPLERATE_HZ * BLOCK_S) * FRAME_BYTES, 0
        while not stop.wait(BLOCK_S / 50):
            yield Block(self._pcm[at : at + step].ljust(step, b"\0"))
            at = (at + step) % len(self._pcm)

    def invite(self) -> None: ...

    def close(self) -> None: ...


class SimulatedClock:
    """Lets time pass only when nothing else is to be done: no device works, and the visitor presses nothing."""

    def __init__(self, at_work: Callable[[], bool], act: Callable[[], bool]) -> None:
        """Make it.

        Args:
            at_work: Says whether a device is at work, which takes real time.
            act: Lets the visitor do something, and says whether they did.
        """
        self.at = 0.0
        self._at_work = at_work
        self._act = act

    def now(self) -> float:
        return self.at

    def time_of_day(self) -> datetime:
        return datetime(2026, 3, 2, 12) + timedelta(seconds=self.at)

    def next_event(self, events: "queue.SimpleQueue[T]", within_s: float) -> T | None:
        try:
            if not events.empty() or self._act():
                return events.get_nowait()
            if self._at_work():
                return events.get(timeout=0.05)
            # An answer may still be under way from a thread.
            return events.get(timeout=0.001)
        except queue.Empty:
            if not self._at_work():
                self.at += within_s
            return None
