"""Says the prompts of a scene, one after the other, and remembers what was said to its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kiosk.devices import Speaker
from kiosk.flow import ANSWER, CARD, TAKE
from kiosk.prompts import NEWS, QUESTION, Prompts

#: Finds the sound of a prompt when its turn has come; None where it cannot be said.
Find = Callable[[], Path | None]
#: How much louder the station speaks for a visitor who asks for it. Speech at the usual level has room for it.
LOUDER_DB = (0.0, 4.0, 8.0)


@dataclass(frozen=True)
class Heard:
    """What was begun as the `number`-th has been heard, or could not be played."""

    number: int


class Narrator:
    """The station's voice. Its methods are called by one thread only.

    Attributes:
        said: Names of the prompts that a visitor has heard to their end, since `forget`.
    """

    def __init__(self, speaker: Speaker, prompts: Prompts, report: Callable[[Heard], None]) -> None:
        """Make it; `report` is called from another thread, and hands its event to `heard`."""
        self._speaker = speaker
        self._prompts = prompts
        self._report = report
        self._number = 0
        self._rest: list[tuple[str, str, Find]] = []
        self._words = ""
        self._playing: str | None = None
        self._step = 0
        self.said: list[str] = []

    @property
    def saying(self) -> tuple[str, str] | None:
        """The prompt that is being said now, and its words where there are several of the name; None: silence."""
        return (self._playing, self._words) if self._playing else None

    def forget(self) -> None:
        """Begin anew, as loud as usual: another visitor comes."""
        self.said, self._step = [], 0

    def louder(self) -> None:
        """Speak a step louder from the next prompt on; after the loudest, as usual."""
        self._step = (self._step + 1) % len(LOUDER_DB)

    def say(
        self, names: Sequence[str], *, question: int = 0, answer: int = 0, take: Path | None = None, card: str = ""
    ) -> None:
        """Say these prompts, and nothing more of those before; an event is reported after each.

        Args:
            names: Names of prompts, as a scene has them.
            question: Index of the question that is asked.
            answer: Index of the answer that it offers or that was chosen.
            take: Sound of what was just told.
            card: The story number.
        """
        others: dict[str, Find] = {
            TAKE: lambda: take,
            CARD: partial(self._prompts.say, card),
            QUESTION: partial(self._prompts.find_question, question),
            ANSWER: partial(self._prompts.find_answer, question, answer),
        }
        self._rest = []
        for name in names:
            if name == NEWS:
                self._rest += [(name, said.text, partial(self._prompts.find_said, said)) for said in self._prompts.news]
            else:
                self._rest.append((name, "", others.get(name) or partial(self._prompts.find, name)))
        self._next()

    def heard(self, event: Heard) -> bool:
        """Go on after an event; return whether all was said."""
        if event.number != self._number:
            return False
        if self._playing and self._speaker.fault:
            # A speaker that hangs is waited for once a scene, not once for each of its prompts.
            self._rest = []
        elif self._playing and self._playing not in self.said:
            self.said.append(self._playing)
        if self._rest:
            self._next()
            return False
        self._playing = None
        return True

    def _next(self) -> None:
        self._number += 1
        self._playing = None
        done = partial(self._report, Heard(self._number))
        if not self._rest:
            done()
            return
        name, self._words, find = self._rest.pop(0)
        wav = find()
        if wav is None:
            done()
            return
        self._playing = name
        self._speaker.play(wav, done, louder_db=self._prompts.edition.programme.volume_db + LOUDER_DB[self._step])
