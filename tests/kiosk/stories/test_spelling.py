"""Words as people type them, and what of them is said."""

import pytest

from kiosk.stories.spelling import sound, spoken_words, typed_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I told [support worker], twice", ["I", "told", "[support worker],", "twice"]),
        ("[a\n b] [] [c", ["[a b]", "[]", "[c"]),
        (" one\ttwo\n\nthree ", ["one", "two", "three"]),
        ("(see [place])", ["(see", "[place])"]),
        (f"[{'a ' * 60}]", [*(["[a"] + ["a"] * 59), "]"]),
        ("", []),
    ],
)
def test_what_stands_in_brackets_is_one_word(text: str, words: list[str]) -> None:
    assert typed_words(text) == words


def test_what_stands_in_brackets_is_not_said() -> None:
    assert spoken_words("I told [support worker], twice") == ["i", "told", "twice"]
    assert sound("[Manager],") == sound("[manager]") != sound("Manager") == "manager"
    assert sound("Ann\u2019s") == "anns"
    assert sound("...") == "..."
