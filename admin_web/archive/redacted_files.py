"""Keeps `redacted.wav` and `redactions.json` in the stories' folders as the archive has it.

The one is the recording as others may hear it. The other takes along what was taken out when a folder moves to another
station or the archive has to be made anew. Both are there only while something is taken out.
"""

import contextlib
import threading
from pathlib import Path

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.numbered import Numbered
from admin_web.archive.records.texts import Redaction
from admin_web.archive.redacted_sound import cover, covered_ranges, is_covered, require_recording
from admin_web.archive.removing import remove_file
from admin_web.archive.stories import Stories
from kiosk.errors import NotAllowed, StoryDamaged
from kiosk.stories.files import sync_folder, unfinished, write_whole, writing_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Covered
from kiosk.stories.records import Redactions as RedactionsFile
from kiosk.stories.story_folder import StoryFolder


class RedactedFiles:
    """These files of an archive's stories. Several threads may ask for them."""

    def __init__(self, folder: DataFolder, documents: Documents, stories: Stories) -> None:
        self._folder, self._documents, self._stories = folder, documents, stories
        self._redactions = Numbered(documents, "redactions", Redaction)
        self._one_at_a_time = threading.Lock()

    def write_due(self) -> None:
        """Write or remove what is not as it should be; nothing to do costs one look at an index.

        A recording that is damaged is passed over: whoever asks for it is told.

        Raises:
            OSError: A file cannot be written (disk full); call again later.
            ArchiveError: The archive cannot be read or written; call again later.
        """
        rows = self._documents.database.read(f"SELECT id FROM doc_stories WHERE {field('redacted_files_due')} = 1")
        for (story_id,) in rows:
            if self._folder.story(story_id).path.is_dir():
                # A folder that goes meanwhile is being deleted.
                with contextlib.suppress(StoryDamaged, FileNotFoundError):
                    self._bring_up_to_date(story_id)

    def sound(self, story_id: str) -> Path:
        """Return the recording as others may hear it: the original itself where nothing was taken out.

        Raises:
            NotAllowed: There is no recording any more.
            StoryDamaged: It is damaged.
            OSError: The file could not be made (disk full).
            RuntimeError: It was called within a transaction, which might be rolled back.
        """
        if self._documents.database.in_transaction:
            raise RuntimeError("What others hear is no part of a transaction.")
        folder = self._folder.story(story_id)
        # A link in a folder that came from elsewhere could lead out of the data folder.
        if folder.audio.is_symlink() or not folder.audio.is_file():
            raise NotAllowed("This story has no recording any more.")
        return self._bring_up_to_date(story_id)

    def _bring_up_to_date(self, story_id: str) -> Path:
        folder = self._folder.story(story_id)
        with self._one_at_a_time:
            entry, redactions = self._stories.get(story_id), self._redactions.of(story_id)
            due = bool(entry and entry.redacted_files_due)
            if not redactions:
                if due:
                    _remove(folder)
            elif due or not _is_true(folder, redactions):
                _write(folder, redactions)
            if due:
                self._done(story_id, redactions)
        return folder.redacted if redactions else folder.audio

    def _done(self, story_id: str, redactions: list[Redaction]) -> None:
        with self._documents.transaction():
            # Whoever changed them while the files were written has them written again.
            entry = self._stories.get(story_id)
            if entry and self._redactions.of(story_id) == redactions:
                self._stories.note(entry.model_copy(update={"redacted_files_due": False}))


def _ranges(redactions: list[Redaction], frames: int) -> list[range]:
    return covered_ranges(((each.start, each.end) for each in redactions), frames)


def _is_true(folder: StoryFolder, redactions: list[Redaction]) -> bool:
    """Say whether the file covers what it must: looked at each time, as nothing else stands between it and others."""
    if not folder.audio.is_file():
        return True
    frames = require_recording(folder.audio)
    return is_covered(folder.redacted, _ranges(redactions, frames), frames)


def _write(folder: StoryFolder, redactions: list[Redaction]) -> None:
    told = [Covered.model_validate(each.model_dump(include=set(Covered.model_fields))) for each in redactions]
    write_whole(folder.redactions_path, RedactionsFile(covered=tuple(told)).to_bytes())
    _remove_unfinished(folder)
    if not folder.audio.is_file() or folder.audio.is_symlink():
        return
    frames = require_recording(folder.audio)
    with writing_whole(folder.redacted) as file:
        cover(folder.audio, file, _ranges(redactions, frames))
    # It may have been deleted while its sound was read: whoever did so has looked for this file before it was there.
    if folder.audio_deleted.exists():
        remove_file(folder.redacted)
        sync_folder(folder.path)


def _remove(folder: StoryFolder) -> None:
    _remove_unfinished(folder)
    for path in (folder.redacted, folder.redactions_path):
        remove_file(path)
    sync_folder(folder.path)


def _remove_unfinished(folder: StoryFolder) -> None:
    for path in unfinished(folder.redacted):
        remove_file(path)
