"""The microphone's own process: reads PortAudio and writes blocks to standard output, nothing else.

Orders, one a line: `probe N` (is the microphone there?), `open N`, `close N`. Answers are messages: a header (`HEADER`)
and a payload. N is the order's number, so that an answer which comes late is not taken for another's.
"""

import contextlib
import queue
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from kiosk.devices import portaudio
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ

#: Kind, order number, overflows, lost frames, bytes of payload.
HEADER = struct.Struct("<cIIII")
READY, OPENED, BLOCK, CLOSED, FAULT = b"R", b"O", b"B", b"C", b"F"

#: Length of a block: short enough for a quick start, long enough that a slow Pi is not woken too often.
BLOCK_S = 0.05
#: Sound that may wait inside this process while the disk is busy: SD cards have been seen to stall for seconds.
QUEUE_S = 20
#: What the sound system itself shall hold for us besides, while all processors are busy. More would delay the first
#: block.
LATENCY_S = 0.1
#: How long to wait for the sound that was under way when the order to close came.
LAST_SOUND_S = 0.5


@dataclass(frozen=True)
class Format:
    """How a microphone is read: 16 kHz mono where it can, else its own way, converted."""

    device: dict[str, Any]
    samplerate_hz: int
    channels: int

    @property
    def converted(self) -> bool:
        """Whether its sound must be brought to 16 kHz mono."""
        return (self.samplerate_hz, self.channels) != (SAMPLERATE_HZ, 1)


def choose_format(sounddevice: Any, device: dict[str, Any]) -> Format:
    """Find a way in which the device lets itself be opened.

    Raises:
        sounddevice.PortAudioError: There is none.
    """
    own_rate_hz = int(device["default_samplerate"])
    stereo = min(2, device["max_input_channels"])
    ways = [(SAMPLERATE_HZ, 1), (own_rate_hz, 1), (own_rate_hz, stereo)]
    for samplerate_hz, channels in ways:
        try:
            sounddevice.check_input_settings(device["index"], channels, "int16", samplerate=samplerate_hz)
        except sounddevice.PortAudioError:
            if (samplerate_hz, channels) == ways[-1]:
                raise
            continue
        return Format(device, samplerate_hz, channels)
    raise AssertionError("unreachable")


