"""The station in one process: real files, real mock pins, simulated sound."""

import os
import shutil
import subprocess
import threading
import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import (
    Config,
    ConversationSettings,
    DiskSettings,
    MicrophoneSettings,
    PanelSettings,
    VoiceSettings,
)
from kiosk.devices import Block, Button
from kiosk.devices.panel import GpioPanel, open_panel
from kiosk.devices.sample import SampleMicrophone
from kiosk.devices.speaker import SilentSpeaker
from kiosk.errors import MicrophoneError
from kiosk.flow import State
from kiosk.programme import Editions
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.station import Station
from kiosk.stories import takes, wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.sound_card import wait_until

#: What a visitor presses to keep a story, in this state; each scene once.
WAY: Mapping[str, Button] = {
    State.IDLE: "green", State.BEFORE: "green", State.HEAR_IT: "red", State.KEEP: "green",
    State.CUT_SHORT: "green", State.WORDS: "green", State.VOICE: "red",
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

    pulled = False

    def check(self) -> str | None:
        return "It was pulled out." if self.pulled else super().check()

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        for block in super().blocks(stop):
            if self.pulled:
                raise MicrophoneError("It was pulled out.")
            yield block


class Running:
    """A running station and the hands of a visitor."""

    def __init__(self, data: DataFolder, sound: Path, settings: Config = SETTINGS) -> None:
        self.data = data
        self.panel: GpioPanel = open_panel(settings.panel)
        self.microphone = BreakableMicrophone(lambda: sound)
        self.speaker = SilentSpeaker()
        prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
        self.station = Station(
            settings, data, panel=self.panel, microphone=self.microphone, speaker=self.speaker, prompts=prompts
        )
        self._thread = threading.Thread(target=self.station.run)
        self._thread.start()
        self.reach(State.IDLE)

    def status(self) -> dict[str, Any]:
        return read_status(self.data, "kiosk") or {}

    def reach(self, state: State) -> None:
        wait_until(lambda: self.status().get("state") == state, f"{state} (is: {self.status()})")

    def press(self, button: Button, to: State) -> None:
        self.panel.press(button)
        self.reach(to)

    def walk(self, *until: State, way: Mapping[str, Button] = WAY) -> None:
        """Press what `way` says, in each scene once, until one of the states is reached."""
        pressed: set[int] = set()

        def there() -> bool:
            status = self.status()
            if status["state"] in until:
                return True
            if status["state"] in way and status["scene"] not in pressed:
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
        self._thread.join(30)
        assert not self._thread.is_alive()


Start = Callable[..., Running]


@pytest.fixture
def start(data: DataFolder, short_wav: Path) -> Iterator[Start]:
    running: list[Running] = []

    def start(data: DataFolder = data, **changes: Any) -> Running:
        running.append(Running(data, short_wav, SETTINGS.model_copy(update=changes)))
        return running[-1]

    yield start
    for each in running:
        each.end()


def test_a_visit_from_hello_to_thank_you_keeps_what_was_said(start: Start, short_wav: Path) -> None:
    station = start()
    station.tell()
    station.press("red", State.HEAR_IT)
    station.keep()
    (kept,) = station.data.story_folders()
    story = kept.story()
    assert (story.agreed, story.ending, story.overflows, story.sample) == (True, "press", 0, True)
    with wave.open(str(kept.audio)) as file, wave.open(str(short_wav)) as said:
        told = file.readframes(file.getnframes())
        assert file.getnframes() == story.frames >= 16_000
        original = said.readframes(said.getnframes())
    # To the sample, after the half second in which the tone could still be heard.
    assert original[20_000:32_000] in told
    # Each scene is begun; which of its prompts come to their end, the presses decide.
    heard = iter(station.heard())
    for name in ("welcome", "who_listens", "question", "after_tone", "tone", "told", "to_keep", "use_words",
                 "play_voice", "number", "words", "once_more", "words", "take_back", "thanks"):  # fmt: skip
        assert name in heard
    assert (story.permissions.words, story.permissions.voice, story.card) == (True, False, "sun 1")
    assert story.question == "What is good here? And what could be better?"
    assert story.proof and story.proof.keep and story.proof.words and story.proof.voice
    assert [(given.yes, given.how) for given in (story.proof.keep, story.proof.words, story.proof.voice)] == [
        (True, "press"), (True, "press"), (False, "press"),
    ]  # fmt: skip
    assert {"question", "after_tone"} <= set(story.proof.heard)
    assert story.sound and story.sound.speech_s > 0.3
    assert station.status()["last_story"] == story.id


def test_throwing_away_leaves_no_byte(start: Start) -> None:
    station = start()
    station.tell()
    station.press("green", State.HEAR_IT)
    station.press("red", State.KEEP)
    station.press("red", State.SURE)
    station.press("red", State.IDLE)
    wait_until(lambda: os.listdir(station.data.takes) == ["sequence"], "the take has gone")
    assert os.listdir(station.data.stories) == []
    assert "thrown" in station.heard()


def test_who_walks_away_after_telling_leaves_a_story_that_is_not_agreed(start: Start) -> None:
    station = start(conversation=WAITING.model_copy(update={"answer_wait_s": 0.3}))
    station.tell()
    station.panel.press("green")
    wait_until(lambda: station.data.story_folders(), "it was kept")
    story = station.data.story_folders()[0].story()
    assert (story.agreed, story.card, story.proof) == (False, "", None)
    assert station.heard()[-3:] == ["to_keep", "to_throw", "ask_person"]


def test_the_longest_story_ends_by_itself_and_nothing_of_it_is_lost(start: Start) -> None:
    station = start(conversation=WAITING.model_copy(update={"longest_story_s": 1.0}))
    station.walk(State.HEAR_IT)
    station.keep()
    story = station.data.story_folders()[0].story()
    assert story.ending == "time" and story.seconds >= 0.9


def test_a_microphone_pulled_while_telling_is_told_and_what_was_said_is_kept(start: Start) -> None:
    station = start()
    station.tell()
    station.microphone.pulled = True
    station.reach(State.CUT_SHORT)
    assert station.status()["lights"] == {"green": "on", "red": "blink"}
    assert station.fault_codes() == {"microphone"}
    station.keep()
    story = station.data.story_folders()[0].story()
    assert story.agreed and story.ending == "microphone" and story.seconds >= 1
    station.panel.press("red")
    wait_until(lambda: "sorry" in station.heard(), "the next visitor is told")
    station.microphone.pulled = False
    station.reach(State.IDLE)
    assert station.fault_codes() == set()
    station.tell()
    station.press("green", State.HEAR_IT)
    station.keep()
    assert len(station.data.story_folders()) == 2


def test_a_microphone_missing_at_the_press_is_told_at_once(start: Start) -> None:
    station = start()
    station.walk(State.BEFORE)
    station.microphone.pulled = True
    station.panel.press("green")
    wait_until(lambda: "sorry" in station.heard(), "the visitor is told")
    wait_until(lambda: station.fault_codes() == {"microphone"}, "staff see it")
    assert os.listdir(station.data.stories) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB: room for all prompts and a little more."""
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", mount], capture_output=True)
    if made.returncode:
        pytest.skip("only root may mount the small disk that this test fills")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def fill(mount: Path) -> Path:
    filler = mount / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_is_told_before_anybody_talks_and_heals(start: Start, small_disk: Path) -> None:
    station = start(DataFolder.open(small_disk), conversation=WAITING.model_copy(update={"longest_story_s": 10}))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 1_000_000))
    station.reach(State.OUT_OF_ORDER)
    assert station.fault_codes() == {"disk"}
    station.panel.press("green")
    wait_until(lambda: "sorry" in station.heard(), "the visitor is told")
    filler.unlink()
    station.reach(State.IDLE)


def test_a_disk_that_fills_while_telling_loses_nothing_that_was_said(start: Start, small_disk: Path) -> None:
    station = start(DataFolder.open(small_disk), conversation=WAITING.model_copy(update={"longest_story_s": 10}))
    station.station._prompts.prepare()
    station.tell()
    filler = fill(small_disk)
    station.reach(State.CUT_SHORT)
    frames = wav.frames_in(station.data.takes / station.status()["take"] / "audio.wav")
    station.walk(State.LATER, State.OUT_OF_ORDER)
    wait_until(lambda: "later" in station.heard(), "the visitor is told that it takes help")
    filler.unlink()
    wait_until(lambda: station.data.story_folders(), "the story was saved once there was room")
    story = station.data.story_folders()[0].story()
    assert story.card == "", "nobody waited to be told a number"
    assert story.agreed and story.ending == "disk" and frames - 800 <= story.frames <= frames
    with wave.open(str(station.data.story_folders()[0].audio)) as file:
        assert file.getnframes() == story.frames >= 16_000


def test_a_station_that_is_ended_while_somebody_tells_keeps_it_as_not_agreed(start: Start) -> None:
    station = start()
    station.tell()
    station.end()
    story = station.data.story_folders()[0].story()
    assert (story.agreed, story.ending) == (False, "station") and story.seconds >= 1
    assert os.listdir(station.data.takes) == ["sequence"]


def test_a_take_left_by_a_crash_is_kept_at_the_next_start(data: DataFolder, start: Start) -> None:
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")
    writer = wav.WavWriter(take.audio)
    writer.append(bytes(64_000))
    writer.close()
    station = start()
    assert station.data.story(take.take.id).story().agreed is False


def test_a_light_that_fails_does_not_stop_a_visit(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    station = start()

    def broken(*_: object) -> None:
        raise OSError("no such wire")

    monkeypatch.setattr("kiosk.devices.panel._set", broken)
    station.tell()
    assert station.fault_codes() == {"lights"}
    monkeypatch.undo()
    station.press("green", State.HEAR_IT)
    assert station.fault_codes() == set()


def test_without_a_speech_engine_a_visit_goes_on_by_the_lights(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    station = start()
    station.tell()
    assert station.fault_codes() == {"speaker"}
    station.press("green", State.HEAR_IT)
    station.keep()
    assert len(station.data.story_folders()) == 1


def test_a_recorded_prompt_wins_over_the_synthetic_voice(data: DataFolder, short_wav: Path) -> None:
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
    spoken = prompts.find("welcome")
    assert spoken and spoken.is_relative_to(data.cache)
    (data.programme / "welcome.wav").write_bytes(short_wav.read_bytes())
    edition = Editions(data, {}).look()
    assert edition
    prompts.take_up(edition)
    recorded = prompts.find("welcome")
    assert recorded and recorded != spoken
    with wave.open(str(recorded)) as file, wave.open(str(short_wav)) as own:
        assert file.getparams() == own.getparams()


def test_the_blue_button_plays_the_news_where_somebody_recorded_some(start: Start, short_wav: Path) -> None:
    station = start(panel=SETTINGS.panel.model_copy(update={"blue_button_pin": 5}))
    station.panel.press("blue")
    wait_until(lambda: "no_news" in station.heard(), "it says kindly that there is none")
    wait_until(lambda: station.status()["scene"] == 2, "the station waits again")
    (station.data.programme / "news.wav").write_bytes(short_wav.read_bytes())
    wait_until(lambda: station.station._prompts.news, "the news is taken up")
    station.panel.press("blue")
    wait_until(lambda: "said" in station.heard(), "the news is heard")


def test_a_press_that_must_be_held_counts_while_the_button_is_still_down(start: Start) -> None:
    station = start(panel=SETTINGS.panel.model_copy(update={"hold_s": 0.3}))
    pin = station.panel._buttons["green"].pin
    pin.drive_low()
    pin.drive_high()
    pin.drive_low()
    station.reach(State.BEFORE)
    pin.drive_high()


def test_what_was_told_can_be_heard_before_it_is_kept(start: Start) -> None:
    station = start()
    station.tell()
    station.press("green", State.HEAR_IT)
    audio = station.data.takes / station.status()["take"] / "audio.wav"
    station.press("green", State.KEEP)
    assert audio in station.speaker.played


def test_a_station_ended_during_the_permissions_keeps_the_story_as_agreed(start: Start) -> None:
    station = start()
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.WORDS)
    station.press("green", State.VOICE)
    station.end()
    story = station.data.story_folders()[0].story()
    assert (story.agreed, story.permissions.words, story.permissions.voice) == (True, True, None)
    assert story.card == "", "nobody was told a number"


def test_the_last_word_is_whole_although_the_press_came_into_it(start: Start) -> None:
    station = start(microphone=MicrophoneSettings(post_roll_s=1.5))
    station.tell()
    before = station.station._telling.frames
    station.press("green", State.HEAR_IT)
    assert station.station._telling.frames >= before + 1.4 * 16_000


def test_a_voice_that_does_not_exist_is_a_fault_and_no_crash(data: DataFolder) -> None:
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings(name="xx-none"))
    assert prompts.find("welcome") is None
    assert prompts.fault and "welcome" in prompts.fault
