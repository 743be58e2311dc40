"""Everything that the station says, and whose voice says it."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kiosk.config import Config
from kiosk.errors import ChangedMeanwhile, ConfigError, ProgrammeNotWritten
from kiosk.shown.preview import previews
from kiosk.shown.texts import load_texts
from kiosk.stories.editions import Edition, Editions, Recorded
from kiosk.stories.files import sync_folder
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import keep, sound_in
from kiosk.stories.programme import Said

Part = Literal["question", "news", "always", "seldom", "unused"]
#: No prompts, though they stand among them: the made-up voice's story, and what a recording alone says.
_NOT_SAID = frozenset({"sample_story", "news"})
#: The prompt that is asked where the programme has no questions.
_QUESTION = "question"
#: Recordings of questions and news are called so, with a hash of their words: the station finds them by the words.
_SAID = "said-"
#: Where Sayso does not speak the station's language its kiosk refuses to start; people can read all the same.
_INSTEAD = "en-GB"


@dataclass(frozen=True)
class Spoken:
    """Something that the station says.

    Attributes:
        name: The prompt's name, and that of its recording.
        words: What is said.
        part: A question, news, a sentence of the station's own that is said in a visit, one that is said now and then,
            or a recording of words that are not said now.
        own: Somebody's recording says it.
        outdated: There is a recording, of other words, so that it is not used.
        seen: Stands for the recording's file: whoever changes it says which one they saw.
    """

    name: str
    words: str
    part: Part
    own: bool
    outdated: bool
    seen: str


class PromptVoices:
    """Reads and changes the recordings in `programme/`. Any thread may use it."""

    def __init__(self, folder: DataFolder, config: Config) -> None:
        self._folder = folder
        try:
            texts = _texts(config)
        except ConfigError:
            station = config.station.model_copy(update={"language": _INSTEAD})
            config = config.model_copy(update={"station": station})
            texts = _texts(config)
        self.config, self._texts = config, texts
        self._editions = Editions(folder, texts, keeps=False)
        self._edition = Edition()
        self._lock = threading.Lock()

    def texts(self) -> dict[str, str]:
        """Return prompt name -> its words in the station's language, without what the programme says instead."""
        return {name: text for name, text in self._texts.items() if name not in _NOT_SAID}

    def everything(self) -> list[Spoken]:
        """Return all that is said: questions, news, the station's own sentences as a visit goes, and what is unused."""
        edition = self._look()
        return [*self._said(edition), *self._prompts(edition), *self._unused(edition)]

    def find(self, name: str) -> Spoken | None:
        """Return what is called so."""
        return next((each for each in self.everything() if each.name == name), None)

    def file(self, name: str) -> Path:
        """Return where the recording of something is, if there is one."""
        return self._folder.programme / f"{name}.wav"

    def use(self, spoken: Spoken, wav: bytes, *, seen: str) -> None:
        """Let a recording say it, from the next visit on.

        Raises:
            ChangedMeanwhile: Somebody else has recorded it, or taken the recording away.
            RecordingUnfit: It is no recording of a prompt.
            ProgrammeNotWritten: The disk does not take it; what was there stays.
        """
        pcm = sound_in(wav)
        with self._lock:
            self._require(spoken, seen)
            try:
                keep(self._folder, spoken.name, spoken.words, pcm)
            except OSError as error:
                raise ProgrammeNotWritten(f"The recording cannot be written: {error.strerror}.") from error

    def take_away(self, spoken: Spoken, *, seen: str) -> None:
        """Delete a recording: the station's own voice says it from the next visit on.

        Raises:
            ChangedMeanwhile: It is another one by now.
            ProgrammeNotWritten: It cannot be deleted.
        """
        with self._lock:
            self._require(spoken, seen)
            try:
                self.file(spoken.name).unlink(missing_ok=True)
                sync_folder(self._folder.programme)
            except OSError as error:
                raise ProgrammeNotWritten(f"The recording cannot be deleted: {error.strerror}.") from error

    def _require(self, spoken: Spoken, seen: str) -> None:
        if self._seen(spoken.name) != seen:
            raise ChangedMeanwhile(
                "Somebody else changed this recording first. Nothing was overwritten. Listen to theirs.",
                theirs=self._seen(spoken.name), yours=seen,
            )  # fmt: skip

    def _look(self) -> Edition:
        with self._lock:
            self._edition = self._editions.look() or self._edition
            return self._edition

    def _said(self, edition: Edition) -> Iterator[Spoken]:
        parts: tuple[tuple[Part, tuple[Said, ...]], ...] = (
            ("question", edition.programme.asked),
            ("news", edition.programme.news),
        )
        told = set[str]()
        for part, all_said in parts:
            for said in all_said:
                name = said.wav.removesuffix(".wav") or _name_of(said.text)
                # Two questions may offer the same answer.
                if name in told:
                    continue
                told.add(name)
                yield self._spoken(name, said.text, part, edition, edition.recording_of(said))

    def _prompts(self, edition: Edition) -> Iterator[Spoken]:
        texts = {**self.texts(), **edition.programme.prompts}
        visits = previews(self.config, edition.programme)
        in_visit = {each.name: None for visit in visits for step in visit.steps for each in step.sentences}
        for name in {**in_visit, **dict.fromkeys(texts)}:
            if name in texts and not (name == _QUESTION and edition.programme.questions):
                part: Part = "question" if name == _QUESTION else "always" if name in in_visit else "seldom"
                yield self._spoken(name, texts[name], part, edition, edition.recordings.get(name))

    def _unused(self, edition: Edition) -> Iterator[Spoken]:
        said = {each.name for each in self._said(edition)}
        for name, recording in sorted(edition.recordings.items()):
            if name.startswith(_SAID) and name not in said and recording.words:
                yield self._spoken(name, recording.words, "unused", edition, recording)

    def _spoken(self, name: str, words: str, part: Part, edition: Edition, recorded: Recorded | None) -> Spoken:
        return Spoken(name, words, part, recorded is not None, name in edition.outdated, self._seen(name))

    def _seen(self, name: str) -> str:
        try:
            about = self.file(name).stat()
        except OSError:
            return "none"
        return hashlib.sha256(f"{about.st_mtime_ns} {about.st_size} {about.st_ino}".encode()).hexdigest()[:16]


def _texts(config: Config) -> dict[str, str]:
    one_switch = config.panel.switches == "one"
    return load_texts(config.station.language, person=config.station.person_to_ask, one_switch=one_switch)


def _name_of(words: str) -> str:
    return _SAID + hashlib.sha256(words.encode()).hexdigest()[:12]
