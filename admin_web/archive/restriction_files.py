"""Keeps `restrictions.json` in the stories' folders as the archive has it.

The file takes along what makes a story less open than the station's own record of it says: no worry, no "no" and no
hiding is forgotten when the folder moves to another station, or the archive has to be made anew. It is there only while
there is something, and holds neither words nor names.
"""

import contextlib

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.restrictions import restrictions_of
from admin_web.archive.stories import Stories
from kiosk.stories.files import sync_folder, write_whole
from kiosk.stories.folder import DataFolder


class RestrictionFiles:
    """The files `restrictions.json` of an archive's stories. One thread calls `write_due`."""

    def __init__(self, folder: DataFolder, documents: Documents, stories: Stories) -> None:
        self._folder, self._documents, self._stories = folder, documents, stories

    def write_due(self) -> None:
        """Write or remove what is not as it should be; nothing to do costs one look at an index.

        Raises:
            OSError: A file cannot be written (disk full); call again later.
            ArchiveError: The archive cannot be read or written; call again later.
        """
        rows = self._documents.database.read(f"SELECT id FROM doc_stories WHERE {field('restrictions_file_due')} = 1")
        for (story_id,) in rows:
            entry = self._stories.get(story_id)
            if entry and self._folder.story(story_id).path.is_dir():
                # A folder that goes meanwhile is being deleted.
                with contextlib.suppress(FileNotFoundError):
                    self._write(entry)
                    self._written(entry)

    def _write(self, entry: StoryEntry) -> None:
        folder, told = self._folder.story(entry.id), restrictions_of(entry)
        if told:
            write_whole(folder.restrictions_path, told.to_bytes())
        elif folder.restrictions_path.exists():
            folder.restrictions_path.unlink()
            sync_folder(folder.path)

    def _written(self, entry: StoryEntry) -> None:
        with self._documents.transaction():
            # Whoever changed them while the file was written has it written again.
            now = self._stories.get(entry.id)
            if now and restrictions_of(now) == restrictions_of(entry):
                self._stories.note(now.model_copy(update={"restrictions_file_due": False}))
