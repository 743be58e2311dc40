"""Any changes in any order leave ours and TinyDB with the same documents, also after opening the file again."""

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tinydb import TinyDB, where
from tinydb.operations import add, delete, increment, set
from tinydb.queries import QueryInstance
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from admin_web.archive.documents import Documents
from tests.admin_web.archive.generated import Json, documents, queries_on
from tests.admin_web.archive.opening import folder_in_memory

#: The same each time, and quick.
FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=8,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
)

Operation = Callable[[Any], None]
operations: st.SearchStrategy[dict[str, Json] | Operation] = documents | st.sampled_from(
    [delete("a"), increment("a"), add("b", "x"), set("a", [1, {"b": None}]), set("b", 1)]
)
some_ids = st.lists(st.integers(-2, 12), max_size=4)
several = st.lists(documents | st.tuples(st.integers(-2, 30), documents), max_size=4)

#: What a call may end with. TinyDB then keeps half of it in memory; ours shall keep nothing.
FAILURES = (KeyError, TypeError, ValueError)


class Copied(MemoryStorage):
    """TinyDB's storage in memory, whose documents nobody holds: a call that fails leaves it as it was."""

    def read(self) -> dict[str, dict[str, Any]] | None:
        return copy.deepcopy(super().read())


class NamedTable(Table):
    document_id_class = str  # type: ignore[assignment]


class Undone(Exception):
    """Ends a transaction that is not to be kept."""


