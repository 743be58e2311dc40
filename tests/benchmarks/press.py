"""From a press to the first sound on the disk, and to the light."""

import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from kiosk.devices.capture import BLOCK_S
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ
from tests.benchmarks.listener import Listener
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import Rig, samples
from tests.station import StationUnderTest

#: What the station may add to the sound system's own time. The closest station we know adds 200 to 280 ms.
OWN_MS = 100
#: Long enough to find where in the noise a recording begins.
TELL_S = 3.0
#: Longer than anybody waits who presses at once.
QUESTION_S = 20
#: How much noise is compared: no other piece of it is alike.
PIECE = int(0.1 * SAMPLERATE_HZ)


def measure_press(rig: Rig) -> list[Result]:
    """Press green as a visitor who begins to talk at that moment, again and again."""
    times = 4 if rig.quick else 12
    noise = rig.folder / "noise.wav"
    # Noise is never the same twice, so that each piece of it tells its moment.
    level = np.random.default_rng(1).integers(-8000, 8000, SAMPLERATE_HZ * (30 + 6 * times))
    soundfile.write(noise, level.astype("<i2"), SAMPLERATE_HZ)
    first_ms, missing_ms = [], []
    with rig.station(microphone="virtmic", prepare=_make_long) as station:
        talking, listening = rig.card.say(noise), Listener(rig, "virtmic", latency_ms=20)
        try:
            for _ in range(times):
                first, missing = _tell_once(station, listening)
                first_ms.append(1000 * first)
                missing_ms.append(1000 * missing)
        finally:
            talking.kill()
            talking.wait()
            listening.close()
    bare_ms = [1000 * seconds for seconds in rig.ask("bare_sound", "open", "virtmic", str(times))]
    own_ms = statistics.median(first_ms) - statistics.median(bare_ms)
    heard_ms = [each - 1000 * BLOCK_S for each in bare_ms]
    return [
        Result(
            "press to first sound on the disk",
            spread(first_ms, "ms"),
            "a bare sounddevice stream: open to first block",
            spread(bare_ms, "ms"),
            f"{own_ms:+.0f} ms",
            f"at most {OWN_MS} ms more",
            own_ms <= OWN_MS,
            "From sending the press in the question (kiosk.shown.live) to the first bytes of sound in the take's "
            "audio.wav; the microphone was opened by the press before. "
            f"A block is {1000 * BLOCK_S:.0f} ms long, in the station and in the baseline.",
        ),
        Result(
            "said after the press, not in the recording",
            spread(missing_ms, "ms"),
            "the same bare stream: open to first block, less the length of the block",
            spread(heard_ms, "ms"),
            f"{statistics.median(missing_ms) - statistics.median(heard_ms):+.0f} ms",
            note="Noise is played into the microphone all the time; where the recording begins in it tells what is "
            "missing. The sound server's own delay to the program that keeps the time is included: at most 40 ms.",
        ),
    ]


def _make_long(station: StationUnderTest) -> None:
    soundfile.write(station.data.programme / "question.wav", np.zeros(SAMPLERATE_HZ * QUESTION_S), SAMPLERATE_HZ)


def _tell_once(station: StationUnderTest, listening: Listener) -> tuple[float, float]:
    """Begin a take and throw it away; return seconds to the first sound, and seconds of sound missing before it."""
    station.walk(State.QUESTION)
    zero_at = listening.zero_at()
    audio = station.data.takes / station.status()["take"] / "audio.wav"
    pressing = threading.Thread(target=live.press, args=[station.data, "green"])
    pressed_at = time.monotonic()
    pressing.start()
    _wait_for_sound(audio)
    first_at = time.monotonic()
    pressing.join()
    station.reach(State.TELLING)
    time.sleep(TELL_S)
    station.press("green", State.HEAR_IT)
    recorded = samples(audio)
    for state in (State.KEEP, State.SURE, State.THROWN):
        station.press("red", state)
    # The station's tone was taken out of the beginning: the end tells the place.
    position = find(recorded[-PIECE:], listening.heard()) - len(recorded) + PIECE
    return first_at - pressed_at, zero_at + position / SAMPLERATE_HZ - pressed_at


def _wait_for_sound(audio: Path) -> None:
    """Wait for the first sound of a take."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if audio.stat().st_size > HEADER_BYTES:
            return
        time.sleep(0.0005)
    raise RuntimeError("The press was not followed by any sound.")


def find(piece: np.ndarray, noise: np.ndarray) -> int:
    """Return where a piece of noise stands.

    Raises:
        RuntimeError: It does not stand there to the sample.
    """
    windows = np.lib.stride_tricks.sliding_window_view(noise, len(piece))
    # First the few places where its first samples stand, then those in full.
    places = np.flatnonzero((windows[:, :4] == piece[:4]).all(axis=1))
    found: Sequence[int] = [int(place) for place in places if np.array_equal(windows[place], piece)]
    if len(found) != 1:
        raise RuntimeError(f"The beginning of a recording was found {len(found)} times in what was said.")
    return found[0]
