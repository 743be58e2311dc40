"""What is deleted or written over is not in the file any more, nor in its log.

With one exception, which SQLite's "secure_delete" does not cover: where rows are moved between pages (one is split, or
two are joined), copies stay in the gap of the old page, between its list of rows and the first of them. They go when
the page is used again, or when the file is written anew (VACUUM).
"""

import random
import re

import pytest
from tinydb import where

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, SQLiteTable, named

PAGE = 4096
SIZES = [10, 200, 1500, 3500, 4200, 9000, 30_000]


@pytest.fixture
def stories(documents: Documents) -> SQLiteTable:
    """A table with an index that holds texts as well."""
    table = documents.table("stories", ids=str, persist_empty=True)
    documents.database.write(f"CREATE INDEX kinds ON doc_stories ({field('kind')})")
    return table


def content(documents: Documents) -> bytes:
    """Return all bytes of the archive: of the file, its log and the log's index."""
    path = documents.database.path
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


def marked(name: str, size: int) -> dict[str, str]:
    return {"kind": f"{name}-k", "text": " ".join([f"{name}-text"] * (size // 10 + 1))}


@pytest.mark.parametrize("size", SIZES)
def test_a_removed_document_is_gone(documents: Documents, stories: SQLiteTable, size: int) -> None:
    stories.insert_multiple(named(marked(f"kept{n}", 300), f"kept{n}-id") for n in range(9))
    stories.insert(named(marked("secret", size), "secret-id"))
    assert b"secret-id" in content(documents)
    assert documents.database.empty_log()
    assert all(mark in content(documents) for mark in (b"secret-id", b"secret-k", b"secret-text"))
    stories.remove(doc_ids=["secret-id"])
    assert documents.database.empty_log()
    assert b"secret" not in content(documents)
    assert b"kept8-text" in content(documents)


@pytest.mark.parametrize("before", SIZES)
@pytest.mark.parametrize("after", [0, 3000, 20_000])
def test_what_was_written_over_is_gone(documents: Documents, stories: SQLiteTable, before: int, after: int) -> None:
    stories.insert(named(marked("secret", before), "story"))
    documents.database.empty_log()
    stories.update(marked("public", after))
    assert documents.database.empty_log()
    assert b"secret" not in content(documents)
    assert b"public-text" in content(documents)


def test_a_dropped_or_emptied_table_is_gone(documents: Documents, stories: SQLiteTable) -> None:
    for way in (stories.truncate, lambda: documents.drop_table("stories")):
        stories.insert_multiple(named(marked("secret", 500), f"secret{n}") for n in range(60))
        way()
        assert documents.database.empty_log()
        assert b"secret" not in content(documents)


def test_what_was_undone_is_gone_with_the_log(documents: Documents, stories: SQLiteTable) -> None:
    with pytest.raises(KeyError), documents.transaction():
        # More than is kept in memory, so that it is in the log before it is undone.
        stories.insert_multiple(named(marked("secret", 30_000), f"secret{n}") for n in range(120))
        raise KeyError
    assert documents.database.empty_log()
    assert b"secret" not in content(documents)


def work(documents: Documents, table: SQLiteTable, chance: random.Random) -> set[str]:
    """Insert, change and remove as staff do over the years; return the marks of what shall be gone."""
    marks: dict[str, list[str]] = {}
    gone: set[str] = set()
    for step in range(chance.randrange(40, 120)):
        mark, key = f"m{step:04}", f"id{step:04}"
        match chance.choice(["insert"] * 5 + ["change", "change", "remove", "remove", "empty"]):
            case "insert":
                table.insert(named(marked(mark, chance.choice(SIZES)), key))
                marks[key] = [mark, key]
            case "change" if marks:
                key = chance.choice([*marks])
                table.update(marked(mark, chance.choice(SIZES)), doc_ids=[key])
                gone.add(marks[key].pop(0))
                marks[key].insert(0, mark)
            case "remove" if marks:
                key = chance.choice([*marks])
                table.remove(doc_ids=[key])
                gone.update(marks.pop(key))
            case "empty":
                documents.database.empty_log()
    assert documents.database.empty_log()
    assert all(mark.encode() in content(documents) for kept in marks.values() for mark in kept)
    return gone


def left_of(gone: set[str], file: bytes) -> list[int]:
    """Return where marks are that shall be gone."""
    found = re.finditer(rb"m\d{4}|id\d{4}", file)
    return [each.start() for each in found if each.group().decode() in gone]


def is_in_a_gap(at: int, file: bytes) -> bool:
    """Say whether a byte is in the unused middle of a page with rows (SQLite, "Database File Format", 1.6)."""
    page = file[at - at % PAGE :][:PAGE]
    header = 12 if page[0] in (2, 5) else 8
    cells, first = int.from_bytes(page[3:5], "big"), int.from_bytes(page[5:7], "big")
    return page[0] in (2, 5, 10, 13) and header + 2 * cells <= at % PAGE < first


@pytest.mark.parametrize("seed", [64, 244, 304, *range(4)])
def test_nothing_is_left_but_copies_in_gaps_and_those_go_when_the_file_is_written_anew(
    documents: Documents, stories: SQLiteTable, seed: int
) -> None:
    gone = work(documents, stories, random.Random(seed))
    file = documents.database.path.read_bytes()
    assert len(gone) > 5
    assert [at for at in left_of(gone, content(documents)) if at >= PAGE and not is_in_a_gap(at, file)] == []
    kept = stories.all()
    documents.database.write("VACUUM")
    assert documents.database.empty_log()
    assert left_of(gone, content(documents)) == []
    assert stories.all() == kept == stories.search(where("kind").exists())


def test_the_test_finds_what_is_not_overwritten(documents: Documents, stories: SQLiteTable) -> None:
    # Without "secure_delete" a removed row stays in its page, and is found there.
    documents.database.write("PRAGMA secure_delete=OFF")
    gone = work(documents, stories, random.Random(1))
    file = documents.database.path.read_bytes()
    assert [at for at in left_of(gone, file) if not is_in_a_gap(at, file)]
