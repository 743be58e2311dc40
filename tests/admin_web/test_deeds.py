"""Whatever the log is told, people can read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import admin_web
from admin_web.deeds import KINDS

#: Said by a pattern in the code.
STATES = ("approved", "withdrawn")


def told_to_the_log() -> Iterator[str]:
    """What stands as the second argument wherever a line is added, or as the name of a change."""
    for path in Path(admin_web.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) < 2:
                continue
            adds = node.func.attr in ("add", "add_once") and ast.unparse(node.func.value).endswith("log")
            if adds or node.func.attr in ("_change", "_changed"):
                what = node.args[1]
                if isinstance(what, ast.Constant) and isinstance(what.value, str):
                    yield what.value
                elif isinstance(what, ast.JoinedStr):
                    assert ast.unparse(what) == "f'quote {state}'"
                    yield from (f"quote {state}" for state in STATES)


def test_every_line_of_the_log_has_words_and_a_kind() -> None:
    found = set(told_to_the_log())
    assert {"heard", "role changed", "flag raised"} <= found
    assert found - {what for whats in KINDS.values() for what in whats} == set()
