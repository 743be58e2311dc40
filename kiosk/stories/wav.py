"""The WAV file of a take: 16 kHz, mono, 16 bits, true at every moment.

Every second the header is brought up to date and everything to the disk, so that a file left by a crash plays in every
program up to its last second; `repair` finds the rest. FLAC and Ogg would be smaller and need repair after a cut; the
archive can compress later.
"""

import os
import struct
from pathlib import Path

from kiosk.errors import AudioError

#: What Vosk's models expect, and enough for speech (telephones carry half of it).
SAMPLERATE_HZ = 16_000
#: 16-bit mono: the bytes of one frame.
FRAME_BYTES = 2
#: RIFF header, format chunk and the data chunk's own header, as `WavWriter` writes them.
HEADER_BYTES = 44
#: Sound that may be lost in a power cut: the disk is made to catch up this often.
SYNC_EVERY_S = 1.0


def header(frames: int) -> bytes:
    """Return the first `HEADER_BYTES` of a WAV file that holds `frames` frames."""
    data_bytes = frames * FRAME_BYTES
    riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    byte_rate = SAMPLERATE_HZ * FRAME_BYTES
    format_chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLERATE_HZ, byte_rate, FRAME_BYTES, FRAME_BYTES * 8)
    return riff + format_chunk + struct.pack("<4sI", b"data", data_bytes)


class WavWriter:
    """A WAV file that grows.

    Attributes:
        frames: How many frames it holds so far.
    """

    def __init__(self, path: Path) -> None:
        """Begin the file.

        Raises:
            OSError: It exists, or cannot be written.
        """
        self.frames = 0
        self._synced_frames = 0
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._write_at(header(0), 0)
        os.fsync(self._handle)

    def append(self, pcm: bytes) -> None:
        """Add whole frames of little-endian 16-bit PCM; about every second they are brought to the disk itself.

        Raises:
            OSError: The disk is full or gone. What was appended before stays valid.
        """
        self._write_at(pcm, HEADER_BYTES + self.frames * FRAME_BYTES)
        self.frames += len(pcm) // FRAME_BYTES
        if self.frames - self._synced_frames >= SYNC_EVERY_S * SAMPLERATE_HZ:
            self.sync()

    def sync(self) -> None:
        """Bring everything appended so far to the disk.

        Raises:
            OSError: The disk does not take it.
        """
        self._write_at(header(self.frames), 0)
        os.fdatasync(self._handle)
        self._synced_frames = self.frames

    def close(self) -> None:
        """Sync and close.

        Raises:
            OSError: The last second could not be brought to the disk. The file is closed all the same.
        """
        try:
            self.sync()
        finally:
            os.close(self._handle)

    def _write_at(self, content: bytes, position: int) -> None:
        # One write may take less than it was given (a disk nearly full): go on until all is taken or it says why not.
        view = memoryview(content)
        while view:
            taken = os.pwrite(self._handle, view, position)
            view, position = view[taken:], position + taken


def repair(path: Path) -> int:
    """Make a WAV that a crash left behind valid, and return its frames.

    The length of the file is the truth: the header is written anew from it and half a frame at the end cut off.

    Raises:
        AudioError: The file is not there or cannot be written.
    """
    try:
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            frames = max(0, size - HEADER_BYTES) // FRAME_BYTES
            file.truncate(HEADER_BYTES + frames * FRAME_BYTES)
            file.seek(0)
            file.write(header(frames))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AudioError(f"Cannot repair the recording {path}: {error.strerror}.") from error
    return frames


def frames_in(path: Path) -> int:
    """Return how many frames the WAV at `path` holds by its length, whatever its header says (it may be growing).

    Raises:
        FileNotFoundError: There is none.
    """
    return max(0, path.stat().st_size - HEADER_BYTES) // FRAME_BYTES
