"""What the station says, spoken by espeak-ng or by a person.

Texts come from one file per language. A recording `programme/<name>.wav` (mono, 16 bits) wins over the synthetic voice;
both are brought to one loudness. Without a speech engine the station goes on by its lights.
"""

import array
import contextlib
import hashlib
import math
import os
import subprocess
import sys
import tempfile
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.config import VoiceSettings
from kiosk.loudness import even_out
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder

#: The name of the soft tone that says "now"; it is made here, not spoken.
TONE = "tone"
_TONE_RATE_HZ = 22_050
TONE_HZ = 523.25  # c'': low enough not to startle, high enough for a small speaker
_TONE_S = 0.35
#: A tenth of full scale: heard, and far from loud.
_TONE_LEVEL = 0.1


#: espeak-ng looks for a sound server even where it writes to a file, and waits for ever for one that hangs.
_NO_SOUND_SERVER = {"PULSE_SERVER": "unix:/dev/null"}
#: What takes longer to speak will never be spoken; a visitor may be waiting.
_LONGEST_S = 10.0


@dataclass
class Prompts:
    """Finds the sound of a prompt.

    Attributes:
        folder: Where recordings and the cache are.
        texts: Prompt name -> text.
        voice: How the synthetic voice speaks.
        fault: Why a prompt could not be spoken, in a sentence for staff; None if all went well.
        broken: Why a recording in `programme/` is not used, in a sentence for staff; None if all can be.
    """

    folder: DataFolder
    texts: dict[str, str]
    voice: VoiceSettings
    fault: str | None = None
    broken: str | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name: str) -> Path | None:
        """Return a WAV that says the prompt, or None if it can not be said now."""
        if name != TONE and (recorded := self._recorded(name)):
            return recorded
        return self._made(name, self._tone if name == TONE else lambda: self._spoken(name, self.texts[name]))

    def say(self, text: str) -> Path | None:
        """Return a WAV that says something that is no prompt (a story number), or None if it can not be said now."""
        return self._made("words", lambda: self._spoken("words", text))

    def has_news(self) -> bool:
        """Return whether somebody has recorded what has changed."""
        return self._recorded("news") is not None

    def fingerprint(self) -> str:
        """Return a hash (SHA-256, hex) of everything that visitors are told and asked."""
        digest = hashlib.sha256()
        for name in sorted(self.texts):
            digest.update(f"{name}\0{self.texts[name]}\0".encode())
            with contextlib.suppress(OSError):
                digest.update((self.folder.programme / f"{name}.wav").read_bytes())
        return digest.hexdigest()

    def _recorded(self, name: str) -> Path | None:
        source = self.folder.programme / f"{name}.wav"
        try:
            about = source.stat()
            path = self._cached(name, f"recorded {about.st_mtime_ns} {about.st_size}")
            with self._one_at_a_time:
                if not path.exists():
                    with _aside(path) as aside:
                        even_out(source, aside)
        except FileNotFoundError:
            return None
        except (OSError, EOFError, wave.Error) as error:
            self.broken = f"The recording {source} cannot be played: {error}. The station's own voice is used."
            return None
        if self.broken and str(source) in self.broken:
            self.broken = None
        return path

    def _made(self, name: str, make: Callable[[], Path]) -> Path | None:
        try:
            with self._one_at_a_time:
                path = make()
        except (OSError, EOFError, wave.Error, subprocess.SubprocessError) as error:
            self.fault = f"The prompt '{name}' cannot be spoken: {error}. Is espeak-ng installed?"
            return None
        if name != TONE:
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

    def _spoken(self, name: str, text: str) -> Path:
        look = f"{self.voice.name}\n{self.voice.words_per_minute}\n{text}"
        path = self._cached(name, look)
        if not path.exists():
            with _aside(path) as aside, tempfile.TemporaryDirectory(dir=path.parent) as folder:
                spoken = Path(folder) / "spoken.wav"
                speak = ["espeak-ng", "-v", self.voice.name, "-s", str(self.voice.words_per_minute), "-w", str(spoken)]
                subprocess.run(
                    [*speak, "--stdin"],
                    input=text.encode(),
                    check=True,
                    capture_output=True,
                    timeout=_LONGEST_S,
                    env={**os.environ, **_NO_SOUND_SERVER},
                )
                if not spoken.exists():
                    raise OSError(f"espeak-ng has no voice '{self.voice.name}'")
                even_out(spoken, aside)
        return path

    def _tone(self) -> Path:
        path = self._cached(TONE, f"{TONE_HZ} {_TONE_S} {_TONE_LEVEL}")
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
    turn = 2 * math.pi * TONE_HZ / _TONE_RATE_HZ
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
