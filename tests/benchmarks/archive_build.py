"""Fill an archive, and everything it is held against, with the same stories."""

import json
import sqlite3
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Self

from admin_web.archive import Archive
from admin_web.archive.documents import Documents, encode
from admin_web.archive.schema import FILE
from admin_web.archive.storage import checksum
from kiosk.stories.folder import DataFolder
from tests.benchmarks.archive_data import stories
from tests.benchmarks.archive_stores import ARCHIVE, BARE, DOCUMENTS, JSON, BareStore

#: The file in which the names of all stories are.
NAMES = "names.json"
_AT_ONCE = 2000
_IN_MEMORY = ("tmpfs", "ramfs")


Rows = list[tuple[str, str]]


def build(folder: Path, size: int) -> list[str]:
    """Make all stores in `folder` and return the names of their stories.

    Only what the files hold at the end counts, so that it goes by the quickest way: many documents a transaction.
    """
    data = DataFolder.open(folder / ARCHIVE)
    Archive(data).close()
    Documents(folder / f"{DOCUMENTS}.sqlite").table("stories", ids=str, persist_empty=True)
    BareStore(folder).close()
    names = _fill(_EveryStore(folder, data.archive / FILE), size)
    (folder / NAMES).write_text(json.dumps(names))
    return names


def build_archive(data: DataFolder, size: int) -> list[str]:
    """Make the archive alone, for whom the site is measured with."""
    Archive(data).close()
    return _fill(_ArchiveWriter(data.archive / FILE), size)


def _fill(writer: "_ArchiveWriter", size: int) -> list[str]:
    names: list[str] = []
    with writer, ThreadPoolExecutor(1) as thread:
        # SQLite works while the next stories are made up.
        made, written = stories(size), Future[None]()
        written.set_result(None)
        while portion := list(islice(made, _AT_ONCE)):
            names += [each.entry.id for each in portion]
            documents = [(each.entry.id, encode(each.document)) for each in portion]
            texts = [(each.entry.id, encode(each.text_document)) for each in portion]
            written.result()
            written = thread.submit(writer.write, documents, texts, [each.text for each in portion])
        written.result()
        writer.end()
    return names


class _ArchiveWriter:
    """Writes documents into the archive, and their words into its full-text index: its trigger would have FTS5 write
    after each.
    """

    def __init__(self, archive: Path) -> None:
        self._connections: list[sqlite3.Connection] = []
        self._archive = self._open(archive)
        (self._trigger,) = self._archive.execute("SELECT sql FROM sqlite_schema WHERE name='search_insert'").fetchone()
        self._archive.execute("DROP TRIGGER search_insert")
        self._count = 0

    def _open(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-200000")
        self._connections.append(connection)
        return connection

    def write(self, documents: Rows, texts: Rows, said: list[str]) -> None:
        for table, lines in (("stories", documents), ("texts", texts)):
            self._write(table, lines, [(key, text, checksum(key, text)) for key, text in lines])
        numbered = enumerate(said, start=self._count + 1)
        self._archive.executemany("INSERT INTO search (rowid, text) VALUES (?, ?)", numbered)
        self._count += len(said)
        for connection in self._connections:
            connection.commit()

    def _write(self, table: str, lines: Rows, rows: list[tuple[str, str, int]]) -> None:
        self._archive.executemany(f"INSERT INTO doc_{table} (id, doc, crc) VALUES (?, ?, ?)", rows)

    def end(self) -> None:
        self._archive.execute(self._trigger)
        self._archive.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()


class _EveryStore(_ArchiveWriter):
    """Writes the same documents into every store."""

    def __init__(self, folder: Path, archive: Path) -> None:
        super().__init__(archive)
        self._plain, self._bare = self._open(folder / f"{DOCUMENTS}.sqlite"), self._open(folder / f"{BARE}.sqlite")
        self._tiny = {
            "stories": _TinyFile(folder / f"{JSON}.json", "stories"),
            "texts": _TinyFile(folder / f"{JSON}-texts.json", "texts"),
        }

    def _write(self, table: str, lines: Rows, rows: list[tuple[str, str, int]]) -> None:
        super()._write(table, lines, rows)
        if table == "stories":
            self._plain.executemany("INSERT INTO doc_stories (id, doc, crc) VALUES (?, ?, ?)", rows)
        self._bare.executemany(f"INSERT INTO {table} VALUES (?, ?)", lines)
        self._tiny[table].add(lines)

    def end(self) -> None:
        super().end()
        for file in self._tiny.values():
            file.end()


class _TinyFile:
    """A file as TinyDB writes it, with one table: written at once, as its inserts would take days."""

    def __init__(self, path: Path, table: str) -> None:
        self._file, self._count = path.open("w"), 0
        self._file.write(f'{{"{table}": {{')

    def add(self, documents: list[tuple[str, str]]) -> None:
        for _, document in documents:
            self._count += 1
            self._file.write(f'{", " if self._count > 1 else ""}"{self._count}": {document}')

    def end(self) -> None:
        self._file.write("}}")
        self._file.close()


def disk() -> tuple[Path, str]:
    """Return a folder for temporary files that is on a disk, and its file system. In memory a sync costs nothing.

    Raises:
        OSError: There is none.
    """
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()):
        kind = _file_system(folder.resolve())
        if kind not in _IN_MEMORY:
            return folder, kind
    raise OSError("The usual folders for temporary files are all in memory. Set TMPDIR to one on a disk.")


def _file_system(folder: Path) -> str:
    mounts: Mapping[str, str] = dict(line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines())
    return next(mounts[str(each)] for each in (folder, *folder.parents) if str(each) in mounts)
