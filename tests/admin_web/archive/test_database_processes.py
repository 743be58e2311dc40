"""Several processes have the archive open."""

import os
import sqlite3
from pathlib import Path

import pytest
from tinydb import where

from admin_web.archive import database, explaining
from admin_web.archive.database import APPLICATION_ID, Database
from admin_web.archive.documents import Documents
from kiosk.errors import ArchiveBusy
from tests.admin_web.archive.others import Others, hold, insert, obey, tell_pairs


@pytest.fixture
def path(in_memory: Path) -> Path:
    return in_memory / "archive.sqlite"


def test_a_process_that_writes_for_too_long_is_named_with_what_it_is(path: Path, others: Others) -> None:
    other = others.start(hold, path)
    assert other.hear() == "holding"
    with Documents(path, wait_s=0.05) as documents:
        for attempt in (lambda: documents.insert({}), lambda: documents.transaction().__enter__()):
            with pytest.raises(ArchiveBusy) as told:
                attempt()
            message = str(told.value)
            command = Path(f"/proc/{other.pid}/cmdline").read_text().replace("\0", " ").strip()
            assert f"{path} is being written by process {other.pid} ({command})" in message
            assert "python" in command and "Try again" in message
        # Reading waits for nobody.
        assert documents.all() == []
        other.tell("keep")
        assert other.end() == ["let go"]
        assert documents.insert({}) == 2
        assert documents.all() == [{"by": "hold"}, {}]


def test_what_another_process_undoes_was_never_there(path: Path, others: Others) -> None:
    other = others.start(hold, path)
    assert other.hear() == "holding"
    with Documents(path) as documents:
        other.tell("undo")
        assert documents.insert({}) == 1
        assert documents.all() == [{}]


def test_a_killed_process_holds_nobody_up(path: Path, others: Others) -> None:
    other = others.start(hold, path)
    assert other.hear() == "holding"
    assert other.kill() == []
    with Documents(path) as documents:
        assert documents.insert({}) == 1


def test_processes_that_insert_at_once_lose_nothing(path: Path, others: Others) -> None:
    started = [others.start(insert, path, 25) for _ in range(2)]
    assert [other.hear() for other in started] == ["ready"] * 2
    for other in started:
        other.tell("go")
    assert [other.end() for other in started] == [[], []]
    with Documents(path) as documents:
        told = sorted((each["by"], each["number"]) for each in documents)
        assert told == sorted((other.pid, number) for other in started for number in range(25))
        assert [each.doc_id for each in documents] == [*range(1, 51)]
        assert documents.table("counter").all() == [{"count": 50}]


def test_processes_that_make_the_file_at_once_all_find_it_made(in_memory: Path, others: Others) -> None:
    for attempt in range(6):
        path = in_memory / f"{attempt}.sqlite"
        started = [others.start(insert, path, 1) for _ in range(4)]
        assert [other.hear() for other in started] == ["ready"] * 4
        for other in started:
            other.tell("go")
        assert [other.end() for other in started] == [[]] * 4
        with Documents(path) as documents:
            assert {each["by"] for each in documents} == {other.pid for other in started}


def test_no_process_gives_a_stale_answer(path: Path, others: Others) -> None:
    other = others.start(obey, path)

    def there(*order: object) -> object:
        other.tell(order)
        return other.hear()

    with Documents(path) as documents:
        fruit = documents.table("fruit")
        kind = where("kind")
        assert (fruit.search(kind == "apple"), len(fruit), documents.tables()) == ([], 0, set())
        assert there("fruit", "insert", {"kind": "apple"}) == 1
        assert (fruit.search(kind == "apple"), len(fruit), documents.tables()) == ([{"kind": "apple"}], 1, {"fruit"})
        assert there("fruit", "all") == [{"kind": "apple"}]
        fruit.update({"kind": "peach"})
        assert there("fruit", "all") == [{"kind": "peach"}]
        assert there("fruit", "update", {"kind": "plum"}) == [1]
        assert (fruit.search(kind == "apple"), fruit.search(kind == "plum")) == ([], [{"kind": "plum"}])
        assert fruit.search(kind.matches("p")) == [{"kind": "plum"}]
        # Numbers, also of what is gone.
        assert there("fruit", "insert", {}) == 2
        assert fruit.insert({}) == 3
        fruit.remove(doc_ids=[3])
        assert there("fruit", "insert", {}) == 4
        # The table itself goes, and comes again.
        documents.drop_table("fruit")
        assert there("fruit", "all") == []
        assert there("fruit", "insert", {"kind": "fig"}) == 1
        assert fruit.search(kind == "fig") == [{"kind": "fig"}]
        assert there("fruit", "truncate") is None
        assert fruit.all() == []


