"""How loud a recording is from moment to moment, for drawing it: reckoned once, and kept beside it.

`peaks.json` lies in the story's folder, so that it goes with it in one step (`Deleting`). It is written within a
transaction of the archive, in which the recording is known to stay: whoever deletes it comes before, and then this is
not written, or after, and finds it.
"""

import contextlib
import logging
import os
import wave
from array import array
from pathlib import Path

from pydantic import Field

from admin_web.archive import Archive
from kiosk.errors import ArchiveError, AudioError, StoryDamaged
from kiosk.stories.files import write_whole
from kiosk.stories.records import Record, parse_record
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import FRAME_BYTES

log = logging.getLogger(__name__)

#: More than a screen has room for; as JSON about 4 kB.
MOST_PEAKS = 1200
#: A peak stands for a hundredth of a second or more: shorter ones would show single swings of a deep voice.
_SHORTEST_S = 0.01
#: So many samples of each peak are looked at, evenly spread: ten minutes cost no more than one. Passed over is at most
#: a click of less than a thousandth of a second in a story of many minutes.
_SAMPLES_A_PEAK = 1000
_FULL_SCALE = 32768


class Peaks(Record):
    """`peaks.json`: the peaks of a recording, and which one that was."""

    size: int = Field(description="Of the file, in bytes.")
    mtime_ns: int = Field(description="When it was changed.")
    each_s: float = Field(gt=0, allow_inf_nan=False, description="How much sound a peak stands for.")
    peaks: tuple[int, ...] = Field(
        min_length=1, max_length=MOST_PEAKS, description="The loudest of each, in thousandths of full scale."
    )


def peaks_of(archive: Archive, folder: StoryFolder) -> Peaks:
    """Return the peaks of a story's recording: those that were kept, or new ones if it is another recording by now.

    Raises:
        AudioError: It cannot be read as sound.
    """
    kept = _kept(folder)
    if kept is not None:
        return kept
    found = reckon(folder.audio)
    try:
        with archive.transaction():
            entry = archive.stories.get(folder.id)
            if entry and not entry.audio_deleted_at:
                # A power cut may take it: it is reckoned again.
                write_whole(folder.peaks, found.to_bytes(), durable=False)
    except (OSError, ArchiveError) as error:
        log.info("What is drawn of %s is not kept: %s", folder.id, error)
    return found


def _kept(folder: StoryFolder) -> Peaks | None:
    with contextlib.suppress(OSError, StoryDamaged):
        kept, about = parse_record(Peaks, folder.peaks.read_bytes(), str(folder.peaks)), folder.audio.stat()
        if (kept.size, kept.mtime_ns) == (about.st_size, about.st_mtime_ns):
            return kept
    return None


def reckon(path: Path) -> Peaks:
    """Look through a recording, a piece at a time.

    Raises:
        AudioError: It cannot be read, is not 16-bit mono, or does not hold what it says.
    """
    try:
        with path.open("rb") as file, wave.open(file) as sound:
            about = os.fstat(file.fileno())
            frames, rate_hz = sound.getnframes(), sound.getframerate()
            if (sound.getnchannels(), sound.getsampwidth()) != (1, FRAME_BYTES) or rate_hz <= 0:
                raise AudioError("This recording is not as a station makes it, so it cannot be drawn.")
            each = max(int(rate_hz * _SHORTEST_S), -(-frames // MOST_PEAKS), 1)
            peaks = tuple(_loudest(sound.readframes(each)) for _ in range(0, frames, each))
            if not peaks or about.st_size < frames * FRAME_BYTES or sound.tell() != frames:
                raise AudioError("This recording is cut short, so it cannot be drawn.")
    except (OSError, EOFError, wave.Error, RuntimeError) as error:
        # A length that leads out of the file is a RuntimeError to `wave`.
        raise AudioError("This recording is damaged, so it cannot be drawn.") from error
    return Peaks(size=about.st_size, mtime_ns=about.st_mtime_ns, each_s=each / rate_hz, peaks=peaks)


def _loudest(pcm: bytes) -> int:
    """Return the peak of some sound in thousandths of full scale."""
    samples = array("h", pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES])
    seen = samples[:: max(1, len(samples) // _SAMPLES_A_PEAK)]
    return round(1000 * max(max(seen), -min(seen)) / _FULL_SCALE) if seen else 0
