"""The words of a centre, counted: which word comes after which in what people there have said.

Pairs of words and no longer: a centre checks thousands of words, not millions, and longer ones would each be seen once.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

#: Stands for a word that the model cannot write. Nothing is learned across it.
UNKNOWN = -1
#: What every count of a pair loses to pairs not seen (absolute discounting, Ney, Essen and Kneser 1994).
_DISCOUNT = 0.75
#: How often a name from the list counts as heard, besides the stories.
_NAME_COUNTS = 2


@dataclass(frozen=True)
class OwnWords:
    """Counts of numbered words. `start` is the history of the first word, `end` the word after the last.

    Attributes:
        start: A number that is no word's.
        end: Likewise.
        single: Word -> how often.
        pairs: Word or `start` -> next word -> how often.
    """

    start: int
    end: int
    single: Counter[int] = field(default_factory=Counter)
    pairs: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    @classmethod
    def of(
        cls, stories: Iterable[Sequence[int]], names: Iterable[Sequence[int]], *, start: int, end: int
    ) -> "OwnWords":
        """Count stories (each from its first word to its last) and names (which may stand anywhere)."""
        own = cls(start, end)
        for story in stories:
            own._count([start, *story, end], 1)
        for name in names:
            own._count([UNKNOWN, *name], _NAME_COUNTS)
        return own

    def _count(self, words: Sequence[int], times: int) -> None:
        for before, word in itertools.pairwise(words):
            if word != UNKNOWN:
                self.single[word] += times
                if before != UNKNOWN:
                    self.pairs[before][word] += times

    def probability(self, before: int, word: int) -> float:
        """Return how likely a word is after another; 0 for one that the centre never said."""
        total = self.single.total()
        alone = self.single[word] / total if total else 0.0
        seen = self.pairs.get(before)
        if not seen:
            return alone
        return max(0.0, seen[word] - _DISCOUNT) / seen.total() + self.rest(before) * alone

    def rest(self, before: int) -> float:
        """Return which part of what comes after a word is left to words not seen there."""
        seen = self.pairs.get(before)
        return _DISCOUNT * len(seen) / seen.total() if seen else 1.0

    def beyond(self) -> Iterator[tuple[int, int, float]]:
        """Yield every pair seen, with what is its own beyond `rest`."""
        for before, seen in self.pairs.items():
            for word, count in seen.items():
                yield before, word, (count - _DISCOUNT) / seen.total()
