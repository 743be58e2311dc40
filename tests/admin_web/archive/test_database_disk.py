"""Disks that are full, may not be written, or take only a part."""

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb import where

from admin_web.archive.documents import Documents
from kiosk.errors import ArchiveNotWritten
from tests.admin_web.archive.others import NOBODY, Others, try_as_nobody, write_with_little_room

#: What a person is told to do.
MAKE_ROOM = r"The disk of .* is full; nothing of this change was kept\. Copy stories elsewhere and delete"
GIVE_RIGHTS = "Give the account that runs Sayso the right to read and write"


class Disk:
    """A small disk. What does not fill it otherwise is filled by one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def archive(self) -> Path:
        return self.folder / "archive.sqlite"

    def fill(self, leave: int = 0) -> None:
        with self._filler.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))
        os.truncate(self._filler, max(0, self._filler.stat().st_size - leave))

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"This account may not mount a small disk: {mounted.stderr.strip()}")
    yield Disk(folder)
    # What still holds it open shall not make this test's end another test's failure.
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_an_archive_that_finds_no_room_is_made_when_there_is_some(disk: Disk) -> None:
    failed = 0
    for leave in range(0, 120_000, 8192):
        disk.fill(leave)
        try:
            Documents(disk.archive).close()
        except ArchiveNotWritten as error:
            failed += 1
            assert re.search(MAKE_ROOM, str(error))
            disk.make_room()
            with Documents(disk.archive) as documents:
                assert documents.insert({}) == 1
        for each in disk.folder.iterdir():
            each.unlink()
    # Some of the sizes were too small, each at another place of the making; some were not.
    assert 3 < failed < 14


Change = Callable[[Documents], Any]
CHANGES: dict[str, Change] = {
    "insert": lambda documents: documents.insert({"n": -1, "text": "y" * 100}),
    "insert a long document": lambda documents: documents.insert({"n": -1, "text": "y" * 50_000}),
    "insert many": lambda documents: documents.insert_multiple({"n": -1, "text": "y" * 3000} for _ in range(500)),
    "update": lambda documents: documents.update({"text": "z"}, where("n") == 3),
    "update all": lambda documents: documents.update({"text": "z" * 3000}),
    "remove": lambda documents: documents.remove(where("n") < 20),
    "truncate": lambda documents: documents.truncate(),
    "a new table": lambda documents: documents.table("new").insert({}),
    "drop": lambda documents: documents.drop_table("_default"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_full_disk_keeps_what_was_there_and_works_on_when_there_is_room(disk: Disk, change: Change) -> None:
    before = [{"n": n, "text": "x" * 300} for n in range(60)]
    with Documents(disk.archive) as documents:
        documents.insert_multiple(before)
        disk.fill()
        with pytest.raises(ArchiveNotWritten, match=MAKE_ROOM):
            change(documents)
        assert documents.all() == before
        assert documents.count(where("n") >= 0) == 60
        with Documents(disk.archive) as other:
            assert other.all() == before
            assert other.database.read("PRAGMA integrity_check") == [("ok",)]
        disk.make_room()
        documents.table("other").insert({})
        assert documents.all() == before
        if change is not CHANGES["insert many"]:
            change(documents)
            assert documents.all() != before or documents.table("new").all() == [{}]
        assert documents.database.read("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("leave", [0, 40_000, 200_000])
def test_a_long_transaction_that_fills_the_disk_is_undone_as_one(disk: Disk, leave: int) -> None:
    with Documents(disk.archive) as documents:
        documents.insert({"n": 0})
        disk.fill(leave)
        with pytest.raises(ArchiveNotWritten), documents.transaction():
            documents.update({"n": 1})
            for _ in range(50):
                # Each is caught; but what follows must not be kept without what was before.
                with contextlib.suppress(ArchiveNotWritten):
                    documents.insert_multiple({"n": 2, "text": "y" * 3000} for _ in range(30))
            documents.insert({"n": 3})
        assert documents.all() == [{"n": 0}]
        disk.make_room()
        with documents.transaction():
            documents.update({"n": 4})
        assert documents.all() == [{"n": 4}]
        assert documents.insert({}) == 2


def test_the_log_finds_no_room_in_the_file_and_is_kept(disk: Disk) -> None:
    with Documents(disk.archive) as documents:
        documents.insert_multiple({"n": n, "text": "x" * 3000} for n in range(60))
        disk.fill()
        with pytest.raises(ArchiveNotWritten, match=MAKE_ROOM):
            documents.database.empty_log()
        assert len(documents) == 60
        disk.make_room()
        assert documents.database.empty_log()
        assert [each["n"] for each in documents] == [*range(60)]


def test_a_copy_onto_a_full_disk_names_that_disk(disk: Disk, documents: Documents) -> None:
    documents.insert_multiple({"n": n, "text": "x" * 3000} for n in range(60))
    disk.fill(40_000)
    with pytest.raises(ArchiveNotWritten, match=rf"The disk of {disk.folder}/copy.sqlite is full"):
        documents.database.copy_to(disk.folder / "copy.sqlite")
    with pytest.raises(ArchiveNotWritten, match=r"nowhere/copy.sqlite cannot be opened for writing \(.*No such file"):
        documents.database.copy_to(disk.folder / "nowhere/copy.sqlite")
    disk.make_room()
    documents.database.copy_to(disk.folder / "copy.sqlite")
    with Documents(disk.folder / "copy.sqlite") as copy:
        assert copy.all() == documents.all()


def test_writes_that_are_torn_leave_what_was_kept(others: Others, in_memory: Path) -> None:
    """No file may grow beyond a limit: the write that goes beyond it is made in part, and then fails."""
    for room in range(60_000, 130_000, 9_001):
        path = in_memory / f"{room}.sqlite"
        other = others.start(write_with_little_room, path, room)
        kept, error, message = other.hear()
        assert kept > 0 and kept % 3 == 0
        assert (error, "reports an error" in message, "Make a backup now" in message) == (
            "ArchiveNotWritten",
            True,
            True,
        )
        # The same process reads what it had kept, writes again when it may, and another one finds all of it.
        assert other.end() == [kept, kept + 1]
        with Documents(path) as documents:
            assert [each["number"] for each in documents] == [*range(kept + 1)]
            assert documents.database.read("PRAGMA integrity_check") == [("ok",)]


# Rights. Root has all of them, so that another account tries.


@pytest.fixture
def shared(in_memory: Path) -> Path:
    """A folder that every account may go through, with an archive of one document, closed."""
    if os.getuid():
        pytest.skip("Only root can try it as another account.")
    in_memory.chmod(0o755)
    folder = in_memory / "archive"
    folder.mkdir()
    with Documents(folder / "archive.sqlite") as documents:
        documents.insert({"n": 1})
    return folder


def _give(folder: Path, mode: int, file_mode: int) -> None:
    for each in (folder, *folder.iterdir()):
        os.chown(each, NOBODY, NOBODY)
        each.chmod(mode if each == folder else file_mode)


def test_an_account_with_all_rights_reads_and_writes(shared: Path, others: Others) -> None:
    # So that the tests below can tell the one from the other.
    _give(shared, 0o700, 0o600)
    assert others.start(try_as_nobody, shared / "archive.sqlite").end() == ["done", [{"n": 1}], 2]


@pytest.mark.parametrize(
    "mode, file_mode",
    [(0o700, 0o400), (0o500, 0o600), (0o500, 0o400), (0o700, 0o000), (0o000, 0o600)],
    ids=["file", "folder", "both", "file may not be read", "folder may not be entered"],
)
def test_an_account_without_rights_is_told_so_and_changes_nothing(
    shared: Path, others: Others, mode: int, file_mode: int
) -> None:
    path = shared / "archive.sqlite"
    before = path.read_bytes()
    _give(shared, mode, file_mode)
    told = others.start(try_as_nobody, path).end()
    error, message = told[-1]
    assert error == "ArchiveNotWritten"
    assert f"The archive {path} cannot be opened for writing" in message
    assert f"{GIVE_RIGHTS} {shared} and all in it" in message
    # At the latest when it writes; what it read before was right.
    assert told[:-1] in ([], ["done", [{"n": 1}]])
    assert path.read_bytes() == before
    with Documents(path) as documents:
        assert documents.all() == [{"n": 1}]


def test_a_new_archive_needs_the_right_to_make_it(shared: Path, others: Others) -> None:
    path = shared / "new.sqlite"
    ((error, message),) = others.start(try_as_nobody, path).end()
    assert error == "ArchiveNotWritten" and GIVE_RIGHTS in message
    assert not path.exists()
    # An empty file of somebody else: it could not be made private.
    path.touch()
    path.chmod(0o666)
    shared.chmod(0o777)
    ((error, message),) = others.start(try_as_nobody, path).end()
    assert error == "ArchiveNotWritten" and "Operation not permitted" in message and GIVE_RIGHTS in message
