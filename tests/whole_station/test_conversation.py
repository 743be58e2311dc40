"""What only a sound card shows: the moment around the tone, one switch, and visitors who walk away."""

import os
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.devices import remote
from kiosk.flow import State
from kiosk.prompts import TONE_HZ
from kiosk.stories import wav
from tests.sound_card import SoundCard, wait_until
from tests.station import StationUnderTest

RATE_HZ = wav.SAMPLERATE_HZ
#: The question of this test is this tone, so that it can be told from everything else.
QUESTION_HZ = 1200.0


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def loudness_at(hz: float, samples: np.ndarray) -> float:
    """Return the amplitude of one frequency, 1.0 being full scale."""
    turn = np.exp(-2j * np.pi * hz / RATE_HZ * np.arange(len(samples)))
    return float(2 * np.abs(np.mean(samples / 32768 * turn)))


@pytest.fixture
def room(own_card: SoundCard) -> Iterator[SoundCard]:
    """A sound card whose microphone hears its speaker, as in any room."""
    command = ["pactl", "load-module", "module-loopback", "source=speaker.monitor", "sink=mic_feed", "latency_msec=60"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **own_card.env})
    yield own_card


def test_a_voice_before_the_tone_loses_nothing_and_neither_tone_nor_question_is_in_the_take(
    room: SoundCard, tmp_path: Path
) -> None:
    # Noise is never the same twice, so that each piece of it tells its moment; half as loud as the tone.
    voice = np.random.default_rng(3).normal(0, 1600, RATE_HZ * 90)
    noise = write_wav(tmp_path / "voice.wav", voice)
    station = StationUnderTest(tmp_path / "station", room, microphone="virtmic")
    asked = 8000 * np.sin(2 * np.pi * QUESTION_HZ / RATE_HZ * np.arange(2 * RATE_HZ))
    write_wav(station.data.programme / "question.wav", asked)
    station.start()
    try:
        station.walk(State.BEFORE)
        talking = room.say(noise)
        station.walk(State.TELLING)
        audio = station.data.takes / station.status()["take"] / "audio.wav"
        assert wav.frames_in(audio) >= RATE_HZ, "a second before the tone's end is in the take"
        wait_until(lambda: wav.frames_in(audio) > 8 * RATE_HZ, "something was told")
        station.keep()
        talking.kill()
        talking.wait()
        told = np.frombuffer(station.data.story(station.status()["last_story"]).audio.read_bytes()[44:], "<i2")
    finally:
        station.stop()
    said = voice.astype("<i2").astype(float)
    last = told[6 * RATE_HZ :][:1600].astype(float)
    begins = int(np.argmax(np.correlate(said, last, "valid"))) - 6 * RATE_HZ
    meant = said[begins : begins + len(told)]
    # Each fifth of a second, also before and in the tone, is what was said then: nothing is missing, nothing moved.
    step = RATE_HZ // 5
    alike = [np.corrcoef(told[at : at + step], meant[at : at + step])[0, 1] for at in range(0, 7 * RATE_HZ, step)]
    assert min(alike) > 0.9, [round(each, 2) for each in alike]
    tone = [loudness_at(TONE_HZ, told[at : at + step]) for at in range(0, 4 * RATE_HZ, step)]
    assert max(tone) < 0.01
    assert max(loudness_at(QUESTION_HZ, told[at : at + step]) for at in range(0, 2 * RATE_HZ, step)) < 0.01


def test_one_switch_alone_reaches_kept(card: SoundCard, tmp_path: Path, short_wav: Path) -> None:
    card.script.write_bytes(short_wav.read_bytes()[44:] * 20)
    station = StationUnderTest(
        tmp_path / "station", card, settings={"panel": {"switches": "one"}, "conversation": {"offer_wait_s": 2}}
    )
    wanted = {
        State.BEFORE: "green", State.HEAR_IT: "red", State.KEEP: "green", State.WORDS: "green", State.VOICE: "red",
    }  # fmt: skip
    station.start()
    pressed: set[int] = set()

    def visit() -> bool:
        status = station.status()
        state, scene = status["state"], status["scene"]
        begin = state == State.IDLE and not pressed
        told = state == State.TELLING and (status["seconds"] or 0) >= 4
        if scene not in pressed and (begin or told or status["offer"] == wanted.get(state, "none")):
            pressed.add(scene)
            remote.press(station.data, "green")
        return bool(status["last_story"])

    try:
        wait_until(visit, "the story is kept", 120)
        story = station.data.story(station.status()["last_story"]).story()
    finally:
        station.stop()
    assert (story.agreed, story.permissions.words, story.permissions.voice) == (True, True, False)
    assert story.card == "sun 1"


def test_visits_in_which_nobody_ever_answers_leave_no_byte(card: SoundCard, tmp_path: Path) -> None:
    card.script.write_bytes(b"")
    waits = {"answer_wait_s": 3, "finished_after_s": 5, "longest_story_s": 12}
    station = StationUnderTest(tmp_path / "station", card, settings={"conversation": waits})
    station.start()
    try:
        station.press("green", State.BEFORE)
        station.reach(State.IDLE)
        station.walk(State.TELLING)
        station.reach(State.ASK_FINISHED)
        station.reach(State.UNHEARD)
        station.reach(State.IDLE)
        wait_until(lambda: os.listdir(station.data.takes) == ["sequence"], "every byte has gone")
        assert os.listdir(station.data.stories) == []
    finally:
        station.stop()
