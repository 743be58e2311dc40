"""TinyDB's manual, "Tables", "Storage & Middleware", "How to Extend TinyDB" and "Upgrading", statement by statement."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb import JSONStorage, Query, TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.operations import increment
from tinydb.table import Document, Table

from admin_web.archive.documents import Documents, SQLiteStorage, SQLiteTable

Fruit = Query()


def test_tables_are_apart_from_each_other(db: TinyDB) -> None:
    fruit, roots = db.table("fruit"), db.table("roots")
    assert fruit.insert({"kind": "apple"}) == 1
    assert roots.insert({"kind": "beet"}) == 1
    assert db.insert({"kind": "neither"}) == 1
    assert (fruit.all(), roots.all(), db.all()) == ([{"kind": "apple"}], [{"kind": "beet"}], [{"kind": "neither"}])
    assert list(fruit) == [{"kind": "apple"}]
    assert (len(fruit), len(roots), len(db)) == (1, 1, 1)
    assert db.tables() == {"fruit", "roots", "_default"}


def test_a_table_is_the_same_object_each_time_and_knows_its_name(db: TinyDB) -> None:
    assert db.table("fruit") is db.table("fruit")
    assert db.table("fruit").name == "fruit"
    assert db.table("fruit").storage is db.storage


def test_a_table_is_there_with_its_first_document(db: TinyDB) -> None:
    fruit = db.table("fruit")
    assert (db.tables(), fruit.all(), len(fruit)) == (set(), [], 0)
    assert fruit.get(Fruit.kind == "apple") is None
    assert fruit.get(doc_id=1) is None
    assert fruit.get(doc_ids=[1]) == []
    assert (fruit.count(Fruit.kind == "apple"), fruit.contains(doc_id=1)) == (0, False)
    assert db.tables() == set()
    fruit.insert({})
    assert db.tables() == {"fruit"}


def test_a_table_can_be_made_though_it_is_empty(db: TinyDB) -> None:
    fruit = db.table("fruit", persist_empty=True)
    assert (db.tables(), len(fruit)) == ({"fruit"}, 0)


def test_changes_of_a_table_that_was_never_made_are_no_mistake(db: TinyDB) -> None:
    fruit = db.table("fruit")
    assert fruit.update({"kind": "apple"}) == fruit.update({}, doc_ids=[1]) == []
    assert fruit.update_multiple([({"kind": "apple"}, Fruit.kind.exists())]) == []
    assert fruit.remove(Fruit.kind == "apple") == fruit.remove(doc_ids=[1]) == []
    fruit.truncate()
    assert fruit.all() == []
    assert fruit.upsert({"kind": "apple"}, Fruit.kind == "apple") == [1]


def test_a_dropped_table_is_gone_and_begins_anew(db: TinyDB) -> None:
    db.table("fruit").insert_multiple([{"kind": "apple"}, {"kind": "peach"}])
    db.table("roots").insert({"kind": "beet"})
    db.drop_table("fruit")
    db.drop_table("never there")
    assert db.tables() == {"roots"}
    assert db.table("fruit").all() == []
    assert db.table("fruit").insert({"kind": "fig"}) == 1


def test_all_tables_can_be_dropped(db: TinyDB) -> None:
    db.insert({})
    db.table("fruit").insert({"kind": "apple"})
    db.drop_tables()
    assert (db.tables(), db.all(), db.table("fruit").all()) == (set(), [], [])
    db.drop_tables()
    assert db.insert({}) == 1


def test_truncate_keeps_the_table(db: TinyDB) -> None:
    fruit = db.table("fruit")
    fruit.insert({})
    fruit.truncate()
    assert (db.tables(), fruit.all()) == ({"fruit"}, [])


NAMES = [
    "_default",
    "Fruit",
    "fruit",
    "FRUIT",
    "",
    "a b",
    'quo"te',
    "apo'strophe",
    "é",
    "日本",
    "1",
    "doc_x",
    "hex_",
    ";--",
]


def test_any_text_is_a_name_of_a_table_and_capitals_count(db: TinyDB) -> None:
    for name in NAMES:
        db.table(name).insert({"of": name})
    assert db.tables() == {*NAMES}
    assert [db.table(name).all() for name in NAMES] == [[{"of": name}] for name in NAMES]
    db.drop_table("Fruit")
    assert db.tables() == {*NAMES} - {"Fruit"}
    assert db.table("fruit").all() == [{"of": "fruit"}]


def test_the_default_table_may_have_another_name(db: TinyDB) -> None:
    db.insert({"in": "_default"})
    db.default_table_name = "shelf"
    db.insert({"in": "shelf"})
    assert db.tables() == {"_default", "shelf"}
    assert db.all() == list(db) == [{"in": "shelf"}]
    assert len(db) == 1
    assert db.table("_default").all() == [{"in": "_default"}]


@pytest.mark.parametrize("size", [None, 0, 30])
def test_the_size_of_the_query_cache_changes_no_answer(db: TinyDB, size: int | None) -> None:
    fruit = db.table("fruit", cache_size=size)
    fruit.insert({"kind": "apple", "count": 1})
    for count in range(1, 4):
        assert fruit.search(Fruit["count"] == count) == [{"kind": "apple", "count": count}]
        fruit.update(increment("count"), Fruit.kind == "apple")
    fruit.clear_cache()
    assert fruit.search(Fruit["count"] == 4) == [{"kind": "apple", "count": 4}]


def test_a_search_that_differs_only_in_flags_or_field_is_another_search(documents: Documents) -> None:
    # TinyDB's cache takes them for the same (4.9: `matches` leaves out the flags and `fragment` the field).
    documents.insert_multiple([{"kind": "Apple"}, {"kind": "apple"}, {"a": {"n": 1}}, {"b": {"n": 1}}])
    assert documents.count(where("kind").matches("a")) == 1
    assert documents.count(where("kind").matches("a", flags=2)) == 2
    found = [documents.search(where(name).fragment({"n": 1})) for name in "ab"]
    assert [[each.doc_id for each in part] for part in found] == [[3], [4]]


def test_what_was_written_is_there_after_opening_it_again(in_memory: Path) -> None:
    with Documents(in_memory / "archive.sqlite") as documents:
        documents.insert({"kind": "apple"})
        documents.table("Früchte").insert(Document({"kind": "fig"}, doc_id=9))
    with Documents(str(in_memory / "archive.sqlite")) as documents:
        assert documents.tables() == {"_default", "Früchte"}
        assert documents.all() == [{"kind": "apple"}]
        assert documents.table("Früchte").get(doc_id=9) == {"kind": "fig"}
        assert documents.table("Früchte").insert({}) == 10


def test_a_database_can_be_closed_and_then_refuses(in_memory: Path) -> None:
    documents = Documents(in_memory / "archive.sqlite")
    documents.insert({})
    documents.close()
    with pytest.raises(Exception, match="closed"):
        documents.insert({})
    with pytest.raises(Exception, match="closed"):
        documents.all()


def test_a_middleware_may_stand_before_our_storage(in_memory: Path) -> None:
    with TinyDB(in_memory / "archive.sqlite", storage=CachingMiddleware(SQLiteStorage)) as db:
        db.insert_multiple({"number": number} for number in range(3))
        db.storage.flush()
        assert db.count(where("number") > 0) == 2
    with Documents(in_memory / "archive.sqlite") as documents:
        assert documents.all() == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_what_tinydb_keeps_in_json_can_be_brought_over_and_back(in_memory: Path) -> None:
    with TinyDB(in_memory / "old.json") as old:
        old.insert_multiple([{"kind": "apple"}, {"kind": "peach", "uses": [1, None, {"a": True}]}])
        old.table("Named").insert(Document({"kind": "fig"}, doc_id=7))
        old.remove(doc_ids=[1])
        with Documents(in_memory / "archive.sqlite") as documents:
            documents.storage.write(old.storage.read() or {})
            assert documents.all() == old.all()
            assert documents.table("Named").get(doc_id=7) == {"kind": "fig"}
            assert documents.insert({}) == 3
            documents.remove(doc_ids=[3])
            assert documents.storage.read() == old.storage.read()


def test_a_database_class_may_choose_the_storage_and_the_names(in_memory: Path) -> None:
    class Shelf(Documents):
        default_table_name = "shelf"

    with Shelf(in_memory / "archive.sqlite") as shelf:
        shelf.insert({})
        assert shelf.tables() == {"shelf"}
    with Shelf(in_memory / "shelf.json", storage=JSONStorage) as shelf, pytest.raises(AssertionError):
        shelf.tables()


def test_a_document_class_of_ones_own(db: TinyDB) -> None:
    class Counted(Document):
        @property
        def double(self) -> int:
            return int(self["count"]) * 2

    fruit = db.table("fruit")
    fruit.document_class = Counted
    fruit.insert({"count": 4})
    fruit.insert(Counted({"count": 5}, doc_id=8))
    assert [(each.doc_id, each.double) for each in fruit] == [(1, 8), (8, 10)]
    found = fruit.get(where("count") == 5)
    assert isinstance(found, Counted)


def test_a_table_class_of_ones_own(in_memory: Path) -> None:
    class Numbered(SQLiteTable):
        def __iter__(self) -> Iterator[Document]:
            for place, document in enumerate(super().__iter__()):
                document["place"] = place
                yield document

    class Shelf(Documents):
        table_class = Numbered

    with Shelf(in_memory / "archive.sqlite") as shelf:
        shelf.insert_multiple([{"kind": "apple"}, {"kind": "fig"}])
        assert shelf.all() == [{"kind": "apple", "place": 0}, {"kind": "fig", "place": 1}]
        assert isinstance(shelf.table("other"), Numbered)


def test_what_version_4_took_away_is_not_there(db: TinyDB) -> None:
    for name in ("purge", "purge_tables", "write_back", "process_elements"):
        with pytest.raises(AttributeError):
            getattr(db, name)
    with pytest.raises(TypeError):
        db.contains(doc_ids=[1])  # type: ignore[call-arg]


def test_a_database_tells_of_itself(db: TinyDB) -> None:
    db.insert_multiple([{}, {}])
    db.table("fruit").insert({})
    assert "default_table_documents_count=2" in repr(db)
    assert "fruit=1" in repr(db)
    assert "total=1" in repr(db.table("fruit"))


# Tables whose documents have names for ids: TinyDB's way to them is `document_id_class`.


class NamedTable(Table):
    document_id_class = str  # type: ignore[assignment]


@pytest.fixture(params=["ours", "TinyDB"])
def named(request: pytest.FixtureRequest, in_memory: Path) -> Iterator[Any]:
    if request.param == "ours":
        with Documents(in_memory / "archive.sqlite") as documents:
            yield documents.table("stories", ids=str)
    else:
        with TinyDB(in_memory / "archive.json") as db:
            yield NamedTable(db.storage, "stories")


def test_documents_with_names_for_ids(named: Any) -> None:
    assert named.insert(Document({"n": 1}, doc_id="zebra")) == "zebra"
    assert named.insert_multiple([Document({"n": 2}, doc_id="ant"), Document({"n": 3}, doc_id="a'b\"é 日")])
    # In the order of their insertion, not of their names.
    assert [each.doc_id for each in named] == ["zebra", "ant", "a'b\"é 日"]
    assert named.get(doc_id="ant") == {"n": 2}
    assert named.get(doc_id="Ant") is None
    assert [each.doc_id for each in named.get(doc_ids=["ant", "fox", "zebra"])] == ["zebra", "ant"]
    assert named.contains(doc_id="a'b\"é 日")
    assert named.update({"seen": True}, doc_ids=["ant", "fox"]) == ["ant"]
    assert named.update(increment("n"), where("n") > 1) == ["ant", "a'b\"é 日"]
    assert named.upsert(Document({"n": 9}, doc_id="zebra")) == ["zebra"]
    assert named.upsert(Document({"n": 9}, doc_id="fox")) == ["fox"]
    assert named.remove(where("n") == 9) == ["zebra", "fox"]
    assert named.insert(Document({"n": 1}, doc_id="zebra")) == "zebra"
    assert [(each.doc_id, each["n"]) for each in named] == [("ant", 3), ("a'b\"é 日", 4), ("zebra", 1)]
    with pytest.raises(ValueError, match="ID ant already exists"):
        named.insert(Document({}, doc_id="ant"))


def test_names_that_look_like_numbers_stay_names(named: Any) -> None:
    names = ["7", "007", "7.0", "1e3", "-1", " 7"]
    assert named.insert_multiple(Document({"n": n}, doc_id=n) for n in names) == names
    assert [(each.doc_id, each["n"]) for each in named] == [(n, n) for n in names]
    assert [named.get(doc_id=n) for n in names] == [{"n": n} for n in names]
    assert [each.doc_id for each in named.get(doc_ids=["007", "7"])] == ["7", "007"]
