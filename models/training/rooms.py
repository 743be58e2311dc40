"""Rooms, noises and microphones, all computed here: no recording of anybody's room is needed.

Sound is 1-d, float64, 16 kHz; full scale is 1 unless said otherwise. Shapes are those of NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from models.training.synthesis import RATE

Sound = NDArray[np.float64]
Rng = np.random.Generator


def convolve(sound: Sound, response: Sound) -> Sound:
    """Return the whole convolution, by the frequency domain."""
    size = len(sound) + len(response) - 1
    fast = 1 << (size - 1).bit_length()
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, fast) * np.fft.rfft(response, fast), fast)[:size], np.float64)


def level(sound: Sound) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(sound * sound)) + 1e-9)


def room(rng: Rng) -> Sound:
    """Return the impulse response of a made-up room: direct sound first, some early reflections, a dying tail.

    Reverberation times are from 0.1 s (a carpeted office) to 0.9 s (a hall); the direct sound is from 3 dB weaker than
    the rest (across the room) to 15 dB stronger (at the microphone).
    """
    dying_s = rng.uniform(0.1, 0.9)
    size = int(RATE * min(dying_s, 0.6))
    time = np.arange(size) / RATE
    tail = rng.standard_normal(size) * 10 ** (-3 * time / dying_s)  # 60 dB after `dying_s`
    tail = low_pass(tail, rng.uniform(2000, 7000))  # walls and air take the high tones first
    tail[: int(rng.uniform(0.001, 0.012) * RATE)] = 0
    for _ in range(rng.integers(0, 7)):
        tail[int(rng.uniform(0.001, 0.03) * RATE)] += rng.uniform(-1, 1) * 3
    tail *= 10 ** (-rng.uniform(-3, 15) / 20) / np.sqrt((tail * tail).sum() + 1e-9)
    tail[0] = 1.0
    return tail


def low_pass(sound: Sound, hertz: float) -> Sound:
    """Weaken what is above `hertz` by 12 dB an octave."""
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) / (1 + (frequency / hertz) ** 2), len(sound)), np.float64)


def coloured(rng: Rng, size: int, slope: float) -> Sound:
    """Return noise whose power falls with frequency to the power of `slope`: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 30.0)
    return np.asarray(np.fft.irfft(spectrum / frequency ** (slope / 2), size), np.float64)


def hum(rng: Rng, size: int) -> Sound:
    """Return mains or motor hum (fridges, lights) with some hiss."""
    time = np.arange(size) / RATE
    base = rng.choice([50.0, 100.0, rng.uniform(60, 400)])
    tones = [np.sin(2 * np.pi * base * n * time + rng.uniform(0, 6)) * rng.uniform(0, 2) / n for n in range(1, 9)]
    return np.asarray(np.sum(tones, axis=0) + 0.2 * rng.standard_normal(size), np.float64)


