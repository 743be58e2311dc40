"""What the station says, spoken by espeak-ng or by a person.

Texts come from one file per language. A recording `programme/<name>.wav` (mono, 16 bits) wins over the synthetic voice.
Without a speech engine the station goes on by its lights.
"""

import array
import contextlib
import hashlib
import math
import subprocess
import sys
import threading
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.config import VoiceSettings
from kiosk.errors import ConfigError
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder

_TEXTS = Path(__file__).parent / "texts"
#: The name of the soft tone that says "now"; it is made here, not spoken.
TONE = "tone"
_TONE_RATE_HZ = 22_050
_TONE_HZ = 523.25  # c'': low enough not to startle, high enough for a small speaker
_TONE_S = 0.35
#: A tenth of full scale: heard, and far from loud.
_TONE_LEVEL = 0.1


def load_texts(language: str) -> dict[str, str]:
    """Return prompt name -> text in a language.

    Raises:
        ConfigError: Sayso has no texts in that language.
    """
    path = _TEXTS / f"{language}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in _TEXTS.glob("*.toml")))
        raise ConfigError(f"There are no prompts in the language {language!r}; there are: {known}.")
    return {name: str(text) for name, text in tomllib.loads(path.read_text("utf-8")).items()}


@dataclass
class Prompts:
    """Finds the sound of a prompt.

    Attributes:
        folder: Where recordings and the cache are.
        texts: Prompt name -> text.
        voice: How the synthetic voice speaks.
        fault: Why a prompt could not be spoken, in a sentence for staff; None if all went well.
    """

    folder: DataFolder
    texts: dict[str, str]
    voice: VoiceSettings
    fault: str | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name: str) -> Path | None:
        """Return a WAV that says the prompt, or None if it can not be said now."""
        recorded = self.folder.programme / f"{name}.wav"
        if recorded.is_file():
            return recorded
        try:
            with self._one_at_a_time:
                if name == TONE:
                    return self._tone()
                path = self._spoken(name)
        except (OSError, subprocess.SubprocessError) as error:
            self.fault = f"The prompt '{name}' cannot be spoken: {error}. Is espeak-ng installed?"
            return None
        self.fault = None
        return path

    def prepare(self) -> None:
        """Speak everything once into the cache, so that no visitor waits for it."""
        for name in (TONE, *self.texts):
            if self.find(name) is None:
                return

    def sample_story(self) -> Path:
        """Return the story of the made-up voice, as a microphone would give it (16 kHz mono).

        Raises:
            OSError: It cannot be spoken.
        """
        spoken = self.find("sample_story")
        if spoken is None:
            raise OSError(self.fault)
        heard = spoken.with_suffix(".16k.wav")
        if not heard.exists():
            with _aside(heard) as aside:
                # The library that converts is too large to hold in this process for one file.
                command = [sys.executable, "-P", "-m", "kiosk.devices.convert", str(spoken), str(aside)]
                subprocess.run(command, check=True, capture_output=True, timeout=60)
        return heard

    def _spoken(self, name: str) -> Path:
        text = self.texts[name]
        look = f"{self.voice.name}\n{self.voice.words_per_minute}\n{text}"
        path = self._cached(name, look)
        if not path.exists():
            with _aside(path) as aside:
                speak = ["espeak-ng", "-v", self.voice.name, "-s", str(self.voice.words_per_minute), "-w", str(aside)]
                subprocess.run([*speak, "--stdin"], input=text.encode(), check=True, capture_output=True, timeout=60)
                if not aside.exists():
                    raise OSError(f"espeak-ng has no voice '{self.voice.name}'")
        return path

    def _tone(self) -> Path:
        path = self._cached(TONE, f"{_TONE_HZ} {_TONE_S} {_TONE_LEVEL}")
        if not path.exists():
            with _aside(path) as aside, wave.open(str(aside), "wb") as file:
                file.setparams((1, 2, _TONE_RATE_HZ, 0, "NONE", ""))
                file.writeframes(_soft_tone().tobytes())
        return path

    def _cached(self, name: str, made_of: str) -> Path:
        folder = self.folder.cache / "prompts"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}.wav"


def _soft_tone() -> "array.array[int]":
    count = int(_TONE_RATE_HZ * _TONE_S)
    # A raised cosine over the whole tone: it swells and fades, nothing clicks.
    swell = (0.5 - 0.5 * math.cos(2 * math.pi * at / count) for at in range(count))
    turn = 2 * math.pi * _TONE_HZ / _TONE_RATE_HZ
    return array.array("h", (int(32767 * _TONE_LEVEL * level * math.sin(turn * at)) for at, level in enumerate(swell)))


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Write a cache file under another name first: a prompt that is there is whole."""
    aside = path.with_name(path.name + UNFINISHED)
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
