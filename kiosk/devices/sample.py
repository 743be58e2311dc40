"""A microphone for a machine that has none: when the tone was heard it plays a story in its own time, then silence."""

import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.devices import Block
from kiosk.devices.capture import BLOCK_S
from kiosk.errors import MicrophoneError
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ


class SampleMicrophone:
    """Plays a WAV (16 kHz, mono, 16 bits) from its beginning, each time it is opened and invited."""

    name = "sample story"
    sample = True

    def __init__(self, find: Callable[[], Path]) -> None:
        """Make it; `find` returns the WAV and is called when it is first needed (it may have to be spoken first)."""
        self._find = find
        self._invited = threading.Event()

    def invite(self) -> None:
        """Begin to tell."""
        self._invited.set()

    def check(self) -> str | None:
        """Return why it could not play now, or None."""
        try:
            self._read()
        except MicrophoneError as error:
            return str(error)
        return None

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        """Yield silence until it is invited, the story at the speed of speech, then silence, until `stop` is set.

        Raises:
            MicrophoneError: There is no such story.
        """
        pcm = self._read()
        step = int(SAMPLERATE_HZ * BLOCK_S) * FRAME_BYTES
        self._invited.clear()
        begun, blocks, position = time.monotonic(), 0, 0
        while True:
            early_s = begun + (blocks + 1) * BLOCK_S - time.monotonic()
            # What was said before the stop is given, also by a thread that comes late to it.
            if stop.wait(max(0.0, early_s)) and early_s > 0:
                return
            blocks += 1
            if self._invited.is_set():
                yield Block(pcm[position : position + step].ljust(step, b"\0"))
                position += step
            else:
                yield Block(bytes(step))

    def _read(self) -> bytes:
        try:
            with wave.open(str(self._find()), "rb") as file:
                if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (SAMPLERATE_HZ, 1, FRAME_BYTES):
                    raise wave.Error("it must be 16 kHz, mono, 16 bits")
                return file.readframes(file.getnframes())
        except (OSError, EOFError, wave.Error) as error:
            raise MicrophoneError(f"The sample story cannot be played: {error}. Is espeak-ng installed?") from error

    def close(self) -> None:
        """Nothing to let go of."""
