"""Says the prompts of a scene, one after the other, and remembers what was said to its end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kiosk.devices import Speaker
from kiosk.prompts import Prompts


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
        self._rest: list[str] = []
        self._instead: Mapping[str, Path | None] = {}
        self._playing: str | None = None
        self.said: list[str] = []

    @property
    def saying(self) -> str | None:
        """The prompt that is being said now."""
        return self._playing

    def forget(self) -> None:
        """Begin anew: another visitor comes."""
        self.said = []

    def say(self, names: Sequence[str], instead: Mapping[str, Path | None]) -> None:
        """Say these prompts, and nothing more of those before; an event is reported after each.

        Args:
            names: Names of prompts.
            instead: Sounds that stand for some of the names (None: cannot be played).
        """
        self._rest, self._instead = list(names), instead
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
        name = self._rest.pop(0)
        wav = self._instead[name] if name in self._instead else self._prompts.find(name)
        if wav is None:
            done()
            return
        self._playing = name
        self._speaker.play(wav, done)
