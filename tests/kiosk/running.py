"""A station in one process: real files, real mock pins, simulated sound; and the hands of a visitor."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kiosk.config import (
    Config,
    ConversationSettings,
    DiskSettings,
    PanelSettings,
    VoiceSettings,
)
from kiosk.devices import Block, Button, Lights
from kiosk.devices.panel import GpioPanel, open_panel
from kiosk.devices.sample import SampleMicrophone
from kiosk.devices.speaker import SilentSpeaker
from kiosk.errors import MicrophoneError
from kiosk.flow import State
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.station import Station
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.sound_card import wait_until

#: What a visitor presses to keep a story, in this state; each scene once.
WAY: Mapping[str, Button] = {
    State.IDLE: "green", State.BEFORE: "green", State.HEAR_IT: "red", State.KEEP: "green",
    State.CHOOSE: "green", State.CUT_SHORT: "green", State.WORDS: "green", State.VOICE: "red",
}  # fmt: skip
WAITING = ConversationSettings.model_construct(
    answer_wait_s=60, longest_story_s=600, shortest_story_s=0, finished_after_s=60
)
SETTINGS = Config(
    panel=PanelSettings(kind="simulated", repeat_ignored_s=0, bounce_s=0),
    conversation=WAITING,
    disk=DiskSettings(reserve_mb=1),
)


class BreakableMicrophone(SampleMicrophone):
    """The sample microphone, with a cable that a test pulls and plugs in."""

    pulled = mute = busy = False
    #: After so many blocks nothing comes any more, though it is open.
    most_blocks = math.inf

    def check(self) -> str | None:
        if self.busy:
            return "Device or resource busy"
        return "It was pulled out." if self.pulled else super().check()

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        if self.busy:
            raise MicrophoneError("Device or resource busy")
        for number, block in enumerate(super().blocks(stop)):
            if self.pulled:
                raise MicrophoneError("It was pulled out.")
            if number >= self.most_blocks:
                continue
            yield Block(bytes(len(block.pcm))) if self.mute else block


class BreakableSpeaker(SilentSpeaker):
    """The silent speaker, with a cable that a test pulls and plugs in; it finds out when it is asked for something."""

    pulled = False

    def check(self) -> str | None:
        self.fault = "It was pulled out." if self.pulled else None
        return self.fault

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        self.check()
        super().play(wav, done, louder_db=louder_db)


class Running:
    """A running station and the hands of a visitor."""

    def __init__(self, data: DataFolder, sound: Path, settings: Config = SETTINGS) -> None:
        self.data = data
        self.panel: GpioPanel = open_panel(settings.panel)
        self.shown = list[Lights]()
        show = self.panel.show
        self.panel.show = lambda lights: (self.shown.append(lights), show(lights))  # type: ignore[method-assign, return-value]
        self.microphone = BreakableMicrophone(lambda: sound)
        self.speaker = BreakableSpeaker()
        prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
        self.station = Station(
            settings, data, panel=self.panel, microphone=self.microphone, speaker=self.speaker, prompts=prompts
        )
        noted, note = set[str](), self.station._faults.note
        self.station._faults.note = lambda code, fault: (note(code, fault), noted.add(code))  # type: ignore[method-assign, return-value]
        self._thread = threading.Thread(target=self.station.run)
        self._thread.start()
        self.reach(State.IDLE)
        # The first look at the microphone is over, and its finding will not come into what the test does to it.
        wait_until(lambda: "microphone" in noted, "the microphone was looked at")

    def status(self) -> dict[str, Any]:
        return read_status(self.data, "kiosk") or {}

    def reach(self, state: State) -> None:
        wait_until(lambda: self.status().get("state") == state, f"{state} (is: {self.status()})")

    def press(self, button: Button, to: State) -> None:
        """Press once, and wait for the scene to which it leads, which has this state."""
        before = self.status().get("scene")
        self.panel.press(button)

        def there() -> bool:
            status = self.status()
            return status.get("state") == to and status["scene"] != before

        wait_until(there, f"{to} (is: {self.status()})")

    def walk(self, *until: State, way: Mapping[str, Button] = WAY) -> None:
        """Press what `way` says, in each scene once, until one of the states is reached."""
        pressed: set[int] = set()

        def there() -> bool:
            status = self.status()
            if status.get("state") in until:
                return True
            if status.get("state") in way and status["scene"] not in pressed:
                pressed.add(status["scene"])
                self.panel.press(way[status["state"]])
            return False

        wait_until(there, f"{until} (is: {self.status()})")

    def tell(self, seconds: float = 1) -> None:
        self.walk(State.TELLING)
        begun = self.station._telling.frames
        wait_until(lambda: self.station._telling.frames > begun + seconds * 16_000, "something was told")

    def keep(self) -> None:
        """After telling: keep the story, and wait until the station is ready again."""
        self.walk(State.IDLE, State.OUT_OF_ORDER)

    def fault_codes(self) -> set[str]:
        return {fault["code"] for fault in self.status()["faults"]}

    def heard(self) -> list[str]:
        """Names of the prompts that were played, in order."""
        return [wav.name.rsplit("-", 1)[0] for wav in self.speaker.played]

    def end(self) -> None:
        """Stop the station; a second time does nothing."""
        self.station.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()


Start = Callable[..., Running]
