"""The baseline of recording: a sounddevice stream and nothing else, opened in a process that has loaded everything.

`python -m tests.benchmarks.bare_sound open DEVICE TIMES` prints the seconds from opening to the first block, as JSON;
`... bare_sound latency DEVICE TIMES` prints the seconds that an output stream says that a sound takes to the speaker;
`... bare_sound listen DEVICE SECONDS` prints the processor time of listening so long, in seconds.
"""

import json
import queue
import resource
import sys
import time
from collections.abc import Callable

import sounddevice

from kiosk.devices import playback
from kiosk.devices.capture import BLOCK_S, LATENCY_S
from kiosk.stories.wav import SAMPLERATE_HZ


def first_block_s(device: str) -> float:
    """Open the stream as the station does and return how long its first block takes."""
    first: queue.SimpleQueue[float] = queue.SimpleQueue()
    begun = time.monotonic()
    with _stream(device, lambda *_: first.put(time.monotonic())):
        return first.get(timeout=10) - begun


def listening_cpu_s(device: str, seconds: float) -> float:
    """Listen to an open stream and return what that takes."""
    pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with _stream(device, lambda indata, *_: pieces.put(bytes(indata))):
        begun = _processor_s()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pieces.get(timeout=10)
        return _processor_s() - begun


def _stream(device: str, callback: Callable[..., None]) -> sounddevice.RawInputStream:
    return sounddevice.RawInputStream(
        samplerate=SAMPLERATE_HZ,
        blocksize=int(SAMPLERATE_HZ * BLOCK_S),
        device=device,
        channels=1,
        dtype="int16",
        latency=LATENCY_S,
        callback=callback,
    )


def output_latency_s(device: str) -> float:
    """Open an output stream as the station does and return its own latency."""
    with sounddevice.RawOutputStream(
        samplerate=SAMPLERATE_HZ, device=device, channels=1, dtype="int16", latency=playback.LATENCY_S
    ) as stream:
        return float(stream.latency)


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    what, device, number = sys.argv[1:]
    if what == "open":
        print(json.dumps([first_block_s(device) for _ in range(int(number))]))
    elif what == "latency":
        print(json.dumps([output_latency_s(device) for _ in range(int(number))]))
    else:
        print(json.dumps(listening_cpu_s(device, float(number))))


if __name__ == "__main__":
    main()
