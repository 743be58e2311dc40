"""A test of the microphone that staff ask for on the site: a few seconds of sound, for them to hear how it hears.

It is part of the conversation (`State.TEST`): it is made only while nobody is here, it is said aloud and shown by the
red light, and whoever presses a button goes first. Its sound is never written to a disk.
"""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from kiosk.conversation import WORDS_S
from kiosk.devices import Microphone
from kiosk.devices.listening import listen
from kiosk.errors import MicrophoneError, StationBusy
from kiosk.stories.own_voice import sound_file

#: Longer than saying what is about to happen, and listening, take together.
_PATIENCE_S = 40.0
_BUSY = "Somebody is using the station, or it cannot record now. Try again in a few minutes."
_GIVEN_UP = "Somebody pressed a button, and went first. Nothing of the test was kept. Try again in a few minutes."


@dataclass
class _Test:
    heard: "Future[bytes]" = field(default_factory=Future)
    enough: threading.Event = field(default_factory=threading.Event)


class SoundTest:
    """One test at a time. `make` is called by whoever waits for it, all else by the station's main loop alone."""

    def __init__(self, microphone: Microphone) -> None:
        self._microphone = microphone
        self._waiting = threading.Lock()
        self._now: _Test | None = None

    def make(self, ask: Callable[[], None]) -> bytes:
        """Wait for a test, and return what was heard, as a WAV file.

        Args:
            ask: Tells the main loop, which calls `refuse` or, when the time has come, `begin`.

        Raises:
            StationBusy: Somebody is here, or came meanwhile, or another test is made.
            MicrophoneError: It gives no sound.
        """
        if not self._waiting.acquire(blocking=False):
            raise StationBusy("Somebody else is testing the microphone just now. Try again in a minute.")
        try:
            test = self._now = _Test()
            ask()
            return sound_file(test.heard.result(_PATIENCE_S))
        except TimeoutError as error:
            raise StationBusy("The station does not answer. Is somebody using it? Try again in a minute.") from error
        finally:
            self._now = None
            self._waiting.release()

    def refuse(self) -> None:
        """Tell whoever waits that somebody is here."""
        self._fail(StationBusy(_BUSY))

    def begin(self) -> None:
        """Listen from now on, in a thread of its own."""
        if test := self._now:
            threading.Thread(target=self._listen, args=[test], name="sound-test", daemon=True).start()

    def end(self) -> None:
        """The time is over: whoever waits gets what was heard."""
        if test := self._now:
            test.enough.set()

    def give_up(self) -> None:
        """A visitor has come: the microphone is let go at once, and nothing of the test is kept."""
        self._fail(StationBusy(_GIVEN_UP))

    def _fail(self, why: StationBusy) -> None:
        if test := self._now:
            test.enough.set()
            # It may have ended in this very moment.
            with contextlib.suppress(InvalidStateError):
                test.heard.set_exception(why)

    def _listen(self, test: _Test) -> None:
        with contextlib.suppress(InvalidStateError):
            try:
                test.heard.set_result(listen(self._microphone, test.enough, WORDS_S))
            except MicrophoneError as error:
                test.heard.set_exception(error)
