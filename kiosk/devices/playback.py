"""The speaker's own process: plays WAV files, one after the other, and says when each has been heard.

Orders, one a line of standard input: `probe N`, `play N LOUDER_DB PATH`, `stop N`. Answers, one a line of standard
output: `ready N NAME`, `done N`, `fault N MESSAGE`. Between two prompts silence is played for a while, so that a
speaker which sleeps (Bluetooth, HDMI) stays awake through a visit.
"""

import queue
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kiosk.devices import portaudio

#: Written at once: also how late a stop is heard.
PIECE_S = 0.05
#: Silence after a prompt, so that its last word has left the sound system's buffers before anybody says "done".
TAIL_S = 0.3
#: How long the stream stays open after the last prompt.
AWAKE_S = 10.0
LATENCY_S = 0.15
#: So much silence waits in the stream between two prompts, and no more: the next prompt comes behind it. Should it run
#: out on a busy machine, what follows is silence as well.
SILENCE_AHEAD_S = 0.04
_LOOK_S = 0.02


class Playback:
    """Takes orders and plays."""

    def __init__(
        self, sounddevice: Any, name: str, wake_s: float, orders: "queue.SimpleQueue[portaudio.Order]", output: BinaryIO
    ) -> None:
        """Get ready.

        Args:
            sounddevice: The library (loading it takes a while and looks for devices).
            name: Part of the speaker's name; empty, the system's default.
            wake_s: Silence before the first words after a rest.
            orders: Lines of orders.
            output: Where answers go.
        """
        self._sounddevice = sounddevice
        self._name = name
        self._wake_s = wake_s
        self._output = output
        self._orders = orders
        self._device: dict[str, Any] | None = None
        self._stream: Any = None
        self._samplerate_hz = 0
        self._most_room = 0

    def run(self) -> None:
        """Take orders until standard input closes."""
        silent_since = 0.0
        while True:
            order = self._next_order(wait=self._stream is None)
            if order is None:
                self._stay_awake()
                if time.monotonic() - silent_since >= AWAKE_S:
                    self._close()
                continue
            word, number, rest = (*order.split(" ", 2), "")[:3]
            try:
                if word == "probe":
                    self._find()
                    self._answer("ready", number, str(self._device and self._device["name"]))
                elif word == "play":
                    louder_db, path = rest.split(" ", 1)
                    self._play(number, Path(path), 10 ** (float(louder_db) / 20))
            except (LookupError, OSError, EOFError, wave.Error, self._sounddevice.PortAudioError) as error:
                self._close()
                self._device = None
                self._answer("fault", number, str(error).replace("\n", " "))
            silent_since = time.monotonic()

    def _next_order(self, *, wait: bool) -> str | None:
        try:
            return self._orders.get(timeout=None if wait else _LOOK_S).text
        except queue.Empty:
            return None

    def _find(self) -> None:
        self._close()
        self._device = portaudio.fresh_device(self._sounddevice, self._name, "output")

    def _play(self, number: str, path: Path, times: float) -> None:
        with wave.open(str(path), "rb") as file:
            if (file.getsampwidth(), file.getnchannels()) != (2, 1):
                raise wave.Error(f"{path} is not mono with 16 bits; save it so")
            self._open(file.getframerate())
            for piece in self._pieces(file):
                piece = louder(piece, times)
                if not self._orders.empty():
                    # Faded, so that an interrupted prompt ends without a click.
                    self._stream.write(fade_out(piece))
                    return
                self._stream.write(piece)
        self._write_silence(TAIL_S)
        self._answer("done", number)

    def _pieces(self, file: wave.Wave_read) -> Iterator[bytes]:
        """Yield the file's sound at the stream's rate."""
        rate_hz = file.getframerate()
        if rate_hz == self._samplerate_hz:
            while piece := file.readframes(int(rate_hz * PIECE_S)):
                yield piece
            return
        import numpy as np
        import soxr

        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        converted = soxr.resample(sound, rate_hz, self._samplerate_hz).astype("<i2").tobytes()
        step = int(self._samplerate_hz * PIECE_S) * 2
        for start in range(0, len(converted), step):
            yield converted[start : start + step]

    def _open(self, rate_hz: int) -> None:
        if self._stream is not None:
            return
        if self._device is None:
            self._find()
        assert self._device is not None  # noqa: S101 - _find() raises where there is none
        index = self._device["index"]
        try:
            self._sounddevice.check_output_settings(index, 1, "int16", samplerate=rate_hz)
        except self._sounddevice.PortAudioError:
            rate_hz = int(self._device["default_samplerate"])
        self._stream = self._sounddevice.RawOutputStream(
            samplerate=rate_hz, device=index, channels=1, dtype="int16", latency=LATENCY_S
        )
        self._samplerate_hz = rate_hz
        self._stream.start()
        # Nothing is in it yet: all of it is room.
        self._most_room = self._stream.write_available
        self._write_silence(self._wake_s)

    def _stay_awake(self) -> None:
        """Write a little silence if little is left to play."""
        room = self._stream.write_available
        self._most_room = max(self._most_room, room)
        ahead_s = (self._most_room - room) / self._samplerate_hz
        if ahead_s < SILENCE_AHEAD_S:
            self._stream.write(bytes(int(self._samplerate_hz * SILENCE_AHEAD_S) * 2))

    def _write_silence(self, seconds: float) -> None:
        for _ in range(round(seconds / PIECE_S)):
            self._stream.write(bytes(int(self._samplerate_hz * PIECE_S) * 2))

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _answer(self, word: str, number: str, rest: str = "") -> None:
        self._output.write(f"{word} {number} {rest}\n".encode())


def fade_out(piece: bytes) -> bytes:
    """Return 16-bit mono sound that falls evenly to silence."""
    samples = memoryview(piece).cast("h")
    count = len(samples)
    faded = (int(sample * (count - at) / count) for at, sample in enumerate(samples))
    return b"".join(value.to_bytes(2, "little", signed=True) for value in faded)


def louder(piece: bytes, times: float) -> bytes:
    """Return 16-bit sound with each sample so many times as large, as far as there is room."""
    if times == 1:
        return piece
    scaled = (max(-32768, min(32767, round(sample * times))) for sample in memoryview(piece).cast("h"))
    return b"".join(value.to_bytes(2, "little", signed=True) for value in scaled)


def main() -> None:
    """Run the speaker: first argument its name (empty: the default), second the silence before the first words in s."""
    portaudio.go_first()
    output, orders = portaudio.take_over_output(), portaudio.read_orders()
    import sounddevice

    Playback(sounddevice, sys.argv[1], float(sys.argv[2]), orders, output).run()


if __name__ == "__main__":
    main()
