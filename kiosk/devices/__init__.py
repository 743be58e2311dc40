"""The station's buttons, lights, microphone and speaker: real ones and simulated ones, behind three small protocols."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

#: The buttons, by their colour. Not every station has the blue one.
Button = Literal["green", "red", "blue"]

#: Called from another thread when a button goes down or up: which, whether it is down now, and when (`time.monotonic`,
#: seconds).
OnEdge = Callable[[Button, bool, float], None]


class Light(StrEnum):
    """What a button's light does. Nothing changes faster than twice a second (WCAG 2.3.1 allows three flashes)."""

    OFF = "off"
    ON = "on"
    BREATHE = "breathe"
    BLINK = "blink"


@dataclass(frozen=True)
class Lights:
    """Both lights together."""

    green: Light = Light.OFF
    red: Light = Light.OFF


@dataclass(frozen=True)
class Block:
    """A piece of sound as it comes from the microphone.

    Attributes:
        pcm: 16 kHz, mono, signed 16-bit little-endian.
        overflows: How often sound was lost since the block before.
        lost_frames: How many frames those losses are known to have cost (the sound system does not always say).
    """

    pcm: bytes
    overflows: int = 0
    lost_frames: int = 0


class Panel(Protocol):
    """Buttons and lights."""

    @property
    def simulated(self) -> bool:
        """Whether the buttons are pressed by programs, not by fingers."""

    @property
    def pressable(self) -> bool:
        """Whether programs may press: the screen's page, `sayso press`."""

    def start(self, on_edge: OnEdge) -> None:
        """Begin to report what the buttons do."""

    def show(self, lights: Lights) -> None:
        """Set both lights.

        Raises:
            PanelError: A light does not answer.
        """

    def close(self) -> None:
        """Let go of the pins; the lights go out."""


class Microphone(Protocol):
    """Where sound comes from. Closed unless `blocks` is running."""

    @property
    def name(self) -> str:
        """Its name, for the story's record."""

    @property
    def sample(self) -> bool:
        """Whether this is the made-up voice of a demonstration."""

    def check(self) -> str | None:
        """Return why it could not record now, in a sentence for staff, or None if nothing speaks against it."""

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        """Open it and yield its sound until `stop` is set, to the last frame that was taken by then; then close it.

        Raises:
            MicrophoneError: It did not open, or gave no sound for too long. It is closed.
        """

    def invite(self) -> None:
        """The tone was heard: whoever waits for it may begin. Only the made-up voice does as it is told."""

    def close(self) -> None:
        """Let go of everything."""


class Speaker(Protocol):
    """Where the station's voice comes out. Trouble with it never stops a visit: `done` is called in any case."""

    @property
    def fault(self) -> str | None:
        """Why nothing could be heard the last time, in a sentence for staff."""

    def check(self) -> str | None:
        """Look for it without a sound; return why nothing could be heard now, or None. A prompt is not interrupted."""

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        """Play a WAV file and call `done` (from another thread) when it was heard; ends what was playing before.

        Args:
            wav: Mono, 16 bits.
            done: Called in any case, unless something else is played or `stop` is called before.
            louder_db: So much louder than the file is, as far as it goes.
        """

    def stop(self) -> None:
        """Fall silent at once; a pending `done` is not called any more."""

    def close(self) -> None:
        """Let go of everything."""
