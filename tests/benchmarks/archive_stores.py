"""The archive and what it is held against, each with the same few things that can be asked of it."""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tinydb import TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.queries import QueryLike
from tinydb.storages import JSONStorage
from tinydb.table import Table

from admin_web.archive import About, Archive
from admin_web.archive.arriving import Arrival
from admin_web.archive.documents import Documents, named
from admin_web.archive.filters import Filter
from admin_web.archive.records.kept import moment
from admin_web.archive.records.stories import StoryFacts
from kiosk.stories.folder import DataFolder
from tests.benchmarks.archive_data import TOPICS, Made, Tasks

PER_PAGE = 25
INBOX = Filter(lead=False, state="unheard")
ARCHIVE, DOCUMENTS, BARE, JSON, CACHING = "archive", "documents", "bare", "json", "caching"


class Store(Protocol):
    """Something that keeps stories. What can be got ready beforehand is got ready before the returned call.

    All but `DocumentsStore` can also list and find: the newest 25 and how many there are, and 25 that hold some words.
    """

    def insert(self, made: Made) -> Callable[[], Any]: ...
    def update(self, name: str, value: int) -> Callable[[], Any]: ...
    def get(self, name: str) -> Callable[[], Any]: ...
    def close(self) -> None: ...


class ArchiveStore:
    """Sayso's archive, by its own verbs: an insert takes a story in with its words, an update notes its tags."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive(DataFolder(folder / ARCHIVE))

    def insert(self, made: Made) -> Callable[[], None]:
        arrivals = [Arrival(StoryFacts.model_validate(made.entry.model_dump()), made.text)]
        return lambda: self.archive.stories.take_in(arrivals)

    def update(self, name: str, value: int) -> Callable[[], object]:
        entry = self.archive.stories.known(name)
        about = About(tags=(*entry.tags[:1], TOPICS[value % 20]), strength=str(value))
        return lambda: self.archive.labels.put(name, about, by="benchmark", revision=entry.revision)

    def hear(self, name: str) -> Callable[[], None]:
        return lambda: self.archive.stories.heard(name, by="benchmark")

    def get(self, name: str) -> Callable[[], object]:
        return lambda: self.archive.stories.get(name)

    def compare(self, names: Sequence[str]) -> Callable[[], object]:
        return lambda: self.archive.stories.compare(names)

    def inbox(self) -> tuple[Sequence[Any], int]:
        return self._page(INBOX)

    def filter(self, tag: str, since: datetime, before: datetime) -> tuple[Sequence[Any], int]:
        return self._page(Filter(lead=False, tags=(tag,), since=since, before=before))

    def _page(self, wanted: Filter) -> tuple[Sequence[Any], int]:
        return self.archive.stories.page(1, PER_PAGE, wanted), self.archive.stories.count(wanted)

    def search(self, words: tuple[str, ...], *, phrase: bool) -> Sequence[Any]:
        asked = " ".join(words)
        return self.archive.search.find(f'"{asked}"' if phrase else asked, 1, PER_PAGE, Filter(lead=False))

    def narrow(self, words: tuple[str, ...], tag: str, since: datetime, before: datetime) -> Sequence[Any]:
        wanted = Filter(lead=False, tags=(tag,), since=since, before=before)
        return self.archive.search.find(" ".join(words), 1, PER_PAGE, wanted)

    def close(self) -> None:
        self.archive.close()


class DocumentsStore:
    """Sayso's TinyDB on SQLite: a table of stories and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder / f"{DOCUMENTS}.sqlite")
        self._table = self._documents.table("stories", ids=str)

    def insert(self, made: Made) -> Callable[[], object]:
        document = named(made.document, made.entry.id)
        return lambda: self._table.insert(document)

    def update(self, name: str, value: int) -> Callable[[], object]:
        return lambda: self._table.update({"revision": value}, doc_ids=[name])

    def get(self, name: str) -> Callable[[], object]:
        return lambda: self._table.get(doc_id=name)

    def close(self) -> None:
        self._documents.close()


