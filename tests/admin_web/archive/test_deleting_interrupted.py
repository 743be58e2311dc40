"""A deletion is interrupted at each step, by a kill, by a full disk, by somebody who reads; and is made up for."""

import contextlib
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive, removing
from admin_web.archive.database import Database
from admin_web.archive.documents import SQLiteTable
from admin_web.archive.search import Search
from admin_web.intake import Intake
from kiosk.errors import ArchiveNotWritten
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.copies import killed_at as killed_at_step
from tests.admin_web.archive.copies import steps_of
from tests.admin_web.archive.marked import left_of, make_full, require_cleared, require_gone
from tests.admin_web.archive.told import Killed

#: What is called on the way, in this order; each time the process ends there.
STEPS: dict[str, tuple[Any, str, int]] = {
    "before the folder is renamed": (Path, "rename", 1),
    "before the first file is emptied": (removing.os, "truncate", 1),
    "before the second file is removed": (Path, "unlink", 2),
    "before the empty folder is removed": (Path, "rmdir", 1),
    "before that is on the disk": (removing, "sync_folder", 2),
    "before the index is rewritten": (Search, "forget_deleted", 1),
    "before the file is rewritten": (Database, "rewrite", 1),
    "before the log is emptied": (Database, "empty_log", 1),
    "before the tombstone says so": (SQLiteTable, "update", 2),
}


@contextlib.contextmanager
def killed_at(step: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    where, name, time = STEPS[step]
    real, calls = getattr(where, name), []

    def kill(*arguments: Any, **named: Any) -> Any:
        calls.append(name)
        if len(calls) == time:
            raise Killed
        return real(*arguments, **named)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        yield patch.setattr(where, name, kill)


@pytest.mark.parametrize("step", STEPS)
def test_interrupted_anywhere_it_is_gone_at_once_and_cleared_at_the_next_start(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with Archive(folder) as archive:
        story, other = make_full(folder, archive), make_full(folder, archive)
        # Not by `withdraw`: what it notes on the quotes comes before.
        with killed_at(step, monkeypatch):
            archive.deleting.delete(story, why="staff", by="ann")
        require_gone(archive, story)
        tombstone = archive.deleting.tombstone(story)
        assert tombstone and not tombstone.cleared
    with Archive(folder) as again:
        Intake(folder, again).look()
        require_gone(again, story)
        assert again.deleting.finish() == []
        require_cleared(folder, again, story)
        assert again.stories.get(other) and folder.story(other).audio.exists()


def withdraw(root: Path, story: str) -> None:
    with Archive(DataFolder(root)) as archive:
        archive.deleting.withdraw(story, by="ann")


def test_real_processes_that_are_killed_over_it(folder: DataFolder, in_memory: Path) -> None:
    with Archive(folder) as archive:
        story = make_full(folder, archive)
    copy = in_memory / "copy"
    shutil.copytree(folder.root, copy)
    steps = steps_of(withdraw, copy, story)
    for step in random.Random(5).sample(range(1, steps + 1), 12):
        shutil.rmtree(copy)
        shutil.copytree(folder.root, copy)
        killed_at_step(step, withdraw, copy, story)
        at = DataFolder.open(copy)
        with Archive(at) as again:
            begun = again.deleting.tombstone(story) is not None
            assert begun == (again.stories.get(story) is None)
            assert begun or at.story(story).audio.exists()
            assert again.deleting.finish() == []
            if not begun:
                again.deleting.withdraw(story, by="ann")
            require_cleared(at, again, story)


class TestTroubles:
    def test_somebody_who_reads_holds_back_the_last_traces(self, folder: DataFolder) -> None:
        with Archive(folder, wait_s=0.1) as archive:
            story = make_full(folder, archive)
            reader = sqlite3.connect(archive.path, isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM doc_texts").fetchone()
            assert archive.deleting.withdraw(story, by="ann")
            require_gone(archive, story)
            tombstone = archive.deleting.tombstone(story)
            assert tombstone and not tombstone.cleared
            (trouble,) = archive.deleting.finish()
            assert "just reading the archive" in trouble
            reader.close()
            assert archive.deleting.finish() == []
            require_cleared(folder, archive, story)

    def test_a_full_disk_does_not_keep_anybody_from_deleting(
        self, folder: DataFolder, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        story = make_full(folder, archive)

        def full(self: Database) -> None:
            raise ArchiveNotWritten("The disk is full.")

        with monkeypatch.context() as patch:
            patch.setattr(Database, "rewrite", full)
            assert archive.deleting.withdraw(story, by="ann")
            require_gone(archive, story)
            assert not folder.story(story).path.exists()
            (trouble,) = archive.deleting.finish()
            assert trouble == "The disk is full."
        assert archive.deleting.finish() == []
        require_cleared(folder, archive, story)

    def test_a_folder_that_cannot_be_removed_does_not_keep_others(
        self, folder: DataFolder, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = make_full(folder, archive), make_full(folder, archive)
        real = Path.rename

        def forbidden(self: Path, to: Path) -> Path:
            if self.name == one:
                raise PermissionError(13, "Permission denied", str(self))
            return real(self, to)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", forbidden)
            archive.deleting.delete_all(dict.fromkeys((one, two), "staff"), by="ann")
            assert left_of(folder.root, two) == []
            tombstones = {each.id: each.cleared for each in archive.deleting.tombstones()}
            assert tombstones == {one: False, two: True}
            (trouble,) = archive.deleting.finish()
            assert str(folder.story(one).path) in trouble and "Permission denied. Remove it by hand." in trouble
        assert archive.deleting.finish() == []
        require_cleared(folder, archive, one)

    def test_several_may_finish_at_once(self, folder: DataFolder) -> None:
        stories = []
        with contextlib.ExitStack() as opened:
            archives = [opened.enter_context(Archive(folder)) for _ in range(3)]
            for archive in archives:
                stories.append(make_full(folder, archive))
            with archives[0].transaction():
                for story in stories:
                    entry = archives[0].stories.known(story)
                    archives[0].deleting.bury(entry, "staff", by="ann")
            troubles: list[list[str]] = []
            threads = [
                threading.Thread(target=lambda archive=archive: troubles.append(archive.deleting.finish()))
                for archive in archives * 2
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            archives[0].deleting.finish()
            for story in stories:
                require_cleared(folder, archives[0], story)
        assert len(troubles) == 6
