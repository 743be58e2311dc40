"""Transactions: all or none, for every thread of a process."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tinydb import where
from tinydb.operations import decrement, increment

from admin_web.archive.database import Database
from admin_web.archive.documents import Documents
from kiosk.errors import ArchiveBusy, ArchiveError, ArchiveNotWritten


class Stopped(Exception):
    """Something else goes wrong within a transaction."""


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(6) as executor:
        yield executor


def numbers(documents: Documents) -> list[int]:
    return [document["n"] for document in documents]


@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt, SystemExit, GeneratorExit, sqlite3.OperationalError])
def test_what_is_interrupted_has_changed_nothing(documents: Documents, error: type[BaseException]) -> None:
    documents.insert({"n": 1})
    with pytest.raises(error), documents.transaction():
        documents.insert({"n": 2})
        documents.update({"n": 3})
        documents.table("new").insert({})
        assert numbers(documents) == [3, 3]
        raise error
    assert numbers(documents) == [1]
    assert documents.tables() == {"_default"}
    with documents.transaction():
        assert documents.insert({"n": 4}) == 2
    assert numbers(documents) == [1, 4]


def test_a_transaction_within_another_is_undone_alone(documents: Documents) -> None:
    with documents.transaction():
        documents.insert({"n": 1})
        with pytest.raises(Stopped), documents.transaction():
            documents.insert({"n": 2})
            with documents.transaction():
                documents.insert({"n": 3})
            raise Stopped
        with documents.transaction():
            documents.insert({"n": 4})
            with pytest.raises(Stopped), documents.transaction():
                documents.insert({"n": 5})
                raise Stopped
            documents.insert({"n": 6})
    assert numbers(documents) == [1, 4, 6]


def test_a_transaction_within_another_is_kept_only_with_that(documents: Documents) -> None:
    with pytest.raises(Stopped), documents.transaction():
        with documents.transaction():
            documents.insert({"n": 1})
        documents.insert({"n": 2})
        raise Stopped
    assert numbers(documents) == []


def test_a_call_that_fails_within_a_transaction_leaves_the_rest_of_it(documents: Documents) -> None:
    with documents.transaction():
        documents.insert({"n": 1})
        with pytest.raises(ValueError, match="not a Mapping"):
            documents.insert_multiple([{"n": 2}, "no document"])  # type: ignore[list-item]
        documents.insert({"n": 3})
    assert numbers(documents) == [1, 3]


def test_what_sqlite_undid_by_itself_is_not_gone_on_with(documents: Documents) -> None:
    documents.insert({"n": 0})
    database = documents.database
    with pytest.raises(ArchiveNotWritten, match="all of its transaction was undone"), documents.transaction():
        documents.insert({"n": 1})
        # As it does when the disk is full: the whole transaction, not only this statement.
        with pytest.raises(sqlite3.IntegrityError), documents.transaction():
            database.write("INSERT OR ROLLBACK INTO \"doc__default\" (id, doc) VALUES (1, '{}')")
        for go_on in (lambda: documents.insert({"n": 2}), lambda: documents.insert_multiple([{"n": 3}])):
            with pytest.raises(ArchiveNotWritten, match="all of its transaction was undone"):
                go_on()
        # Caught, too; but the transaction cannot end well.
    assert numbers(documents) == [0]
    documents.insert({"n": 4})
    assert numbers(documents) == [0, 4]


def test_others_see_a_change_when_it_is_kept_and_do_not_wait_for_it(
    documents: Documents, pool: ThreadPoolExecutor
) -> None:
    documents.insert_multiple([{"n": 1}, {"n": 2}])
    with documents.transaction():
        documents.update(increment("n"))
        documents.remove(where("n") == 3)
        documents.table("new").insert({})
        # The other thread ends while this transaction is open.
        assert pool.submit(numbers, documents).result() == [1, 2]
        assert pool.submit(documents.count, where("n") == 2).result() == 1
        assert pool.submit(documents.tables).result() == {"_default"}
        assert numbers(documents) == [2]
    assert pool.submit(numbers, documents).result() == [2]


def test_threads_that_write_at_once_lose_nothing(documents: Documents, pool: ThreadPoolExecutor) -> None:
    documents.insert({"n": 0})

    def count_on(thread: int) -> None:
        for number in range(15):
            documents.table("all").insert({"thread": thread, "number": number})
            documents.update(increment("n"))
            with documents.transaction():
                # Read, then write what was read: nobody comes between.
                before = documents.all()[0]["n"]
                documents.update({"n": before + 1})

    list(pool.map(count_on, range(6)))
    assert numbers(documents) == [180]
    told = [(each["thread"], each["number"]) for each in documents.table("all")]
    assert sorted(told) == [(thread, number) for thread in range(6) for number in range(15)]


def test_transactions_of_several_threads_do_not_mix(documents: Documents, pool: ThreadPoolExecutor) -> None:
    documents.insert_multiple([{"n": 50}, {"n": 50}])
    together = threading.Barrier(6)

    def move(thread: int) -> None:
        together.wait()
        for step in range(10):
            try:
                with documents.transaction():
                    documents.update(increment("n"), doc_ids=[1 + thread % 2])
                    assert sum(numbers(documents)) == 101
                    documents.update(decrement("n"), doc_ids=[2 - thread % 2])
                    if step % 3 == 0:
                        raise Stopped
            except Stopped:
                pass
            assert sum(numbers(documents)) == 100

    list(pool.map(move, range(6)))
    # Three threads each way, and as many of their steps were undone.
    assert numbers(documents) == [50, 50]


def test_a_thread_that_writes_for_too_long_is_named(in_memory: Path, pool: ThreadPoolExecutor) -> None:
    with Documents(in_memory / "archive.sqlite", wait_s=0.05) as documents:
        documents.insert({"n": 1})
        tries: list[Callable[[], object]] = [
            lambda: documents.insert({"n": 2}),
            lambda: documents.update({"n": 2}),
            lambda: documents.database.transaction().__enter__(),
            lambda: documents.database.empty_log(),
        ]
        with documents.transaction():
            for attempt in tries:
                with pytest.raises(ArchiveBusy, match=r"being written by this process \(\d+\).*Try again"):
                    pool.submit(attempt).result()
            assert pool.submit(numbers, documents).result() == [1]
        pool.submit(documents.insert, {"n": 3}).result()
        assert numbers(documents) == [1, 3]


def test_documents_are_gone_through_while_others_write(documents: Documents, pool: ThreadPoolExecutor) -> None:
    documents.insert_multiple({"n": n} for n in range(1200))

    def change() -> None:
        documents.update({"n": "changed"}, doc_ids=range(1190, 1200))
        documents.remove(doc_ids=[1100])
        documents.insert({"n": "new"})

    found = iter(documents)
    seen = [next(found)]
    pool.submit(change).result()
    seen += found
    # What is come to later is as it is then; nothing comes twice, and nothing is passed over.
    assert [each.doc_id for each in seen] == [n for n in range(1, 1202) if n != 1100]
    assert [each["n"] for each in seen[-12:]] == [*["changed"] * 10, 1199, "new"]


def test_a_mistake_of_ours_is_not_called_damage(documents: Documents) -> None:
    for wrong in ("SELEKT 1", "SELECT * FROM nowhere", "SELECT ?"):
        for call in (documents.database.read, documents.database.write):
            with pytest.raises(sqlite3.Error) as told:
                call(wrong)
            assert not isinstance(told.value, ArchiveError)
            # It is its own cause nowhere: whoever prints it would never end.
            assert told.value.__cause__ is None


def test_a_reader_cannot_write(documents: Documents) -> None:
    documents.insert({"n": 1})
    with pytest.raises(ArchiveNotWritten):
        documents.database.read('DELETE FROM "doc__default"')
    assert numbers(documents) == [1]


def test_the_log_is_cut_when_nobody_reads_from_it(documents: Documents) -> None:
    database = documents.database
    log = database.path.with_name(f"{database.path.name}-wal")
    documents.insert_multiple({"n": n} for n in range(100))
    assert log.stat().st_size > 0
    assert database.empty_log()
    assert log.stat().st_size == 0
    documents.insert({"n": 100})
    reader = sqlite3.connect(database.path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute('SELECT count(*) FROM "doc__default"').fetchone() == (101,)
    documents.insert({"n": 101})
    with Documents(database.path, wait_s=0.05) as impatient:
        assert not impatient.database.empty_log()
    reader.close()
    assert database.empty_log()
    assert len(documents) == 102


def test_a_copy_is_of_one_moment_though_others_write(
    documents: Documents, in_memory: Path, pool: ThreadPoolExecutor
) -> None:
    """Two accounts between which sums are moved: whatever the moment, there are 1000 together."""
    documents.insert_multiple([{"n": 500}, {"n": 500}])
    documents.table("much").insert_multiple({"text": "x" * 500} for _ in range(300))
    copied, steps = threading.Event(), threading.Semaphore(0)

    def move() -> None:
        while not copied.is_set():
            with documents.transaction():
                documents.update(increment("n"), doc_ids=[1])
                documents.update(decrement("n"), doc_ids=[2])
                documents.table("much").update({"text": "y" * 700}, doc_ids=range(1, 300, 20))
            steps.release()

    moving = pool.submit(move)
    seen: list[tuple[int, int]] = []

    def progress(_: int, left: int, pages: int) -> None:
        seen.append((left, pages))
        # It goes on only when there was another change.
        assert steps.acquire(timeout=60)

    copy = in_memory / "copy.sqlite"
    steps.acquire()
    documents.database.copy_to(copy, progress, pages=5)
    copied.set()
    moving.result()
    assert len(seen) > 5
    # Each part of it once: no change made it begin again.
    assert [left for left, _ in seen] == sorted({left for left, _ in seen}, reverse=True)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in in_memory.glob("copy*")] == ["copy.sqlite"]
    assert sum(numbers(documents)) == 1000
    with Documents(copy) as whole:
        assert whole.database.read("PRAGMA integrity_check") == [("ok",)]
        assert sum(numbers(whole)) == 1000
        assert len(whole.table("much")) == 300
        # Within one transaction all were changed, or none.
        assert len({each["text"] for each in whole.table("much").get(doc_ids=range(1, 300, 20)) or []}) == 1


def test_a_copy_does_not_see_what_is_not_kept_yet(documents: Documents, in_memory: Path) -> None:
    documents.insert({"n": 1})
    with documents.transaction():
        documents.insert({"n": 2})
        documents.database.copy_to(in_memory / "copy.sqlite")
    with Documents(in_memory / "copy.sqlite") as copy:
        assert numbers(copy) == [1]


def test_the_file_is_for_its_owner_alone(in_memory: Path) -> None:
    path = in_memory / "archive.sqlite"
    with Documents(path) as documents:
        documents.insert({})
        modes = {each.name: each.stat().st_mode & 0o777 for each in in_memory.iterdir()}
    assert modes == {"archive.sqlite": 0o600, "archive.sqlite-wal": 0o600, "archive.sqlite-shm": 0o600}


def test_two_databases_of_one_process_do_not_lose_each_others_changes(in_memory: Path) -> None:
    with Documents(in_memory / "archive.sqlite") as one, Documents(in_memory / "archive.sqlite", wait_s=0.05) as other:
        one.insert({"n": 1})
        with one.transaction():
            one.insert({"n": 2})
            with pytest.raises(ArchiveBusy):
                other.insert({"n": 3})
            assert numbers(other) == [1]
        other.insert({"n": 4})
        assert numbers(one) == numbers(other) == [1, 2, 4]


def test_closing_keeps_what_was_kept_and_nothing_else(in_memory: Path) -> None:
    database = Database(in_memory / "archive.sqlite")
    database.write("CREATE TABLE told (n)")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"), database.transaction():
        database.write("INSERT INTO told VALUES (1)")
        database.close()
    again = Database(in_memory / "archive.sqlite")
    assert again.read("SELECT count(*) FROM told") == [(0,)]
    again.close()
