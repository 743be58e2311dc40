"""Keeps `checked.json` in the stories' folders as the archive has it.

The file lets `sayso models measure` and `adapt` learn from what people have put right, and brings checked words along
when a folder moves to another station or the archive has to be made anew. It is there only while somebody stands for
exactly these words.
"""

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.records.texts import Text
from admin_web.archive.stories import Stories
from admin_web.archive.texts import Texts
from kiosk.stories.files import sync_folder, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import CheckedWords


class CheckedFiles:
    """The files `checked.json` of an archive's stories. One thread calls `write_due`."""

    def __init__(self, folder: DataFolder, documents: Documents, stories: Stories, texts: Texts) -> None:
        self._folder, self._documents, self._stories, self._texts = folder, documents, stories, texts

    def write_due(self) -> None:
        """Write or remove what is not as it should be; nothing to do costs one look at an index.

        Raises:
            OSError: A file cannot be written (disk full); call again later.
            ArchiveError: The archive cannot be read or written; call again later.
        """
        rows = self._documents.database.read(f"SELECT id FROM doc_stories WHERE {field('checked_file_due')} = 1")
        for (story_id,) in rows:
            entry, text = self._stories.get(story_id), self._texts.get(story_id)
            if entry and self._folder.story(story_id).path.is_dir():
                self._write(entry, text)
                self._written(entry, text)

    def _write(self, entry: StoryEntry, text: Text | None) -> None:
        folder = self._folder.story(entry.id)
        if entry.state == "checked" and text:
            told = {"text": text.text, "words": text.words, "guessed": text.guessed}
            checked = CheckedWords(checked_at=entry.checked_at, **told)
            write_whole(folder.checked_path, checked.to_bytes())
        elif folder.checked_path.exists():
            folder.checked_path.unlink()
            sync_folder(folder.path)

    def _written(self, entry: StoryEntry, text: Text | None) -> None:
        with self._documents.transaction():
            # Whoever changed the words while the file was written has it written again.
            now, now_text = self._stories.get(entry.id), self._texts.get(entry.id)
            same_words = (now_text and now_text.revision) == (text and text.revision)
            if now and same_words and (now.state, now.checked_at) == (entry.state, entry.checked_at):
                self._stories.note(now.model_copy(update={"checked_file_due": False}))
