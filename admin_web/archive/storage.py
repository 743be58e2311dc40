"""Where TinyDB's documents rest: one JSON file, replaced whole and never changed in place.

TinyDB's own JSONStorage writes in place, and a power cut then leaves half a file.
"""

import json
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from kiosk.errors import ArchiveError
from kiosk.stories.files import UNFINISHED, write_whole

Tables = dict[str, dict[str, Any]]


class WholeFileStorage(Storage):
    """Reads the file once and holds what it said; one process alone may use it (`DataFolder.lock("admin")`)."""

    def __init__(self, path: Path) -> None:
        """Open the file, which may not exist yet.

        Raises:
            ArchiveError: It is there and cannot be read.
        """
        self._path = path
        for unfinished in path.parent.glob(f".{path.name}.*{UNFINISHED}"):
            # A process was killed while it wrote this; nobody was told that it is kept.
            unfinished.unlink(missing_ok=True)
        self._held: Tables | None = self._from_file()

    def read(self) -> Tables | None:
        """Return all tables, or None if nothing was ever written."""
        if self._held is None:
            self._held = self._from_file()
        return self._held

    def write(self, data: Tables) -> None:
        """Replace the file; durable on return.

        Raises:
            OSError: It could not be written. The file stands as it was, and so does what `read` returns.
        """
        # TinyDB changed the held tables already: if this write fails, only the file knows what is true.
        self._held = None
        write_whole(self._path, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
        self._held = data

    def _from_file(self) -> Tables | None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"Cannot read the archive {self._path}: {error.strerror}.") from error
        try:
            tables = json.loads(content)
            if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
                raise ValueError("it holds no tables")
        except ValueError as error:
            raise ArchiveError(damaged(self._path, str(error))) from error
        return tables


def damaged(path: Path, reason: str) -> str:
    """Return what to tell a person whose archive cannot be read."""
    return (
        f"The archive {path} is damaged ({reason}). Sayso has not changed it. Move it aside, for example with "
        f"'mv {path} {path}.damaged', and start again: the list is made anew from the story folders, "
        "and you make a new account with a set-up code."
    )


class NamedTable(Table):
    """A table whose documents have names for ids: a story's id, not a number."""

    document_id_class = str  # type: ignore[assignment] # TinyDB allows it and annotates it as int.


class Documents(TinyDB):
    """TinyDB with `NamedTable`s."""

    table_class = NamedTable
