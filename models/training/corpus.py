"""Texts to be spoken and counted: our own sentences, a grammar of our own, and words put in place of others.

Each text is a line of the recogniser's words. Everything comes from a `random.Random`, so a seed gives the same texts.
"""

import itertools
import random
import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.training.word_lists import KINDS, WordKinds

TEXTS = Path(__file__).parent / "texts"
_SLOT = re.compile(r"\{(\w+)\}")
#: Longer ones are spoken too seldom to be worth their memory in training.
MOST_WORDS = 24


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty and no comments."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_grammar(path: Path) -> dict[str, list[str]]:
    """Return name -> choices. An indented line goes on with the choices of the one before.

    Raises:
        ValueError: A name is used and nowhere defined.
    """
    rules: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        choices = line
        if not line.startswith(" "):
            name, choices = (part.strip() for part in line.split("=", 1))
        rules.setdefault(name, []).extend(choice.strip() for choice in choices.split("|") if choice.strip())
    used = {slot for choices in rules.values() for choice in choices for slot in _SLOT.findall(choice)}
    if missing := used - rules.keys() - set(KINDS):
        raise ValueError(f"{path} uses {sorted(missing)} and does not define them.")
    return rules


def own_words(grammar: dict[str, list[str]], sentences: Iterable[str]) -> set[str]:
    """Return every word of the grammar and the sentences."""
    texts = itertools.chain(sentences, *grammar.values())
    return {word for text in texts for word in _SLOT.sub(" ", text).split()}


@dataclass
class _Bag:
    """Words drawn by weight."""

    words: list[str]
    totals: list[float]

    def draw(self, rng: random.Random) -> str:
        return self.words[bisect(self.totals, rng.random() * self.totals[-1])]


class Corpus:
    """Makes texts: `sentence` as they are likely to be said, `rare` to have every word said."""

    def __init__(
        self, grammar: dict[str, list[str]], sentences: list[str], kinds: WordKinds, vocabulary: list[str]
    ) -> None:
        """`flatness` below makes rare words commoner than they are: each weight is raised to it."""
        self._grammar, self._sentences, self._vocabulary = grammar, sentences, vocabulary
        self._kind = {word: kind for word in vocabulary if (kind := kinds.kind_of(word))}
        self._bags = {
            flatness: {
                kind: _Bag(list(words), list(itertools.accumulate(weight**flatness for weight in words.values())))
                for kind, words in kinds.weights.items()
                if words
            }
            for flatness in (1.0, 0.4)
        }

    def sentence(self, rng: random.Random, flatness: float = 1.0) -> str:
        """Return a sentence of the grammar, or one of our own, as it is or with some of its words exchanged."""
        while True:
            if rng.random() < 0.7 or not self._sentences:
                text = self._expand("sentence", rng, flatness)
            else:
                text = rng.choice(self._sentences)
                if rng.random() < 0.6:
                    text = self._exchange(text, rng, flatness)
            if len(text.split()) <= MOST_WORDS:
                return text

    def rare(self, rng: random.Random) -> str:
        """Return words in no order, each as likely as any other."""
        return " ".join(rng.choices(self._vocabulary, k=rng.randint(2, 7)))

    def sentences(self, rng: random.Random, count: int, flatness: float = 1.0) -> Iterator[str]:
        """Yield `count` sentences."""
        return (self.sentence(rng, flatness) for _ in range(count))

    def _expand(self, name: str, rng: random.Random, flatness: float) -> str:
        if name in KINDS:
            bag = self._bags[flatness].get(name)
            return bag.draw(rng) if bag else ""
        text = rng.choice(self._grammar[name])
        return " ".join(_SLOT.sub(lambda slot: self._expand(slot[1], rng, flatness), text).split())

    def _exchange(self, text: str, rng: random.Random, flatness: float) -> str:
        """Put other words of the same kind in place of a quarter of the words."""
        words = text.split()
        for place, word in enumerate(words):
            kind = self._kind.get(word)
            if kind and rng.random() < 0.25:
                words[place] = self._bags[flatness][kind].draw(rng)
        return " ".join(words)


def own_texts(folder: Path = TEXTS) -> tuple[dict[str, list[str]], list[str]]:
    """Return our grammar and our sentences."""
    return read_grammar(folder / "grammar.txt"), read_lines(folder / "sentences.txt")


def free_sentences(folder: Path = TEXTS) -> list[str]:
    """Return the sentences that only measure: no text of training holds any of them."""
    return read_lines(folder / "free_sentences.txt")