class BareStore:
    """What somebody writes with the sqlite3 module in an hour: a table of ids and JSON, durable, without indexes."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / f"{BARE}.sqlite", isolation_level=None)
        self._run = self.connection.execute
        self._run("PRAGMA journal_mode=WAL")
        self._run("PRAGMA synchronous=FULL")
        self._run("CREATE TABLE IF NOT EXISTS stories (id TEXT PRIMARY KEY, doc TEXT)")
        self._run("CREATE TABLE IF NOT EXISTS texts (id TEXT PRIMARY KEY, doc TEXT)")

    def insert(self, made: Made) -> Callable[[], object]:
        name, document = made.entry.id, made.document
        return lambda: self._run("INSERT INTO stories VALUES (?, ?)", (name, json.dumps(document)))

    def update(self, name: str, value: int) -> Callable[[], None]:
        return lambda: self._update(name, value)

    def _update(self, name: str, value: int) -> None:
        self._run("BEGIN IMMEDIATE")
        document = self._get(name)
        document["revision"] = value
        self._run("UPDATE stories SET doc=? WHERE id=?", (json.dumps(document), name))
        self._run("COMMIT")

    def get(self, name: str) -> Callable[[], object]:
        return lambda: self._get(name)

    def _get(self, name: str) -> Any:
        return json.loads(self._run("SELECT doc FROM stories WHERE id=?", (name,)).fetchone()[0])

    def inbox(self) -> tuple[Sequence[Any], int]:
        return self._list("json_extract(doc,'$.state')='unheard'")

    def filter(self, tag: str, since: datetime, before: datetime) -> tuple[Sequence[Any], int]:
        return self._list(
            "json_extract(doc,'$.listed_at')>=? AND json_extract(doc,'$.listed_at')<? "
            "AND EXISTS (SELECT 1 FROM json_each(doc,'$.tags') WHERE value=?)",
            (moment(since), moment(before), tag),
        )

    def _list(self, test: str, values: tuple[Any, ...] = ()) -> tuple[Sequence[Any], int]:
        told = f"FROM stories WHERE json_extract(doc,'$.shelf')='staff' AND {test}"
        newest = "ORDER BY json_extract(doc,'$.listed_at') DESC LIMIT ?"
        rows = self._run(f"SELECT doc {told} {newest}", (*values, PER_PAGE)).fetchall()
        return [json.loads(doc) for (doc,) in rows], self._run(f"SELECT count(*) {told}", values).fetchone()[0]

    def search(self, words: tuple[str, ...], *, phrase: bool) -> Sequence[Any]:
        parts = [f"%{part}%" for part in ([" ".join(words)] if phrase else words)]
        test = " AND ".join("json_extract(doc,'$.text') LIKE ?" for _ in parts)
        rows = self._run(f"SELECT doc FROM texts WHERE {test} ORDER BY rowid DESC LIMIT ?", (*parts, PER_PAGE))
        return [json.loads(doc) for (doc,) in rows]

    def close(self) -> None:
        self.connection.close()


class TinyStore:
    """TinyDB as it comes. The words are in a file of their own, so that changes of stories need not write them too."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder, self._cached = folder, kind == CACHING
        self._files: list[JSONStorage] = []
        self._stories = self._open(JSON).table("stories")
        self._texts: Table | None = None

    def _open(self, name: str) -> TinyDB:
        storage = CachingMiddleware(JSONStorage) if self._cached else JSONStorage
        database = TinyDB(self._folder / f"{name}.json", storage=storage)
        self._files.append(database.storage.storage if self._cached else database.storage)
        return database

    def insert(self, made: Made) -> Callable[[], object]:
        document = made.document
        return lambda: self._stories.insert(document)

    def update(self, name: str, value: int) -> Callable[[], object]:
        return lambda: self._stories.update({"revision": value}, doc_ids=[_number(name)])

    def get(self, name: str) -> Callable[[], object]:
        return lambda: self._stories.get(doc_id=_number(name))

    def inbox(self) -> tuple[Sequence[Any], int]:
        return self._list(where("state") == "unheard")

    def filter(self, tag: str, since: datetime, before: datetime) -> tuple[Sequence[Any], int]:
        listed = where("listed_at")
        return self._list(where("tags").any([tag]) & (listed >= moment(since)) & (listed < moment(before)))

    def _list(self, query: QueryLike) -> tuple[Sequence[Any], int]:
        # Every change empties TinyDB's cache of queries, and without one it would answer from there.
        self._stories.clear_cache()
        found = self._stories.search((where("shelf") == "staff") & query)
        return sorted(found, key=lambda each: each["listed_at"])[: -PER_PAGE - 1 : -1], len(found)

    def search(self, words: tuple[str, ...], *, phrase: bool) -> Sequence[Any]:
        if self._texts is None:
            self._texts = self._open(f"{JSON}-texts").table("texts")
        tests = [re.compile(rf"\b{part}\b").search for part in ([" ".join(words)] if phrase else words)]
        found = self._texts.search(where("text").test(lambda text: all(test(text) for test in tests)))
        return found[-PER_PAGE:]

    def close(self) -> None:
        # Not by TinyDB's own: the middleware would now write everything, which takes long and nobody measures.
        for file in self._files:
            file.close()


def _number(name: str) -> int:
    return int(name.rsplit("-", 2)[1])


def open_store(kind: str, folder: Path) -> Store:
    """Open one of them; `folder` is where they were built."""
    if kind == ARCHIVE:
        return ArchiveStore(folder)
    if kind == DOCUMENTS:
        return DocumentsStore(folder)
    return BareStore(folder) if kind == BARE else TinyStore(folder, kind)


def looking(store: Any, tasks: Tasks) -> dict[str, list[Callable[[], Any]]]:
    """Return every look that `tasks` asks for, by kind."""
    search = partial(partial, store.search)
    lists = [(tag, *month) for tag, month in zip(tasks.tags, tasks.months, strict=True)]
    found = {
        "inbox": [store.inbox for _ in lists],
        "filter": [partial(store.filter, *each) for each in lists],
        "pair": [search(words, phrase=False) for words in tasks.pairs],
        "phrase": [search(words, phrase=True) for words in tasks.phrases],
        "common": [search(words, phrase=False) for words in tasks.common],
    }
    if isinstance(store, ArchiveStore):
        both = zip(tasks.common, lists, strict=True)
        found["narrow"] = [partial(store.narrow, words, *each) for words, each in both]
    return found


def timed_ms(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in milliseconds."""
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)
