"""The databases that tests hold side by side."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tinydb import TinyDB
from tinydb.storages import MemoryStorage

from admin_web.archive.documents import Documents, SQLiteStorage

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
