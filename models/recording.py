"""Reading a recording of the station, also while it grows.

The file is held open, so that it can be read on when the take's folder is renamed to a story. How long it is tells the
file's length; the header may be a block behind.
"""

import os
from pathlib import Path

from kiosk.errors import AudioError
from kiosk.stories import wav

#: The header without its two lengths.
_FORMAT = [slice(0, 4), slice(8, 40)]


class Recording:
    """An `audio.wav` of 16 kHz mono s16le, open for reading."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            FileNotFoundError: It is not there (yet).
            AudioError: It cannot be read, or is no recording as the station makes them.
        """
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise AudioError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            head = os.pread(self._handle, wav.HEADER_BYTES, 0)
            if [head[part] for part in _FORMAT] != [wav.header(0)[part] for part in _FORMAT]:
                raise AudioError(f"{path} is not a WAV file of 16 kHz, mono, 16 bits.")
        except OSError as error:
            self.close()
            raise AudioError(f"{path} cannot be read: {error.strerror}.") from error
        except AudioError:
            self.close()
            raise

    def bytes_so_far(self) -> int:
        """Return how many bytes of sound there are, in whole frames."""
        sound = max(0, os.fstat(self._handle).st_size - wav.HEADER_BYTES)
        return sound - sound % wav.FRAME_BYTES

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes of sound from byte `position` of the sound, in whole frames.

        Raises:
            AudioError: The disk does not give them.
        """
        try:
            pcm = os.pread(self._handle, size, wav.HEADER_BYTES + position)
        except OSError as error:
            raise AudioError(f"The recording cannot be read: {error.strerror}.") from error
        return pcm[: len(pcm) - len(pcm) % wav.FRAME_BYTES]

    def close(self) -> None:
        """Let go of the file; more than once does no harm."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
