import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from admin_web.archive import Archive, StoryEntry
from admin_web.archive import storage as storage_module
from kiosk.errors import ArchiveError
from kiosk.stories.folder import DataFolder

KILLS = 40


def entry(number: int, **changed: object) -> StoryEntry:
    told = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=number)
    base = StoryEntry(
        id=f"station-{number:06d}-abcdef",
        sequence=number,
        station="station",
        started_at=told,
        clock_quality="ntp",
        seconds=61.5,
        agreed=True,
        sample=False,
        taken_in_at=told,
        listed_at=told,
    )
    return base.model_copy(update=changed)


def database(folder: DataFolder) -> Path:
    return folder.archive / "archive.json"


def test_what_was_taken_in_is_there_after_opening_it_again(folder: DataFolder) -> None:
    told = [entry(n, beginning=f"wörds {n} “quoted” \u2028", words="ready") for n in range(1, 6)]
    Archive(folder).take_in(told)
    again = Archive(folder)
    assert again.count() == 5
    assert again.stories(1, 3) == told[:1:-1]
    assert again.stories(2, 3) == told[1::-1]
    assert again.stories(3, 3) == []
    assert again.story(told[0].id) == told[0]
    assert again.story("station-000099-abcdef") is None


def test_a_change_replaces_what_was_known(folder: DataFolder) -> None:
    archive = Archive(folder)
    archive.take_in([entry(1), entry(2)])
    archive.take_in([entry(1, words="ready", beginning="hello"), entry(3)])
    known = Archive(folder).story(entry(1).id)
    assert known and known.beginning == "hello"
    assert Archive(folder).words_of_each() == {entry(1).id: "ready", entry(2).id: "waiting", entry(3).id: "waiting"}


def test_nothing_is_written_when_nothing_changed(folder: DataFolder) -> None:
    archive = Archive(folder)
    archive.take_in([entry(1), entry(2)])
    before = database(folder).stat()
    archive.take_in([entry(1), entry(2)])
    archive.take_in([])
    after = database(folder).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_thousand_new_stories_are_one_write(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    write_whole = storage_module.write_whole

    def counted(path: Path, content: bytes) -> None:
        written.append(path)
        write_whole(path, content)

    monkeypatch.setattr(storage_module, "write_whole", counted)
    Archive(folder).take_in(entry(n) for n in range(1, 1001))
    assert written == [database(folder)]


def test_a_story_whose_folder_has_gone_is_not_listed_and_comes_back_with_it(folder: DataFolder) -> None:
    archive = Archive(folder)
    archive.take_in([entry(1), entry(2)])
    archive.take_in([entry(1, present=False)])
    assert [each.id for each in archive.stories(1, 9)] == [entry(2).id]
    assert archive.count() == 1
    archive.take_in([entry(1)])
    assert archive.count() == 2


def test_a_station_without_a_clock_does_not_hide_its_newest_story_on_the_last_page(folder: DataFolder) -> None:
    archive = Archive(folder)
    archive.take_in([entry(1), entry(2)])
    lost = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    archive = Archive(folder)
    archive.take_in([entry(3, clock_quality="unknown", started_at=lost, listed_at=lost)])
    assert [each.sequence for each in archive.stories(1, 9)] == [3, 2, 1]
    # Its words come: it stays where it is, and still tells the time that it was given.
    archive.take_in([entry(4)])
    archive.take_in(
        [entry(3, clock_quality="unknown", started_at=lost, listed_at=lost, words="ready", beginning="hello")]
    )
    assert [each.sequence for each in archive.stories(1, 9)] == [4, 3, 2, 1]
    assert archive.stories(1, 9)[1].started_at == lost


def test_there_is_one_account_and_nobody_makes_a_second(folder: DataFolder) -> None:
    archive = Archive(folder)
    assert archive.account() is None
    made = archive.make_account("Front Desk", "hash")
    assert made and archive.make_account("Mallory", "other") is None
    assert Archive(folder).account() == made


def test_several_threads_do_not_lose_each_others_changes(folder: DataFolder) -> None:
    archive = Archive(folder)

    def add(thread: int) -> None:
        for n in range(10):
            archive.take_in([entry(thread * 100 + n)])
            archive.stories(1, 25)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archive.count() == Archive(folder).count() == 60


def test_a_write_that_fails_changes_nothing_and_can_be_done_again(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(folder)
    archive.take_in([entry(1)])

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as broken:
        broken.setattr(storage_module, "write_whole", full)
        with pytest.raises(OSError, match="No space"):
            archive.take_in([entry(1, beginning="changed"), entry(2)])
        with pytest.raises(OSError, match="No space"):
            archive.make_account("Front Desk", "hash")
    assert archive.account() is None
    assert archive.stories(1, 9) == [entry(1)]
    archive.take_in([entry(1, beginning="changed"), entry(2)])
    assert Archive(folder).count() == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00" * 50,
        b"\xff\xfe\xff",
        b"[]",
        b"3",
        b'{"stories": []}',
        b'{"stories": {"a": 5}}',
        b'{"stories": {"a": {"id": "a"}}}',
        b'{"stories": {}, "accounts": {"x": {"id": "x"}}}',
    ],
)
def test_a_damaged_file_is_named_with_the_way_out_and_left_as_it_is(folder: DataFolder, content: bytes) -> None:
    database(folder).write_bytes(content)
    with pytest.raises(ArchiveError, match=r"archive\.json is damaged.*Move it aside"):
        Archive(folder)
    assert database(folder).read_bytes() == content


def test_what_a_killed_process_left_half_written_is_cleared(folder: DataFolder) -> None:
    Archive(folder).take_in([entry(1)])
    unfinished = folder.archive / ".archive.json.12345678.part"
    unfinished.write_bytes(b'{"stories": {')
    assert Archive(folder).count() == 1
    assert not unfinished.exists()


#: Python starts once; each line from us makes it fork a process that opens the archive and adds to it without end.
WRITER = """
import os, sys
from pathlib import Path
from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from tests.admin_web.test_archive import entry

def write():
    archive = Archive(DataFolder(Path(sys.argv[1])))
    number = archive.count()
    while True:
        number += 1
        archive.take_in([entry(number, beginning="x" * 2000)])
        # In one piece: half a line of a process that was killed is of no use.
        os.write(1, b"%d\\n" % number)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        write()
    print("child", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(folder: DataFolder) -> None:
    chance = random.Random(7)
    acknowledged = 0
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin and parent.stdout
        for _ in range(KILLS):
            parent.stdin.write("again\n")
            parent.stdin.flush()
            child = 0
            enough = acknowledged + chance.randrange(1, 6)
            while not child or acknowledged < enough:
                line = parent.stdout.readline()
                if line.startswith("child"):
                    child = int(line.split()[1])
                else:
                    acknowledged = int(line)
            # Somewhere within the next write.
            time.sleep(chance.random() * 0.004)
            os.kill(child, signal.SIGKILL)
            while (line := parent.stdout.readline()) != "ended\n":
                acknowledged = int(line)
            archive = Archive(folder)
            assert acknowledged <= archive.count() <= acknowledged + 1
            for number in range(1, acknowledged + 1):
                assert archive.story(entry(number).id)
            # What was in the middle of being written may or may not have come to be; the writer counts on from there.
            acknowledged = archive.count()
        parent.stdin.close()
