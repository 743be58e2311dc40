"""Follows the folder `programme/`: what is asked and told, and recordings of it in people's own voices.

What lies there at a moment is an `Edition`. A visit begins and ends with the same edition: the station takes up another
one only between two visits. A programme that cannot be used changes nothing but the status: the last good one stays,
also through a restart (`cache/programme.json`).
"""

import contextlib
import hashlib
import os
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.errors import ProgrammeBroken
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import words_in
from kiosk.stories.programme import FILE, Programme, Said, parse_programme
from kiosk.stories.status import Fault
from kiosk.stories.wording import too_hard

#: The prompt whose recording may say anything.
_NEWS = "news"
#: Codes of what can be wrong with the folder.
FAULTS = ("programme", "recording", "outdated", "wording")
_FIX_FILE = "Write it again on the site, or mend the file. Until then the station goes on with what it asked before."
_FIX_WAV = "Record it again, as WAV, mono, 16 bits. Until then the station's own voice is used."
_FIX_OLD = "Say it again: 'sayso prompts record {}'. Until then the station's own voice is used."
_FIX_WORDS = "People may lose the thread. Say it with fewer words."


@dataclass(frozen=True)
class Recorded:
    """A recording as it was when the edition was made.

    Attributes:
        source: The file.
        look: Its time and size: a file that looks otherwise is another recording.
        sha256: Of its content.
        words: What is said in it; None where it does not tell.
    """

    source: Path
    look: str
    sha256: str
    words: str | None = None

    def is_as_it_was(self) -> bool:
        """Return whether the file still is this recording. Raises OSError where it is gone."""
        return _look(self.source.stat()) == self.look


@dataclass(frozen=True)
class Edition:
    """What the station asks and tells, from one change of the folder to the next.

    Attributes:
        programme: What was written.
        recordings: Name without `.wav` -> recording.
        outdated: Names of recordings of words that the prompt does not have any more. They are not used.
        faults: What is wrong with the folder.
    """

    programme: Programme = field(default_factory=Programme)
    recordings: Mapping[str, Recorded] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    def recording_of(self, said: Said) -> Recorded | None:
        """Return the recording that says something, or None where the station's own voice must."""
        if said.wav:
            return self.recordings.get(said.wav.removesuffix(".wav"))
        return next((each for _, each in sorted(self.recordings.items()) if each.words == said.text), None)


class Editions:
    """Makes an edition each time that the folder has changed. Used by one thread at a time."""

    def __init__(self, folder: DataFolder, texts: Mapping[str, str] | None = None, *, keeps: bool = True) -> None:
        """Make it.

        Args:
            folder: The data folder.
            texts: Prompt -> its words in the station's language. A recording of other words than those, or than what
                the programme says instead, is not taken for them; but news is what a person says it is. None: all are
                taken.
            keeps: Keep a copy of the last good programme for a restart; only the kiosk does.
        """
        self._folder = folder
        self._texts = {name: text for name, text in (texts or {}).items() if name != _NEWS}
        self._keeps = keeps
        self._seen: dict[str, str] | None = None
        self._recordings: dict[str, Recorded] = {}
        self._good: Programme | None = None

    def look(self) -> Edition | None:
        """Return a new edition, or None where nothing has changed since the last look."""
        try:
            seen = {entry.name: _look(entry.stat()) for entry in os.scandir(self._folder.programme) if entry.is_file()}
        except OSError:
            # A file went while we looked: the next look finds out.
            return None
        if seen == self._seen:
            return None
        self._seen = seen
        faults = list(self._record(seen))
        programme, broken = self._programme()
        outdated = self._outdated(programme)
        used = {name: recording for name, recording in self._recordings.items() if name not in outdated}
        return Edition(programme, used, tuple(outdated), (*faults, *outdated.values(), *broken, *_hard(programme)))

    def _record(self, seen: Mapping[str, str]) -> Iterator[Fault]:
        """Bring the recordings up to date; yield what is wrong with one."""
        before, self._recordings = self._recordings, {}
        for name, look in seen.items():
            if not name.endswith(".wav") or name.startswith("."):
                continue
            stem, path = name.removesuffix(".wav"), self._folder.programme / name
            known = before.get(stem)
            try:
                self._recordings[stem] = known if known and known.look == look else _recorded(path, look)
            except (OSError, EOFError, wave.Error) as error:
                yield Fault("recording", f"The recording {path} cannot be played: {error}.", _FIX_WAV)

    def _outdated(self, programme: Programme) -> dict[str, Fault]:
        texts = {**self._texts, **{name: text for name, text in programme.prompts.items() if name in self._texts}}
        found = {}
        for name, recording in self._recordings.items():
            if recording.words is not None and recording.words != texts.get(name, recording.words):
                message = (
                    f"The recording {recording.source} says “{recording.words}”, and the words have changed since."
                )
                found[name] = Fault("outdated", message, _FIX_OLD.format(name))
        return found

    def _programme(self) -> tuple[Programme, list[Fault]]:
        path = self._folder.programme / FILE
        try:
            content = path.read_bytes()
            programme = parse_programme(content)
            for said in programme.said:
                if said.wav and said.wav.removesuffix(".wav") not in self._recordings:
                    raise ProgrammeBroken(f"It names {said.wav}, which is not there or cannot be played.")
        except FileNotFoundError:
            self._good = Programme()
            if self._keeps:
                self._kept.unlink(missing_ok=True)
            return self._good, []
        except (OSError, ProgrammeBroken) as error:
            return self._last_good(), [Fault("programme", f"{path} cannot be used. {error}", _FIX_FILE)]
        if programme != self._good:
            self._good = programme
            # Without the copy a restart would only know less.
            with contextlib.suppress(OSError):
                if self._keeps:
                    write_whole(self._kept, content)
        return programme, []

    def _last_good(self) -> Programme:
        if self._good is None:
            try:
                self._good = parse_programme(self._kept.read_bytes())
            except (OSError, ProgrammeBroken):
                self._good = Programme()
        return self._good

    @property
    def _kept(self) -> Path:
        return self._folder.cache / FILE


def _look(stat: os.stat_result) -> str:
    return f"{stat.st_mtime_ns} {stat.st_size}"


def _recorded(path: Path, look: str) -> Recorded:
    """Return a recording that can be played whole. Raises what `wave` does, and OSError."""
    with wave.open(str(path), "rb") as file:
        if (file.getsampwidth(), file.getnchannels()) != (2, 1):
            raise wave.Error("it is not mono with 16 bits")
        if len(file.readframes(file.getnframes())) < 2 * file.getnframes() or not file.getnframes():
            raise wave.Error("it is cut short")
    return Recorded(path, look, hashlib.sha256(path.read_bytes()).hexdigest(), words_in(path))


def _hard(programme: Programme) -> Iterator[Fault]:
    for text in (*(said.text for said in programme.said), *programme.prompts.values()):
        if found := too_hard(text):
            yield Fault("wording", f"“{text}” is hard to follow. {' '.join(found)}", _FIX_WORDS)
