"""Texts of general English: WordNet's definitions and the examples of how a word is used (1.4 million words).

Debian's `wordnet-base`, whose licence asks for no more than naming it. Written language, and some of it odd; but much
wider than what we can write ourselves.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from models.training.word_lists import WORDNET

_EXAMPLE = re.compile(r'"([^"]+)"')
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
#: A definition goes on after these as another thing that is said.
_BREAK = re.compile(r"[;:()`]|--|\.\.\.")


def spoken(text: str) -> str:
    """Return a text as the recogniser would write it; nothing where it holds figures, which it would spell."""
    return "" if any(letter.isdigit() for letter in text) else " ".join(_WORD.findall(text.lower()))


def wordnet_texts(folder: Path = WORDNET) -> tuple[list[str], list[str]]:
    """Return all examples, and all definitions."""
    examples: list[str] = []
    definitions: list[str] = []
    for pos in ("adj", "adv", "noun", "verb"):
        for line in (folder / f"data.{pos}").read_text("utf-8").splitlines():
            if line.startswith(" "):
                continue  # the licence
            gloss = line.split(" | ", 1)[1]
            examples += filter(None, (spoken(each) for each in _EXAMPLE.findall(gloss)))
            parts = _BREAK.split(_EXAMPLE.sub("", gloss))
            definitions += [text for each in parts if len((text := spoken(each)).split()) > 2]
    return examples, definitions


def repeated(examples: list[str], definitions: list[str], times: int) -> Iterator[str]:
    """Yield every definition once and every example, which is nearer to speech, so many times."""
    yield from definitions
    for _ in range(times):
        yield from examples
