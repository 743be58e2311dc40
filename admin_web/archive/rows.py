"""The rows of one TinyDB table in SQLite. A table that was never made is an empty one."""

import contextlib
import json
import operator
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from admin_web.archive.conditions import EVERYTHING, Condition, is_plain
from admin_web.archive.database import Database, Row
from admin_web.archive.explaining import damaged
from admin_web.archive.storage import checksum, make_table, sql_table

#: How many rows are in memory at once while all are gone through.
_ROWS_AT_ONCE = 500
_BELOW_ALL, _ABOVE_ALL = -(2**63), 2**63
_number = operator.itemgetter(0)


class Rows:
    """Rows (order, id, text of the document, checksum), in order of their numbers: the ids, or for names of insertion.

    Attributes:
        named: Ids are texts.
    """

    def __init__(self, database: Database, name: str, *, named: bool) -> None:
        self._database, self._name, self.named = database, name, named
        self._table = f'"{sql_table(name)}"'
        self._order = "number" if named else "id"
        self._select = f"SELECT {self._order}, id, doc, crc FROM {self._table}"

    def make(self) -> None:
        """Make the SQL table, unless it is there."""
        make_table(self._database, self._name, named=self.named)

    # Reading.

    def of_id(self, key: Any) -> Row | None:
        """Return the row of an id."""
        found = self._read(f"{self._select} WHERE id=?", (key,))
        return found[0] if found else None

    def is_id(self, key: Any) -> bool:
        """Say whether there is a row of this id."""
        return bool(self._read(f"SELECT 1 FROM {self._table} WHERE id=?", (key,)))

    def of_ids(self, keys: Iterable[Any]) -> Iterator[Row]:
        """Go through the rows of several ids."""
        return self.all(Condition("id IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)))

    def first(self, condition: Condition) -> Row | None:
        """Return the first row that the condition lets through."""
        found = self._read(f"{self._select} WHERE {condition.sql} ORDER BY 1 LIMIT 1", condition.parameters)
        return found[0] if found else None

    def damaged_ids(self) -> Iterator[Any]:
        """Go through the ids of those rows whose document is not as it was written."""
        return (key for _, key, text, crc in self.all() if checksum(key, text) != crc)

    def count(self, condition: Condition = EVERYTHING) -> int:
        """Return how many rows the condition lets through."""
        found = self._read(f"SELECT count(*) FROM {self._table} WHERE {condition.sql}", condition.parameters)
        count: int = found[0][0] if found else 0
        return count

    def all(self, condition: Condition = EVERYTHING) -> Iterator[Row]:
        """Go through the rows that the condition lets through. Others may write meanwhile."""
        if condition.exact and condition.sql != EVERYTHING.sql:
            # Not sorted by SQLite: for an order that it has at hand it would leave an index on a field unused.
            return iter(sorted(self._read(f"{self._select} WHERE {condition.sql}", condition.parameters), key=_number))
        return self._streamed(condition)

    def _streamed(self, condition: Condition) -> Iterator[Row]:
        """Go through the rows with a few of them in memory, and no statement open between two portions."""
        if condition.sql == EVERYTHING.sql:
            last = _BELOW_ALL
            sql = f"{self._select} WHERE {self._order} > ? ORDER BY 1 LIMIT {_ROWS_AT_ONCE}"
            while rows := self._read(sql, (last,)):
                for row in rows:
                    # In a damaged file rows may be out of order, and this would never end.
                    if row[0] <= last:
                        raise damaged(self._database.path, f"rows of the table {self._name} are out of order")
                    last = row[0]
                    yield row
            return
        sql = f"SELECT {self._order} FROM {self._table} WHERE {condition.sql}"
        numbers = sorted(number for (number,) in self._read(sql, condition.parameters))
        among = f"{self._select} WHERE {self._order} IN (SELECT value FROM json_each(?)) ORDER BY 1"
        for first in range(0, len(numbers), _ROWS_AT_ONCE):
            yield from self._read(among, (json.dumps(numbers[first : first + _ROWS_AT_ONCE]),))

    # Writing.

    def insert(self, key: Any, text: str) -> Any:
        """Insert a row and return its id; without a `key` it gets the next number.

        Raises:
            ValueError: `key` cannot be an id, or there is a row of it.
        """
        if self.named and not (isinstance(key, str) and is_plain(key)):
            raise ValueError(
                f"Documents of the table {self._name} have names: insert a Document with its doc_id, not with {key!r}."
            )
        if not self.named and not (key is None or (isinstance(key, int) and _BELOW_ALL < key < _ABOVE_ALL)):
            raise ValueError(f"Documents of the table {self._name} have numbers for ids, and {key!r} is none.")
        with self._database.transaction() if key is None else contextlib.nullcontext():
            key = self._next_number() if key is None else key
            self._insert(key, text)
        return key

    def _insert(self, key: Any, text: str) -> None:
        try:
            self._write(f"INSERT INTO {self._table} (id, doc, crc) VALUES (?, ?, ?)", (key, text, checksum(key, text)))
        except sqlite3.IntegrityError as error:
            if not str(error).endswith(f"{sql_table(self._name)}.id"):
                raise
            raise ValueError(f"Document with ID {key} already exists") from None

    def _next_number(self) -> int:
        """Return what SQLite would take itself (its manual, "Autoincrement"): the checksum must know it before."""
        found = self._read("SELECT seq FROM sqlite_sequence WHERE name=?", (sql_table(self._name),))
        highest = self._read(f"SELECT max(id) FROM {self._table}")
        return 1 + max(0, found[0][0] if found else 0, (highest[0][0] or 0) if highest else 0)

    def update(self, key: Any, text: str) -> None:
        """Replace the text of a row."""
        row = (text, checksum(key, text), key)
        self._database.write(f"UPDATE {self._table} SET doc=?, crc=? WHERE id=?", row)

    def delete(self, key: Any) -> None:
        """Delete a row that is there."""
        self._database.write(f"DELETE FROM {self._table} WHERE id=?", (key,))

    def delete_all(self) -> None:
        """Delete all rows; numbers begin at 1 again."""
        with self._database.transaction():
            self._write(f"DELETE FROM {self._table}")
            self._write("DELETE FROM sqlite_sequence WHERE name=?", (sql_table(self._name),))

    # A table is made with its first row.

    def _read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Row]:
        try:
            return self._database.read(sql, parameters)
        except (OverflowError, UnicodeEncodeError):
            # What SQLite cannot hold is nobody's id.
            return []
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
            self.make()
            return self._database.write(sql, parameters)


def _is_missing_table(error: sqlite3.OperationalError) -> bool:
    return str(error).startswith("no such table")