class Converter:
    """Brings a microphone's own sound to 16 kHz mono, without a seam between blocks."""

    def __init__(self, source: Format) -> None:
        # Loaded only for a microphone that needs it: numpy is the largest part of this process.
        import numpy as np
        import soxr

        self._np = np
        self._channels = source.channels
        self._stream = soxr.ResampleStream(source.samplerate_hz, SAMPLERATE_HZ, 1, dtype="int16")

    def convert(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Return what can be said of the sound so far; `last` flushes what the filter still holds."""
        # The mean of both channels: a stereo microphone with one dead side is quieter then, never silent.
        frames = self._np.frombuffer(pcm, "<i2").reshape(-1, self._channels).mean(axis=1).astype("<i2")
        return bytes(self._stream.resample_chunk(frames, last=last).astype("<i2").tobytes())


@dataclass(frozen=True)
class Taken:
    """A block as the card gave it, what was lost before it, and when it began (PortAudio's clock, seconds)."""

    pcm: bytes
    overflows: int
    lost_frames: int
    at: float


class Inbox:
    """Between PortAudio's own thread and ours: a queue of bounded length, and a count of what found no place in it."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[tuple[bytes, bool, float]] = queue.Queue(maxsize=int(QUEUE_S / BLOCK_S))
        self._dropped_frames = 0
        self._reported_frames = 0

    def callback(self, indata: Any, frames: int, when: Any, status: Any) -> None:
        """Copy a block into the queue, and nothing else: PortAudio waits for this."""
        try:
            self._blocks.put_nowait((bytes(indata), status.input_overflow, when.inputBufferAdcTime))
        except queue.Full:
            self._dropped_frames += frames

    def get(self, timeout_s: float) -> Taken | None:
        """Return the next block, or None if none comes in time."""
        try:
            pcm, overflowed, at = self._blocks.get(timeout=timeout_s)
        except queue.Empty:
            return None
        lost_frames = self._dropped_frames - self._reported_frames
        self._reported_frames += lost_frames
        return Taken(pcm, int(overflowed) + bool(lost_frames), lost_frames, at)


class Capture:
    """Takes orders and sends what the microphone hears."""

    def __init__(
        self, sounddevice: Any, name: str, orders: "queue.SimpleQueue[portaudio.Order]", output: BinaryIO
    ) -> None:
        """Get ready.

        Args:
            sounddevice: The library (loading it takes a while and looks for devices).
            name: Part of the microphone's name; empty, the system's default.
            orders: Lines of orders.
            output: Where messages go.
        """
        self._sounddevice = sounddevice
        self._name = name
        self._output = output
        self._orders = orders
        self._format: Format | None = None

    def run(self) -> None:
        """Take orders until standard input closes."""
        while True:
            order, _, number = self._orders.get().text.partition(" ")
            try:
                if order == "probe":
                    self._format = self._find()
                    self._send(READY, int(number), self._format.device["name"].encode())
                elif order == "open":
                    self._record(int(number))
                elif order == "close":
                    self._send(CLOSED, int(number))
            except (LookupError, self._sounddevice.PortAudioError) as error:
                self._format = None
                self._send(FAULT, int(number), str(error).encode())

    def _find(self) -> Format:
        return choose_format(self._sounddevice, portaudio.fresh_device(self._sounddevice, self._name, "input"))

    def _record(self, number: int) -> None:
        # The device was found by an earlier probe, so that a press does not wait for a search.
        source = self._format or self._find()
        converter = Converter(source) if source.converted else None
        inbox = Inbox()
        stream = self._sounddevice.RawInputStream(
            samplerate=source.samplerate_hz,
            blocksize=int(source.samplerate_hz * BLOCK_S),
            device=source.device["index"],
            channels=source.channels,
            dtype="int16",
            latency=LATENCY_S,
            callback=inbox.callback,
        )
        # close() at the end does not wait: what was wanted has been heard by then.
        with contextlib.closing(stream):
            stream.start()
            self._send(OPENED, number, source.device["name"].encode())
            for block in self._wanted(inbox, stream):
                pcm = converter.convert(block.pcm) if converter else block.pcm
                lost_frames = block.lost_frames * SAMPLERATE_HZ // source.samplerate_hz
                self._send(BLOCK, number, pcm, block.overflows, lost_frames)
            if converter and (rest := converter.convert(b"", last=True)):
                self._send(BLOCK, number, rest)

    def _wanted(self, inbox: Inbox, stream: Any) -> Iterator[Taken]:
        """Yield what is heard up to the moment of the next order (to close), which is left for `run` to answer."""
        closing: portaudio.Order | None = None
        wanted_until = give_up_at = float("inf")
        heard_until = 0.0
        while heard_until < wanted_until and time.monotonic() < give_up_at:
            block = inbox.get(BLOCK_S)
            if block is not None:
                heard_until = block.at + BLOCK_S
                yield block
            elif not stream.active:
                raise self._sounddevice.PortAudioError("The microphone stopped giving sound")
            if closing is None and not self._orders.empty():
                closing = self._orders.get()
                # The moment as the stream's clock has it: the block that was under way then may have come by now.
                wanted_until = stream.time - (time.monotonic() - closing.at)
                give_up_at = time.monotonic() + LAST_SOUND_S
        if closing:
            self._orders.put(closing)

    def _send(self, kind: bytes, number: int, payload: bytes = b"", overflows: int = 0, lost_frames: int = 0) -> None:
        message = HEADER.pack(kind, number, overflows, lost_frames, len(payload)) + payload
        view = memoryview(message)
        while view:
            view = view[self._output.write(view) :]


def main() -> None:
    """Run the microphone named by the first argument (empty: the system's default)."""
    portaudio.go_first()
    output, orders = portaudio.take_over_output(), portaudio.read_orders()
    import sounddevice

    Capture(sounddevice, sys.argv[1], orders, output).run()


if __name__ == "__main__":
    assert FRAME_BYTES == 2  # noqa: S101 - "int16" above says the same
    main()