def clatter(rng: Rng, size: int) -> Sound:
    """Return cups, doors and footsteps: short knocks that ring, over a little noise."""
    sound = 0.02 * coloured(rng, size, 1.0) / level(coloured(rng, size, 1.0))
    for _ in range(int(rng.integers(2, 4 + size // 4000))):
        length = int(rng.uniform(0.01, 0.15) * RATE)
        start = int(rng.integers(0, max(1, size - length)))
        length = min(length, size - start)
        time = np.arange(length) / RATE
        ring = np.sin(2 * np.pi * rng.uniform(150, 5000) * time) + 0.7 * rng.standard_normal(length)
        sound[start : start + length] += rng.uniform(0.2, 1) * ring * np.exp(-time * rng.uniform(20, 300))
    return sound


def music(rng: Rng, size: int) -> Sound:
    """Return chords of plucked tones, as of a radio in the next room."""
    sound, start = np.zeros(size), 0
    while start < size:
        length = min(int(rng.uniform(0.15, 0.8) * RATE), size - start)
        time = np.arange(length) / RATE
        root = 110 * 2 ** (rng.integers(0, 30) / 12)
        for interval in rng.choice([0, 3, 4, 7, 12], 3):
            tone = root * 2 ** (interval / 12)
            for n in range(1, 5):
                sound[start : start + length] += np.sin(2 * np.pi * tone * n * time) / n * np.exp(-3 * time)
        start += length
    return sound


def babble(rng: Rng, size: int, voices: list[Sound]) -> Sound:
    """Return three to seven voices at once."""
    sound = np.zeros(size)
    for index in rng.integers(0, len(voices), rng.integers(3, 8)):
        voice = voices[index]
        sound += np.resize(np.roll(voice, -int(rng.integers(0, len(voice)))), size) / level(voice)
    return sound


def noise(rng: Rng, size: int, voices: list[Sound]) -> Sound:
    """Return noise of any kind at level 1."""
    kinds: list[Callable[[], Sound]] = [
        lambda: coloured(rng, size, rng.uniform(0, 2)),
        lambda: (
            coloured(rng, size, rng.uniform(0.5, 1.5)) * (1 + 0.5 * np.sin(np.arange(size) / RATE * rng.uniform(1, 9)))
        ),
        lambda: hum(rng, size),
        lambda: clatter(rng, size),
        lambda: music(rng, size),
    ]
    if voices:
        kinds.append(lambda: babble(rng, size, voices))
    sound = kinds[rng.integers(len(kinds))]()
    return sound / level(sound)


def microphone(rng: Rng) -> Sound:
    """Return the impulse response (128 samples) of a made-up microphone: a tilt, bumps, maybe no bass or no treble."""
    part = np.linspace(0, 1, 65)  # of 8 kHz
    gain = rng.uniform(-8, 8) * (part - 0.5)
    gain = gain + rng.uniform(-3, 3) * np.cos(np.pi * part * rng.uniform(1, 4) + rng.uniform(0, 6))
    if rng.random() < 0.4:
        gain = gain - 20 * np.clip((0.03 * rng.uniform(0.3, 1.2) - part) / 0.03, 0, 1)
    if rng.random() < 0.3:
        gain = gain - 30 * np.clip((part - rng.uniform(0.45, 0.95)) / 0.1, 0, 1)
    return np.asarray(np.roll(np.fft.irfft(10 ** (gain / 20)), 64) * np.hanning(129)[:128], np.float64)


@dataclass(frozen=True)
class Moved:
    """What became of the times: a moment t of the plain sound is at `t * scale + offset` seconds."""

    scale: float = 1.0
    offset: float = 0.0


def disturb(sound: Sound, rng: Rng, voices: list[Sound]) -> tuple[Sound, Moved]:
    """Return the sound as some microphone in some room hears it, in the range of 16-bit numbers.

    Args:
        sound: Plain speech.
        rng: Decides everything.
        voices: Others that may babble in the background.
    """
    scale = 1.0
    sound = sound / (np.abs(sound).max() + 1e-9)
    if rng.random() < 0.7:
        # Played slower or faster: pitch, formants and speed all change, as of a larger or smaller speaker.
        scale = float(rng.uniform(0.8, 1.25))
        sound = np.asarray(soxr.resample(sound, 1000, 1000 * scale, quality="MQ"), np.float64)
    before, after = int(RATE * rng.uniform(0, 0.5)), int(RATE * rng.uniform(0.05, 0.5))
    sound = np.concatenate([np.zeros(before), sound, np.zeros(after)])
    if rng.random() < 0.5:
        sound = convolve(sound, microphone(rng))[64 : 64 + len(sound)]
    if rng.random() < 0.6:
        sound = convolve(sound, room(rng))[: len(sound)]
    if rng.random() < 0.85:
        sound = sound + noise(rng, len(sound), voices) * level(sound) * 10 ** (-rng.uniform(3, 38) / 20)
    sound = sound / (np.abs(sound).max() + 1e-9)
    if rng.random() < 0.05:
        sound = np.clip(sound * rng.uniform(1.5, 4), -1, 1)  # too loud for its microphone
    sound = sound * 32767 * 10 ** (-rng.uniform(1, 28) / 20)
    return sound + rng.standard_normal(len(sound)) * rng.uniform(0.3, 4), Moved(scale, before / RATE)


def in_noisy_room(sound: Sound, seed: int, snr_db: float) -> Sound:
    """Return speech in a room with pink noise, always the same for a seed: for measuring. Range of 16-bit numbers."""
    rng = np.random.default_rng(seed)
    heard = convolve(sound / (np.abs(sound).max() + 1e-9), room(rng))[: len(sound)]
    other = coloured(rng, len(heard), 1.0)
    heard = heard + other / level(other) * level(heard) * 10 ** (-snr_db / 20)
    return np.asarray(heard / np.abs(heard).max() * 0.5 * 32767, np.float64)
