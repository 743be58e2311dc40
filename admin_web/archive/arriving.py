"""What a story's folder says, read so that nothing in it can harm the archive."""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from admin_web.archive.records.kept import keepable
from admin_web.archive.records.stories import StoryFacts
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import CheckedWords, Covered, Restrictions, Transcript, Word
from kiosk.stories.story_folder import STORY_ID, StoryFolder

log = logging.getLogger(__name__)

#: A clock that was never set shows 1970, or 1969 west of Greenwich; beyond these years time zones cannot be reckoned.
_EARLIEST_YEAR, _LATEST_YEAR = 1969, 9000
#: How much of a story's words a list shows.
BEGINNING_CHARACTERS = 240


@dataclass(frozen=True)
class Arrival:
    """A story as its folder tells it.

    Attributes:
        facts: What lists show.
        draft: The text of the machine's newest draft; None while there is none.
        audio_deleted_at: When its recording was deleted, because its time was up.
        checked: What a person has stood for, at another station or before the archive was made anew.
        taken_out: What was taken out of it there; where there is something, `words` are those of the draft.
        words: See `taken_out`.
        draft_number: Which of the machine's drafts that is.
        restrictions: What people decided about it there that makes it less open.
    """

    facts: StoryFacts
    draft: str | None
    audio_deleted_at: datetime | None = None
    checked: CheckedWords | None = None
    taken_out: tuple[Covered, ...] = ()
    words: tuple[Word, ...] = ()
    draft_number: int = 0
    restrictions: Restrictions | None = None


def read_arrival(folder: DataFolder, name: str) -> Arrival:
    """Read the story in `stories/<name>`.

    Raises:
        StoryDamaged: It is no story, or not a whole one; the message is for staff.
    """
    path = folder.stories / name
    if not STORY_ID.fullmatch(name):
        raise StoryDamaged("This is not a story's folder. Stories have names such as station-000012-3fa2b1.")
    if path.is_symlink() or not path.is_dir():
        raise StoryDamaged("This has a story's name, but it is not a folder of its own.")
    return read_folder(StoryFolder(path))


def read_folder(folder: StoryFolder) -> Arrival:
    """Read a story wherever it is. Raises as `read_arrival` does."""
    try:
        return _read(folder)
    except OSError as error:
        raise StoryDamaged(f"{error.filename or folder.path} cannot be read: {error.strerror}.") from error
    except OverflowError as error:
        raise StoryDamaged(f"{folder.path / 'story.json'} holds a number that no story has.") from error


def shown(name: str) -> str:
    """Return a name from a folder for a message: it may be no text, as a disk of another system can hold it."""
    return os.fsencode(name).decode(errors="replace")


def beginning_of(text: str) -> str:
    """Return as much of a story's words as a list shows."""
    if len(text) <= BEGINNING_CHARACTERS:
        return text
    return text[:BEGINNING_CHARACTERS].rsplit(" ", 1)[0] + " …"


def _read(folder: StoryFolder) -> Arrival:
    story = folder.story()
    if not _EARLIEST_YEAR <= story.started_at.year <= _LATEST_YEAR:
        raise StoryDamaged(f"story.json says that it began in the year {story.started_at.year}.")
    number, transcript, failed = _newest_draft(folder)
    taken_out = _taken_out(folder)
    facts = StoryFacts(
        id=story.id,
        sequence=story.sequence,
        card=keepable(story.card),
        station=keepable(story.station),
        language=keepable(story.language),
        question=keepable(story.question),
        question_kind=keepable(story.question_kind),
        choice=keepable(story.choice),
        started_at=story.started_at,
        clock_quality=story.clock_quality,
        seconds=story.seconds,
        sha256=story.sha256,
        agreed=story.agreed,
        permissions=story.permissions,
        sample=story.sample,
        uploaded=story.uploaded is not None,
        words="ready" if transcript else "failed" if failed else "waiting",
        failed=failed,
        taken_in_at=datetime.now(UTC),
        listed_at=story.started_at,
    )
    deleted = folder.audio_deleted
    audio_deleted_at = datetime.fromtimestamp(deleted.stat().st_mtime, UTC) if deleted.exists() else None
    return Arrival(
        facts,
        draft=keepable(transcript.text) if transcript else None,
        audio_deleted_at=audio_deleted_at,
        checked=_checked(folder),
        taken_out=taken_out,
        words=transcript.words if transcript and taken_out else (),
        draft_number=number,
        # Where this cannot be read the story does not come in: nobody would know what must not be done with it.
        restrictions=folder.restrictions(),
    )


def _newest_draft(folder: StoryFolder) -> tuple[int, Transcript | None, str]:
    """Return number and content of the machine's newest draft that has words; if none has, why that is."""
    try:
        newest = folder.newest_draft()
    except StoryDamaged as error:
        return 0, None, str(error).replace(f"{folder.path}{os.sep}", "")
    if newest is None:
        return 0, None, ""
    number, transcript = newest
    return (number, None, keepable(transcript.failed)) if transcript.failed else (number, transcript, "")


def _taken_out(folder: StoryFolder) -> tuple[Covered, ...]:
    # Where this cannot be read the story does not come in: nobody would know which names others must not hear.
    redactions = folder.redactions()
    if redactions is None:
        return ()
    return tuple(each.model_copy(update={"role": keepable(each.role)}) for each in redactions.covered)


def _checked(folder: StoryFolder) -> CheckedWords | None:
    try:
        checked = folder.checked()
    except StoryDamaged as error:
        # The story itself is whole: it comes in with the machine's words, and a person checks them again.
        log.warning("%s", error)
        return None
    if checked is None:
        return None
    words = [word.model_copy(update={"word": keepable(word.word)}) for word in checked.words]
    return checked.model_copy(update={"text": keepable(checked.text), "words": tuple(words)})