def test_one_is_gone_through_while_another_process_writes(path: Path, others: Others) -> None:
    other = others.start(tell_pairs, path)
    assert other.hear() == 1
    with Documents(path) as documents:
        for _ in range(20):
            other.hear()
            last = documents.table("last").all()[0]["number"]
            seen = [each["number"] for each in documents]
            # Both of each, in order, and all that was there before it was begun.
            assert seen[::2] == seen[1::2] == [*range(1, len(seen) // 2 + 1)]
            assert len(seen) >= 2 * last


# Who it is, from /proc/locks as the kernel writes it.


@pytest.mark.parametrize(
    "line, named",
    [
        ("1: POSIX  ADVISORY  WRITE {pid} fd:00:{inode} 120 120", True),
        ("12: POSIX  ADVISORY  WRITE {pid} 00:2f:{inode} 120 121", True),
        ("3: POSIX  ADVISORY  WRITE {pid} 00:2f:{inode} 0 EOF", False),
        ("1: POSIX  ADVISORY  READ {pid} 00:2f:{inode} 120 120", False),
        ("1: POSIX  ADVISORY  WRITE {pid} 00:2f:{inode} 123 123", False),
        ("1: POSIX  ADVISORY  WRITE {pid} 00:2f:1{inode} 120 120", False),
        ("1: -> POSIX  ADVISORY  WRITE {pid} 00:2f:{inode} 120 120", False),
        ("1: FLOCK  ADVISORY  WRITE {pid} 00:2f:{inode} 120 120", False),
        ("1: POSIX  ADVISORY  WRITE 0 00:2f:{inode} 120 120", False),
        ("1: POSIX  ADVISORY  WRITE 4194305 00:2f:{inode} 120 120", False),
        ("1: POSIX  ADVISORY  WRITE -1 00:2f:{inode} 120 120", False),
        ("nonsense", False),
    ],
)
def test_the_lock_of_the_one_who_writes_is_told_from_others(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, named: bool
) -> None:
    locks = tmp_path / "locks"
    monkeypatch.setattr(explaining, "_LOCKS", locks)
    with Documents(path) as documents, Documents(path, wait_s=0) as other:
        inode = path.with_name(f"{path.name}-shm").stat().st_ino
        locks.write_text(f"7: FLOCK  ADVISORY  WRITE 1 fd:00:1 0 EOF\n{line.format(pid=os.getpid(), inode=inode)}\n")
        who = f"process {os.getpid()} (" if named else "another process, and"
        with documents.transaction(), pytest.raises(ArchiveBusy) as told:
            other.insert({})
        assert f"being written by {who}" in str(told.value)


def test_where_no_locks_are_told_it_is_another_process(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(explaining, "_LOCKS", tmp_path / "none")
    with (
        Documents(path) as documents,
        Documents(path, wait_s=0) as other,
        documents.transaction(),
        pytest.raises(ArchiveBusy, match="written by another process"),
    ):
        other.insert({})


def test_opening_waits_for_those_who_just_make_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself says "busy" at once when two want to change to the write-ahead log."""
    maker = sqlite3.connect(path, isolation_level=None)
    maker.execute(f"PRAGMA application_id={APPLICATION_ID}")
    maker.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveBusy, match="Try again"):
        Documents(path, wait_s=0)
    # Whoever waits, sleeps; meanwhile the other one ends.
    monkeypatch.setattr(database.time, "sleep", lambda _: maker.close())
    with Documents(path, wait_s=60) as documents:
        assert documents.insert({}) == 1


def test_opening_what_is_there_waits_for_no_writer(path: Path, others: Others) -> None:
    Database(path).close()
    other = others.start(hold, path)
    assert other.hear() == "holding"
    with Documents(path, wait_s=0) as documents:
        assert documents.all() == []
