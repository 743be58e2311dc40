"""What the station says, spoken by espeak-ng or by a person.

Texts come from one file per language, questions and news from the programme. A recording `programme/<name>.wav` (mono,
16 bits) wins over the synthetic voice; both are brought to one loudness. Without a speech engine the station goes on by
its lights.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.config import Config, VoiceSettings
from kiosk.flow import TONE
from kiosk.shown.texts import load_texts
from kiosk.stories.editions import Edition, Recorded
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder
from kiosk.stories.loudness import even_out
from kiosk.stories.programme import Question, Said

#: The names of the prompts that a programme can put others in the place of.
QUESTION, NEWS = "question", "news"
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
        texts: Prompt name -> text, as the station says it since `take_up`.
        voice: How the synthetic voice speaks.
        edition: What is asked and told, and in whose voice, since `take_up`.
        fault: Why a prompt could not be spoken, in a sentence for staff; None if all went well.
    """

    folder: DataFolder
    texts: dict[str, str]
    voice: VoiceSettings
    edition: Edition = field(default_factory=Edition)
    fault: str | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    _of_language: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._of_language = self.texts

    def take_up(self, edition: Edition) -> None:
        """Say and ask from now on what stands in an edition; between two visits only."""
        self.edition = edition
        self.texts = {**self._of_language, **edition.programme.prompts}

    @property
    def fixed(self) -> dict[str, str]:
        """Prompt name -> text in the station's language, whatever the programme says instead."""
        return self._of_language

    @property
    def questions(self) -> tuple[Question, ...]:
        """What visitors are asked: one question, or several to choose from."""
        return self.edition.programme.questions or (Question(text=self.texts[QUESTION]),)

    @property
    def news(self) -> tuple[Said, ...]:
        """What the blue button tells; empty if there is nothing."""
        if self.edition.programme.news or NEWS not in self.edition.recordings:
            return self.edition.programme.news
        return (Said(text=self.texts[NEWS], wav=f"{NEWS}.wav"),)

    def find(self, name: str) -> Path | None:
        """Return a WAV that says the prompt, or None if it can not be said now."""
        if name == TONE:
            return self._made(TONE, self._tone_file(), self._write_tone)
        return self._voiced(
            name, self.edition.recordings.get(name), self.texts[name], theirs=name in self.edition.programme.prompts
        )

    def find_question(self, which: int) -> Path | None:
        """Return a WAV that asks a question, or None if it can not be said now."""
        if not self.edition.programme.questions:
            return self.find(QUESTION)
        return self.find_said(self.questions[which])

    def find_answer(self, question: int, which: int) -> Path | None:
        """Return a WAV that says one of the answers that a question offers, or None if it can not be said now."""
        return self.find_said(self.questions[question].choices[which])

    def find_said(self, said: Said) -> Path | None:
        """Return a WAV that says what stands in a programme, or None if it can not be said now."""
        return self._voiced("said", self.edition.recording_of(said), said.text, theirs=True)

    def say(self, text: str) -> Path | None:
        """Return a WAV that says something that is no prompt (a story number), or None if it can not be said now."""
        return self._voiced("words", None, text)

    def fingerprint(self) -> str:
        """Return a hash (SHA-256, hex) of everything that visitors are told and asked."""
        digest = hashlib.sha256(self.edition.programme.model_dump_json().encode())
        for name, text in sorted(self.texts.items()):
            digest.update(f"\0{name}\0{text}".encode())
        for name, recording in sorted(self.edition.recordings.items()):
            digest.update(f"\0{name}\0{recording.sha256}".encode())
        return digest.hexdigest()

    def prepare(self, edition: Edition | None = None) -> None:
        """Speak everything once into the cache, so that no visitor waits for it.

        Args:
            edition: What will be taken up soon; None, what is now.
        """
        soon = self
        if edition is not None:
            soon = replace(self, texts=self._of_language)
            soon.take_up(edition)
        for name in (TONE, *soon.texts):
            if soon.find(name) is None:
                return
        for said in (*soon.questions, *soon.edition.programme.said):
            soon.find_said(said)

    def _voiced(self, name: str, recorded: Recorded | None, text: str, *, theirs: bool = False) -> Path | None:
        """Return a person's recording where there is one that can still be had, else the words in our own voice.

        `theirs`: the words are the programme's, in the language that visitors speak.
        """
        if recorded:
            path = self._cached(name, f"recorded {recorded.sha256}")
            with contextlib.suppress(OSError, EOFError, wave.Error):
                # One that was replaced since belongs to the next edition, and that to the next visit.
                if path.exists() or recorded.is_as_it_was():
                    return self._kept(path, lambda aside: even_out(recorded.source, aside))
        voices = self._voices(theirs=theirs)
        return self._made(name, self._spoken_file(name, text, voices), lambda aside: self._speak(text, voices, aside))

    def _made(self, name: str, path: Path, write: Callable[[Path], None]) -> Path | None:
        try:
            self._kept(path, write)
        except (OSError, EOFError, wave.Error, subprocess.SubprocessError) as error:
            self.fault = f"The prompt '{name}' cannot be spoken: {error}. Is espeak-ng installed?"
            return None
        if name != TONE:
            self.fault = None
        return path

    def _kept(self, path: Path, write: Callable[[Path], None]) -> Path:
        """Return a file of the cache, written first if it is not there."""
        # Looked for without the lock: what is there waits for nobody who speaks a prompt for later.
        if not path.exists():
            with self._one_at_a_time:
                if not path.exists():
                    with _aside(path) as aside:
                        write(aside)
        return path

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

    def _voices(self, *, theirs: bool) -> tuple[str, ...]:
        """Return the voices of espeak-ng to be tried, the best one first; the last one is ours."""
        language = self.edition.programme.language if theirs else ""
        return (*filter(None, dict.fromkeys([language.lower(), language.partition("-")[0]])), self.voice.name)

    def _speak(self, text: str, voices: Sequence[str], to: Path) -> None:
        for voice in voices[:-1]:
            # There may be none of that language: an accent is better than silence.
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                return self._speak_with(voice, text, to)
        return self._speak_with(voices[-1], text, to)

    def _speak_with(self, voice: str, text: str, to: Path) -> None:
        with tempfile.TemporaryDirectory(dir=to.parent) as folder:
            spoken = Path(folder) / "spoken.wav"
            speak = ["espeak-ng", "-v", voice, "-s", str(self.voice.words_per_minute), "-w", str(spoken)]
            subprocess.run(
                [*speak, "--stdin"],
                input=text.encode(),
                check=True,
                capture_output=True,
                timeout=_LONGEST_S,
                env={**os.environ, **_NO_SOUND_SERVER},
            )
            if not spoken.exists():
                raise OSError(f"espeak-ng has no voice '{voice}'")
            even_out(spoken, to)

    def _write_tone(self, to: Path) -> None:
        with wave.open(str(to), "wb") as file:
            file.setparams((1, 2, _TONE_RATE_HZ, 0, "NONE", ""))
            file.writeframes(_soft_tone().tobytes())

    def _spoken_file(self, name: str, text: str, voices: Sequence[str]) -> Path:
        return self._cached(name, f"{' '.join(voices)}\n{self.voice.words_per_minute}\n{text}")

    def _tone_file(self) -> Path:
        return self._cached(TONE, f"{TONE_HZ} {_TONE_S} {_TONE_LEVEL}")

    def _cached(self, name: str, made_of: str) -> Path:
        folder = self.folder.cache / "prompts"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}.wav"


def prompts_for(config: Config, folder: DataFolder) -> Prompts:
    """Return what a station with these settings says; nothing of a programme is taken up yet.

    Raises:
        ConfigError: Sayso has no texts in its language.
    """
    one_switch = config.panel.switches == "one"
    texts = load_texts(config.station.language, person=config.station.person_to_ask, one_switch=one_switch)
    return Prompts(folder, texts, config.voice)


def _soft_tone() -> "array.array[int]":
    count = int(_TONE_RATE_HZ * _TONE_S)
    # A raised cosine over the whole tone: it swells and fades, nothing clicks.
    swell = (0.5 - 0.5 * math.cos(2 * math.pi * at / count) for at in range(count))
    turn = 2 * math.pi * TONE_HZ / _TONE_RATE_HZ
    return array.array("h", (int(32767 * _TONE_LEVEL * level * math.sin(turn * at)) for at, level in enumerate(swell)))


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Write a cache file under another name first: a prompt that is there is whole."""
    # Of this process alone: 'sayso run' speaks the sample story while the kiosk does.
    aside = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
