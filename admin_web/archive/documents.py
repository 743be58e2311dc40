"""TinyDB on SQLite: each document is a row, and each call touches only the documents it is about.

TinyDB keeps its meaning (documents, tables, queries, updates by functions); SQLite gives what TinyDB has not: changes
that survive a power cut, several processes, indexes, and a cost that does not grow with their number. What differs from
TinyDB:

- Documents are JSON and nothing else: no NaN, no text with a NUL character or half a character.
- There is no query cache: it would not know of other processes.
- Documents with numbers are in the order of their numbers, and the number of a removed one is never given again.
- A search that TinyDB would end with TypeError, comparing a number with a text, passes such documents over.
- A call changes all that it is about, or nothing when it fails.

What can be told to be damaged raises ArchiveDamaged, and each row has a checksum of its document and id: nobody gets
other words than were written. What only `PRAGMA integrity_check` finds: where a failing disk changed how many rows a
page has, or the field that is looked for, documents may be missing from an answer.

    >>> with Documents("archive.sqlite") as documents:
    ...     documents.table("fruit").insert({"name": "apple"})
    1
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from admin_web.archive.conditions import condition_of
from admin_web.archive.database import Database, Row
from admin_web.archive.explaining import damaged
from admin_web.archive.rows import Rows
from admin_web.archive.storage import SQLiteStorage, decode, encode, is_named, sql_table

__all__ = ["Documents", "SQLiteStorage", "SQLiteTable", "encode", "named", "sql_table"]

Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class SQLiteTable(Table):
    """A TinyDB table whose documents are rows. Ids are numbers, or names (`ids=str`), which `insert` must be given."""

    def __init__(
        self,
        storage: SQLiteStorage,
        name: str,
        cache_size: int | None = None,
        persist_empty: bool = False,
        *,
        ids: type[int] | type[str] | None = None,
    ) -> None:
        """Make the table's Python side; the SQL table is made with the first document, or now if `persist_empty`.

        Args:
            storage: Where the documents are.
            name: The table's name.
            cache_size: Not used: there is no cache.
            persist_empty: Make the table though it is empty.
            ids: What kind of ids its documents have; None: those that they have, or numbers.
        """
        super().__init__(storage, name, cache_size=0)
        self._database = storage.database
        by_name = ids is str if ids else is_named(self._database, name)
        self.document_id_class = str if by_name else int  # type: ignore[assignment] # TinyDB annotates int
        self._rows = Rows(self._database, name, named=by_name)
        if persist_empty:
            self._rows.make()

    # Reading.

    def __iter__(self) -> Iterator[Document]:
        """Go through all documents, a few at a time; others may write meanwhile."""
        return (self._document(row) for row in self._rows.all())

    def __len__(self) -> int:
        """Return how many documents there are."""
        return self._rows.count()

    def search(self, cond: QueryLike) -> list[Document]:
        """Return all documents that match."""
        return list(self._matching(cond))

    def get(  # type: ignore[override] # TinyDB's overloads for each combination
        self, cond: QueryLike | None = None, doc_id: Any = None, doc_ids: Iterable[Any] | None = None
    ) -> Document | list[Document] | None:
        """Return the first document that matches, the one of an id, or those of several ids; None if there is none."""
        if doc_id is not None:
            return self.of_id(doc_id)
        if doc_ids is not None:
            return [self._document(row) for row in self._rows.of_ids(doc_ids)]
        if cond is not None:
            condition = condition_of(cond)
            if not condition.exact:
                return next(self._matching(cond), None)
            row = self._rows.first(condition)
            return self._document(row) if row else None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def of_id(self, doc_id: Any) -> Document | None:
        """Return the document of an id, or None: `get(doc_id=...)` with a type."""
        row = self._rows.of_id(doc_id)
        return self._document(row) if row else None

    def of_selected(self, select: str, parameters: Sequence[Any] = ()) -> list[Document]:
        """Return the documents whose ids an SQL SELECT gives as its one column, in its order."""
        found = self._database.read(select, parameters)
        return [document for (key,) in found if (document := self.of_id(key)) is not None]

    def damaged_ids(self) -> list[Any]:
        """Return the ids of those documents that are not as they were written: for checks."""
        return list(self._rows.damaged_ids())

    def contains(self, cond: QueryLike | None = None, doc_id: Any = None) -> bool:
        """Say whether there is such a document."""
        if doc_id is not None:
            return self._rows.is_id(doc_id)
        if cond is not None:
            return self.get(cond) is not None
        raise RuntimeError("You have to pass either cond or doc_id")

    def count(self, cond: QueryLike) -> int:
        """Return how many documents match."""
        condition = condition_of(cond)
        return self._rows.count(condition) if condition.exact else sum(1 for _ in self._matching(cond))

    def clear_cache(self) -> None:
        """Do nothing: there is no cache."""

    # Writing. Each call is one transaction.

    def insert(self, document: Mapping[str, Any]) -> Any:
        """Insert a document and return its id; a `Document` brings its own.

        Raises:
            ValueError: It is no mapping, its id cannot be one, or there is one of this id.
        """
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        key = document.doc_id if isinstance(document, self.document_class) else None
        return self._rows.insert(key, encode(document))

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Insert documents, all or none, and return their ids."""
        with self._database.transaction():
            return [self.insert(document) for document in documents]

    def update(self, fields: Fields, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[Any]:
        """Change the fields of matching documents, or let a function change them; return the ids."""
        changed = []
        with self._database.transaction():
            if doc_ids is not None:
                # One after the other: an id that is given twice is changed twice.
                found: Iterable[Document | None] = map(self.of_id, doc_ids)
            else:
                found = self.search(cond) if cond is not None else self.all()
            for document in found:
                if document is not None:
                    self._change(document, fields)
                    changed.append(document.doc_id)
        return changed

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[Any]:
        """Change, for each of several conditions, the documents that match it; return the ids."""
        updates = list(updates)
        changed = []
        with self._database.transaction():
            for document in self:
                for fields, cond in updates:
                    if cond(document):
                        self._change(document, fields)
                        changed.append(document.doc_id)
        return changed

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[Any]:
        """Update what matches, or insert the document if nothing does; return the ids."""
        ids = [document.doc_id] if isinstance(document, self.document_class) else None
        if ids is None and cond is None:
            raise ValueError(
                "If you don't specify a search query, you must specify a doc_id. Hint: use a table.Document object."
            )
        with self._database.transaction():
            return self.update(document, cond, ids) or [self.insert(document)]

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[Any]:
        """Remove what matches and return the ids."""
        removed = []
        with self._database.transaction():
            if doc_ids is None:
                if cond is None:
                    raise RuntimeError("Use truncate() to remove all documents")
                doc_ids = [document.doc_id for document in self.search(cond)]
            for key in doc_ids:
                if self._rows.is_id(key):
                    self._rows.delete(key)
                    removed.append(key)
        return removed

    def truncate(self) -> None:
        """Remove all documents; numbers begin at 1 again."""
        self._rows.delete_all()

    def _matching(self, cond: QueryLike) -> Iterator[Document]:
        # Also where the condition is exact: to be asked twice costs little beside reading the document.
        return (document for row in self._rows.all(condition_of(cond)) if cond(document := self._document(row)))

    def _document(self, row: Row) -> Document:
        _, key, text, crc = row
        if type(key) is not self.document_id_class:
            raise damaged(self._database.path, f"{key!r} is no id")
        return self.document_class(decode(key, text, crc, self._database.path), key)

    def _change(self, document: Document, fields: Fields) -> None:
        if callable(fields):
            fields(document)
        else:
            document.update(fields)
        self._rows.update(document.doc_id, encode(document))


class Documents(TinyDB):
    """TinyDB with `SQLiteStorage` and `SQLiteTable`."""

    table_class = SQLiteTable  # type: ignore[assignment] # TinyDB annotates the class that it happens to use itself
    default_storage_class = SQLiteStorage  # type: ignore[assignment]

    @property
    def database(self) -> Database:
        """The SQLite file, for what TinyDB has no verb for."""
        return self._kept_in.database

    def table(self, name: str, **kwargs: Any) -> SQLiteTable:
        """Return a table; further arguments are those of `SQLiteTable`."""
        table = super().table(name, **kwargs)
        assert isinstance(table, SQLiteTable)  # noqa: S101 - the class above
        return table

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """All changes of this thread inside the block, or none of them."""
        return self.database.transaction()

    def tables(self) -> set[str]:
        """Return the names of all tables."""
        return self._kept_in.tables()

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents."""
        self._tables.pop(name, None)
        self._kept_in.drop(name)

    @property
    def _kept_in(self) -> SQLiteStorage:
        storage = self.storage
        assert isinstance(storage, SQLiteStorage)  # noqa: S101 - the default
        return storage


def named(document: Mapping[str, Any], name: str) -> Document:
    """Return a document that brings its name, for a table with `ids=str`."""
    return Document(document, doc_id=name)  # type: ignore[arg-type] # TinyDB allows other ids, and annotates int
