"""TinyDB's manual, "Handling Data" and "Using Document IDs", statement by statement."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import pytest
from tinydb import Query, TinyDB, where
from tinydb.operations import add, decrement, delete, increment, set, subtract
from tinydb.table import Document

from admin_web.archive.documents import Documents

Fruit = Query()


@pytest.fixture
def fruit(db: TinyDB) -> TinyDB:
    db.insert_multiple([{"kind": "apple", "count": 7}, {"kind": "peach", "count": 3}, {"kind": "plum", "count": 5}])
    return db


class Told(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def test_several_documents_are_inserted_from_a_list_or_a_generator(db: TinyDB) -> None:
    assert db.insert_multiple([{"kind": "apple", "count": 22}, {"kind": "apple", "count": 37}]) == [1, 2]
    assert db.insert_multiple({"int": 1, "value": value} for value in range(2)) == [3, 4]
    assert db.insert_multiple([]) == []
    assert len(db) == 4
    assert db.get(doc_id=4) == {"int": 1, "value": 1}


def test_any_mapping_is_a_document(db: TinyDB) -> None:
    assert db.insert(Told(kind="apple")) == 1
    assert db.insert_multiple([Told(kind="peach")]) == [2]
    assert db.all() == [{"kind": "apple"}, {"kind": "peach"}]


@pytest.mark.parametrize("wrong", [[], "text", 5, None, [("kind", "apple")]])
def test_what_is_no_mapping_is_no_document(db: TinyDB, wrong: Any) -> None:
    with pytest.raises(ValueError, match="not a Mapping"):
        db.insert(wrong)
    with pytest.raises(ValueError, match="not a Mapping"):
        db.insert_multiple([wrong])
    assert db.all() == []


def test_an_update_without_a_query_changes_all(fruit: TinyDB) -> None:
    assert fruit.update({"ripe": True}) == [1, 2, 3]
    assert all(each["ripe"] is True for each in fruit)


def test_an_update_adds_and_overwrites_fields(fruit: TinyDB) -> None:
    assert fruit.update({"count": 8, "ripe": False}, Fruit.kind == "apple") == [1]
    assert fruit.get(doc_id=1) == {"kind": "apple", "count": 8, "ripe": False}
    assert fruit.get(doc_id=2) == {"kind": "peach", "count": 3}
    assert fruit.update({"count": 0}, Fruit.kind == "fig") == []
    assert fruit.update(Told(count=1), Fruit["count"] > 4) == [1, 3]


@pytest.mark.parametrize(
    "operation, becomes",
    [
        (delete("count"), {"kind": "plum"}),
        (increment("count"), {"kind": "plum", "count": 6}),
        (decrement("count"), {"kind": "plum", "count": 4}),
        (add("count", 10), {"kind": "plum", "count": 15}),
        (add("kind", "s"), {"kind": "plums", "count": 5}),
        (subtract("count", 0.5), {"kind": "plum", "count": 4.5}),
        (set("ripe", ["yes"]), {"kind": "plum", "count": 5, "ripe": ["yes"]}),
    ],
    ids=["delete", "increment", "decrement", "add", "add to a text", "subtract", "set"],
)
def test_an_operation(
    fruit: TinyDB, operation: Callable[[MutableMapping[str, Any]], None], becomes: dict[str, Any]
) -> None:
    assert fruit.update(operation, Fruit.kind == "plum") == [3]
    assert fruit.all() == [{"kind": "apple", "count": 7}, {"kind": "peach", "count": 3}, becomes]


def test_an_operation_of_ones_own(fruit: TinyDB) -> None:
    def renamed(old: str, new: str) -> Callable[[MutableMapping[str, Any]], None]:
        def transform(document: MutableMapping[str, Any]) -> None:
            document[new] = document.pop(old)

        return transform

    assert fruit.update(renamed("count", "number"), Fruit["count"] >= 5) == [1, 3]
    assert fruit.search(where("number").exists()) == [{"kind": "apple", "number": 7}, {"kind": "plum", "number": 5}]


def test_several_updates_at_once_are_made_one_after_the_other(fruit: TinyDB) -> None:
    updates = [
        ({"count": 6}, where("kind") == "apple"),
        (delete("kind"), where("kind") == "peach"),
        (increment("count"), where("count") == 6),
        ({"seen": True}, where("kind").exists()),
    ]
    assert fruit.update_multiple(updates) == [1, 1, 1, 2, 3]
    assert fruit.all() == [
        {"kind": "apple", "count": 7, "seen": True},
        {"count": 3},
        {"kind": "plum", "count": 5, "seen": True},
    ]


def test_upsert_updates_what_matches(fruit: TinyDB) -> None:
    assert fruit.upsert({"count": 9, "ripe": True}, Fruit["count"] > 4) == [1, 3]
    assert fruit.count(Fruit.ripe == True) == 2  # noqa: E712 - a query
    assert len(fruit) == 3


def test_upsert_inserts_when_nothing_matches(fruit: TinyDB) -> None:
    assert fruit.upsert({"kind": "fig", "count": 1}, Fruit.kind == "fig") == [4]
    assert fruit.get(doc_id=4) == {"kind": "fig", "count": 1}


def test_upsert_of_a_document_goes_by_its_id(fruit: TinyDB) -> None:
    assert fruit.upsert(Document({"count": 1}, doc_id=2)) == [2]
    assert fruit.get(doc_id=2) == {"kind": "peach", "count": 1}
    assert fruit.upsert(Document({"kind": "fig"}, doc_id=12)) == [12]
    assert fruit.get(doc_id=12) == {"kind": "fig"}
    # The id is asked, and the query is not.
    assert fruit.upsert(Document({"kind": "lime"}, doc_id=13), Fruit.kind == "apple") == [13]
    assert fruit.get(doc_id=1) == {"kind": "apple", "count": 7}


def test_upsert_needs_a_query_or_an_id(fruit: TinyDB) -> None:
    with pytest.raises(ValueError, match="doc_id"):
        fruit.upsert({"kind": "fig"})
    assert len(fruit) == 3


def test_remove_takes_what_matches_and_only_that(fruit: TinyDB) -> None:
    assert fruit.remove(Fruit["count"] > 4) == [1, 3]
    assert fruit.remove(Fruit["count"] > 4) == []
    assert fruit.all() == [{"kind": "peach", "count": 3}]


def test_remove_of_everything_must_be_said_with_truncate(fruit: TinyDB) -> None:
    with pytest.raises(RuntimeError, match="truncate"):
        fruit.remove()
    assert len(fruit) == 3
    fruit.truncate()
    assert (len(fruit), fruit.all()) == (0, [])
    assert fruit.insert({"kind": "fig"}) == 1


def test_len_get_contains_and_count(fruit: TinyDB) -> None:
    assert len(fruit) == 3
    assert fruit.get(Fruit.kind == "peach") == {"kind": "peach", "count": 3}
    assert fruit.get(Fruit.kind == "fig") is None
    assert fruit.contains(Fruit.kind == "peach")
    assert not fruit.contains(Fruit.kind == "fig")
    assert fruit.count(Fruit["count"] > 4) == 2


def test_get_and_contains_need_to_be_told_what(fruit: TinyDB) -> None:
    with pytest.raises(RuntimeError, match="have to pass"):
        fruit.get()
    with pytest.raises(RuntimeError, match="have to pass"):
        fruit.contains()


def test_a_document_knows_its_id_however_it_was_found(fruit: TinyDB) -> None:
    found = fruit.get(Fruit.kind == "peach")
    assert isinstance(found, Document)
    assert found.doc_id == fruit.all()[1].doc_id == fruit.search(Fruit["count"] == 3)[0].doc_id == 2
    assert all(type(each.doc_id) is int for each in fruit)


def test_get_by_ids(fruit: TinyDB) -> None:
    assert fruit.get(doc_id=3) == {"kind": "plum", "count": 5}
    assert fruit.get(doc_id=9) is None
    # In the order of the table, each once, and those that are there.
    found = fruit.get(doc_ids=[3, 1, 9, 3])
    assert isinstance(found, list)
    assert [each.doc_id for each in found] == [1, 3]
    assert fruit.get(doc_ids=[]) == []
    assert fruit.get(Fruit.kind == "apple", doc_id=3) == {"kind": "plum", "count": 5}


def test_contains_by_id(fruit: TinyDB) -> None:
    assert fruit.contains(doc_id=1)
    assert not fruit.contains(doc_id=9)
    assert not fruit.contains(doc_id=0)


def test_update_by_ids_passes_over_those_that_are_not_there(fruit: TinyDB) -> None:
    assert fruit.update({"ripe": True}, doc_ids=[3, 9, 1]) == [3, 1]
    assert fruit.count(Fruit.ripe.exists()) == 2
    assert fruit.update({"ripe": True}, doc_ids=[]) == []
    assert fruit.update({"count": 0}, Fruit.kind == "apple", doc_ids=[2]) == [2]
    assert fruit.get(doc_id=1) == {"kind": "apple", "count": 7, "ripe": True}


def test_an_id_given_twice_is_updated_twice(fruit: TinyDB) -> None:
    assert fruit.update(increment("count"), doc_ids=[1, 1, 2]) == [1, 1, 2]
    assert fruit.all()[:2] == [{"kind": "apple", "count": 9}, {"kind": "peach", "count": 4}]


def test_remove_by_ids_passes_over_those_that_are_not_there(fruit: TinyDB) -> None:
    assert fruit.remove(doc_ids=[3, 9, 1]) == [3, 1]
    assert fruit.remove(doc_ids=[3]) == []
    assert fruit.remove(Fruit.kind == "apple", doc_ids=[2]) == [2]
    assert fruit.all() == []


def test_a_document_may_bring_its_id(fruit: TinyDB) -> None:
    assert fruit.insert(Document({"kind": "fig"}, doc_id=12)) == 12
    assert fruit.insert_multiple([Document({"kind": "lime"}, doc_id=20), {"kind": "pear"}])[0] == 20
    assert fruit.get(doc_id=12) == {"kind": "fig"}
    assert fruit.get(doc_id=20) == {"kind": "lime"}


def test_ids_go_on_after_the_greatest(fruit: TinyDB) -> None:
    fruit.insert(Document({"kind": "fig"}, doc_id=12))
    assert fruit.insert({"kind": "lime"}) == 13


def test_an_id_is_given_once(fruit: TinyDB) -> None:
    with pytest.raises(ValueError, match="ID 2 already exists"):
        fruit.insert(Document({"kind": "fig"}, doc_id=2))
    with pytest.raises(ValueError, match="ID 2 already exists"):
        fruit.insert_multiple([Document({"kind": "fig"}, doc_id=7), Document({"kind": "fig"}, doc_id=2)])
    assert [each["kind"] for each in fruit] == ["apple", "peach", "plum"]


@pytest.mark.parametrize(
    "fails",
    [
        lambda db: db.insert_multiple([{"kind": "fig"}, "no document"]),
        lambda db: db.insert_multiple([{"kind": "fig"}, {"kind": {1, 2}}]),
        lambda db: db.insert_multiple({"kind": 1 / number} for number in (2, 1, 0)),
        lambda db: db.update(delete("stone")),
        lambda db: db.update({"kind": {1, 2}}, Fruit["count"] > 3),
        lambda db: db.update(increment("stone"), doc_ids=[1, 2]),
        lambda db: db.update_multiple([({"seen": True}, Fruit.kind.exists()), (delete("stone"), Fruit.seen.exists())]),
        lambda db: db.upsert({"kind": {1, 2}}, Fruit.kind == "fig"),
    ],
    ids=[
        "insert: no mapping",
        "insert: no JSON",
        "insert: generator",
        "update: operation",
        "update: no JSON",
        "update by ids",
        "update_multiple",
        "upsert",
    ],
)
def test_a_call_that_fails_half_way_changes_nothing(documents: Documents, fails: Callable[[TinyDB], object]) -> None:
    before = [{"kind": "apple", "count": 7, "stone": 1}, {"kind": "peach", "count": 3}, {"kind": "plum"}]
    documents.insert_multiple(before)
    with pytest.raises((KeyError, TypeError, ValueError, ZeroDivisionError)):
        fails(documents)
    assert documents.all() == before
    assert documents.insert({"kind": "fig"}) == 4
