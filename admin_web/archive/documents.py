"""TinyDB on SQLite: each document is a row, and each call touches only the documents it is about.

TinyDB keeps its meaning (documents, tables, queries, updates by functions); SQLite gives what TinyDB has not: changes
that survive a power cut, several processes, indexes, and a cost that does not grow with their number. What differs from
TinyDB: documents are JSON and nothing else (so no NaN, and no text with a NUL character), there is no query cache (it
would not know of other processes), the number of a removed document is never given again, and a search that TinyDB
would end with TypeError, comparing a number with a text, passes such documents over.

    >>> with Documents("archive.sqlite") as documents:
    ...     documents.table("fruit").insert({"name": "apple"})
    1
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from admin_web.archive.conditions import Condition, condition_of
from admin_web.archive.database import Database, Row

#: How many rows are in memory at once while all are gone through.
_ROWS_AT_ONCE = 500
_BELOW_ALL = -(2**63)
_PREFIX, _HEX_PREFIX = "doc_", "hex_"
_PLAIN_NAME = re.compile(r"[a-z0-9_]+")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


def sql_table(name: str) -> str:
    """Return the SQL table of a TinyDB table. SQL knows no capitals, so that other names are written in hexadecimal."""
    return f"{_PREFIX}{name}" if _PLAIN_NAME.fullmatch(name) else f"{_HEX_PREFIX}{name.encode().hex()}"


def encode(document: Mapping[str, Any]) -> str:
    """Return a document as JSON.

    Raises:
        TypeError: It holds something that JSON has no form for.
        ValueError: It holds a number that is none, or a character that SQLite's JSON would lose.
    """
    text = json.dumps(dict(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if "\\u0000" in text and _NUL.search(text):
        raise ValueError("A text with a NUL character cannot be kept.")
    return text


class SQLiteStorage(Storage):
    """The storage: an SQLite file, whose rows `SQLiteTable` works on. `read` and `write` take all at once."""

    def __init__(self, path: str | Path, **options: Any) -> None:
        """Open or make the file; `options` and errors are those of `Database`."""
        self.database = Database(Path(path), **options)

    def tables(self) -> set[str]:
        """Return the names of all TinyDB tables."""
        found = set()
        for (name,) in self.database.read("SELECT name FROM sqlite_schema WHERE type='table'"):
            if name.startswith(_PREFIX):
                found.add(name.removeprefix(_PREFIX))
            elif name.startswith(_HEX_PREFIX):
                found.add(bytes.fromhex(name.removeprefix(_HEX_PREFIX)).decode())
        return found

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return every document of every table, or None if there are none: for a look or an export."""
        tables = {
            name: {
                str(key): json.loads(text)
                for key, text in self.database.read(f'SELECT id, doc FROM "{sql_table(name)}" ORDER BY 1')
            }
            for name in self.tables()
        }
        return tables or None

    def write(self, data: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> None:
        """Replace everything by `data`, in one transaction."""
        with self.database.transaction():
            for name in self.tables():
                self.drop(name)
            for name, documents in data.items():
                numbered = all(str(key).isdigit() for key in documents)
                table = SQLiteTable(self, name, persist_empty=True, ids=int if numbered else str)
                table.insert_multiple(
                    Document(document, doc_id=table.document_id_class(key)) for key, document in documents.items()
                )

    def drop(self, name: str) -> None:
        """Remove a table."""
        self.database.write(f'DROP TABLE IF EXISTS "{sql_table(name)}"')

    def close(self) -> None:
        """Close the file."""
        self.database.close()


class SQLiteTable(Table):
    """A TinyDB table whose documents are rows. Ids are numbers, or names (`ids=str`), which `insert` must be given."""

    def __init__(
        self,
        storage: SQLiteStorage,
        name: str,
        cache_size: int | None = None,
        persist_empty: bool = False,
        *,
        ids: type[int] | type[str] = int,
    ) -> None:
        """Make the table's Python side; the SQL table is made with the first document, or now if `persist_empty`.

        Args:
            storage: Where the documents are.
            name: The table's name.
            cache_size: Not used: there is no cache.
            persist_empty: Make the table though it is empty.
            ids: What kind of ids its documents have.
        """
        super().__init__(storage, name, cache_size=0)
        self._database = storage.database
        self.document_id_class = ids  # type: ignore[assignment] # TinyDB allows other classes, and annotates int
        self._sql_name = sql_table(name)
        #: The column by which documents are in the order of their insertion.
        self._row = "number" if ids is str else "id"
        self._select = f'SELECT {self._row}, id, doc FROM "{self._sql_name}"'
        if persist_empty:
            self._make()

    # Reading.

    def __iter__(self) -> Iterator[Document]:
        """Go through all documents, a few at a time; others may write meanwhile."""
        return (self._document(row) for row in self._rows(Condition("1")))

    def __len__(self) -> int:
        """Return how many documents there are."""
        return self._count(Condition("1"))

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
            return [self._document(row) for row in self._rows(_of_ids(doc_ids))]
        if cond is not None:
            condition = condition_of(cond)
            if not condition.exact:
                return next(self._matching(cond), None)
            found = self._read(f"{self._select} WHERE {condition.sql} ORDER BY 1 LIMIT 1", condition.parameters)
            return self._document(found[0]) if found else None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def of_id(self, doc_id: Any) -> Document | None:
        """Return the document of an id, or None: `get(doc_id=...)` with a type."""
        found = self._read(f"{self._select} WHERE id=?", (doc_id,))
        return self._document(found[0]) if found else None

    def contains(self, cond: QueryLike | None = None, doc_id: Any = None) -> bool:
        """Say whether there is such a document."""
        if doc_id is not None:
            return bool(self._read(f'SELECT 1 FROM "{self._sql_name}" WHERE id=?', (doc_id,)))
        if cond is not None:
            return self.get(cond) is not None
        raise RuntimeError("You have to pass either cond or doc_id")

    def count(self, cond: QueryLike) -> int:
        """Return how many documents match."""
        condition = condition_of(cond)
        return self._count(condition) if condition.exact else sum(1 for _ in self._matching(cond))

    def clear_cache(self) -> None:
        """Do nothing: there is no cache."""

    # Writing. Each call is one transaction.

    def insert(self, document: Mapping[str, Any]) -> Any:
        """Insert a document and return its id; a `Document` brings its own.

        Raises:
            ValueError: It is no mapping, or there is one of this id.
        """
        key, text = self._prepared(document)
        try:
            inserted = self._write(f'INSERT INTO "{self._sql_name}" (id, doc) VALUES (?, ?)', (key, text))
        except sqlite3.IntegrityError:
            raise ValueError(f"Document with ID {key} already exists") from None
        return inserted.lastrowid if key is None else key

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Insert documents, all or none, and return their ids."""
        with self._database.transaction():
            return [self.insert(document) for document in documents]

    def update(self, fields: Fields, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[Any]:
        """Change the fields of matching documents, or let a function change them; return the ids."""
        return self._change(lambda document: _changed(document, fields), cond, doc_ids)

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[Any]:
        """Change, for each of several conditions, the documents that match it; return the ids."""
        updates = list(updates)
        changed = []
        with self._database.transaction():
            for document in self:
                for fields, cond in updates:
                    if cond(document):
                        _changed(document, fields)
                        self._store(document)
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
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")

        with self._database.transaction():
            removed = self._ids(cond, doc_ids)
            for key in removed:
                self._database.write(f'DELETE FROM "{self._sql_name}" WHERE id=?', (key,))
        return removed

    def truncate(self) -> None:
        """Remove all documents; numbers begin at 1 again."""
        with self._database.transaction():
            self._write(f'DELETE FROM "{self._sql_name}"')
            self._database.write("DELETE FROM sqlite_sequence WHERE name=?", (self._sql_name,))

    # Rows.

    def _matching(self, cond: QueryLike) -> Iterator[Document]:
        # Also where the condition is exact: to be asked twice costs little beside reading the document.
        return (document for row in self._rows(condition_of(cond)) if cond(document := self._document(row)))

    def _rows(self, condition: Condition) -> Iterator[Row]:
        """Go through (order, id, doc) in the order of insertion. Others may write meanwhile."""
        if condition.exact and condition.sql != "1":
            return iter(self._read(f"{self._select} WHERE {condition.sql} ORDER BY 1", condition.parameters))
        return self._streamed(condition)

    def _streamed(self, condition: Condition) -> Iterator[Row]:
        """Go through the rows with a few of them in memory, and no statement open between two portions."""
        if condition.sql == "1":
            last = _BELOW_ALL
            while rows := self._read(f"{self._select} WHERE {self._row} > ? ORDER BY 1 LIMIT {_ROWS_AT_ONCE}", (last,)):
                yield from rows
                last = rows[-1][0]
            return
        sql = f'SELECT {self._row} FROM "{self._sql_name}" WHERE {condition.sql} ORDER BY 1'
        numbers = [number for (number,) in self._read(sql, condition.parameters)]
        among = f"{self._select} WHERE {self._row} IN (SELECT value FROM json_each(?)) ORDER BY 1"
        for first in range(0, len(numbers), _ROWS_AT_ONCE):
            yield from self._read(among, (json.dumps(numbers[first : first + _ROWS_AT_ONCE]),))

    def _document(self, row: Row) -> Document:
        return self.document_class(json.loads(row[2]), row[1])

    def _count(self, condition: Condition) -> int:
        found = self._read(f'SELECT count(*) FROM "{self._sql_name}" WHERE {condition.sql}', condition.parameters)
        count: int = found[0][0] if found else 0
        return count

    def _ids(self, cond: QueryLike | None, doc_ids: Iterable[Any] | None) -> list[Any]:
        if doc_ids is not None:
            return [key for key in doc_ids if self.contains(doc_id=key)]
        return [document.doc_id for document in self._matching(cond)] if cond is not None else []

    def _change(
        self, change: Callable[[Document], None], cond: QueryLike | None, doc_ids: Iterable[Any] | None
    ) -> list[Any]:
        with self._database.transaction():
            if doc_ids is not None:
                documents = [document for key in doc_ids if (document := self.of_id(key))]
            else:
                documents = self.search(cond) if cond is not None else self.all()
            for document in documents:
                change(document)
                self._store(document)
        return [document.doc_id for document in documents]

    def _store(self, document: Document) -> None:
        self._database.write(f'UPDATE "{self._sql_name}" SET doc=? WHERE id=?', (encode(document), document.doc_id))

    def _prepared(self, document: Mapping[str, Any]) -> tuple[Any, str]:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        key = document.doc_id if isinstance(document, self.document_class) else None
        if key is None and self._row == "number":
            raise ValueError(f"Documents of the table {self.name} have names: insert a Document with its doc_id.")
        return key, encode(document)

    def _read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Row]:
        try:
            return self._database.read(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _is_missing_table(error):
                raise
            return []

    def _write(self, sql: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._database.write(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _is_missing_table(error):
                raise
        with self._database.transaction():
            self._make()
            return self._database.write(sql, parameters)

    def _make(self) -> None:
        columns = (
            "id INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL"
            if self._row == "id"
            else "number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL"
        )
        self._database.write(f'CREATE TABLE IF NOT EXISTS "{self._sql_name}" ({columns})')


class Documents(TinyDB):
    """TinyDB with `SQLiteStorage` and `SQLiteTable`."""

    table_class = SQLiteTable  # type: ignore[assignment] # TinyDB annotates the class that it happens to use itself
    default_storage_class = SQLiteStorage  # type: ignore[assignment]

    @property
    def database(self) -> Database:
        """The SQLite file, for what TinyDB has no verb for."""
        storage = self.storage
        assert isinstance(storage, SQLiteStorage)  # noqa: S101 - the default
        return storage.database

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
        storage = self.storage
        assert isinstance(storage, SQLiteStorage)  # noqa: S101 - the default
        return storage.tables()

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents."""
        self._tables.pop(name, None)
        storage = self.storage
        assert isinstance(storage, SQLiteStorage)  # noqa: S101 - the default
        storage.drop(name)


def named(document: Mapping[str, Any], name: str) -> Document:
    """Return a document that brings its name, for a table with `ids=str`."""
    return Document(document, doc_id=name)  # type: ignore[arg-type] # TinyDB allows other ids, and annotates int


def _changed(document: Document, fields: Fields) -> None:
    if callable(fields):
        fields(document)
    else:
        document.update(fields)


def _of_ids(keys: Iterable[Any]) -> Condition:
    keys = list(keys)
    return Condition("id IN (SELECT value FROM json_each(?))", (json.dumps(keys),))


def _is_missing_table(error: sqlite3.OperationalError) -> bool:
    return str(error).startswith("no such table")
