"""Where ours is not as TinyDB, and what nobody should find out by accident."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.operations import delete
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from admin_web.archive.documents import Documents


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_kept(documents: Documents, number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.insert({"deep": [{"number": number}]})
    documents.insert({"number": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.update({"number": number})
    assert documents.all() == [{"number": 1}]
    assert documents.count(where("number") == number) == 0


@pytest.mark.parametrize("document", [{"a": "x\0"}, {"a": ["\\\0"]}, {"\0": 1}, {"a": {"b\0": 1}}])
def test_a_nul_character_is_not_kept(documents: Documents, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        documents.insert(document)
    assert documents.insert({"a": 1}) == 1
    with pytest.raises(ValueError, match="NUL"):
        documents.upsert(document, where("a") == 1)
    assert documents.all() == [{"a": 1}]


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\\", "u0000", "\x01", "\\x00"])
def test_what_looks_like_a_nul_character_is_kept(documents: Documents, text: str) -> None:
    documents.insert({"a": text, text: 1})
    assert documents.search(where("a") == text) == [{"a": text, text: 1}]
    assert documents.count(where(text) == 1) == 1


def test_half_a_character_is_not_kept(documents: Documents) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        documents.insert({"a": "\ud83d"})
    assert documents.insert({"a": "\N{GRINNING FACE}"}) == 1
    assert documents.count(where("a") == "\ud83d") == 0


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), 1j])
def test_what_json_has_no_form_for_is_not_kept(documents: Documents, value: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        documents.insert({"a": value})
    assert documents.all() == []


def test_what_json_has_another_form_for_comes_back_in_that_form(documents: Documents, in_memory: Path) -> None:
    told = {1: (1, 2), None: True}
    documents.insert(told)
    with TinyDB(in_memory / "tinydb.json") as db:
        db.insert(told)
        assert documents.all() == db.all() == [{"1": [1, 2], "null": True}]


def test_a_removed_documents_id_is_never_given_again(documents: Documents, in_memory: Path) -> None:
    documents.insert_multiple([{}, {}, {}])
    documents.remove(doc_ids=[3])
    assert documents.insert({}) == 4
    documents.remove(doc_ids=[4])
    with Documents(in_memory / "archive.sqlite") as again:
        assert again.insert({}) == 5
    with TinyDB(in_memory / "tinydb.json") as db:
        db.insert_multiple([{}, {}, {}])
        db.remove(doc_ids=[3])
    with TinyDB(in_memory / "tinydb.json") as db:
        assert db.insert({}) == 3


def test_a_call_that_failed_used_up_no_id(documents: Documents) -> None:
    with TinyDB(storage=MemoryStorage) as db:
        for each, next_id in ((documents, 1), (db, 2)):
            with pytest.raises(ValueError, match="not a Mapping"):
                each.insert_multiple([{}, "no document"])  # type: ignore[list-item]
            assert each.insert({}) == next_id


def test_documents_with_numbers_are_in_the_order_of_their_numbers(documents: Documents) -> None:
    with TinyDB(storage=MemoryStorage) as db:
        for each, order in ((documents, [-1, 0, 2, 5]), (db, [5, 2, 0, -1])):
            each.insert_multiple(Document({}, doc_id=number) for number in (5, 2, 0, -1))
            assert [document.doc_id for document in each] == order
            assert each.insert({}) == 6


def test_documents_whose_fields_have_no_order_are_passed_over(documents: Documents) -> None:
    told: list[dict[str, Any]] = [{"a": 1}, {"a": "1"}, {"a": None}, {"a": [1]}, {"a": {}}, {"a": True}, {}]
    documents.insert_multiple(told)
    assert documents.search(where("a") < 2) == [{"a": 1}, {"a": True}]
    assert documents.search(where("a") > 0) == [{"a": 1}, {"a": True}]
    assert documents.search(where("a") >= "") == documents.search(where("a") < "z") == [{"a": "1"}]
    assert documents.count(where("a") > 0) == 2
    with TinyDB(storage=MemoryStorage) as db:
        db.insert_multiple(told)
        with pytest.raises(TypeError):
            db.search(where("a") < 2)


def test_a_table_that_shall_be_there_though_empty_keeps_what_it_has(documents: Documents) -> None:
    documents.table("fruit").insert({"kind": "apple"})
    with Documents(documents.database.path) as again:
        assert again.table("fruit", persist_empty=True).all() == [{"kind": "apple"}]
    with TinyDB(storage=MemoryStorage) as db:
        db.table("fruit").insert({"kind": "apple"})
        other = TinyDB(storage=lambda: db.storage)
        assert other.table("fruit", persist_empty=True).all() == []


def test_an_id_removed_twice_in_one_call_is_removed_once(documents: Documents) -> None:
    documents.insert_multiple([{}, {}])
    assert documents.remove(doc_ids=[2, 2]) == [2]
    with TinyDB(storage=MemoryStorage) as db:
        db.insert({})
        with pytest.raises(KeyError):
            db.remove(doc_ids=[1, 1])


@pytest.mark.parametrize("wrong", [2**63, -(2**63) - 1, 2**200])
def test_a_number_that_is_too_great_for_an_id_is_nobodys(documents: Documents, wrong: int) -> None:
    documents.insert({})
    assert documents.get(doc_id=wrong) is None
    assert documents.get(doc_ids=[wrong, 1]) == [{}]
    assert not documents.contains(doc_id=wrong)
    assert documents.update({"a": 1}, doc_ids=[wrong]) == documents.remove(doc_ids=[wrong]) == []
    with pytest.raises(ValueError, match="have numbers"):
        documents.insert(Document({}, doc_id=wrong))


@pytest.mark.parametrize("wrong", ["apple", 1.5, b"1", [1]])
def test_what_is_no_number_is_no_id(documents: Documents, wrong: Any) -> None:
    with pytest.raises(ValueError, match="have numbers"):
        documents.insert(Document({}, doc_id=wrong))
    assert documents.all() == []


@pytest.mark.parametrize("wrong", [7, None, b"a", "a\0b", "\ud800"])
def test_what_is_no_text_is_no_name(documents: Documents, wrong: Any) -> None:
    named = documents.table("named", ids=str)
    with pytest.raises(ValueError, match="have names"):
        named.insert(Document({}, doc_id=wrong))
    assert named.all() == []
    assert named.get(doc_id="\ud800") is None


def test_documents_of_a_named_table_must_bring_their_names(documents: Documents) -> None:
    named = documents.table("named", ids=str)
    with pytest.raises(ValueError, match=r"named have names: insert a Document with its doc_id"):
        named.insert({"a": 1})
    with pytest.raises(ValueError, match="have names"):
        named.upsert({"a": 1}, where("a") == 1)


def test_an_empty_document_is_a_document(documents: Documents) -> None:
    documents.insert({})
    assert documents.contains(doc_id=1)
    assert documents.get(doc_id=1) == {}
    assert documents.upsert(Document({"a": 1}, doc_id=1)) == [1]
    documents.update(delete("a"))
    assert documents.update({"b": 2}, doc_ids=[1]) == [1]
    assert documents.all() == [{"b": 2}]


def test_looking_at_a_database_does_not_make_numbers_of_names(documents: Documents) -> None:
    documents.table("named", ids=str).insert(Document({}, doc_id="zebra"))
    with Documents(documents.database.path) as again:
        assert "named=1" in repr(again)
        named = again.table("named", ids=str)
        assert named.insert(Document({}, doc_id="ant")) == "ant"
        # In the order of insertion, as a table of names has it.
        assert [each.doc_id for each in named] == ["zebra", "ant"]


def test_tinydbs_own_tables_keep_the_order_and_the_kind_of_ids(documents: Documents) -> None:
    documents.table("named", ids=str).insert_multiple(
        Document({}, doc_id=name) for name in ("zebra", "007", "7", "ant")
    )
    documents.insert_multiple([Document({}, doc_id=-1), Document({}, doc_id=3)])
    before = documents.storage.read()
    assert before and list(before["named"]) == ["zebra", "007", "7", "ant"]
    documents.storage.write(before)
    assert documents.storage.read() == before
    assert list((documents.storage.read() or {})["named"]) == ["zebra", "007", "7", "ant"]
    assert documents.insert({}) == 4


def test_a_query_of_more_values_than_sql_takes_is_answered(documents: Documents) -> None:
    documents.insert_multiple({"n": n} for n in range(0, 5000, 100))
    assert documents.count(where("n").one_of([*range(3000)])) == 30
    assert documents.count(where("n").one_of([*range(1000)])) == 10
    assert len(documents.get(doc_ids=[*range(100_000)]) or []) == 50


def test_more_documents_than_are_fetched_at_once_come_in_order(documents: Documents) -> None:
    documents.insert_multiple({"n": n, "even": n % 2 == 0} for n in range(1, 1702))
    assert [each.doc_id for each in documents] == [*range(1, 1702)]
    assert [each["n"] for each in documents.search(where("n").test(lambda n: n % 2 == 0))] == [*range(2, 1702, 2)]
    some = where("even").any([1]) | (where("even") == True) & where("n").matches("")  # noqa: E712 - a query
    assert documents.search(some) == []
    assert len(documents.search((where("even") == False) & where("n").test(lambda n: n > 800))) == 451  # noqa: E712


def test_changes_while_documents_are_gone_through_are_no_harm(documents: Documents) -> None:
    documents.insert_multiple({"n": n} for n in range(1200))
    seen = []
    for document in documents:
        seen.append(document["n"])
        if document["n"] % 300 == 0:
            documents.remove(doc_ids=[document.doc_id, document.doc_id + 600])
            documents.insert({"n": 5000 + document["n"]})
    # Those at 600 and at 900 are gone before they are come to.
    assert seen == [*(n for n in range(1200) if n not in (600, 900)), 5000, 5300]


def test_a_document_is_kept_as_text_that_other_programs_read(documents: Documents) -> None:
    documents.insert({"kind": "Äpfel", "n": 1})
    (row,) = documents.database.read('SELECT id, doc FROM "doc__default"')
    assert row == (1, '{"kind":"Äpfel","n":1}')
    assert json.loads(row[1]) == {"kind": "Äpfel", "n": 1}
