"""A visit by nobody: presses the simulated buttons as a visitor would, for a demonstration and a first look."""

import time
from collections.abc import Callable
from typing import Any

from kiosk.conversation import State
from kiosk.devices import Button, remote
from kiosk.errors import SaysoError
from kiosk.stories.folder import DataFolder, StoryFolder
from kiosk.stories.records import Transcript
from kiosk.stories.status import read_status

Say = Callable[[str], None]
#: Called while waiting: keeps the other processes alive, and raises when one of them refuses.
Meanwhile = Callable[[], None]

_LOOK_S = 0.1
#: Longer than the slowest machine needs for anything that is waited for here.
_PATIENCE_S = 180.0
#: A press that the station took for a tremor is pressed again after this.
_AGAIN_S = 1.5


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
        self._press("green", State.WELCOME, "A visitor presses the green button. The station says hello.")
        self._press(
            "green", State.TELLING, "Green again: the microphone opens, the red light is on. The visitor talks."
        )
        self._wait("the story to be told", lambda status: (status["seconds"] or 0) > story_s)
        self._press("green", State.KEEP, "A press ends it. The station asks: keep it, or throw it away?")
        self._press("green", State.THANKS, "Green: keep it. The station says thank you.")
        story_id = self._wait("the story to be kept", lambda status: status["last_story"] != before)["last_story"]
        story = self._folder.story(story_id)
        told = story.story()
        self._say(f"Kept: {story.path} ({told.seconds:.1f} s, {told.overflows} overflows)")
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

    def _press(self, button: Button, until: State, line: str) -> None:
        self._say(line)
        before = self._status()["state"]
        deadline = time.monotonic() + _PATIENCE_S
        pressed_at = float("-inf")
        while (now_at := self._status()["state"]) != until:
            if now_at == before and time.monotonic() - pressed_at > _AGAIN_S:
                remote.press(self._folder, button)
                pressed_at = time.monotonic()
            self._pause(deadline, f"'{until}' (the station is at '{now_at}')")

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
