"""Where TinyDB's documents rest in SQLite: a table each, a row each, and what a row's text may be."""

import contextlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from admin_web.archive.database import Database
from admin_web.archive.explaining import damaged

_PREFIX, _HEX_PREFIX = "doc_", "hex_"
_PLAIN_NAME = re.compile(r"[a-z0-9_]+")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
#: How a number is written when it is an id. "007" is a name.
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")

_NUMBERED = "id INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL, crc INTEGER NOT NULL"
_NAMED = "number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL, crc INTEGER NOT NULL"


def sql_table(name: str) -> str:
    """Return the SQL table of a TinyDB table. SQL knows no capitals, so that other names are written in hexadecimal."""
    return f"{_PREFIX}{name}" if _PLAIN_NAME.fullmatch(name) else f"{_HEX_PREFIX}{name.encode().hex()}"


def _name(sql_name: str) -> str | None:
    if sql_name.startswith(_PREFIX):
        return sql_name.removeprefix(_PREFIX)
    with contextlib.suppress(ValueError):
        return bytes.fromhex(sql_name.removeprefix(_HEX_PREFIX)).decode()
    return None


def make_table(database: Database, name: str, *, named: bool) -> None:
    """Make the SQL table of a TinyDB table, unless it is there. Ids are names or numbers."""
    database.write(f'CREATE TABLE IF NOT EXISTS "{sql_table(name)}" ({_NAMED if named else _NUMBERED})')


def is_named(database: Database, name: str) -> bool:
    """Say whether there is such a table, and its ids are names."""
    return ("number",) in database.read("SELECT name FROM pragma_table_info(?)", (sql_table(name),))


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


def checksum(key: Any, text: str) -> int:
    """Return what a row's `crc` must be: SQLite does not notice when a failing disk changes a letter.

    A CRC-32 is for accidents. Whoever means harm can reckon it too: for them the log has its chain of hashes.
    """
    return zlib.crc32(f"{key} {text}".encode())


def decode(key: Any, text: Any, crc: Any, path: Path) -> dict[str, Any]:
    """Return the document of a row.

    Raises:
        ArchiveDamaged: The row of the archive `path` is not as it was written, or holds no document.
    """
    if checksum(key, text) != crc:
        raise damaged(path, "a document is not as it was written")
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"a document cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise damaged(path, "a document cannot be read: it has no fields")
    return document


class SQLiteStorage(Storage):
    """The storage: an SQLite file, whose rows `SQLiteTable` works on. `read` and `write` take all at once."""

    def __init__(self, path: str | Path, **options: Any) -> None:
        """Open or make the file; `options` and errors are those of `Database`."""
        self.database = Database(Path(path), **options)

    def tables(self) -> set[str]:
        """Return the names of all TinyDB tables."""
        found = set()
        for (known,) in self.database.read("SELECT CAST(name AS TEXT) FROM sqlite_schema WHERE type='table'"):
            if known.startswith((_PREFIX, _HEX_PREFIX)):
                name = _name(known)
                if name is None or sql_table(name) != known:
                    raise damaged(self.database.path, f"{known!r} is no name of a table")
                found.add(name)
        return found

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return every document of every table, or None if there are none: for a look or an export."""
        tables = {
            name: {
                str(key): decode(key, text, crc, self.database.path)
                for key, text, crc in self.database.read(f'SELECT id, doc, crc FROM "{sql_table(name)}" ORDER BY rowid')
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
                named = not all(_NUMBER.fullmatch(str(key)) for key in documents)
                make_table(self.database, name, named=named)
                insert = f'INSERT INTO "{sql_table(name)}" (id, doc, crc) VALUES (?, ?, ?)'
                for key, document in documents.items():
                    row_id, text = str(key) if named else int(key), encode(document)
                    self.database.write(insert, (row_id, text, checksum(row_id, text)))

    def drop(self, name: str) -> None:
        """Remove a table."""
        self.database.write(f'DROP TABLE IF EXISTS "{sql_table(name)}"')

    def close(self) -> None:
        """Close the file."""
        self.database.close()
