"""Turns takes into stories, or into nothing, without keeping the conversation waiting; tries again until it is done."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.stories import takes
from kiosk.stories.takes import Recording, TakeFolder

#: How long until a full or failing disk is tried again.
AGAIN_S = 5.0


@dataclass(frozen=True)
class Saved:
    """A story is on the disk for good."""

    story_id: str
    agreed: bool


@dataclass(frozen=True)
class NotSaved:
    """A story could not be moved in yet. Its sound is safe in its take, and it is tried again.

    Attributes:
        message: Why.
    """

    message: str


@dataclass(frozen=True)
class _Job:
    take: TakeFolder
    recording: Recording | None  # None: throw it away
    agreed: bool = False


class Saver:
    """Keeps and throws away, one after the other, in a thread of its own."""

    def __init__(self, report: Callable[[Saved | NotSaved], None]) -> None:
        """Make a saver; `report` is called from its thread."""
        self._report = report
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="saver", daemon=True)
        self._thread.start()

    def keep(self, take: TakeFolder, recording: Recording, *, agreed: bool) -> None:
        """Make a story of a take."""
        self._jobs.put(_Job(take, recording, agreed))

    def throw_away(self, take: TakeFolder) -> None:
        """Remove every byte of a take."""
        self._jobs.put(_Job(take, None))

    def close(self, timeout_s: float = 5.0) -> None:
        """Finish what is waiting; what a failing disk does not take by then is taken care of at the next start."""
        self._closing.set()
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            told = False
            while (failure := self._try(job)) is not None:
                if not told:
                    self._report(NotSaved(failure))
                    told = True
                if self._closing.wait(AGAIN_S):
                    break

    def _try(self, job: _Job) -> str | None:
        """Do a job; return why it could not be done, or None."""
        try:
            if job.recording is None:
                takes.throw_away(job.take)
            else:
                takes.keep(job.take, job.recording, agreed=job.agreed)
                self._report(Saved(job.take.take.id, job.agreed))
        except OSError as error:
            return str(error)
        return None
