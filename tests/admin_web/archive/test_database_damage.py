"""Files that are damaged, or are no archive."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import where

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from kiosk.errors import ArchiveDamaged, ArchiveError
from tests.admin_web.archive.opening import folder_in_memory

FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=80, suppress_health_check=list(HealthCheck)
)
WAYS_OUT = r"Sayso has not changed it\. 'sayso archive check' .* 'sayso restore' .* 'sayso archive rebuild'"


@pytest.fixture
def path(in_memory: Path) -> Path:
    return in_memory / "archive.sqlite"


def with_table(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in ("CREATE TABLE contacts (name)", *statements):
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "content",
    [b"xy", b"\0" * 50, b"\0" * 8192, b'{"stories": {}}', b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 8192],
)
def test_a_file_that_is_no_database_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=WAYS_OUT):
        Documents(path)
    assert path.read_bytes() == content
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("statements", [[], ["PRAGMA application_id=7"], ["PRAGMA journal_mode=WAL"]])
def test_another_programs_database_is_left_as_it_is(path: Path, statements: list[str]) -> None:
    with_table(path, *statements)
    before = path.read_bytes()
    with pytest.raises(ArchiveDamaged, match=f"not an archive of Sayso, but another program's. {WAYS_OUT}"):
        Documents(path)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("content", [b"", b"S"])
def test_an_empty_file_becomes_an_archive(path: Path, content: bytes) -> None:
    # A process that was killed while it made the archive leaves one. To SQLite one byte is none.
    path.write_bytes(content)
    path.chmod(0o644)
    with Documents(path) as documents:
        assert documents.insert({}) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_in_its_place_is_said_to_be_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ArchiveError, match=f"{path} cannot be opened"):
        Documents(path)
    assert [*path.iterdir()] == []


def test_a_folder_that_is_not_there_is_said_to_be_wanted(path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"cannot be opened.*read and write"):
        Documents(path.parent / "nowhere" / path.name)


# An archive as stories make it, with an index, long documents and some that were removed.


def text_of(number: int) -> str:
    """Words that say everywhere whose they are, so that they can be found in the file."""
    return " ".join(f"d{number}w{word}é" for word in range((3, 20, 60, 500)[number % 4]))


class Filled:
    """The bytes of an archive, and what it holds."""

    def __init__(self, folder: Path) -> None:
        with Documents(folder / "filled.sqlite") as documents:
            stories = documents.table("stories", ids=str, persist_empty=True)
            documents.database.write(f"CREATE INDEX kinds ON doc_stories ({field('kind')})")
            stories.insert_multiple(
                named({"kind": f"k{number % 7}", "n": number, "text": text_of(number)}, f"story-{number:03}")
                for number in range(24)
            )
            documents.table("Notes").insert_multiple(
                {"n": number, "text": text_of(number)} for number in range(100, 116)
            )
            stories.remove(doc_ids=["story-003", "story-015"])
            documents.table("Notes").remove(doc_ids=[9])
            self.tables = {name: {each.doc_id: each for each in documents.table(name)} for name in ("stories", "Notes")}
        self.content = (folder / "filled.sqlite").read_bytes()


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    with folder_in_memory() as folder:
        yield Filled(folder)


@pytest.fixture(scope="module")
def broken() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder / "broken.sqlite"


def look_at_all(documents: Documents, filled: Filled) -> tuple[set[str | int], set[str | int]]:
    """Return the ids under which something wrong was found, and those under which nothing was.

    Raises:
        ArchiveError: Something could not be read.
    """
    wrong: set[str | int] = set()
    missing: set[str | int] = set()
    for name, whole in filled.tables.items():
        table = documents.table(name, ids=str if name == "stories" else int)
        found = [*table, *table.search(where("n") >= 0), *(each for key in whole if (each := table.of_id(key)))]
        found += [*table.search(where("kind").one_of(["k1", "k5"])), *table.search(where("text").search("w2"))]
        wrong |= {each.doc_id for each in found if whole.get(each.doc_id) != each}
        missing |= {*whole} - {each.doc_id for each in table}
        len(table)
    documents.tables()
    documents.storage.read()
    return wrong, missing


def write_all(documents: Documents) -> None:
    """Change everything.

    Raises:
        ArchiveError: Something could not be read or written.
    """
    stories = documents.table("stories", ids=str)
    stories.insert(named({"kind": "k1", "n": 99}, "story-new"))
    stories.update({"seen": True})
    stories.remove(where("n") > 30)
    documents.table("Notes", ids=int).insert({"n": 1})
    documents.table("Notes", ids=int).truncate()
    documents.drop_table("stories")
    documents.database.empty_log()


def test_what_is_whole_is_read_and_written(filled: Filled, broken: Path) -> None:
    # So that the tests below can tell.
    broken.write_bytes(filled.content)
    with Documents(broken) as documents:
        assert look_at_all(documents, filled) == (set(), set())
        write_all(documents)
    assert len(filled.content) > 10 * 4096


places = st.integers(0, 2**20) | st.builds(lambda page, at: page * 4096 + at, st.integers(0, 40), st.integers(0, 110))
damages = st.tuples(places, st.sampled_from(["bit", "byte", "zeros", "noise"]), st.binary(min_size=1, max_size=300))


def damage(content: bytes, told: list[tuple[int, str, bytes]]) -> tuple[bytes, set[int]]:
    """Return content that is damaged, and which of its bytes are other ones."""
    broken = bytearray(content)
    for place, what, noise in told:
        at = place % len(broken)
        match what:
            case "bit":
                broken[at] ^= 1 << noise[0] % 8
            case "byte":
                broken[at] = noise[0]
            case "zeros":
                broken[at : at + 16 * len(noise)] = bytes(len(broken[at : at + 16 * len(noise)]))
            case "noise":
                broken[at : at + len(noise)] = noise[: len(broken) - at]
    return bytes(broken), {at for at, byte in enumerate(content) if broken[at] != byte}


@FIXED
@given(st.lists(damages, min_size=1, max_size=2))
def test_damage_is_told_or_does_no_harm(filled: Filled, broken: Path, told: list[tuple[int, str, bytes]]) -> None:
    """Nobody gets a document that is not as it was written; that some are missing is told to whoever asks."""
    content, hit = damage(filled.content, told)
    for each in broken.parent.glob("broken.sqlite*"):
        each.unlink()
    broken.write_bytes(content)
    with contextlib.suppress(ArchiveError), Documents(broken) as documents:
        wrong, missing = look_at_all(documents, filled)
        assert not wrong
        if missing and min(hit) >= 4096:
            # Not in SQLite's schema, where a table may get another name.
            assert documents.database.read("PRAGMA integrity_check(1)") != [("ok",)]
        write_all(documents)


@pytest.mark.parametrize(("whole", "changed"), [(b"d17w3", b"d17w4"), (b"story-017", b"story-917")])
def test_a_changed_letter_of_a_document_or_its_id_is_noticed(
    filled: Filled, broken: Path, whole: bytes, changed: bytes
) -> None:
    at = filled.content.rindex(whole)
    broken.write_bytes(filled.content[:at] + changed + filled.content[at + len(whole) :])
    with Documents(broken) as documents:
        with pytest.raises(ArchiveDamaged, match=f"not as it was written.*{WAYS_OUT}"):
            documents.table("stories", ids=str).all()
        assert documents.table("stories").damaged_ids() == [changed.decode() if b"story" in changed else "story-017"]


@pytest.mark.parametrize(
    "content",
    [b"[1, 2]", b"7", b"null", b"{", b"", b'{"a": 1} x', b"\xff\xfe", b'{"a": "\xe9"}', b"[" * 2000, None],
)
def test_a_row_that_is_no_document_is_damage(path: Path, content: bytes | None) -> None:
    with Documents(path) as documents:
        documents.insert_multiple([{"a": 1}, {"a": 2}])
        documents.database.write("UPDATE doc__default SET doc = CAST(? AS TEXT) WHERE id = 2", (content or b"x",))
        if content is None:
            documents.database.write("UPDATE doc__default SET doc = 7.5 WHERE id = 2")
        looks = [
            lambda: documents.get(doc_id=2),
            lambda: documents.all(),
            lambda: documents.search(where("a").test(lambda a: True)),
            lambda: documents.update({"a": 3}),
            lambda: documents.storage.read(),
        ]
        for look in looks:
            with pytest.raises(ArchiveDamaged, match=WAYS_OUT) as told:
                look()
            # Not with the words of a document: whoever reads the message may be anybody.
            assert '"a"' not in str(told.value)
        assert documents.get(doc_id=1) == {"a": 1}


@pytest.mark.parametrize("keep", [2, 50, 100, 512, 4095, 4096, 5000, 8192, 20_000, -4096, -1])
def test_a_file_that_is_cut_off_is_damage(filled: Filled, broken: Path, keep: int) -> None:
    content = filled.content[:keep]
    broken.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=WAYS_OUT), Documents(broken) as documents:
        look_at_all(documents, filled)
    assert broken.read_bytes() == content


def test_an_archive_beside_which_there_is_rubbish_is_read(filled: Filled, broken: Path) -> None:
    broken.write_bytes(filled.content)
    for name in ("-wal", "-shm"):
        broken.with_name(f"{broken.name}{name}").write_bytes(b"\x5a" * 40_000)
    with Documents(broken) as documents:
        assert look_at_all(documents, filled) == (set(), set())


def test_a_table_whose_name_is_damaged_is_not_taken_for_another(filled: Filled, broken: Path) -> None:
    for whole, name in ((b"doc_stories", b"doc_sTories"), (b"hex_4e6f746573", b"hex_4e6f7465zz")):
        broken.write_bytes(filled.content.replace(whole, name))
        with pytest.raises(ArchiveDamaged), Documents(broken) as documents:
            documents.tables()