class SideBySide(RuleBasedStateMachine):
    """Ours, whose documents have numbers, beside TinyDB."""

    named = False

    def __init__(self) -> None:
        super().__init__()
        self._closing = contextlib.ExitStack()
        self._folder = self._closing.enter_context(folder_in_memory())
        self._open()
        self._begin_anew()

    def _open(self) -> None:
        self._ours = Documents(self._folder / "archive.sqlite")
        self._table = self._ours.table("Fruit", ids=str) if self.named else self._ours.table("Fruit")

    def _begin_anew(self) -> None:
        # TinyDB keeps searches in its cache though their flags differ.
        storage = TinyDB(storage=Copied).storage
        self._theirs = (NamedTable if self.named else Table)(storage, "Fruit", cache_size=0)
        self._greatest = 0

    def _keys(self, numbers: list[int]) -> list[Any]:
        return [f"name {number}" for number in numbers] if self.named else numbers

    def _both(self, call: Callable[[Table], Any]) -> None:
        """Call both; they return the same, or both fail."""
        answers: list[Any] = []
        for table in (self._table, self._theirs):
            try:
                answers.append(call(table))
            except FAILURES as failure:
                answers.append(type(failure))
        ours, theirs = answers
        if theirs is TypeError:
            # Of a comparison that has no order: ours may have passed over it, and then changed something.
            self._theirs.truncate()
            self._theirs.insert_multiple(copy.deepcopy(self._table.all()))
        elif theirs in FAILURES:
            # Perhaps of another document: ours looks for all of them first.
            assert ours in FAILURES
        else:
            assert _sorted(ours) == _sorted(theirs)

    @rule(told=several)
    def insert(self, told: list[Any]) -> None:
        for each in told[:1]:
            self._inserted([each], lambda table, given: [table.insert(given[0])])

    @rule(told=several)
    def insert_multiple(self, told: list[Any]) -> None:
        self._inserted(told, lambda table, given: table.insert_multiple(given))

    @rule(told=several)
    def insert_multiple_that_fails_at_its_end(self, told: list[Any]) -> None:
        # What it shall have left untouched is looked at after each step.
        with pytest.raises(ValueError, match=r"already exists|not a Mapping"):
            self._table.insert_multiple([*self._given(told), "no document"])  # type: ignore[list-item]

    def _given(self, told: list[Any]) -> list[Any]:
        given = []
        for place, each in enumerate(told):
            if isinstance(each, tuple):
                given.append(Document(each[1], doc_id=self._keys([each[0]])[0]))
            else:
                given.append(Document(each, doc_id=f"new {self._greatest + place}") if self.named else each)
        return given

    def _inserted(self, told: list[Any], insert: Callable[[Table, list[Any]], list[Any]]) -> None:
        given = self._given(told)
        # Ids of TinyDB come back after a removal; ours count on from the greatest there ever was.
        expected, taken, greatest = [], {document.doc_id for document in self._table}, self._greatest
        for each in given:
            expected.append(each.doc_id if isinstance(each, Document) else greatest + 1)
            greatest = greatest + 1 if self.named else max(greatest, expected[-1])
        if taken & {*expected} or len({*expected}) < len(expected):
            with pytest.raises(ValueError, match="already exists"):
                insert(self._table, given)
            return
        assert insert(self._table, given) == expected
        self._greatest = greatest
        self._theirs.insert_multiple(Document(each, doc_id=key) for key, each in zip(expected, given, strict=True))

    @rule(change=operations, ids=some_ids)
    def update_by_ids(self, change: Any, ids: list[int]) -> None:
        self._both(lambda table: table.update(change, doc_ids=self._keys(ids)))

    @rule(change=operations, data=st.data())
    def update_by_query(self, change: Any, data: st.DataObject) -> None:
        query = self._query(data)
        self._both(lambda table: table.update(change, query))

    @rule(change=operations)
    def update_all(self, change: Any) -> None:
        self._both(lambda table: table.update(change))

    @rule(changes=st.lists(operations, min_size=1, max_size=3), data=st.data())
    def update_multiple(self, changes: list[Any], data: st.DataObject) -> None:
        updates = [(change, self._query(data)) for change in changes]
        self._both(lambda table: table.update_multiple(updates))

    @precondition(lambda self: not self.named)
    @rule(document=documents, data=st.data())
    def upsert(self, document: dict[str, Json], data: st.DataObject) -> None:
        query = self._query(data)
        try:
            there = self._theirs.contains(query)
        except TypeError:
            return
        if there:
            self._both(lambda table: table.upsert(document, query))
        else:
            self._inserted([document], lambda table, given: table.upsert(given[0], query))

    @rule(number=st.integers(-2, 30), document=documents)
    def upsert_by_id(self, number: int, document: dict[str, Json]) -> None:
        (key,) = self._keys([number])
        self._both(lambda table: table.upsert(Document(document, doc_id=key)))
        self._greatest = max(self._greatest, number)

    @rule(ids=some_ids)
    def remove_by_ids(self, ids: list[int]) -> None:
        self._both(lambda table: table.remove(doc_ids=self._keys(list(dict.fromkeys(ids)))))

    @rule(data=st.data())
    def remove_by_query(self, data: st.DataObject) -> None:
        query = self._query(data)
        self._both(lambda table: table.remove(query))

    @rule(data=st.data(), ids=some_ids)
    def look(self, data: st.DataObject, ids: list[int]) -> None:
        query, keys = self._query(data), self._keys(ids)
        self._both(lambda table: table.search(query))
        self._both(lambda table: table.count(query))
        self._both(lambda table: [table.contains(doc_id=key) for key in keys])
        self._both(lambda table: [table.get(doc_id=key) for key in keys])
        self._both(lambda table: table.get(doc_ids=keys))

    @rule()
    def truncate(self) -> None:
        self._table.truncate()
        self._begin_anew()

    @rule()
    def drop(self) -> None:
        self._ours.drop_table("Fruit")
        self._open_again()
        self._begin_anew()

    @rule()
    def open_again(self) -> None:
        self._open_again()

    def _open_again(self) -> None:
        self._ours.close()
        self._open()

    @rule(told=several, ids=some_ids, change=operations)
    def all_of_it_undone(self, told: list[Any], ids: list[int], change: Any) -> None:
        with contextlib.suppress(Undone, *FAILURES), self._ours.transaction():
            self._table.remove(doc_ids=self._keys(ids))
            self._table.insert_multiple(self._given(told))
            self._table.update(change)
            self._table.truncate()
            raise Undone

    def _query(self, data: st.DataObject) -> QueryInstance:
        return data.draw(queries_on([dict(document) for document in self._theirs]))

    @initialize()
    def begin(self) -> None:
        assert (len(self._table), self._table.all()) == (0, [])

    @invariant()
    def both_hold_the_same(self) -> None:
        ours = [(document.doc_id, json.dumps(document)) for document in self._table]
        theirs = [(document.doc_id, json.dumps(document)) for document in self._theirs]
        assert ours == (theirs if self.named else sorted(theirs))
        assert len(self._table) == len(ours)
        assert self._table.count(where("a").exists()) + self._table.count(~where("a").exists()) == len(ours)

    def teardown(self) -> None:
        self._ours.close()
        self._closing.close()


def _sorted(answer: Any) -> Any:
    """Return ids and documents in one order: by numbers ours are in another one than TinyDB's."""
    return sorted(answer, key=repr) if isinstance(answer, list) else answer


class SideBySideByName(SideBySide):
    """The same with names, whose order is that of their insertion on both sides."""

    named = True


class TestByNumber(SideBySide.TestCase):  # type: ignore[name-defined,misc]
    settings = FIXED


class TestByName(SideBySideByName.TestCase):  # type: ignore[name-defined,misc]
    settings = FIXED
