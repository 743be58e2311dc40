"""What goes wrong: the visitor is told, staff see it, and it heals by itself."""

import os
import shutil
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow import State
from kiosk.stories import wav
from kiosk.stories.folder import DataFolder
from tests.kiosk.running import WAITING, WAY, Start
from tests.sound_card import wait_until


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


def test_where_a_microphone_gave_no_sound_at_all_nobody_is_asked_to_keep_it(start: Start) -> None:
    station = start()
    station.microphone.most_blocks = 1
    station.walk(State.TELLING)
    station.microphone.pulled = True
    wait_until(lambda: "sorry" in station.heard(), "the visitor is told")
    assert "cut_short" not in station.heard()
    station.microphone.pulled = False
    station.reach(State.IDLE)
    assert station.data.story_folders() == []
    wait_until(lambda: os.listdir(station.data.takes) == ["sequence"], "every byte of it is gone")


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
    # While there is room: what is spoken later takes from what is left here.
    station.station._prompts.prepare()
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


def test_a_button_that_stays_down_is_shown_and_heals_when_it_comes_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.presses.STUCK_S", 0.5)
    station = start()
    pin = station.panel._buttons["red"].pin
    pin.drive_low()
    # One press, however long: the visit begins, and nobody goes on with it.
    station.reach(State.BEFORE)
    wait_until(lambda: station.fault_codes() == {"button"}, "staff see it")
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.OUT_OF_ORDER, way={state: "green" for state in WAY})
    assert station.status()["lights"] == {"green": "off", "red": "blink"}
    pin.drive_high()
    station.reach(State.IDLE)
    assert station.fault_codes() == set()


def test_a_speaker_that_is_gone_is_shown_before_a_visit_and_heals_without_one(start: Start) -> None:
    station = start()
    station.speaker.pulled = True
    station.tell()
    assert station.fault_codes() == {"speaker"}
    station.press("green", State.HEAR_IT)
    station.keep()
    assert station.data.story_folders()[0].story().agreed
    wait_until(lambda: station.status()["lights"] == {"green": "breathe", "red": "blink"}, "it shows")
    station.speaker.pulled = False
    wait_until(lambda: station.status()["lights"] == {"green": "breathe", "red": "off"}, "it has healed")
    assert station.fault_codes() == set()


def test_a_microphone_that_another_program_holds_is_told_and_heals(start: Start) -> None:
    station = start()
    station.microphone.busy = True
    station.walk(State.BEFORE)
    station.panel.press("green")
    wait_until(lambda: "sorry" in station.heard(), "the visitor is told")
    station.reach(State.OUT_OF_ORDER)
    assert "busy" in station.status()["faults"][0]["message"]
    station.microphone.busy = False
    station.reach(State.IDLE)
    station.walk(State.TELLING)
