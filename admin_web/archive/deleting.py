"""Taking a story back, keeping it no longer than agreed, and making sure that deleted means gone.

A story is deleted in three steps, each of which survives a power cut: its documents go and a tombstone comes, in one
transaction; its folder goes; then the search index and the write-ahead log are rewritten without it, and only
then the tombstone says `cleared`. Whatever was interrupted, `finish` does again.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tinydb import where

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records import StoryEntry, Tombstone
from admin_web.archive.review import Quotes
from admin_web.archive.search import Search
from admin_web.archive.stories import Stories
from kiosk.errors import NotAllowed
from kiosk.stories.files import sync_folder, write_whole
from kiosk.stories.folder import DataFolder

Why = Literal["withdrawn", "not agreed", "kept long enough", "staff"]


class Deleting:
    """Deletes stories of an archive, with their folders."""

    def __init__(
        self, folder: DataFolder, documents: Documents, log: Log, stories: Stories, quotes: Quotes, search: Search
    ) -> None:
        self._folder, self._documents, self._log = folder, documents, log
        self._stories, self._quotes, self._search = stories, quotes, search
        self._tombstones = documents.table("tombstones", ids=str)

    def tombstone(self, story_id: str) -> Tombstone | None:
        """Return what is left of a story that is gone for good."""
        document = self._tombstones.of_id(story_id)
        return Tombstone.model_validate(document) if document else None

    def tombstones(self) -> Iterator[Tombstone]:
        """Go through all of them."""
        return (Tombstone.model_validate(document) for document in self._tombstones)

    def withdraw(self, story_id: str, *, by: str) -> bool:
        """Take a story back because its teller asks for it.

        Returns:
            True if it is gone for good. False if a safeguarding flag is open: then nobody can use it from now on, and a
            copy stays for the lead until the flag is closed.

        Raises:
            NotAllowed: There is no such story.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            self._quotes.withdraw_all(story_id, by=by)
            if entry.frozen:
                self._stories.note(entry.model_copy(update={"withdrawn_at": datetime.now(UTC)}))
                self._log.add(by, "withdrawn", story_id)
                return False
        self.delete(story_id, why="withdrawn", by=by)
        return True

    def delete(self, story_id: str, *, why: Why, by: str) -> None:
        """Delete a story for good. On return nothing of it is left in the data folder. Raises as `delete_all` does."""
        self.delete_all({story_id: why}, by=by)

    def delete_all(self, stories: Mapping[str, Why], *, by: str) -> None:
        """Delete several stories for good, each by itself, with one clearing up.

        Raises:
            NotAllowed: One is frozen, or there is no such story; those before it are gone.
            OSError: A story's record is gone and its folder is not yet; `finish` goes on.
        """
        try:
            for story_id, why in stories.items():
                with self._documents.transaction():
                    entry = self._stories.known(story_id)
                    _require_thawed(entry)
                    self._bury(entry, why, by)
        finally:
            self.finish()

    def delete_audio(self, story_id: str, *, by: str) -> None:
        """Delete a story's recording and keep its words.

        Raises:
            NotAllowed: It is frozen, or there is no such story.
            OSError: The recording is still there; `finish` goes on.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            _require_thawed(entry)
            self._stories.note(entry.model_copy(update={"audio_deleted_at": datetime.now(UTC)}))
            self._log.add(by, "recording deleted", story_id)
        self._remove_audio(story_id)

    def came_back(self, story_ids: Iterable[str]) -> list[str]:
        """Return which of these are gone for good (an old copy was put among the stories); `finish` removes them."""
        back = [story_id for story_id in story_ids if self._tombstones.contains(doc_id=story_id)]
        self._tombstones.update({"cleared": False}, doc_ids=back)
        return back

    def finish(self) -> None:
        """Do what is left to do of every deletion that was begun.

        Raises:
            OSError: A folder cannot be removed; call again later.
        """
        due = self._tombstones.search(where("cleared") == False)  # noqa: E712 - a query, not a comparison
        if not due:
            return
        for document in due:
            remove_folder(self._folder.stories / document["id"])
        self._search.forget_deleted()
        if self._documents.database.empty_log():
            self._tombstones.update({"cleared": True}, doc_ids=[document["id"] for document in due])

    def _bury(self, entry: StoryEntry, why: Why, by: str) -> None:
        for name in ("flags", "quotes", "versions"):
            self._documents.table(name).remove(where("story") == entry.id)
        for name in ("texts", "stories"):
            self._documents.table(name, ids=str).remove(doc_ids=[entry.id])
        tombstone = Tombstone(
            id=entry.id, sequence=entry.sequence, station=entry.station, why=why, by=by, gone_at=datetime.now(UTC)
        )
        self._tombstones.upsert(named(tombstone.model_dump(mode="json"), entry.id))
        self._log.add(by, "deleted", entry.id, why=why)

    def _remove_audio(self, story_id: str) -> None:
        story = self._folder.story(story_id)
        # The mark first: a folder without a recording and without this mark would be a damaged one.
        write_whole(story.audio_deleted, b'{"version": 1}\n')
        story.audio.unlink(missing_ok=True)
        sync_folder(story.path)


def _require_thawed(entry: StoryEntry) -> None:
    if entry.frozen:
        raise NotAllowed(f"The story {entry.id} is frozen by a safeguarding flag: nobody can delete it.")


def remove_folder(path: Path) -> None:
    """Remove a story's folder, whatever is in it; nothing happens if it is not there.

    Raises:
        OSError: It cannot be removed.
    """
    aside = path.with_name(f".{path.name}.gone")
    # Renamed first: nobody finds half a story.
    if path.exists():
        path.rename(aside)
        sync_folder(path.parent)
    if not aside.exists():
        return
    for folder, _, files in os.walk(aside, topdown=False):
        for name in files:
            file = Path(folder) / name
            if not file.is_symlink():
                # Emptied before it is unlinked: whoever still holds it open (the transcriber) holds nothing.
                os.truncate(file, 0)
            file.unlink()
        Path(folder).rmdir()
    sync_folder(path.parent)
