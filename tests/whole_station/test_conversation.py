"""What only a sound card shows: the moment around the tone, one switch, and visitors who walk away."""

import os
import subprocess
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.flow import State
from kiosk.prompts import TONE_HZ
from kiosk.shown import live
from kiosk.stories import wav
from kiosk.stories.programme import Programme, Question, write_programme
from tests.sound_card import SoundCard, stands_in, wait_until
from tests.station import WAY, StationUnderTest

RATE_HZ = wav.SAMPLERATE_HZ
#: The question of this test is this tone, so that it can be told from everything else.
QUESTION_HZ = 1200.0


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def loudest_at(hz: float, pcm: bytes) -> float:
    """Return the greatest amplitude of a tone in any tenth of a second, 1.0 being full scale.

    A little beside its frequency counts as well: the loopback of a busy sound server runs a little fast or slow.
    """
    samples, step = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2") / 32768, RATE_HZ // 10
    pieces = samples[: len(samples) // step * step].reshape(-1, step) * np.hanning(step)
    amplitudes = 4 * np.abs(np.fft.rfft(pieces)) / step
    near = np.abs(np.fft.rfftfreq(step, 1 / RATE_HZ) - hz) <= 0.03 * hz
    return float(amplitudes[:, near].max())


@pytest.fixture
def room(own_card: SoundCard) -> Iterator[SoundCard]:
    """A sound card whose microphone hears its speaker, as in any room."""
    command = ["pactl", "load-module", "module-loopback", "source=speaker.monitor", "sink=mic_feed", "latency_msec=60"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **own_card.env})
    yield own_card


def test_a_voice_that_begins_before_the_tone_loses_nothing(station: StationUnderTest, card: SoundCard) -> None:
    # Somebody who talks all the time, from before the question on. Noise is never the same twice.
    card.script.write_bytes(np.random.default_rng(3).normal(0, 3000, RATE_HZ * 90).astype("<i2").tobytes())
    station.walk(State.TELLING)
    audio, since = station.data.takes / station.status()["take"] / "audio.wav", time.monotonic()
    wait_until(
        lambda: wav.frames_in(audio) / RATE_HZ >= 1 + time.monotonic() - since,
        "a second before the end of the tone is in the take",
    )
    wait_until(lambda: wav.frames_in(audio) > 8 * RATE_HZ, "something was told")
    station.keep()
    told = station.data.story(station.status()["last_story"]).audio.read_bytes()[44:]
    # From the first frame on, without a gap; after the tone to the sample.
    stands_in(told, card.script.read_bytes())


def test_neither_the_tone_nor_the_question_is_in_the_take(room: SoundCard, tmp_path: Path) -> None:
    station = StationUnderTest(tmp_path / "station", room, microphone="virtmic")
    asked = 8000 * np.sin(2 * np.pi * QUESTION_HZ / RATE_HZ * np.arange(2 * RATE_HZ))
    write_wav(station.data.programme / "question.wav", asked)
    station.start()
    try:
        station.walk(State.BEFORE)
        heard = room.hear(tmp_path / "heard.raw", "virtmic")
        wait_until(lambda: (tmp_path / "heard.raw").stat().st_size > 0, "the test hears the room")
        station.walk(State.TELLING)
        audio = station.data.takes / station.status()["take"] / "audio.wav"
        wait_until(lambda: wav.frames_in(audio) > 5 * RATE_HZ, "the tone is long over")
        heard.terminate()
        heard.wait()
        taken = audio.read_bytes()[44:]
    finally:
        station.stop()
    microphone = (tmp_path / "heard.raw").read_bytes()
    for hz in (TONE_HZ, QUESTION_HZ):
        in_the_room = loudest_at(hz, microphone)
        assert in_the_room > 0.04, "the microphone hears what the speaker says"
        # What sounds beside it when a busy sound server stumbles is not nothing.
        assert loudest_at(hz, taken) < in_the_room / 4


def test_one_switch_alone_reaches_kept(card: SoundCard, tmp_path: Path, short_wav: Path) -> None:
    card.script.write_bytes(short_wav.read_bytes()[44:] * 20)
    station = StationUnderTest(
        tmp_path / "station", card, settings={"panel": {"switches": "one"}, "conversation": {"offer_wait_s": 4}}
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
            live.press(station.data, "green")
        return bool(status["last_story"])

    try:
        wait_until(visit, "the story is kept", 240)
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
        live.press(station.data, "green")
        station.passes(State.BEFORE, State.IDLE)
        station.walk(State.TELLING)
        station.passes(State.BEFORE, State.IDLE, State.TELLING, State.ASK_FINISHED, State.UNHEARD, State.IDLE)
        wait_until(lambda: os.listdir(station.data.takes) == ["sequence"], "every byte has gone")
        assert os.listdir(station.data.stories) == []
    finally:
        station.stop()


def test_a_spoken_yes_is_on_the_disk_as_it_was_said(card: SoundCard, tmp_path: Path) -> None:
    card.script.write_bytes(np.random.default_rng(7).normal(0, 3000, RATE_HZ * 90).astype("<i2").tobytes())
    station = StationUnderTest(tmp_path / "station", card, settings={"conversation": {"consent": "spoken"}})
    questions = (Question(text="How is the bus?"), Question(text="How is lunch?"))
    write_programme(station.data, Programme(questions=questions))
    station.start()
    try:
        station.walk(State.CHOOSE)
        station.press("red", State.CHOOSE)
        station.walk(State.TELLING, way={**WAY, State.CHOOSE: "green"})
        wait_until(lambda: (station.status()["seconds"] or 0) >= 3, "something was told")
        station.press("green", State.HEAR_IT)
        station.answer(None, {**WAY, State.VOICE_TOO: "red"})
        kept = station.data.story(station.status()["last_story"])
        assert kept.story().consent_sha256
        with wave.open(str(kept.path / "consent.wav")) as clip:
            said = clip.readframes(clip.getnframes())
        assert len(said) > 3 * 2 * RATE_HZ, "nobody pressed: all the time that there is for it"
        stands_in(said, card.script.read_bytes())
    finally:
        station.stop()
