"""Any sound file as what the recogniser listens to: 16 kHz, mono, 16 bits, piece by piece.

A file of any length takes the same memory.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from kiosk.errors import AudioError
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ

#: Read at once, in seconds.
_BLOCK_S = 1.0
#: Less sound than so much less than was promised is no loss of words.
_ROUNDED_S = 0.1
#: Below this there is no speech in the sound: the header is wrong (and one second of it would become hours).
_LOWEST_RATE_HZ = 4000
#: What programs write into a WAV header when they cannot know the length (ffmpeg, sox into a pipe).
_LENGTHS_UNKNOWN = (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class SoundFile:
    """A sound file open for reading.

    Attributes:
        seconds: Its length in seconds.
        cut_short: Whether its header promises more sound than there is.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            AudioError: It is missing, not to be read, empty or not sound; the message says what to do.
        """
        # numpy, libsndfile and soxr take 20 MB, which the station's transcriber does not need.
        import soundfile

        self._path = path
        _require_content(path)
        try:
            self._file: Any = soundfile.SoundFile(str(path))
        except (soundfile.SoundFileError, TypeError, ValueError) as error:
            raise AudioError(
                f"{path} is not a sound file that can be read ({_reason(error)}). "
                "Give it a WAV file; other formats can be saved as WAV in any sound program."
            ) from error
        self.seconds = self._file.frames / self._file.samplerate
        self.cut_short = _is_cut_short(path)
        try:
            self._require_speech()
        except AudioError:
            self._file.close()
            raise

    def _require_speech(self) -> None:
        if self._file.frames == 0:
            raise AudioError(
                f"{self._path} holds no sound: there is nothing after its header. Record or copy it again."
            )
        if self._file.samplerate < _LOWEST_RATE_HZ:
            raise AudioError(
                f"{self._path} says that it has {self._file.samplerate} samples a second, too few for speech "
                f"(at least {_LOWEST_RATE_HZ}). Save it as a WAV file of 16000 Hz in a sound program."
            )

    def __enter__(self) -> "SoundFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def is_short_by(self, converted_bytes: int) -> bool:
        """Say whether so much converted sound is less than its header promised, by more than conversion rounds off."""
        return bool(converted_bytes / FRAME_BYTES < (self.seconds - _ROUNDED_S) * SAMPLERATE_HZ)

    def pcm(self) -> Iterator[bytes]:
        """Yield the sound as 16 kHz mono s16le, about a second at a time; all channels are mixed into one.

        Raises:
            AudioError: It cannot be read on, or has a sample rate that cannot be converted.
        """
        import numpy
        import soundfile
        import soxr

        rate_hz = self._file.samplerate
        try:
            convert = soxr.ResampleStream(rate_hz, SAMPLERATE_HZ, 1, dtype="float32")
            block_frames = max(1, int(rate_hz * _BLOCK_S))
            while len(block := self._file.read(block_frames, dtype="float32", always_2d=True)):
                yield _s16le(numpy, convert.resample_chunk(block.mean(axis=1)))
            yield _s16le(numpy, convert.resample_chunk(numpy.zeros(0, dtype="float32"), last=True))
        except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
            raise AudioError(
                f"{self._path} cannot be read or converted from {rate_hz} Hz ({_reason(error)}). "
                "Save it as a WAV file of 16000 Hz in a sound program."
            ) from error


def pieces(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Cut blocks of bytes anew into pieces of `size`; the last may be shorter."""
    rest = b""
    for block in blocks:
        rest += block
        while len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
    if rest:
        yield rest


def _s16le(numpy: Any, samples: Any) -> bytes:
    whole = numpy.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    pcm: bytes = (numpy.clip(whole, -1.0, 1.0) * 32767).round().astype("<i2").tobytes()
    return pcm


def _require_content(path: Path) -> None:
    if path.is_dir():
        raise AudioError(f"{path} is a folder. Name the sound files in it, as {path}/*.wav.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise AudioError(f"There is no file {path}. Check its name and folder.") from error
    except OSError as error:
        raise AudioError(f"Cannot read {path}: {error.strerror}. Check who may read it, or copy it again.") from error
    if empty:
        raise AudioError(f"{path} is empty (0 bytes). Record or copy it again.")


def _is_cut_short(path: Path) -> bool:
    """Compare the length that a WAV's data chunk promises with the file; other formats count as whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.read(8)[4:] != b"WAVE":
            return False
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name == b"data":
                return length not in _LENGTHS_UNKNOWN and file.tell() + length > size
            file.seek(length + length % 2, 1)
    return False


def _reason(error: Exception) -> str:
    # libsndfile says: Error opening '/long/path': Format not recognised.
    return str(error).rsplit(": ", 1)[-1].rstrip(".")
