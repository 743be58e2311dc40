"""Sound that comes faster than it can be taken: no virtual card shows it, so that the sound library is a stand-in."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.devices import Block, capture
from kiosk.devices.capture import BLOCK_S, HEADER, Capture, Format
from kiosk.devices.portaudio import Order
from kiosk.devices.sample import SampleMicrophone
from kiosk.recorder import Begun, Ended, NotBegun, Recorder
from kiosk.stories import takes
from kiosk.stories.folder import DataFolder

FRAMES = int(16_000 * BLOCK_S)


class FloodingStream:
    """A stream that gives more blocks than may wait, at once, and then one more when some were taken."""

    latency = 0.1
    active = True
    time = 0.0

    def __init__(self, *, callback: Callable[..., None], **_: Any) -> None:
        self._callback = callback

    def start(self) -> None:
        for number in range(int(capture.QUEUE_S / BLOCK_S) + 3):
            self.give(number, overflowed=number == 1)

    def give(self, number: int, *, overflowed: bool = False) -> None:
        when = SimpleNamespace(inputBufferAdcTime=-1.0)
        pcm = number.to_bytes(2, "little") * FRAMES
        self._callback(pcm, FRAMES, when, SimpleNamespace(input_overflow=overflowed))

    def close(self) -> None:
        pass


class Orders:
    """The order to close comes once everything that waited was taken."""

    def __init__(self, output: io.BytesIO) -> None:
        self._output = output

    def get(self) -> Order:
        return Order("close 8", time.monotonic())

    def put(self, order: Order) -> None:
        assert order.text == "close 8"

    def empty(self) -> bool:
        return self._output.tell() < int(capture.QUEUE_S / BLOCK_S) * FRAMES * 2


def test_what_does_not_fit_into_the_queue_is_counted_and_told_with_the_next_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture, "LAST_SOUND_S", 0.2)
    streams: list[FloodingStream] = []

    def stream(**options: Any) -> FloodingStream:
        streams.append(FloodingStream(**options))
        return streams[-1]

    output = io.BytesIO()
    library = SimpleNamespace(RawInputStream=stream, PortAudioError=Exception)
    capturing = Capture(library, "", Orders(output), output)  # type: ignore[arg-type]
    capturing._format = Format({"index": 0, "name": "flooding"}, 16_000, 1)
    capturing._record(7)
    blocks = [(overflows, lost) for kind, overflows, lost in messages(output) if kind == capture.BLOCK]
    assert len(blocks) == int(capture.QUEUE_S / BLOCK_S)
    # Three blocks found no place while the first ones were still waiting; the card itself reported one loss.
    assert blocks[0] == (1, 3 * FRAMES)
    assert blocks[1] == (1, 0)
    assert set(blocks[2:]) == {(0, 0)}


def messages(output: io.BytesIO) -> Iterator[tuple[bytes, int, int]]:
    rest = output.getvalue()
    while rest:
        kind, _, overflows, lost_frames, size = HEADER.unpack_from(rest)
        yield kind, overflows, lost_frames
        rest = rest[HEADER.size + size :]


class LossyMicrophone(SampleMicrophone):
    def __init__(self) -> None:
        super().__init__(lambda: pytest.fail("there is no file"))

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        yield Block(bytes(1600))
        yield Block(bytes(1600), overflows=2, lost_frames=500)
        yield Block(bytes(1600), overflows=1)


def test_losses_stand_in_the_story(data: DataFolder) -> None:
    heard: list[Begun | NotBegun | Ended] = []
    recorder = Recorder(LossyMicrophone(), lambda event: (heard.append(event), recorder.listen()))
    recorder.begin(lambda: takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="lossy"))
    recorder.join(30)
    ended = heard[-1]
    assert isinstance(ended, Ended) and isinstance(ended.sink, takes.TakeFolder)
    story = takes.keep(ended.sink, ended.recording, agreed=True).story()
    assert (story.overflows, story.lost_frames, story.frames) == (3, 500, 2400)
