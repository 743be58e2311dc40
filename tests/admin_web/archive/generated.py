"""Documents and queries of every kind, for hypothesis."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from tinydb import Query
from tinydb.queries import QueryInstance

Json = Any
Path = tuple[str, ...]
#: A field and what a document holds there.
Place = tuple[Path, Json]
T = TypeVar("T")

#: Few, so that documents share them; each is hard for somebody: a path, SQL, JSON.
NAMES = [*("a", "a", "a", "b", "b"), "a.b", '"', "'", "", "é", "$", " ", "\\", "[0]", "\n"]
NUMBERS = [
    *(0, 1, -1, 2, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30),
    *(0.0, -0.0, 1.0, 0.1, 0.5, 1e16, 1e300, -1e300, 5e-324, 9007199254740992.0, 9007199254740994.0),
    *(math.nextafter(whole, way) for whole in (0.0, 1.0, 2.0, 3.0, 10.0, 1e15) for way in (-math.inf, math.inf)),
]
TEXTS = [
    "",
    "a",
    "A",
    "ab",
    "é",
    "e\u0301",
    "日本",
    "a'b",
    '"q"',
    "\\",
    "\\u0000",
    "\n",
    "\x01",
    "\x7f",
    "😀",
    "\ufffe",
]
#: These are something else to somebody who reads them too early.
TEXTS += ["1", "1.0", "true", "null", "[1]", '{"a":1}', "$.a", "?"]
WORDS = ["", "a", "^a$", "[a-é]", ".", r"\d", "(?s).*b", "^$"]


def _same(value: Json) -> Json:
    return value


#: What `test` and `map` call; they take any value.
FUNCTIONS: list[Callable[[Json], Any]] = [_same, bool, str, type, lambda value: value == 1, lambda value: [value, "a"]]

names = st.sampled_from(NAMES)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TEXTS),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
documents = st.dictionaries(names, values, max_size=4)
_several_documents = st.lists(documents, min_size=1, max_size=3)
_made_up = st.tuples(st.lists(names, min_size=1, max_size=2).map(tuple), values)


def _pick(draw: st.DrawFn, among: Sequence[T]) -> T:
    # Strategies are dear to make; those for integers are kept by hypothesis.
    return among[draw(st.integers(0, len(among) - 1))]


def _once_in(draw: st.DrawFn, times: int) -> bool:
    return draw(st.integers(1, times)) == times // 2


def places(value: Json, path: Path = ()) -> Iterator[Place]:
    """Go through every field of a document, also nested."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), inner
            yield from places(inner, (*path, name))


def field(path: Path) -> Query:
    query = Query()
    for name in path:
        query = query[name]
    return query


def _near(value: Json) -> list[Json]:
    """Return values that are easily taken for `value`."""
    match value:
        case bool():
            return [int(value), float(value), not value, str(value).lower()]
        case int() | float():
            near = [str(value), -value, bool(value)]
            if abs(value) < 2**70:
                near += [float(value), int(value), int(value) + 1, math.nextafter(value, math.inf), [value]]
            return near
        case str():
            return [value.upper(), value + "a", value[:1], [value]]
        case list():
            return [value[:1], *value[:1], value + value]
        case dict():
            return [dict(list(value.items())[:1]), str(value), list(value)]
    return ["null", 0, ""]


def _leaf(draw: st.DrawFn, known: Sequence[Place], depth: int) -> QueryInstance:
    """Return one test of one field, more often than not of a field and a value that are there."""
    path, value = draw(_made_up) if not known or _once_in(draw, 10) else _pick(draw, known)
    if _once_in(draw, 3):
        value = _pick(draw, _near(value))
    asked = field(path)
    if _once_in(draw, 20):
        asked = asked.map(_pick(draw, FUNCTIONS))
    several = [value, draw(scalars), *([_pick(draw, known)[1]] if known else [])]
    match _pick(draw, ["==", "!=", "<", "<=", ">", ">=", "one_of", "any", "all", "exists", "other"]):
        case "==":
            return asked == value
        case "!=":
            return asked != value
        case "<" | "<=" | ">" | ">=" as word:
            if isinstance(value, list | dict) or value is None:
                value = draw(scalars)
            return {"<": asked < value, "<=": asked <= value, ">": asked > value, ">=": asked >= value}[word]
        case "one_of":
            return asked.one_of(_pick(draw, [several, tuple(several), several[:1], []]))
        case "any" | "all" as word:
            elements: Any = value if isinstance(value, list) else several[: 1 + _once_in(draw, 3)]
            within = [place for one in elements for place in places(one)] if isinstance(elements, list) else []
            if within and depth and _once_in(draw, 2):
                elements = _query(draw, within, depth - 1)
            return asked.any(elements) if word == "any" else asked.all(elements)
        case "exists":
            return asked.exists()
    match _pick(draw, ["matches", "search", "test", "fragment", "fragment of the document", "noop"]):
        case "matches":
            return asked.matches(_pick(draw, WORDS), flags=_pick(draw, [0, re.IGNORECASE]))
        case "search":
            return asked.search(_pick(draw, [*WORDS, re.escape(str(value))]))
        case "test":
            return asked.test(_pick(draw, FUNCTIONS))
        case "fragment":
            return asked.fragment(value if isinstance(value, dict) else {"a": value})
        case "fragment of the document":
            return Query().fragment({path[0]: value})
    return Query().noop()


def _query(draw: st.DrawFn, known: Sequence[Place], depth: int) -> QueryInstance:
    match _pick(draw, ["test", "test", "and", "or", "not"]) if depth else "test":
        case "and":
            return _query(draw, known, depth - 1) & _query(draw, known, depth - 1)
        case "or":
            return _query(draw, known, depth - 1) | _query(draw, known, depth - 1)
        case "not":
            return ~_query(draw, known, depth - 1)
    return _leaf(draw, known, depth)


@st.composite
def documents_and_queries(draw: st.DrawFn) -> tuple[list[dict[str, Json]], list[QueryInstance]]:
    told = draw(_several_documents)
    # Others that nearly say the same, so that a query finds some of all.
    for document in [each for each in told if each]:
        name, value = _pick(draw, list(document.items()))
        told.append({**document, name: _pick(draw, _near(value))})
    known = [place for document in told for place in places(document)]
    return told, [_query(draw, known, 3) for _ in range(4)]


@st.composite
def queries_on(draw: st.DrawFn, told: list[dict[str, Json]]) -> QueryInstance:
    """Return a query for documents that are there already."""
    return _query(draw, [place for document in told for place in places(document)], 2)
