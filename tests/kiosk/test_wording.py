"""Sentences that everybody can follow: our own prompts, and what people write."""

import pytest

from kiosk.shown.texts import load_texts
from kiosk.stories.wording import MOST_WORDS, too_hard


@pytest.mark.parametrize("one_switch", [False, True], ids=["two buttons", "one switch"])
def test_every_prompt_is_easy_to_follow(one_switch: bool) -> None:
    texts = load_texts("en-GB", person="the manager of this day centre", one_switch=one_switch)
    del texts["sample_story"]
    for name, text in texts.items():
        assert too_hard(text) == [], name
        assert "{" not in text and text[-1] in ".?", f"{name}: {text}"
    assert all("green" not in text and "red" not in text.split() for text in texts.values()) or not one_switch


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("word " * (MOST_WORDS + 1), "16 words"),
        ("Press green to talk.", "Say first what it is for, then what to press: 'Press green to talk'"),
        ("To talk press green or press red.", "one thing at a time"),
        ("What is good here; and what is not?", "one thing at a time"),
    ],
)
def test_what_is_hard_to_follow_is_told_with_its_reason(text: str, why: str) -> None:
    (told,) = too_hard(text)
    assert why in told
