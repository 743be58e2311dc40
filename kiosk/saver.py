"""Turns takes into stories, or into nothing, without keeping the conversation waiting; tries again until it is done."""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from kiosk.cards import Cards
from kiosk.stories import takes
from kiosk.stories.records import Permissions, Proof
from kiosk.stories.takes import Recording, TakeFolder

#: How long until a full or failing disk is tried again.
AGAIN_S = 5.0


@dataclass(frozen=True)
class Saved:
    """A story is on the disk for good.

    Attributes:
        story_id: Its id.
        agreed: Whether the visitor pressed to keep it.
        card: Its number, which the visitor is told; empty where nobody agreed, or nobody is here any more.
    """

    story_id: str
    agreed: bool
    card: str


@dataclass(frozen=True)
class Gone:
    """Every byte of a take has been removed."""

    take_id: str


@dataclass(frozen=True)
class NotSaved:
    """A story could not be moved in yet. Its sound is safe in its take, and it is tried again.

    Attributes:
        take_id: The take.
        message: Why.
    """

    take_id: str
    message: str


@dataclass(frozen=True)
class Answers:
    """What the visitor said to each question, and what was asked."""

    permissions: Permissions
    proof: Proof


@dataclass(frozen=True)
class _Note:
    take: TakeFolder
    answers: Answers


@dataclass(frozen=True)
class _Keep:
    take: TakeFolder
    recording: Recording
    answers: Answers | None
    numbered: bool
    spoken: bool


@dataclass(frozen=True)
class _ThrowAway:
    take: TakeFolder


class Saver:
    """Keeps and throws away, one after the other, in a thread of its own."""

    def __init__(self, report: Callable[[Saved | NotSaved | Gone], None], cards: Cards) -> None:
        """Make a saver.

        Args:
            report: Called from its thread with what has been done.
            cards: Gives kept stories their numbers.
        """
        self._report = report
        self._cards = cards
        self._jobs: queue.Queue[_Note | _Keep | _ThrowAway | None] = queue.Queue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="saver", daemon=True)
        self._thread.start()

    def note(self, take: TakeFolder, answers: Answers) -> None:
        """Note in a take what the visitor has answered so far: it is kept, whatever happens until `keep`."""
        self._jobs.put(_Note(take, answers))

    def keep(
        self,
        take: TakeFolder,
        recording: Recording,
        answers: Answers | None,
        *,
        numbered: bool = True,
        spoken: bool = False,
    ) -> None:
        """Make a story of a take.

        Args:
            take: The take.
            recording: Its sound.
            answers: What the visitor answered; None: not agreed.
            numbered: The visitor is here to be told a number. (Nobody waits until a full disk has room again.)
            spoken: There is a clip of a spoken yes.
        """
        self._jobs.put(_Keep(take, recording, answers, numbered, spoken))

    def throw_away(self, take: TakeFolder) -> None:
        """Remove every byte of a take."""
        self._jobs.put(_ThrowAway(take))

    def close(self, timeout_s: float = 5.0) -> None:
        """Finish what is waiting; what a failing disk does not take by then is taken care of at the next start."""
        self._closing.set()
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            told = False
            while (failure := self._try(job, late=told)) is not None:
                if not told:
                    self._report(NotSaved(job.take.take.id, failure))
                    told = True
                if self._closing.wait(AGAIN_S):
                    break

    def _try(self, job: _Note | _Keep | _ThrowAway, *, late: bool) -> str | None:
        """Do a job; return why it could not be done, or None."""
        take_id = job.take.take.id
        try:
            match job:
                case _Note(take, answers):
                    # It is for a power cut only, and what it says is said again to `keep`: one try will do.
                    with contextlib.suppress(OSError):
                        takes.agree(take, answers.permissions, answers.proof)
                case _Keep():
                    self._report(self._keep(job, numbered=job.numbered and not late))
                case _ThrowAway(take):
                    takes.throw_away(take)
                    self._report(Gone(take_id))
                case _:
                    assert_never(job)
        except OSError as error:
            return str(error)
        return None

    def _keep(self, job: _Keep, *, numbered: bool) -> Saved:
        take_id, answers = job.take.take.id, job.answers
        if answers is None:
            takes.keep(job.take, job.recording, agreed=False)
            return Saved(take_id, agreed=False, card="")
        card = self._cards.draw() if numbered else ""
        takes.keep(
            job.take,
            job.recording,
            agreed=True,
            permissions=answers.permissions,
            proof=answers.proof,
            card=card,
            spoken=job.spoken,
        )
        return Saved(take_id, agreed=True, card=card)
