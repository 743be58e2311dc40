"""Opening an archive: a new one, or one of a newer Sayso; by several at once."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from admin_web.archive import Archive
from admin_web.archive.check import check_archive
from admin_web.archive.schema import NAMED, NUMBERED, VERSION
from kiosk.errors import ArchiveDamaged
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import file_of, take_in, told
from tests.admin_web.archive.version_1 import version_of, write_version_1


def files_in(folder: DataFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.archive.iterdir()}


class TestOpening:
    def test_a_new_one_has_every_table_and_is_whole(self, folder: DataFolder, archive: Archive) -> None:
        assert archive.stories.count() == 0 and archive.people.everybody() == []
        assert list(check_archive(archive)) == []
        for name in {*NAMED, *NUMBERED} - {"tags", "word_list"}:
            assert list(archive.documents_of(name)) == []
        assert version_of(folder) == VERSION

    def test_opened_again_nothing_is_written(self, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            take_in(archive, told(1))
        before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.archive.iterdir()}
        assert {path.name for path in before} == {"archive.sqlite"}
        with Archive(folder) as again:
            assert again.stories.count() == 1
            assert len(file_of(again)) == len(before[again.path][1])
        assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.archive.iterdir()} == before

    def test_several_threads_may_make_it_at_once(self, folder: DataFolder) -> None:
        together, mistakes = threading.Barrier(6, timeout=60), []

        def open_it(number: int) -> None:
            try:
                together.wait()
                with Archive(folder) as archive:
                    take_in(archive, told(number))
            except BaseException as error:
                mistakes.append(error)

        threads = [threading.Thread(target=open_it, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mistakes == []
        with Archive(folder) as archive:
            assert archive.stories.count() == 6
            assert list(check_archive(archive)) == []

    @pytest.mark.parametrize("old", [False, True])
    def test_several_processes_may_make_it_or_bring_it_up_to_date_at_once(self, folder: DataFolder, old: bool) -> None:
        if old:
            write_version_1(folder)
        ended = subprocess.run(
            [sys.executable, "-c", OPENERS, str(folder.root)], capture_output=True, text=True, timeout=120
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        with Archive(folder) as archive:
            assert archive.stories.count() == 5 + (3 if old else 0)
            assert bool(archive.people.everybody()) == old
            assert list(check_archive(archive)) == []
        assert {path.name for path in folder.archive.iterdir()} == {"archive.sqlite"}


#: A process that loads everything once, and five children of it that open the archive when a pipe is closed.
OPENERS = """
import os, sys
from pathlib import Path
from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import take_in, told

wait, go = os.pipe()
children = []
for number in range(500, 505):
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(wait, 1)
        with Archive(DataFolder(Path(sys.argv[1]))) as archive:
            take_in(archive, told(number))
        os._exit(0)
    children.append(child)
os.close(go)
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""


class TestNewer:
    @pytest.mark.parametrize("newer", [VERSION + 1, 99, 2**31 - 1])
    def test_one_of_a_newer_sayso_is_refused_and_left_as_it_is(self, folder: DataFolder, newer: int) -> None:
        with Archive(folder) as archive:
            take_in(archive, told(1))
        raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
        raw.execute(f"PRAGMA user_version={newer}")
        raw.close()
        before = files_in(folder)
        for _ in range(2):
            with pytest.raises(
                ArchiveDamaged, match=rf"newer Sayso \(version {newer}, this one knows {VERSION}\)"
            ) as told_:
                Archive(folder)
            assert "Nothing was changed. Install the newer Sayso again, or 'sayso restore'" in str(told_.value)
            assert files_in(folder) == before
