"""Which words follow which: a trigram with back-off, counted from texts of our own, small enough for a Pi.

Absolute discounting with interpolation (Ney, Essen and Kneser 1994): each count seen loses a little, and what is lost
goes to the shorter history. Kept are the n-grams that say most beyond their shorter history. The model is a set of
histories; `()` is the empty one, `(START,)` the beginning of a text.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

START, END = "<s>", "</s>"
#: What each count loses.
_DISCOUNT = 0.6
#: How likely the unknown word is: rare enough not to push known words out.
_UNKNOWN_SHARE = 1e-4
#: Part of the empty history's probability that goes to words by how common they are in English, not in our texts.
_GENERAL = 0.15

History = tuple[str, ...]


@dataclass(frozen=True)
class Trigram:
    """A back-off model. All numbers are natural logarithms."""

    after: dict[History, dict[str, float]]
    """Words kept after each history (END among them), with their probability."""
    back_off: dict[History, float]
    """What a word's probability after the shorter history is weighed with when the longer one does not have it."""

    def log_probability(self, history: History, word: str) -> float:
        """Return log P(word | history), backing off."""
        weight = 0.0
        while word not in self.after.get(history, {}):
            weight += self.back_off.get(history, 0.0)
            if not history:
                raise KeyError(word)
            history = history[1:]
        return weight + self.after[history][word]

    def perplexity(self, texts: Iterable[str]) -> float:
        """Return how many words the model thinks possible at each place, on average; texts' words must be known."""
        total, count = 0.0, 0
        for text in texts:
            history: History = (START,)
            for word in [*text.split(), END]:
                total += self.log_probability(history, word)
                count += 1
                history = (*history, word)[-2:]
        return math.exp(-total / count)

    @property
    def size(self) -> int:
        """Number of n-grams."""
        return sum(map(len, self.after.values()))


def estimate(texts: Iterable[str], general: dict[str, float], unknown: str, most: int) -> Trigram:
    """Count texts and keep about `most` n-grams.

    Args:
        texts: What is said; may hold words that are not in the vocabulary.
        general: The vocabulary; how common each word is in English (any scale).
        unknown: The word that stands for unknown ones.
        most: N-grams to keep besides the single words.
    """
    counts: dict[History, Counter[str]] = defaultdict(Counter)
    known = general.keys() | {START, END}
    for text in texts:
        words = [START, *text.split(), END]
        for place in range(1, len(words)):
            # Nothing is learned across a word that the recogniser cannot write.
            for length in range(3):
                ngram = words[max(0, place - length) : place + 1]
                if len(ngram) <= length or not known.issuperset(ngram):
                    break
                counts[tuple(ngram[:-1])][ngram[-1]] += 1
    single = _single(counts[()], general, unknown)
    full: dict[History, dict[str, float]] = {(): single}
    for length in (1, 2):
        for history in [each for each in counts if len(each) == length]:
            seen, total = counts[history], counts[history].total()
            rest = _DISCOUNT * len(seen) / total
            below = full[history[1:]]
            full[history] = {
                word: (count - _DISCOUNT) / total + rest * _below(full, history[1:], word, below)
                for word, count in seen.items()
            }
    return _prune(full, counts, most)


def _single(seen: Counter[str], general: dict[str, float], unknown: str) -> dict[str, float]:
    total, of_all = seen.total() or 1, sum(general.values()) or 1.0
    single = {word: (1 - _GENERAL) * seen[word] / total + _GENERAL * share / of_all for word, share in general.items()}
    single[END] = max(seen[END], 1) / total
    single[unknown] = _UNKNOWN_SHARE
    norm = sum(single.values())
    return {word: probability / norm for word, probability in single.items()}


def _below(full: dict[History, dict[str, float]], history: History, word: str, known: dict[str, float]) -> float:
    # Every word seen after a longer history was seen after the shorter one too.
    return known[word] if word in known else full[()].get(word, 1e-9)


def _prune(full: dict[History, dict[str, float]], counts: dict[History, Counter[str]], most: int) -> Trigram:
    """Keep what says most: count x log(longer / shorter), the beginning of a text always."""
    gains = (
        (counts[history][word] * math.log(probability / full[history[1:]].get(word, 1e-9)), history, word)
        for history, words in full.items()
        if history
        for word, probability in words.items()
        if counts[history][word] > 1 or len(history) == 1
    )
    after: dict[History, dict[str, float]] = {(): full[()]}
    for gain, history, word in heapq.nlargest(most, gains):
        if gain > 0:
            after.setdefault(history, {})[word] = full[history][word]
    # A history of two words needs that of its last word, to back off to.
    for history in [each for each in after if len(each) == 2]:
        after.setdefault(history[1:], {})
    log_after: dict[History, dict[str, float]] = {}
    back_off: dict[History, float] = {}
    partial = Trigram(log_after, back_off)
    for history in sorted(after, key=len):
        words = after[history]
        log_after[history] = {word: math.log(probability) for word, probability in words.items()}
        if history:
            kept = sum(words.values())
            shorter = sum(math.exp(partial.log_probability(history[1:], word)) for word in words)
            back_off[history] = math.log(max(1 - kept, 1e-6) / max(1 - shorter, 1e-6))
    return partial
