"""The archive's verbs. No TinyDB query is made outside this folder."""

import secrets
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from tinydb.table import Document, Table

from admin_web.archive.records import Account, StoryEntry, Words
from admin_web.archive.storage import Documents, WholeFileStorage, damaged
from kiosk.errors import ArchiveError
from kiosk.stories.folder import DataFolder


class Archive:
    """Stories as lists show them, and the account. May be used by several threads of one process."""

    def __init__(self, folder: DataFolder) -> None:
        """Open the archive of `folder`; the caller holds the folder's "admin" lock.

        Raises:
            ArchiveError: It cannot be read.
        """
        self._lock = threading.RLock()
        path = folder.archive / "archive.json"
        self._documents = Documents(path, storage=WholeFileStorage)
        self._stories = self._documents.table("stories")
        self._accounts = self._documents.table("accounts")
        #: Ids of the stories that lists show, newest first; None: to be sorted anew.
        self._order: list[str] | None = None
        try:
            self._newest = self._newest_of_each_station()
            self.account()
        except (ValidationError, TypeError, ValueError) as error:
            raise ArchiveError(damaged(path, "an entry in it is not as Sayso writes it")) from error

    # Stories

    def count(self) -> int:
        """Return how many stories there are to list."""
        with self._lock:
            return len(self._listed())

    def stories(self, page: int, per_page: int) -> list[StoryEntry]:
        """Return one page of the stories, newest first; pages count from 1, beyond the last they are empty."""
        with self._lock:
            first = (page - 1) * per_page
            found = (self.story(story_id) for story_id in self._listed()[first : first + per_page])
            return [entry for entry in found if entry]

    def story(self, story_id: str) -> StoryEntry | None:
        """Return what is known of one story, or None if it was never taken in."""
        with self._lock:
            document = self._stories.get(doc_id=story_id)  # type: ignore[call-overload] # see NamedTable
            return StoryEntry.model_validate(document) if isinstance(document, Document) else None

    def words_of_each(self) -> dict[str, Words]:
        """Return the id of every story that is present, with how far its words are."""
        with self._lock:
            return {document["id"]: document["words"] for document in self._stories if document["present"]}

    def take_in(self, entries: Iterable[StoryEntry]) -> None:
        """Keep what is new or changed of `entries`; durable on return, and nothing is written if nothing changed.

        Raises:
            OSError: It could not be written. Give all of them again later: what was kept is passed over.
        """
        with self._lock:
            new: dict[str, StoryEntry] = {}
            changed: dict[str, StoryEntry] = {}
            newest = dict(self._newest)
            for entry in entries:
                known = self.story(entry.id)
                if known is None:
                    new[entry.id] = _placed(entry, newest)
                elif (entry := entry.model_copy(update={"listed_at": known.listed_at})) != known:
                    changed[entry.id] = entry
            self._order = None if new or changed else self._order
            self._insert(self._stories, new)
            self._newest = newest
            if changed:
                self._stories.update(
                    lambda document: document.update(_document(changed[document["id"]])),
                    doc_ids=list(changed),  # type: ignore[arg-type] # see NamedTable
                )

    def _listed(self) -> list[str]:
        if self._order is None:
            present = [
                # The texts of moments that are all in UTC sort as the moments do.
                (document["listed_at"], document["sequence"], document["id"])
                for document in self._stories
                if document["present"]
            ]
            self._order = [story_id for _, _, story_id in sorted(present, reverse=True)]
        return self._order

    def _newest_of_each_station(self) -> dict[str, datetime]:
        newest: dict[str, datetime] = {}
        for document in self._stories:
            _placed(StoryEntry.model_validate(document), newest)
        return newest

    # People

    def account(self) -> Account | None:
        """Return the one account, or None while nobody has set the site up."""
        with self._lock:
            for document in self._accounts:
                return Account.model_validate(document)
            return None

    def make_account(self, name: str, password_hash: str) -> Account | None:
        """Make the account; durable on return. None if there is one already: of two who set up at once, one does.

        Raises:
            OSError: It could not be written; there is no account.
        """
        with self._lock:
            if self.account():
                return None
            made = Account(id=secrets.token_hex(8), name=name, password_hash=password_hash, made_at=datetime.now(UTC))
            self._insert(self._accounts, {made.id: made})
            return made

    @staticmethod
    def _insert(table: Table, entries: Mapping[str, StoryEntry | Account]) -> None:
        if entries:
            table.insert_multiple(
                Document(_document(entry), doc_id=key)  # type: ignore[arg-type] # see NamedTable
                for key, entry in entries.items()
            )


def _document(entry: StoryEntry | Account) -> dict[str, Any]:
    document = entry.model_dump(mode="json")
    if isinstance(entry, StoryEntry):
        document["listed_at"] = entry.listed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return document


def _placed(entry: StoryEntry, newest: dict[str, datetime]) -> StoryEntry:
    """Return `entry` with its place in lists, and note it in `newest`.

    A station that does not know the time may begin again in 1970, and its newest story would be found on the last page,
    by nobody: it is listed no earlier than what the same station told before.
    """
    before = newest.get(entry.station)
    listed_at = entry.listed_at
    if entry.clock_quality == "unknown" and before:
        listed_at = max(listed_at, before)
    newest[entry.station] = max(listed_at, before) if before else listed_at
    return entry.model_copy(update={"listed_at": listed_at})
