"""Recordings of which is known what was really said: a folder of files with texts, or stories that people have checked.

Nothing is written, and nothing leaves this machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import AudioError, StoryDamaged, UsageError
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import CheckedWords, Restrictions
from kiosk.stories.sound_files import SoundFile
from kiosk.stories.spelling import spoken_words
from models.catalogue import spoken

_SOUNDS = (".wav", ".flac")
#: Beside a recording: what was said, ...
_TEXT = ".txt"
#: ... and, where somebody has marked it, when. (With two suffixes, so that it is no recording's text.)
_TIMES = ".words.txt"
#: Faults named in one message; the rest are counted.
_NAMED = 8

#: When a word was said (start, end, in seconds); None: nobody has told.
Times = tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True)
class Reference:
    """A recording and what was really said in it, in the letters of a recogniser.

    Attributes:
        name: Of the recording or the story.
        audio: The sound.
        words: What was said.
        times: When each word was said; empty where nobody has told.
    """

    name: str
    audio: Path
    words: tuple[str, ...]
    times: Times = ()


def recordings_in(folder: Path) -> list[Reference]:
    """Return the recordings (WAV, FLAC) of a folder, each with a text of the same name beside it.

    `talk.wav` and `talk.txt` belong together. `talk.words.txt`, if it is there, says when each word was said: a line
    for each word with start and end in seconds and the word, parted by tabs or spaces, as Audacity exports labels.

    Raises:
        UsageError: There are none, or some do not fit; the message names every fault.
    """
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {folder}. Name one with recordings (talk.wav) and their texts (talk.txt)."
        )
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    sounds = [path for path in files if path.suffix.lower() in _SOUNDS]
    texts = [path for path in files if path.name.endswith(_TEXT) and not path.name.endswith(_TIMES)]
    if not sounds and not texts:
        raise UsageError(f"{folder} holds no recordings. It needs pairs of files: talk.wav (or .flac) and talk.txt.")
    faults = [f"{path.name}: no recording (.wav or .flac) of that name" for path in texts if not _has_sound(path)]
    found = []
    seen: set[str] = set()
    for path in sounds:
        try:
            if path.stem in seen:
                raise UsageError("another recording has that name too")
            seen.add(path.stem)
            found.append(_recording(path))
        except (UsageError, AudioError, OSError, UnicodeDecodeError) as error:
            faults.append(f"{path.name}: {error}")
    if faults:
        named = "".join(f"\n  {each}" for each in faults[:_NAMED])
        more = f"\n  and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise UsageError(f"Nothing was measured: of the recordings in {folder} these do not fit.{named}{more}")
    return found


def _has_sound(text: Path) -> bool:
    return any(text.with_suffix(suffix).exists() for each in _SOUNDS for suffix in (each, each.upper()))


def _recording(path: Path) -> Reference:
    text = path.with_suffix(_TEXT)
    if not text.is_file():
        raise UsageError(f"{text.name} is missing, the text of what is said in it")
    words = tuple(spoken_words(text.read_text("utf-8-sig")))
    if not words:
        raise UsageError(f"{text.name} holds no words")
    with SoundFile(path):
        pass
    marks = path.with_suffix(_TIMES)
    return Reference(path.stem, path, words, _marked(marks, words) if marks.is_file() else ())


def _marked(path: Path, words: tuple[str, ...]) -> Times:
    found: list[tuple[str, tuple[float, float]]] = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        fields = line.split(maxsplit=2)
        if not fields:
            continue
        try:
            start, end, label = float(fields[0]), float(fields[1]), fields[2]
        except (IndexError, ValueError):
            raise UsageError(f"line {number} of {path.name} is not 'start end word' (seconds): {line!r}") from None
        if not 0 <= start <= end < float("inf"):
            raise UsageError(f"line {number} of {path.name} ends before it begins")
        found += [(word, (start, end)) for word in spoken_words(label)]
    if [word for word, _ in found] != list(words):
        raise UsageError(f"{path.name} and {path.with_suffix('').stem}{_TEXT} do not hold the same words")
    return tuple(times for _, times in found)


def checked_words(checked: CheckedWords) -> tuple[tuple[str, ...], Times]:
    """Return checked words in the letters of a recogniser, and when they were said, as far as anybody knows."""
    words: list[str] = []
    times: list[tuple[float, float] | None] = []
    for each in checked.words:
        several = spoken_words(each.word)
        words += several
        known = len(several) == 1 and not checked.guessed
        times += [(each.start, each.end)] if known else [None] * len(several)
    return tuple(words), tuple(times)


def checked_stories(folder: DataFolder, language: str) -> tuple[list[Reference], list[str]]:
    """Return the stories in a language that people have checked and that may be used, and what was passed over.

    A recording that was deleted on purpose is no fault: its words still teach (`adapt`), so its reference is given with
    a path that does not exist.

    Args:
        folder: The data folder.
        language: With or without its country.

    Raises:
        UsageError: There are no stories yet.
    """
    if not folder.stories.is_dir():
        raise UsageError(f"{folder.root} holds no stories. Name the station's data folder with --data.")
    found, passed_over = [], []
    for story in folder.story_folders():
        try:
            checked, told = story.checked(), story.story()
            if checked is None or spoken(told.language) != spoken(language):
                continue
            restrictions = story.restrictions() or Restrictions()
            if restrictions.closed or (restrictions.permissions or told.permissions).words is False:
                passed_over.append(f"{story.id}: its words may not be used.")
                continue
            words, times = checked_words(checked)
        except StoryDamaged as error:
            passed_over.append(str(error))
            continue
        if words:
            found.append(Reference(story.id, story.audio, words, times))
    return found, passed_over


def with_sound(references: list[Reference]) -> Iterator[Reference]:
    """Yield those whose recording is there."""
    return (each for each in references if each.audio.is_file())
