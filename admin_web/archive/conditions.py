"""TinyDB's queries as SQL.

A TinyDB query is a Python function; what it tests is told by its hash value (`QueryInstance._hash`), which TinyDB
builds for its query cache: `("==", ("name",), "x")`, `("and", frozenset({...}))` and so on. From that this module makes
a condition on the JSON in the column `doc`. Whatever has no exact counterpart (a function, a regular expression, a
comparison with a list) is left to the query itself, which the table asks about every row that the condition lets
through. So a condition may let through too much, never too little; `exact` says that it does neither.

SQLite's JSON knows no difference between paths and keys that hold quotes, and its numbers are doubles read by its own
reader: keys and numbers where that could show are left to Python as well.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: Whole numbers up to here are the same in JSON, SQLite and Python, also where one of them holds a double.
_LARGEST_WHOLE = 2**53
#: More alternatives than this are tested by Python: SQLite has a limit on parameters.
_MOST_ALTERNATIVES = 1000
_NUMBER_TYPES = "('integer','real','true','false')"
_COMPARISONS = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Condition:
    """A condition in SQL on the column `doc`.

    Attributes:
        sql: An expression that is true for every document that the query matches; it may be NULL where it is not.
        parameters: The values of its question marks.
        exact: It is true for no other document.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    exact: bool = True


#: Lets every document through, as is meant.
EVERYTHING = Condition("1")
#: Lets every document through, since SQL cannot tell.
ANYTHING = Condition("1", exact=False)


def condition_of(query: Callable[[Any], bool] | None) -> Condition:
    """Return the condition for a TinyDB query, a plain function, or None (every document)."""
    if query is None:
        return EVERYTHING
    return _translate(getattr(query, "_hash", None)) or ANYTHING


def field(*path: str) -> str:
    """Return the SQL expression for a field's value, as the expression indexes are made on it.

    Raises:
        ValueError: A name holds what a JSON path of SQLite cannot.
    """
    where = _where(path)
    if where is None:
        raise ValueError(f"{path} cannot be a path in SQLite's JSON")
    return f"json_extract(doc,{where})"


def _translate(told: Any) -> Condition | None:
    match told:
        case ():
            return EVERYTHING  # Query().noop()
        case ("and" | "or" as word, frozenset() as parts):
            return _combine(word, [_translate(part) for part in sorted(parts, key=repr)])
        case ("not", part):
            return _negated(_translate(part))
        case (str() as word, tuple() as path, *rest) if (where := _where(path)) is not None:
            return _test(word, where, rest)
    return None


def _combine(word: str, parts: list[Condition | None]) -> Condition | None:
    known = [part for part in parts if part]
    if not known or (word == "or" and len(known) < len(parts)):
        return None
    # One part: a & a is the same test twice, and TinyDB keeps it once.
    return Condition(
        f"({f' {word} '.join(part.sql for part in known)})",
        tuple(value for part in known for value in part.parameters),
        len(known) == len(parts) and all(part.exact for part in known),
    )


def _negated(part: Condition | None) -> Condition | None:
    if part is None or not part.exact:
        return None
    return Condition(f"(NOT coalesce({part.sql},0))", part.parameters)


def _test(word: str, where: str, rest: list[Any]) -> Condition | None:
    there = f"json_type(doc,{where})"
    match word, rest:
        case "exists", []:
            return Condition(f"({there} IS NOT NULL)")
        case "==", [value]:
            return _one_of(where, [value])
        case "one_of", [tuple() | frozenset() as values]:
            return _one_of(where, values)
        case "!=", [value]:
            equal = _negated(_one_of(where, [value]))
            return equal and Condition(f"({there} IS NOT NULL AND {equal.sql})", equal.parameters)
        case "any", [tuple() | frozenset() as values]:
            return _any(where, values)
        case _, [value] if word in _COMPARISONS and is_plain(value) and value is not None:
            types = "('text')" if isinstance(value, str) else _NUMBER_TYPES
            return Condition(f"({there} IN {types} AND json_extract(doc,{where}) {word} ?)", (value,))
    return None


def _one_of(where: str, values: Iterable[Any]) -> Condition | None:
    return _among(values, f"json_type(doc,{where})", f"json_extract(doc,{where})")


def _any(where: str, values: Iterable[Any]) -> Condition | None:
    element = _among(values, "type", "atom")
    if element is None:
        return None
    # To TinyDB a text is a sequence of characters and an object one of keys: Python shall look at those.
    return Condition(
        f"(json_type(doc,{where}) IN ('text','object') OR (json_type(doc,{where})='array' "
        f"AND EXISTS (SELECT 1 FROM json_each(doc,{where}) WHERE {element.sql})))",
        element.parameters,
        exact=False,
    )


def _among(values: Iterable[Any], json_type: str, value: str) -> Condition | None:
    """Return the condition that a JSON value is one of `values`; None if one of them has no counterpart in SQL."""
    values = list(values)
    if len(values) > _MOST_ALTERNATIVES or not all(is_plain(each) for each in values):
        return None
    texts = [each for each in values if isinstance(each, str)]
    numbers = [each for each in values if isinstance(each, int | float)]
    alternatives = []
    # The value first: that is what an index is on. An object's text could equal a text, so the type counts as well.
    if texts:
        alternatives.append(f"({value} IN ({_marks(texts)}) AND {json_type}='text')")
    if numbers:
        alternatives.append(f"({value} IN ({_marks(numbers)}) AND {json_type} IN {_NUMBER_TYPES})")
    if len(texts) + len(numbers) < len(values):
        alternatives.append(f"{json_type}='null'")
    return Condition(f"({' OR '.join(alternatives) or '0'})", (*texts, *numbers))


def _marks(values: list[Any]) -> str:
    return ",".join("?" * len(values))


def is_plain(value: Any) -> bool:
    """Say whether a value is the same in Python, in JSON and in SQL."""
    if isinstance(value, str):
        return "\0" not in value and _is_unicode(value)
    if isinstance(value, int | float):
        return abs(value) <= _LARGEST_WHOLE and value == int(value)
    return value is None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _where(path: tuple[Any, ...]) -> str | None:
    """Return a JSON path as an SQL literal, or None if SQLite could not tell its keys."""
    if not path or not all(isinstance(key, str) and key and key.isprintable() and _is_unicode(key) for key in path):
        return None
    if any(character in key for key in path for character in '"\\'):
        return None
    steps = "".join(f'."{key}"' for key in path).replace("'", "''")
    return f"'${steps}'"
