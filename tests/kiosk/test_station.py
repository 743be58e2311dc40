"""The station in one process: real files, real mock pins, simulated sound."""

import os
import wave
from pathlib import Path

from kiosk.config import (
    KeepingSettings,
    MicrophoneSettings,
    VoiceSettings,
)
from kiosk.flow import State
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.stories import takes, wav
from kiosk.stories.editions import Editions
from kiosk.stories.folder import DataFolder
from tests.kiosk.running import SETTINGS, WAITING, Start
from tests.sound_card import wait_until


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


def test_where_nothing_is_kept_that_was_not_agreed_who_walks_away_leaves_no_byte(start: Start) -> None:
    station = start(
        conversation=WAITING.model_copy(update={"answer_wait_s": 0.3}), keeping=KeepingSettings(not_agreed_kept_h=0)
    )
    station.tell()
    station.panel.press("green")
    wait_until(lambda: os.listdir(station.data.takes) == ["sequence"], "the take has gone")
    assert os.listdir(station.data.stories) == []


def test_the_longest_story_ends_by_itself_and_nothing_of_it_is_lost(start: Start) -> None:
    station = start(conversation=WAITING.model_copy(update={"longest_story_s": 1.0}))
    station.walk(State.HEAR_IT)
    station.keep()
    story = station.data.story_folders()[0].story()
    assert story.ending == "time" and story.seconds >= 0.9


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


def test_a_recorded_prompt_wins_over_the_synthetic_voice(data: DataFolder, short_wav: Path) -> None:
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
    spoken = prompts.find("welcome")
    assert spoken and spoken.is_relative_to(data.cache)
    (data.programme / "welcome.wav").write_bytes(short_wav.read_bytes())
    edition = Editions(data).look()
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
