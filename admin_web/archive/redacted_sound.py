"""Puts a tone in the place of words, in a new file: sample-exact, and a block at a time.

Outside of what is covered nothing changes by one sample; inside, nothing of the original stays.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from kiosk.errors import StoryDamaged
from kiosk.stories.wav import FRAME_BYTES, HEADER_BYTES, SAMPLERATE_HZ, frames_in, header

#: A soft tone: speech is about 6 dB louder, and nobody is startled (a full-scale sine is 0 dBFS, as in AES17).
TONE_HZ, TONE_DBFS = 440, -26.0
#: It comes and goes within this time, inside of what is covered, so that it does not click.
FADE_S = 0.005
_FADE = round(FADE_S * SAMPLERATE_HZ)
_PEAK = 32767 * 10 ** (TONE_DBFS / 20)
#: After so many frames the tone is the same again (11 whole waves in 400).
_PERIOD = SAMPLERATE_HZ // math.gcd(SAMPLERATE_HZ, TONE_HZ)
_BLOCK = 32 * 1024


def covered_ranges(spans: Iterable[tuple[float, float]], frames: int) -> list[range]:
    """Return the frames that are covered, in order and apart from each other.

    Args:
        spans: Starts and ends in seconds; they may overlap and lie outside of the recording.
        frames: How many the recording has.
    """
    merged: list[range] = []
    for start_s, end_s in sorted(span for span in spans if span[0] < span[1]):
        begin = min(frames, max(0, math.floor(start_s * SAMPLERATE_HZ)))
        end = min(frames, max(begin, math.ceil(end_s * SAMPLERATE_HZ)))
        if merged and begin <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, end))
        elif begin < end:
            merged.append(range(begin, end))
    return merged


def tone(begin: int, end: int, frames: int) -> bytes:
    """Return the frames from `begin` to `end` of a tone of `frames` frames, as PCM."""
    # A short one does nothing but come and go.
    full, less = (_FADE, frames - _FADE) if frames > 2 * _FADE else (frames, frames)
    return (
        _faded(begin, min(end, full), frames)
        + _steady(max(begin, full), min(end, less))
        + _faded(max(begin, less), end, frames)
    )


def require_recording(path: Path) -> int:
    """Return how many frames a recording has.

    Raises:
        StoryDamaged: It is not as the station writes recordings, so that nobody knows where its sound begins.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        begins = file.read(HEADER_BYTES)
    # Beside format and rate it tells two lengths; those of the file itself count.
    if begins[:4] != b"RIFF" or begins[8:40] != header(0)[8:40]:
        raise StoryDamaged(f"{path.name} is damaged, or no recording of a station. Bring it back from a backup.")
    return frames_in(path)


def cover(source: Path, to: BinaryIO, covered: Iterable[range]) -> None:
    """Write a recording with a tone in the place of what is covered.

    Args:
        source: The recording.
        to: The new file, empty.
        covered: As `covered_ranges` gives them.

    Raises:
        StoryDamaged: The recording is damaged.
        OSError: It cannot be read, or the new file not written.
    """
    frames, covered = require_recording(source), list(covered)
    to.write(header(frames))
    with source.open("rb") as file:
        file.seek(HEADER_BYTES)
        for at in range(0, frames, _BLOCK):
            count = min(_BLOCK, frames - at)
            block = bytearray(file.read(count * FRAME_BYTES))
            if len(block) != count * FRAME_BYTES:
                raise StoryDamaged(f"{source.name} became shorter while it was read.")
            for begin, end, pcm in _tones(covered, at, at + count):
                block[(begin - at) * FRAME_BYTES : (end - at) * FRAME_BYTES] = pcm
            to.write(block)


def is_covered(path: Path, covered: Iterable[range], frames: int) -> bool:
    """Say whether a file of `frames` frames holds the tone, and nothing else, wherever it must.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_file() or path.is_symlink() or frames_in(path) != frames:
        return False
    with path.open("rb") as file:
        for each in covered:
            for at in range(each.start, each.stop, _BLOCK):
                file.seek(HEADER_BYTES + at * FRAME_BYTES)
                for begin, end, pcm in _tones([each], at, min(each.stop, at + _BLOCK)):
                    if file.read((end - begin) * FRAME_BYTES) != pcm:
                        return False
    return True


def _tones(covered: Iterable[range], begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Go through what is covered between two frames: from, to, and what stands there."""
    for each in covered:
        first, last = max(begin, each.start), min(end, each.stop)
        if first < last:
            yield first, last, tone(first - each.start, last - each.start, len(each))


def _steady(begin: int, end: int) -> bytes:
    count = max(0, end - begin)
    wave = struct.pack(f"<{_PERIOD}h", *(round(_sine(n)) for n in range(_PERIOD)))
    at = begin % _PERIOD * FRAME_BYTES
    return (wave * (count // _PERIOD + 2))[at : at + count * FRAME_BYTES]


def _faded(begin: int, end: int, frames: int) -> bytes:
    samples = [round(_sine(n) * min(1.0, n / _FADE, (frames - 1 - n) / _FADE)) for n in range(begin, end)]
    return struct.pack(f"<{len(samples)}h", *samples)


def _sine(n: int) -> float:
    return _PEAK * math.sin(2 * math.pi * TONE_HZ * n / SAMPLERATE_HZ)
