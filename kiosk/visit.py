"""A visit by nobody: presses the simulated buttons as a visitor would, for a demonstration and a first look."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from kiosk.devices import Button
from kiosk.errors import SaysoError
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript
from kiosk.stories.status import read_status
from kiosk.stories.story_folder import StoryFolder

Say = Callable[[str], None]
#: Called while waiting: keeps the other processes alive, and raises when one of them refuses.
Meanwhile = Callable[[], None]

_LOOK_S = 0.1
#: Longer than the slowest machine needs for anything that is waited for here.
_PATIENCE_S = 180.0
#: A press that the station took for a tremor is pressed again after this.
_AGAIN_S = 1.5
#: What the visitor does where the station waits: which button, and what is printed of it.
_WAY: Mapping[State, tuple[Button, str]] = {
    State.IDLE: ("green", "A visitor presses the green button. The station says hello."),
    State.WELCOME: ("green", "Green again: who will listen, and that one can stop at any time."),
    State.BEFORE: ("green", "Green: the microphone opens. The station asks its question, and waits half a second."),
    State.IN_SHORT: ("green", "Green again: the microphone opens, and the station waits half a second."),
    State.HEAR_IT: ("red", "The visitor could hear it now, but goes on with red. The station asks: keep it?"),
    State.KEEP: ("green", "Green: keep it. The station asks for permission: may the words be used?"),
    State.WORDS: ("green", "Green: yes. And may the voice be played?"),
    State.VOICE: ("red", "Red: no. The story is kept, and the station says its number."),
}


class VisitFailed(SaysoError, RuntimeError):
    """The station did not do what it should; the message says what was waited for."""


class SampleVisit:
    """Tells the sample story to a running kiosk."""

    def __init__(self, folder: DataFolder, say: Say, meanwhile: Meanwhile) -> None:
        """Get ready.

        Args:
            folder: The data folder of the kiosk.
            say: Prints a line.
            meanwhile: Called again and again while waiting.
        """
        self._folder = folder
        self._say = say
        self._meanwhile = meanwhile

    def tell(self, story_s: float) -> StoryFolder:
        """Visit the station and keep the story.

        Args:
            story_s: Length of the sample story in seconds.

        Returns:
            The kept story.

        Raises:
            VisitFailed: The station did not follow.
        """
        before = self._wait("the station to be ready", lambda status: status["state"] == State.IDLE)["last_story"]
        self._walk(lambda status: status["state"] == State.TELLING, "the tone")
        self._say("A tone, and the red light is on: the visitor talks.")
        self._wait("the story to be told", lambda status: (status["seconds"] or 0) > story_s)
        self._say("A press ends it.")
        self._press("green", self._status())
        # Not for the number: it may have been said by the time that somebody looks.
        kept = self._walk(lambda status: status["last_story"] != before, "the story to be kept")
        story = self._folder.story(kept["last_story"])
        told = story.story()
        self._say(f"Kept as '{told.card}': {story.path} ({told.seconds:.1f} s, {told.overflows} overflows)")
        return story

    def transcript(self, story: StoryFolder) -> Transcript:
        """Wait for the words of a story.

        Raises:
            VisitFailed: They did not come, or the transcriber says why there are none.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while (transcript := story.transcript()) is None:
            transcriber = read_status(self._folder, "transcriber") or {}
            if transcriber.get("state") == "no model":
                reasons = " ".join(fault["message"] for fault in transcriber["faults"])
                raise VisitFailed(f"The story is kept, but it cannot be written down: {reasons}")
            self._pause(deadline, "the transcript")
        if transcript.failed:
            raise VisitFailed(f"The story could not be written down: {transcript.failed}")
        return transcript

    def _walk(self, true: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Press what `_WAY` says, in each scene once, until a status is as wanted, and return it."""
        deadline, told = time.monotonic() + _PATIENCE_S, set[State]()
        while not true(status := self._status()):
            step = _WAY.get(status["state"])
            if step:
                button, line = step
                if status["state"] not in told:
                    told.add(status["state"])
                    self._say(line)
                self._press(button, status)
            self._pause(deadline, f"{what} (the station is at '{status['state']}')")
        return status

    def _press(self, button: Button, seen: dict[str, Any]) -> None:
        """Press until the station has left the scene that was seen."""
        deadline, pressed_at = time.monotonic() + _PATIENCE_S, float("-inf")
        while (status := self._status()).get("scene") == seen.get("scene"):
            if time.monotonic() - pressed_at > _AGAIN_S:
                live.press(self._folder, button)
                pressed_at = time.monotonic()
            self._pause(deadline, f"an answer to the {button} button (the station is at '{status['state']}')")

    def _wait(self, what: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while not true(status := self._status()):
            self._pause(deadline, what)
        return status

    def _status(self) -> dict[str, Any]:
        return read_status(self._folder, "kiosk") or {"state": "not running", "seconds": None, "last_story": None}

    def _pause(self, deadline: float, what: str) -> None:
        if time.monotonic() > deadline:
            raise VisitFailed(f"Waited {_PATIENCE_S:.0f} s for {what} in vain. 'sayso check' may tell why.")
        self._meanwhile()
        time.sleep(_LOOK_S)
