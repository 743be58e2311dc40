"""The databases that tests hold side by side."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tinydb import TinyDB
from tinydb.storages import MemoryStorage

from admin_web.archive.documents import Documents, SQLiteStorage
from admin_web.archive.storage import checksum

#: Ours, TinyDB itself, and TinyDB's own tables over our storage: what is tested with all three holds for each.
KINDS = ["ours", "TinyDB in memory", "TinyDB over our storage"]


def open_kind(kind: str, folder: Path) -> TinyDB:
    match kind:
        case "ours":
            return Documents(folder / "archive.sqlite")
        case "TinyDB in memory":
            return TinyDB(storage=MemoryStorage)
        case _:
            return TinyDB(folder / "archive.sqlite", storage=SQLiteStorage)


@contextlib.contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder in which no sync costs anything, where there is such a thing."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def change_behind_its_back(path: Path, *statements: str, triggers: bool = True, sealed: bool = True) -> None:
    """Change an archive as somebody would who knows it well; without `sealed` as a failing disk would."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.create_function("checksum", 2, checksum)
        names = raw.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'table')").fetchall()
        for name in [name for kind, name in names if kind == "trigger" and not triggers]:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for name in [name for kind, name in names if kind == "table" and name.startswith("doc_") and sealed]:
            raw.execute(f"UPDATE {name} SET crc = checksum(id, doc)")
