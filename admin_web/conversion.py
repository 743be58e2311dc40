"""Brings an uploaded sound file to the station's own form, by a process that can do no harm."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from admin_web.archive.copying import private
from kiosk.errors import AudioError
from kiosk.stories.foreign_sound import REFUSED
from kiosk.stories.wav import FRAME_BYTES, HEADER_BYTES, SAMPLERATE_HZ, header

#: A process that hangs is ended after this time, whatever it does.
WITHIN_S = 600.0
#: Shorter than a word.
SHORTEST_S = 0.5
_PIECE_BYTES = 1 << 16
#: More than any explanation has.
_MOST_TOLD = 1000
_DAMAGED = (
    "This file cannot be read: it is damaged, or not what its name says. Copy it once more from where it was recorded, "
    "or save it as WAV in a sound program."
)
_SILENT = "There is no sound in this file. Play it on your computer, and choose another one."


def convert(upload: BinaryIO, to: Path, longest_s: float) -> int:
    """Write the sound of a file as a story's recording, and return its frames; durable on return.

    Args:
        upload: A real file of any kind, open for reading.
        to: The WAV to write; it does not exist yet. After an error what was written of it stays.
        longest_s: A longer one is refused.

    Raises:
        AudioError: It is no sound that can be read, too long, too short or silent; the message is for whoever chose it.
        OSError: It cannot be written (disk full).
    """
    most = int(longest_s * SAMPLERATE_HZ) * FRAME_BYTES
    written, silent = 0, True
    with open(to, "xb", opener=private) as file:
        file.write(header(0))
        with _decoder(upload) as pieces:
            for piece in pieces:
                written += file.write(piece)
                silent = silent and not any(piece)
                if written > most:
                    raise AudioError(
                        f"This recording is longer than {longest_s / 60:g} minutes. Cut it into shorter stories in a "
                        "sound program."
                    )
        if silent or written < SHORTEST_S * SAMPLERATE_HZ * FRAME_BYTES:
            raise AudioError(_SILENT)
        frames = written // FRAME_BYTES
        file.truncate(HEADER_BYTES + frames * FRAME_BYTES)
        file.seek(0)
        file.write(header(frames))
        file.flush()
        os.fsync(file.fileno())
    return frames


@contextlib.contextmanager
def _decoder(upload: BinaryIO) -> Iterator[Iterator[bytes]]:
    """Start the process, and yield the sound that it sends; it is gone when the block ends, however that ends."""
    upload.seek(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.stories.foreign_sound"],
        stdin=upload,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Nothing of ours but the way to its programs; the libraries' own threads would only cost memory.
        env={"PATH": os.environ.get("PATH", os.defpath), "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
    )
    too_slow = threading.Timer(WITHIN_S, _end, [process])
    too_slow.start()
    try:
        yield _sound_from(process)
    finally:
        too_slow.cancel()
        _end(process)
        with process:
            pass


def _sound_from(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    assert process.stdout and process.stderr  # noqa: S101 - both are pipes
    while piece := process.stdout.read(_PIECE_BYTES):
        yield piece
    told = process.stderr.read(_MOST_TOLD).decode(errors="replace")
    code = process.wait()
    if code:
        raise AudioError(told if code == REFUSED else _DAMAGED)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
