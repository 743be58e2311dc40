"""Loudness, speech and silence, and the tone that is taken out."""

import wave
from pathlib import Path

import numpy as np
import pytest

from kiosk.hearing import Ear, Notch, crossfade
from kiosk.prompts import TONE_HZ
from kiosk.stories.loudness import SILENT_DBFS, SPEECH_DBFS, dbfs, evened
from kiosk.stories.wav import SAMPLERATE_HZ

BLOCK = 1600


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


def hear(sound: np.ndarray) -> Ear:
    ear, pcm = Ear(), np.clip(sound, -32768, 32767).astype("<i2").tobytes()
    for start in range(0, len(pcm), BLOCK):
        ear.hear(pcm[start : start + BLOCK])
    return ear


def noise(seconds: float, level: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, int(SAMPLERATE_HZ * seconds))


def sine(hz: float, seconds: float, level: float) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(SAMPLERATE_HZ * seconds)) / SAMPLERATE_HZ)


def test_levels_are_those_of_the_definition() -> None:
    assert dbfs(sine(1000, 1, 32767).astype("<i2").tobytes()) == pytest.approx(-3.01, abs=0.01)
    assert dbfs(bytes(1600)) == dbfs(b"") == SILENT_DBFS


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.02])
def test_a_voice_is_told_from_the_room_also_when_it_is_soft(story_wav: Path, gain: float) -> None:
    voice = samples(story_wav) * gain
    room = noise(2, 5)
    sound = np.concatenate([room, voice + noise(len(voice) / SAMPLERATE_HZ, 5)[: len(voice)], room])
    figures = hear(sound).figures()
    assert 0.5 * len(voice) / SAMPLERATE_HZ < figures.speech_s < 1.05 * len(voice) / SAMPLERATE_HZ
    assert figures.longest_silence_s >= 1.9


@pytest.mark.parametrize("sound", [noise(10, 5), noise(10, 200), sine(100, 10, 300), np.zeros(160_000)],
                         ids=["a still room", "a fan", "a hum", "a muted microphone"])  # fmt: skip
def test_an_even_noise_is_silence(sound: np.ndarray) -> None:
    ear = hear(sound)
    assert ear.speech_s < 0.3 and ear.silent_s > 9


def test_a_loud_din_counts_as_speech_so_that_no_story_in_it_is_taken_for_silence() -> None:
    assert hear(noise(10, 3000)).speech_s > 9


def test_the_tone_is_taken_out_and_a_voice_stays_what_it_was(story_wav: Path) -> None:
    voice = samples(story_wav)[:48_000] * 0.5
    tone = sine(TONE_HZ, 0.35, 3277) * np.hanning(5600)
    mixed = voice.copy()
    mixed[20_000:25_600] += tone
    notch, pcm = Notch(TONE_HZ), mixed.astype("<i2").tobytes()
    cleaned = np.frombuffer(b"".join(notch.filter(pcm[at : at + BLOCK]) for at in range(0, len(pcm), BLOCK)), "<i2")
    left = np.frombuffer(Notch(TONE_HZ).filter(np.pad(tone, 8000).astype("<i2").tobytes()), "<i2").astype(float)
    assert np.sqrt(np.mean(left**2)) < 0.05 * np.sqrt(np.mean(np.pad(tone, 8000) ** 2))
    assert np.corrcoef(cleaned, voice)[0, 1] > 0.93


def test_going_over_from_one_sound_to_another_makes_no_click() -> None:
    one, other = np.full(800, 10_000, "<i2"), np.full(800, -10_000, "<i2")
    mixed = np.frombuffer(crossfade(one.tobytes(), other.tobytes()), "<i2").astype(int)
    assert mixed[0] == 10_000 and abs(mixed[-1] + 10_000) < 30 and np.abs(np.diff(mixed)).max() < 30


@pytest.mark.parametrize("gain", [0.2, 0.5, 1.0])
def test_prompts_have_one_loudness_whoever_recorded_them(short_wav: Path, gain: float) -> None:
    said = (samples(short_wav) * gain).astype("<i2")
    even = np.frombuffer(evened(said.tobytes(), SAMPLERATE_HZ), "<i2").astype(float)
    levels = [dbfs(even[at : at + 800].astype("<i2").tobytes()) for at in range(0, len(even), 800)]
    powers = [10 ** (level / 10) for level in levels if level > -50]
    assert 10 * np.log10(np.mean(powers)) == pytest.approx(SPEECH_DBFS, abs=1)
    assert np.abs(even).max() <= 0.91 * 32767


def test_silence_is_not_made_loud() -> None:
    assert evened(bytes(3200), SAMPLERATE_HZ) == bytes(3200)
