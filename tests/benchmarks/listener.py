"""Hears the sound card from outside the station."""

import os
import subprocess
import time

import numpy as np

from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ
from tests.benchmarks.rig import Rig
from tests.sound_card import FORMAT


class Listener:
    """Hears one device of the virtual sound card, all the time: the clock of what is said."""

    def __init__(self, rig: Rig, device: str, *, latency_ms: int) -> None:
        self._file = rig.folder / f"{device}.raw"
        with self._file.open("wb") as file:
            self._process = subprocess.Popen(
                ["parec", f"--latency-msec={latency_ms}", *FORMAT, f"--device={device}"],
                stdout=file, stderr=subprocess.DEVNULL, env={**os.environ, **rig.card.env},
            )  # fmt: skip

    def zero_at(self) -> float:
        """Return when the first frame of `heard` was said (`time.monotonic`), told by the frames that come now."""
        zero_at, until = float("inf"), time.monotonic() + 0.5
        while (now := time.monotonic()) < until:
            # Frames come in pieces; those that came with the least delay tell the time best.
            zero_at = min(zero_at, now - self._file.stat().st_size / FRAME_BYTES / SAMPLERATE_HZ)
            time.sleep(0.001)
        return zero_at

    def heard(self) -> np.ndarray:
        """Return all samples until now."""
        return np.frombuffer(self._file.read_bytes(), "<i2")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
