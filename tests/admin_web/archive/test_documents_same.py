"""Whatever is kept and asked, ours answers as TinyDB does, with an index and without, by numbers and by names."""

import contextlib
import copy
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from tinydb import Query, TinyDB, where
from tinydb.queries import QueryInstance
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, sql_table
from tests.admin_web.archive.generated import NUMBERS, TEXTS, Json, documents_and_queries
from tests.admin_web.archive.opening import folder_in_memory

#: The same examples each time, and no more of them than a quick test has.
FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
INDEXED = [("a",), ("b",), ("a.b",), ("é",), ("$",), ("a", "a"), ("a", "b"), (" ",)]


class Undone(Exception):
    """Ends a transaction that is not to be kept."""


@pytest.fixture(scope="module")
def tables() -> Iterator[dict[str, Table]]:
    with folder_in_memory() as folder, Documents(folder / "archive.sqlite") as documents:
        made = {
            "numbered": documents.table("numbered", persist_empty=True),
            "indexed": documents.table("indexed", persist_empty=True),
            "named": documents.table("Named", persist_empty=True, ids=str),
        }
        for number, path in enumerate(INDEXED):
            for name in ("indexed", "Named"):
                documents.database.write(f'CREATE INDEX "{name}_{number}" ON "{sql_table(name)}" ({field(*path)})')
        yield made


def told(found: Any) -> Any:
    """Return documents with their ids as text, which tells 1 from 1.0 and from True, and 0.0 from -0.0."""
    if isinstance(found, list):
        return [told(each) for each in found]
    return (int(found.doc_id), json.dumps(found)) if isinstance(found, Document) else found


VERBS: dict[str, Callable[[Table, QueryInstance], Any]] = {
    "search": lambda table, query: told(table.search(query)),
    "get": lambda table, query: told(table.get(query)),
    "count": lambda table, query: table.count(query),
    "contains": lambda table, query: table.contains(query),
    "update": lambda table, query: ([int(key) for key in table.update({"a": "new"}, query)], told(table.all())),
    "remove": lambda table, query: ([int(key) for key in table.remove(query)], told(table.all())),
}


def tinydb_of(documents: list[dict[str, Json]]) -> Table:
    table = TinyDB(storage=MemoryStorage).table("_default", cache_size=0)
    table.insert_multiple(copy.deepcopy(documents))
    return table


@contextlib.contextmanager
def undone(table: Any) -> Iterator[None]:
    with contextlib.suppress(Undone), table.storage.database.transaction():
        yield
        raise Undone


@FIXED
@given(documents_and_queries())
@example(([{"a": "x"}, {"a": 5}, {"a": None}], [where("a") < 9]))
@example(([{"a": {"b": 1}}, {"a": '{"b":1}'}], [where("a") == '{"b":1}']))
def test_any_query_on_any_documents(
    tables: dict[str, Table], generated: tuple[list[dict[str, Json]], list[QueryInstance]]
) -> None:
    documents, queries = generated
    answers = [(verb, query, _or_type_error(verb, tinydb_of(documents), query)) for query in queries for verb in VERBS]
    for name, table in tables.items():
        with undone(table):
            _fill(name, table, documents)
            for verb, query, expected in answers:
                with undone(table):
                    answer = _or_type_error(verb, table, query)
                # TinyDB compares what has no order and says so; ours may, or pass such documents over.
                assert answer == expected or expected is TypeError, (name, verb, query)


OTHERS: list[Json] = [None, True, False, [], {}, [1], [[]], [None], {"a": 1}, {"a": None}, ["a", "b"]]
EQUAL: list[Callable[[Query, Json], QueryInstance]] = [
    lambda asked, value: asked == value,
    lambda asked, value: asked != value,
    lambda asked, value: asked.one_of([value, "no such"]),
    lambda asked, value: ~asked.one_of([value, 17]),
    lambda asked, value: asked.any([value]),
    lambda asked, value: (asked == value) | (asked == 17),
]
ORDERED: list[Callable[[Query, Json], QueryInstance]] = [
    lambda asked, value: asked < value,
    lambda asked, value: asked <= value,
    lambda asked, value: ~(asked > value),
    lambda asked, value: asked >= value,
]


@pytest.mark.parametrize(
    "values, questions",
    [([*NUMBERS, *TEXTS, *OTHERS], EQUAL), ([*NUMBERS, True, False], ORDERED), (TEXTS, ORDERED)],
    ids=["equal", "order of numbers", "order of texts"],
)
def test_each_value_compared_with_each(
    tables: dict[str, Table], values: list[Json], questions: list[Callable[[Query, Json], QueryInstance]]
) -> None:
    documents = [{"a": value} for value in values] + [{"b": 1}]
    reference = tinydb_of(documents)
    queries = [question(where("a"), value) for question, value in itertools.product(questions, values)]
    answers = [told(reference.search(query)) for query in queries]
    for name, table in tables.items():
        with undone(table):
            _fill(name, table, documents)
            for query, answer in zip(queries, answers, strict=True):
                assert told(table.search(query)) == answer
                assert table.count(query) == len(answer)


def _fill(name: str, table: Table, documents: list[dict[str, Json]]) -> None:
    named = [Document(each, doc_id=str(number)) for number, each in enumerate(documents, 1)]  # type: ignore[arg-type]
    table.insert_multiple(named if name == "named" else documents)


def _or_type_error(verb: str, table: Table, query: QueryInstance) -> Any:
    try:
        return VERBS[verb](table, query)
    except TypeError:
        return TypeError
