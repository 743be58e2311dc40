"""From the press that ends telling to the first sound of the next prompt, at the speaker."""

import threading
import time

import numpy as np
import soundfile

from kiosk.config import Config
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories.wav import SAMPLERATE_HZ
from tests.benchmarks.listener import Listener
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import Rig
from tests.station import StationUnderTest

#: Longer, and a visitor wonders whether the press was noticed (the light has answered at once).
SOON_MS = 300
#: What is said next, loud from its first sample on, so that its beginning can be told to the millisecond.
SAID_S = 0.5
TELL_S = 2.5


def measure_reply(rig: Rig) -> list[Result]:
    """End telling by a press, again and again, and hear how soon the station goes on."""
    times = 4 if rig.quick else 12
    with rig.station(prepare=_make_loud) as station:
        rig.card.script.write_bytes(_talk())
        hearing = Listener(rig, "speaker.monitor", latency_ms=10)
        try:
            found_ms = [1000 * _end_once(station, hearing) for _ in range(times)]
        finally:
            hearing.close()
    bare_ms = [1000 * seconds for seconds in rig.ask("bare_sound", "latency", "speaker", str(times))]
    post_roll_ms = 1000 * Config().microphone.post_roll_s
    slowest = max(found_ms)
    return [
        Result(
            "stop to the next prompt heard",
            spread(found_ms, "ms"),
            "a bare sounddevice stream: what it says of its own latency",
            spread(bare_ms, "ms"),
            f"{slowest - max(bare_ms):+.0f} ms at the slowest",
            f"always at most {SOON_MS} ms",
            slowest <= SOON_MS,
            f"From sending the press to the prompt's first sound at the speaker's monitor. {post_roll_ms:.0f} ms of it "
            "the station still records, so that the last word is whole.",
        )
    ]


def _talk() -> bytes:
    """Return a minute of what the station takes for speech: noise that rises and falls as syllables do."""
    at = np.arange(60 * SAMPLERATE_HZ)
    noise = np.random.default_rng(2).normal(0, 4000, len(at)) * (np.sin(2 * np.pi * 2 * at / SAMPLERATE_HZ) > 0)
    return bytes(noise.astype("<i2").tobytes())


def _make_loud(station: StationUnderTest) -> None:
    said = np.full(int(SAID_S * SAMPLERATE_HZ), 8000, "<i2")
    said[1::2] *= -1
    soundfile.write(station.data.programme / "told.wav", said, SAMPLERATE_HZ)


def _end_once(station: StationUnderTest, hearing: Listener) -> float:
    """Tell and end it; return the seconds from the press to the first sound."""
    station.walk(State.TELLING)
    time.sleep(TELL_S)
    zero_at = hearing.zero_at()
    pressing = threading.Thread(target=live.press, args=[station.data, "green"])
    pressed_at = time.monotonic()
    pressing.start()
    station.reach(State.HEAR_IT)
    time.sleep(1.0)
    pressing.join()
    began_s = _first_loud(hearing.heard(), pressed_at - zero_at)
    for state in (State.KEEP, State.SURE, State.THROWN):
        station.press("red", state)
    station.reach(State.IDLE)
    return zero_at + began_s - pressed_at


def _first_loud(heard: np.ndarray, after_s: float) -> float:
    """Return when the first loud frame after a moment was heard, in seconds since the first frame of all.

    Raises:
        RuntimeError: There is none.
    """
    begin = int(after_s * SAMPLERATE_HZ)
    loud = np.flatnonzero(np.abs(heard[begin:].astype(int)) > 2000)
    if not len(loud):
        raise RuntimeError("Nothing was heard after the press.")
    return (begin + int(loud[0])) / SAMPLERATE_HZ
