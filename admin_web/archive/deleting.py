"""Taking a story back, and making sure that deleted means gone.

A story is deleted in three steps, each of which survives a power cut: its documents go and a tombstone comes, in one
transaction; its folder goes; then the search index and the file are rewritten without it, the write-ahead log is
emptied, and only then the tombstone says `cleared`. Whatever was interrupted, `finish` does again.
"""

import errno
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tinydb import where

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.quotes import Quotes
from admin_web.archive.records.stories import StoryEntry, Tombstone
from admin_web.archive.removing import remove_file, remove_folder, remove_left
from admin_web.archive.search import Search
from admin_web.archive.stories import Stories
from kiosk.errors import ArchiveError, NotAllowed
from kiosk.stories.files import sync_folder, unfinished, write_whole
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
        self._finishing = threading.Lock()

    def tombstone(self, story_id: str) -> Tombstone | None:
        """Return what is left of a story that is gone for good."""
        document = self._tombstones.of_id(story_id)
        return Tombstone.model_validate(document) if document else None

    def tombstones(self) -> Iterator[Tombstone]:
        """Go through all of them."""
        return (Tombstone.model_validate(document) for document in self._tombstones)

    def withdrawn(self, viewer: str, page: int, per_page: int) -> list[Tombstone]:
        """Return a page of what was taken back, newest first, as far as an account may know; pages count from 1."""
        found = self._tombstones.of_selected(
            f"SELECT id FROM doc_tombstones WHERE {field('why')} = 'withdrawn' "
            "AND id NOT IN (SELECT story FROM story_hidden WHERE account = ?) ORDER BY number DESC LIMIT ? OFFSET ?",
            [viewer, per_page, (page - 1) * per_page],
        )
        return [Tombstone.model_validate(document) for document in found]

    def take_over(self, tombstones: Iterable[Tombstone]) -> None:
        """Keep the tombstones of an archive that this one takes the place of."""
        with self._documents.transaction():
            for each in tombstones:
                self._tombstones.upsert(named(each.model_dump(mode="json"), each.id))

    def withdraw(self, story_id: str, *, by: str) -> bool:
        """Take a story back because its teller asks for it.

        Returns:
            True if it is gone for good (see `delete`). False if a safeguarding flag is open: then nobody can use it
            from now on, and a copy stays for the lead until the flag is closed.

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
            self.bury(entry, "withdrawn", by=by)
        self.finish()
        return True

    def delete(self, story_id: str, *, why: Why, by: str) -> None:
        """Delete a story for good.

        On return it is in no list and no search any more. Its tombstone is `cleared` if nothing of it is left in the
        data folder; if not (somebody is just reading, the disk is full), `finish` clears it later.

        Raises:
            NotAllowed: It is frozen, or there is no such story.
        """
        self.delete_all({story_id: why}, by=by)

    def delete_all(self, stories: Mapping[str, Why], *, by: str) -> None:
        """Delete several stories as `delete` does, each by itself, with one clearing up.

        Raises:
            NotAllowed: One is frozen, or there is no such story; those before it are gone.
        """
        try:
            for story_id, why in stories.items():
                with self._documents.transaction():
                    entry = self._stories.known(story_id)
                    _require_thawed(entry)
                    self.bury(entry, why, by=by)
        finally:
            self.finish()

    def bury(self, entry: StoryEntry, why: Why, *, by: str) -> None:
        """Put a tombstone in the place of a story's documents: a part of a transaction, after which comes `finish`."""
        for name in ("flags", "quotes", "redactions", "versions", "permission_changes"):
            self._documents.table(name).remove(where("story") == entry.id)
        for name in ("texts", "listening", "stories"):
            self._documents.table(name, ids=str).remove(doc_ids=[entry.id])
        tombstone = Tombstone(
            id=entry.id,
            sequence=entry.sequence,
            card=entry.card,
            uploaded=entry.uploaded,
            station=entry.station,
            why=why,
            by=by,
            gone_at=datetime.now(UTC),
        )
        self._tombstones.upsert(named(tombstone.model_dump(mode="json"), entry.id))
        self._log.add(by, "deleted", entry.id, why=why)

    def delete_audio(self, story_id: str, *, by: str) -> None:
        """Delete a story's recording and keep its words. Where that fails, `finish` goes on later.

        Raises:
            NotAllowed: It is frozen, or there is no such story.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            _require_thawed(entry)
            deleted = {"audio_deleted_at": datetime.now(UTC), "audio_going": True}
            self._stories.note(entry.model_copy(update=deleted))
            self._log.add(by, "recording deleted", story_id)
        self._finish(self._finish_audio)

    def remove_again(self, names: Iterable[str]) -> dict[str, str]:
        """Remove the folders of stories that are gone for good, where an old copy was put among the stories.

        Args:
            names: Names in the stories' folder, of any kind.

        Returns:
            Those that are gone for good; each with why it could not be removed, or with nothing.
        """
        back = [name for name in names if self._tombstones.contains(doc_id=name)]
        return {name: self._remove(name) for name in back}

    def finish(self) -> list[str]:
        """Do what is left to do of every deletion that was begun.

        Returns:
            What could not be done, in sentences for staff. Call again later.

        Raises:
            RuntimeError: It was called within a transaction: a folder that is gone cannot be rolled back.
        """
        return self._finish(self._finish_audio, self._finish_stories, self._finish_folders)

    def _finish(self, *steps: Callable[[], Iterable[str]]) -> list[str]:
        if self._documents.database.in_transaction:
            raise RuntimeError("Deleting is no part of a transaction.")
        troubles: list[str] = []
        with self._finishing:
            for step in steps:
                try:
                    troubles += step()
                except ArchiveError as error:
                    troubles.append(str(error))
        return troubles

    def _finish_stories(self) -> Iterator[str]:
        due = [str(tombstone.doc_id) for tombstone in self._tombstones.search(where("cleared") == False)]  # noqa: E712
        troubles = {name: self._remove(name) for name in due}
        yield from filter(None, troubles.values())
        if due and not self._clear():
            yield "Somebody is just reading the archive, which holds back the last traces in its log."
        elif due:
            gone = [name for name, trouble in troubles.items() if not trouble]
            self._tombstones.update({"cleared": True}, doc_ids=gone)

    def _finish_folders(self) -> Iterator[str]:
        """Remove what is left of folders that were removed before, also of stories that came back."""
        try:
            remove_left(self._folder.stories)
        except OSError as error:
            yield _why(error, self._folder.stories)

    def _clear(self) -> bool:
        """Rewrite the file without what was deleted; False if somebody's reading keeps the write-ahead log.

        SQLite overwrites what is deleted ("secure_delete"), but not the copies that stay behind in the gaps of a page
        when it moves rows to another one: in some 900 deletions we found one. So the whole file is written anew. At
        10,000 stories that takes about a second, in which others read on and nobody writes; at 100,000 about ten.
        """
        self._search.forget_deleted()
        self._documents.database.rewrite()
        return self._documents.database.empty_log()

    def _remove(self, name: str) -> str:
        """Remove a story's folder; return why that failed, or nothing."""
        try:
            remove_folder(self._folder.stories / name)
        except OSError as error:
            return _why(error, self._folder.stories / name)
        return ""

    def _finish_audio(self) -> list[str]:
        going = self._documents.database.read(f"SELECT id FROM doc_stories WHERE {field('audio_going')} = 1")
        return [trouble for (story_id,) in going if (trouble := self._remove_audio(story_id))]

    def _remove_audio(self, story_id: str) -> str:
        story = self._folder.story(story_id)
        try:
            if story.path.is_dir():
                # The mark first: a folder without a recording and without this mark would be a damaged one.
                if not story.audio_deleted.exists():
                    write_whole(story.audio_deleted, b'{"version": 1}\n')
                # What is made of it goes too, and what a kill has left of that half-made.
                for path in (story.audio, *(each for made in story.made for each in (made, *unfinished(made)))):
                    remove_file(path)
                sync_folder(story.path)
        except OSError as error:
            return _why(error, story.audio)
        with self._documents.transaction():
            entry = self._stories.get(story_id)
            if entry:
                self._stories.note(entry.model_copy(update={"audio_going": False}))
        return ""


def _why(error: OSError, path: Path) -> str:
    advice = "Make room on the disk." if error.errno == errno.ENOSPC else "Remove it by hand."
    return f"{error.filename or path} cannot be removed: {error.strerror}. {advice}"


def _require_thawed(entry: StoryEntry) -> None:
    if entry.frozen:
        raise NotAllowed(f"The story {entry.id} is frozen by a safeguarding flag: nobody can delete it.")
