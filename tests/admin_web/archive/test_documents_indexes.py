"""An index on a field is used by what can use it."""

import pytest
from tinydb import Query, where
from tinydb.queries import QueryInstance
from tinydb.table import Table

from admin_web.archive.conditions import field
from admin_web.archive.database import Database
from admin_web.archive.documents import Documents

ROWS = 200


@pytest.fixture
def shelf(documents: Documents) -> Table:
    """Fruit with an index on its kind and on the year within its origin."""
    table = documents.table("fruit")
    table.insert_multiple({"kind": f"kind {n}", "origin": {"year": n}, "note": f"note {n}"} for n in range(ROWS))
    documents.database.write(f'CREATE INDEX kinds ON "doc_fruit" ({field("kind")})')
    documents.database.write(f'CREATE INDEX years ON "doc_fruit" ({field("origin", "year")})')
    return table


@pytest.fixture
def plans(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How SQLite goes about each statement that reads documents."""
    seen: list[str] = []
    read = Database.read

    def explained(database: Database, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        seen.append("; ".join(str(row[3]) for row in read(database, f"EXPLAIN QUERY PLAN {sql}", parameters)))
        return read(database, sql, parameters)

    monkeypatch.setattr(Database, "read", explained)
    return seen


FAST: dict[str, tuple[QueryInstance, str, list[int]]] = {
    "equal": (where("kind") == "kind 7", "kinds", [8]),
    "equal to a number, nested": (where("origin").year == 7, "years", [8]),
    "one of": (where("kind").one_of(["kind 3", "kind 1", "no kind"]), "kinds", [2, 4]),
    "one of numbers": (where("origin").year.one_of([1, 3.0]), "years", [2, 4]),
    "less": (where("origin").year < 2, "years", [1, 2]),
    "less or equal": (where("origin").year <= 1, "years", [1, 2]),
    "greater": (where("origin").year > ROWS - 2, "years", [ROWS]),
    "greater or equal": (where("kind") >= "kind 99", "kinds", [100]),
    "from to": ((where("origin").year >= 5) & (where("origin").year < 7), "years", [6, 7]),
    "and, of which Python asks a part": ((where("kind") == "kind 7") & where("note").search("7"), "kinds", [8]),
    "or": ((where("kind") == "kind 7") | (where("origin").year == 9), "kinds", [8, 10]),
}


@pytest.mark.parametrize("query, index, found", FAST.values(), ids=FAST)
def test_an_index_is_used(shelf: Table, plans: list[str], query: QueryInstance, index: str, found: list[int]) -> None:
    assert [each.doc_id for each in shelf.search(query)] == found
    assert shelf.count(query) == len(found)
    assert shelf.update({"seen": True}, query) == found
    # Where Python asks as well, the documents are then fetched by their numbers.
    assert all(f"USING INDEX {index}" in plan or "USING INTEGER PRIMARY KEY" in plan for plan in plans), plans
    assert not [plan for plan in plans if "SCAN doc_fruit" in plan]
    assert shelf.remove(query) == found
    assert shelf.count(query) == 0


@pytest.mark.parametrize("what", ["equal", "equal to a number, nested", "one of"])
def test_an_index_finds_the_first(shelf: Table, plans: list[str], what: str) -> None:
    query, index, found = FAST[what]
    first = shelf.get(query)
    assert first and first.doc_id == found[0]
    assert shelf.contains(query)
    assert all(f"USING INDEX {index}" in plan for plan in plans), plans


@pytest.mark.parametrize(
    "query", [where("note") == "note 7", ~(where("kind") != "kind 7"), Query().fragment({"kind": "kind 7"})]
)
def test_what_no_index_helps_goes_through_all(shelf: Table, plans: list[str], query: QueryInstance) -> None:
    # So that the test above can tell the one from the other.
    assert [each.doc_id for each in shelf.search(query)] == [8]
    assert not any("USING INDEX" in plan for plan in plans)


def test_an_id_is_found_without_going_through_all(documents: Documents, shelf: Table, plans: list[str]) -> None:
    assert shelf.get(doc_id=7) and shelf.contains(doc_id=7) and shelf.get(doc_ids=[7, 8])
    named = documents.table("Named", ids=str, persist_empty=True)
    assert not named.get(doc_id="a") and not named.contains(doc_id="a") and not named.get(doc_ids=["a"])
    assert len(plans) == 6
    assert not [plan for plan in plans if "SCAN doc_" in plan or "SCAN hex_" in plan]


@pytest.mark.parametrize("path", [(), ("",), ('"',), ("\\",), ("a", "\n"), ("\ud800",)])
def test_what_sqlite_cannot_tell_has_no_index(path: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be a path"):
        field(*path)
