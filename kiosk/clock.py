"""The station's clock, passed in so that a test can let hours go by in a moment."""

import queue
import time
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Tells time, and lets it pass."""

    def now(self) -> float:
        """Return the moment, in seconds; it never goes back (`time.monotonic`)."""

    def time_of_day(self) -> datetime:
        """Return what a clock on the wall shows here, right or wrong."""

    def next_event(self, events: "queue.SimpleQueue[T]", within_s: float) -> T | None:
        """Return the next event, or None if there is none within so many seconds."""


class RealClock:
    """The machine's own."""

    def now(self) -> float:
        """Return the moment."""
        return time.monotonic()

    def time_of_day(self) -> datetime:
        """Return the local time."""
        return datetime.now()

    def next_event(self, events: "queue.SimpleQueue[T]", within_s: float) -> T | None:
        """Wait for the next event."""
        try:
            return events.get(timeout=within_s)
        except queue.Empty:
            return None
