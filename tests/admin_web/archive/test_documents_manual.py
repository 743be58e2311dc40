"""TinyDB's manual, "Getting Started" and "Advanced Usage: Queries", statement by statement."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tinydb import Query, TinyDB, where
from tinydb.queries import QueryLike

from tests.admin_web.archive.opening import KINDS, folder_in_memory, open_kind

Fruit = Query()

APPLE = {"kind": "apple", "count": 7, "grown": {"in": "orchard", "year": 1990}, "grown-by": "us", "uses": ["pie"]}
PEACH = {"kind": "peach", "count": 3, "grown": {"in": "garden", "year": 2001}, "uses": ["pie", "jam"]}
PLUM = {"kind": "Plum", "count": None, "grown": "wild", "uses": ["jam", "wine", "pie"], "ripe": True}


@pytest.fixture
def fruit(db: TinyDB) -> TinyDB:
    assert db.insert_multiple([APPLE, PEACH, PLUM]) == [1, 2, 3]
    return db


@pytest.fixture(scope="module", params=KINDS)
def shown(request: pytest.FixtureRequest) -> Iterator[TinyDB]:
    """The same fruit, only to be looked at."""
    with folder_in_memory() as folder, open_kind(request.param, folder) as opened:
        opened.insert_multiple([APPLE, PEACH, PLUM])
        yield opened


def test_what_was_inserted_comes_back_with_its_number(db: TinyDB) -> None:
    assert db.insert({"kind": "apple", "count": 7}) == 1
    assert db.insert({"kind": "peach", "count": 3}) == 2
    assert db.all() == [{"kind": "apple", "count": 7}, {"kind": "peach", "count": 3}]
    assert [each.doc_id for each in db.all()] == [1, 2]


def test_going_through_the_database_gives_each_document(db: TinyDB) -> None:
    db.insert_multiple([APPLE, PEACH])
    assert list(db) == [APPLE, PEACH]
    assert [each.doc_id for each in db] == [1, 2]


def test_getting_started_as_it_is_told_there(db: TinyDB) -> None:
    db.insert_multiple([{"kind": "apple", "count": 7}, {"kind": "peach", "count": 3}])
    assert db.search(Fruit.kind == "peach") == [{"kind": "peach", "count": 3}]
    assert db.search(Fruit["count"] > 5) == [{"kind": "apple", "count": 7}]
    assert db.update({"count": 10}, Fruit.kind == "apple") == [1]
    assert db.all() == [{"kind": "apple", "count": 10}, {"kind": "peach", "count": 3}]
    assert db.remove(Fruit["count"] < 5) == [2]
    assert db.all() == [{"kind": "apple", "count": 10}]
    db.truncate()
    assert db.all() == []


def _from_to(value: Any, first: int, last: int) -> bool:
    return isinstance(value, int) and first <= value <= last


FOUND: dict[str, tuple[QueryLike, list[dict[str, Any]]]] = {
    "equal": (Fruit.kind == "apple", [APPLE]),
    "equal to nothing that is there": (Fruit.kind == "fig", []),
    "equal to None": (Fruit["count"] == None, [PLUM]),  # noqa: E711 - a query
    "equal to True": (Fruit.ripe == True, [PLUM]),  # noqa: E712 - a query
    "equal to a list": (Fruit.uses == ["pie", "jam"], [PEACH]),
    "equal to an object": (Fruit.grown == {"year": 1990, "in": "orchard"}, [APPLE]),
    "unequal, where there is one": (Fruit["grown-by"] != "them", [APPLE]),
    "unequal to a number": (Fruit["count"] != 7, [PEACH, PLUM]),
    "greater": (where("grown").year > 1990, [PEACH]),
    "greater or equal": (where("grown").year >= 1990, [APPLE, PEACH]),
    "less": (where("grown").year < 2001, [APPLE]),
    "less or equal": (where("grown").year <= 2001, [APPLE, PEACH]),
    "texts have an order": (Fruit.kind < "b", [APPLE, PLUM]),
    "a nested field": (Fruit.grown.year == 1990, [APPLE]),
    "a name that Python does not allow": (Fruit["grown-by"] == "us", [APPLE]),
    "where, then a name": (where("grown").year == 2001, [PEACH]),
    "where, then brackets": (where("grown")["in"] == "garden", [PEACH]),
    "brackets twice": (Query()["grown"]["in"] == "orchard", [APPLE]),
    "a name with a dot is one name": (Fruit["grown.year"] == 1990, []),
    "exists": (Fruit.ripe.exists(), [PLUM]),
    "exists, and is None": (Fruit["count"].exists(), [APPLE, PEACH, PLUM]),
    "exists, nested": (Fruit.grown.year.exists(), [APPLE, PEACH]),
    "matches from the beginning": (Fruit.kind.matches("p"), [PEACH]),
    "matches, capitals or not": (Fruit.kind.matches("[P]", flags=re.IGNORECASE), [PEACH, PLUM]),
    "matches nothing but texts": (Fruit["count"].matches("7"), []),
    "search anywhere": (Fruit.kind.search("p+l"), [APPLE]),
    "search, capitals or not": (Fruit.kind.search("PL", flags=re.IGNORECASE), [APPLE, PLUM]),
    "search nothing but texts": (Fruit.grown.search("wild|orchard"), [PLUM]),
    "test": (Fruit.kind.test(str.istitle), [PLUM]),
    "test with arguments": (Fruit["count"].test(_from_to, 0, 5), [PEACH]),
    "test with other arguments": (Fruit["count"].test(_from_to, 5, 9), [APPLE]),
    "test, where there is one": (Fruit.ripe.test(lambda value: True), [PLUM]),
    "map": (Fruit.kind.map(str.lower) == "plum", [PLUM]),
    "map, then map": (Fruit.kind.map(str.lower).map(len) == 5, [APPLE, PEACH]),
    "map, then a name": (Fruit.grown.map(lambda grown: grown).year == 2001, [PEACH]),
    "fragment": (Query().fragment({"kind": "apple", "count": 7}), [APPLE]),
    "fragment of which a part is not there": (Query().fragment({"kind": "apple", "ripe": True}), []),
    "fragment of None": (Query().fragment({"count": None}), [PLUM]),
    "fragment of nothing": (Query().fragment({}), [APPLE, PEACH, PLUM]),
    "any of values": (Fruit.uses.any(["jam", "wine"]), [PEACH, PLUM]),
    "any of no values": (Fruit.uses.any([]), []),
    "all of values": (Fruit.uses.all(["jam", "pie"]), [PEACH, PLUM]),
    "all of no values": (Fruit.uses.all([]), [APPLE, PEACH, PLUM]),
    "any of a text looks at its characters": (Fruit.kind.any(["m", "h"]), [PEACH, PLUM]),
    "any of an object looks at its names": (Fruit.grown.any(["year"]), [APPLE, PEACH]),
    "one of": (Fruit.kind.one_of(["Plum", "apple", "fig"]), [APPLE, PLUM]),
    "one of numbers and None": (Fruit["count"].one_of([None, 3, 9]), [PEACH, PLUM]),
    "one of nothing": (Fruit.kind.one_of([]), []),
    "not": (~(Fruit.kind == "apple"), [PEACH, PLUM]),
    "not, also where there is none": (~(Fruit.ripe == True), [APPLE, PEACH]),  # noqa: E712 - a query
    "not not": (~~(Fruit.kind == "apple"), [APPLE]),
    "not a test": (~Fruit.kind.test(str.istitle), [APPLE, PEACH]),
    "and": ((Fruit.kind == "apple") & (Fruit["count"] <= 7), [APPLE]),
    "and, with what only Python can ask": ((Fruit.ripe.exists()) & Fruit.kind.search("P"), [PLUM]),
    "and, of which Python finds fewer": (Fruit.kind.exists() & ~Fruit.kind.search("P"), [APPLE, PEACH]),
    "not (and), of which Python finds fewer": (~(Fruit.kind.exists() & Fruit.kind.search("P")), [APPLE, PEACH]),
    "or": ((Fruit.kind == "apple") | (Fruit.kind == "Plum"), [APPLE, PLUM]),
    "or, with what only Python can ask": ((Fruit.kind == "apple") | Fruit.kind.search("P"), [APPLE, PLUM]),
    "not (and)": (~((Fruit.kind == "apple") & (Fruit["count"] == 7)), [PEACH, PLUM]),
    "not (or)": (~((Fruit.kind == "apple") | Fruit.ripe.exists()), [PEACH]),
    "noop": (Query().noop(), [APPLE, PEACH, PLUM]),
    "noop and": (Query().noop() & (Fruit.kind == "peach"), [PEACH]),
    "noop or": (Query().noop() | (Fruit.kind == "peach"), [APPLE, PEACH, PLUM]),
    "not noop": (~Query().noop(), []),
    "a plain function": (lambda document: document["kind"] == "peach", [PEACH]),
}


@pytest.mark.parametrize("query, found", FOUND.values(), ids=FOUND)
def test_a_query_finds(shown: TinyDB, query: QueryLike, found: list[dict[str, Any]]) -> None:
    assert shown.search(query) == found
    assert [each.doc_id for each in shown.search(query)] == [[APPLE, PEACH, PLUM].index(each) + 1 for each in found]
    assert shown.count(query) == len(found)
    assert shown.contains(query) is bool(found)
    assert shown.get(query) == (found[0] if found else None)


def test_a_fragment_of_a_nested_field(db: TinyDB) -> None:
    db.insert_multiple([{"grown": {"in": "garden", "year": 1}}, {"grown": {"in": "field", "year": 1}}, {}])
    assert [each.doc_id for each in db.search(Fruit.grown.fragment({"in": "field"}))] == [2]
    assert db.count(Fruit.grown.fragment({"year": 1})) == 2


@pytest.mark.parametrize(
    "query, found",
    [
        (Fruit.parts.any(Query().name == "stone"), ["peach", "plum"]),
        (Fruit.parts.all(Query().name == "stone"), ["plum", "nothing"]),
        (Fruit.parts.any(Query().name.exists() & (Query().size > 2)), ["peach"]),
        (~Fruit.parts.any(Query().name == "stone"), ["apple", "nothing"]),
    ],
    ids=["any", "all", "any of two conditions", "not any"],
)
def test_a_query_within_a_query_asks_each_element(db: TinyDB, query: QueryLike, found: list[str]) -> None:
    for kind, parts in {
        "apple": [{"name": "core", "size": 2}, {"size": 9}],
        "peach": [{"name": "stone", "size": 3}, {"name": "skin", "size": 1}],
        "plum": [{"name": "stone", "size": 2}],
        "nothing": [],
    }.items():
        db.insert({"kind": kind, "parts": parts})
    assert [each["kind"] for each in db.search(query)] == found


@pytest.mark.parametrize(
    "query",
    [
        Fruit.kind == "apple",
        Fruit.kind.one_of(["apple", "fig"]),
        (Fruit.kind == "apple") & ~(Fruit["count"] == 3) | Fruit.uses.any(["wine"]),
        Fruit.kind.matches("a"),
        Fruit.kind.map(str.upper) == "APPLE",
    ],
    ids=["equal", "one of", "several", "matches", "map"],
)
def test_a_search_sees_each_change_at_once(fruit: TinyDB, query: QueryLike) -> None:
    before = fruit.search(query)
    assert APPLE in before
    assert fruit.search(query) == before
    fruit.insert({**APPLE, "count": 8})
    assert len(fruit.search(query)) == len(before) + 1
    fruit.update({"kind": "pear", "uses": []}, Fruit.kind == "apple")
    assert {"apple"}.isdisjoint(each["kind"] for each in fruit.search(query))


def test_what_a_search_gave_is_not_the_database(fruit: TinyDB) -> None:
    found = fruit.search(Fruit.kind == "apple")
    found.clear()
    assert fruit.search(Fruit.kind == "apple") == [APPLE]


@pytest.mark.parametrize(
    "wrong, error",
    [
        (lambda db: db.search(Query()), RuntimeError),
        (lambda db: Query() == 5, ValueError),
        (lambda db: db.search(Fruit.kind < None), TypeError),
        (lambda db: db.search(Fruit.kind.test(lambda value: 1 / 0)), ZeroDivisionError),
        (lambda db: db.search(Fruit.kind.search("(")), re.error),
    ],
    ids=["empty query", "no field", "less than None", "a test that raises", "a bad expression"],
)
def test_a_query_that_cannot_be_asked_raises(
    shown: TinyDB, wrong: Callable[[TinyDB], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        wrong(shown)
