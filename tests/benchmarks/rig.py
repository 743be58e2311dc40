"""What the benchmarks share: a virtual sound card, a story of a minute, stations, and baselines."""

import contextlib
import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from kiosk.config import Config
from kiosk.shown.texts import load_texts
from kiosk.stories.wav import SAMPLERATE_HZ
from models.model_files import model_folder
from tests.sound_card import SoundCard, wait_until
from tests.station import StationUnderTest

STORY_S = 60
#: Said one after the other, from the beginning again, until the minute is full; words that the starter model knows.
SENTENCES = (
    "I come here every week.",
    "The staff are very kind and helpful.",
    "I like the music and the food is good.",
    "But I had to wait a long time for the bus.",
    "My friend comes with me and we have a cup of tea.",
    "I would like to go out more.",
    "There was nobody at the door and I did not know where to go.",
)
#: Silence between two sentences, as a person breathes.
PAUSE_S = 0.7
#: What a fresh station still has to do is done by then (and no later benchmark measures it).
SETTLE_S = 3.0


@dataclass
class Rig:
    """Where the benchmarks run.

    Attributes:
        folder: For everything that they write; whoever made it removes it.
        card: The running sound card.
        quick: Whether fewer repetitions will do.
    """

    folder: Path
    card: SoundCard
    quick: bool

    @property
    def model(self) -> Path:
        """The speech model that stations use unless told otherwise."""
        return model_folder(Config().transcriber.model)

    @cached_property
    def story(self) -> Path:
        """A story of `STORY_S` seconds: 16 kHz, mono, 16 bits."""
        spoken, sounds, seconds, count = self.folder / "spoken.wav", [], 0.0, 0
        while True:
            said = SENTENCES[count % len(SENTENCES)]
            subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "140", "-w", spoken, said], check=True)
            sound, rate_hz = soundfile.read(spoken, dtype="int16")
            sound = np.append(soxr.resample(sound, rate_hz, SAMPLERATE_HZ), np.zeros(int(PAUSE_S * SAMPLERATE_HZ)))
            seconds += len(sound) / SAMPLERATE_HZ
            if seconds > STORY_S:
                break
            sounds.append(sound.astype("<i2"))
            count += 1
        story = np.concatenate(sounds)
        path = self.folder / "story.wav"
        soundfile.write(path, np.pad(story, (0, STORY_S * SAMPLERATE_HZ - len(story))), SAMPLERATE_HZ, subtype="PCM_16")
        return path

    @contextlib.contextmanager
    def station(
        self, *, microphone: str = "testmic", prepare: Callable[[StationUnderTest], None] | None = None
    ) -> Iterator[StationUnderTest]:
        """Run a fresh station that has settled; `prepare` puts prompts into its programme first."""
        self.card.script.write_bytes(b"")
        station = StationUnderTest(self.folder / f"station-{time.time_ns()}", self.card, microphone=microphone)
        if prepare:
            prepare(station)
        try:
            station.start()
            # The kiosk speaks all its prompts once, in the background; nothing may be measured meanwhile.
            spoken = len(load_texts("en-GB")) + 1
            prompts = station.data.cache / "prompts"
            wait_until(lambda: len(list(prompts.glob("*.wav"))) >= spoken, "the prompts have been spoken", 120)
            time.sleep(SETTLE_S)
            yield station
        finally:
            station.stop()

    def ask(self, module: str, *arguments: str) -> Any:
        """Run one of our baselines in a process of its own and return what it found."""
        command = [sys.executable, "-m", f"{__package__}.{module}", *arguments]
        env = {**os.environ, **self.card.env}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=600)
        if done.returncode:
            raise RuntimeError(f"The baseline {module} failed: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)


def samples(path: Path) -> np.ndarray:
    """Return the sound of a WAV file."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")
