"""Mixing a centre's own words into a model's graph of words.

Every probability becomes (1 - weight) of the model's and `weight` of the centre's, for each pair of words that either
of them knows; what else may follow backs off as before, with a weight that makes everything sum to one again. (Static
interpolation of back-off models, as SRILM's `ngram -mix-lm` does it: Stolcke, ICSLP 2002.)

Words are numbers from the model's own list, so nothing of it but `Gr.fst` changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.adapting.own_words import UNKNOWN, OwnWords
from models.adapting.word_graph import NONE, Floats, Ints, WordGraph

#: Probability that is never undercut, so that its logarithm stays a number that decoders can bear.
_LEAST = 1e-9


class Lookup:
    """Finds words in a graph, many at a time."""

    def __init__(self, graph: WordGraph) -> None:
        self._graph, self._wide = graph, graph.end + 1
        self._keys = graph.sources * self._wide + graph.words

    def place(self, states: Ints, words: Ints) -> Ints:
        """Return where each word stands in its state's list; `NONE` where it is not in it."""
        wanted = states * self._wide + words
        found = np.minimum(np.searchsorted(self._keys, wanted), max(0, len(self._keys) - 1))
        return np.where(self._keys[found] == wanted, found, NONE) if len(self._keys) else np.full(len(wanted), NONE)

    def log_probability(self, states: Ints, words: Ints) -> Floats:
        """Return log P(word | state), backing off; minus infinity for a word that is nowhere."""
        states = states.copy()
        found, given_up = np.full(len(states), -np.inf), np.zeros(len(states))
        open_ = np.ones(len(states), np.bool_)
        while np.any(open_):
            place = self.place(states, words)
            here = open_ & (place != NONE)
            found[here] = -self._graph.weights[place[here]] - given_up[here]
            open_ &= (place == NONE) & (self._graph.shorter[states] != NONE)
            given_up = np.where(open_, given_up + self._graph.back_off[states], given_up)
            states = np.where(open_, self._graph.shorter[states], states)
        return found

    def follow(self, state: int, word: int) -> int:
        """Return the state after a word; the root after one that is nowhere."""
        while True:
            place = int(self.place(np.array([state]), np.array([word]))[0])
            if place != NONE:
                return int(self._graph.nexts[place])
            if self._graph.shorter[state] == NONE:
                return state
            state = int(self._graph.shorter[state])


@dataclass(frozen=True)
class Told:
    """A story's words as the model sees them: for each, how likely it was, and the word before."""

    words: Sequence[int]
    before: Sequence[int]
    log_probabilities: Floats

    @classmethod
    def by(cls, graph: WordGraph, lookup: Lookup, story: Sequence[int], start: int) -> "Told":
        """Look at a story; words that the model does not know are passed over."""
        state, last = graph.start, start
        words, before, states = [], [], []
        for word in [*story, graph.end]:
            if word != UNKNOWN:
                words.append(word)
                before.append(last)
                states.append(state)
            if word != graph.end:
                state = graph.root if word == UNKNOWN else lookup.follow(state, word)
                last = word
        return cls(words, before, lookup.log_probability(np.array(states), np.array(words)))

    def mixed(self, own: OwnWords, weight: float) -> float:
        """Return the logarithm of the story's probability with `weight` of the centre's own words."""
        ours = np.array([own.probability(b, w) for b, w in zip(self.before, self.words, strict=True)])
        return float(np.log(np.maximum((1 - weight) * np.exp(self.log_probabilities) + weight * ours, _LEAST)).sum())


def mix(graph: WordGraph, own: OwnWords, weight: float) -> WordGraph:
    """Return the graph with `weight` (0 to 1) of the centre's own words in it."""
    root, lookup = graph.root, Lookup(graph)
    state_of = _states_of_one_word(graph, own, lookup)
    new = {word: graph.states + index for index, word in enumerate(w for w, s in state_of.items() if s == NONE)}
    state_of |= new
    total = graph.states + len(new)
    shorter = np.concatenate([graph.shorter, np.full(len(new), root)])
    # Which state each word of the root leads to: those that lead nowhere now lead to their new state.
    nexts = graph.nexts.copy()
    leads = np.full(graph.end + 1, NONE)
    for word, state in new.items():
        if word != own.start:
            leads[word] = state
    moved = (nexts == root) & (leads[graph.words] != NONE)
    nexts[moved] = leads[graph.words[moved]]

    added = _added(graph, own, lookup, state_of)
    sources = np.concatenate([graph.sources, added[:, 0]])
    words = np.concatenate([graph.words, added[:, 1]])
    # A pair that is new in the graph leads on as its last word alone does, so that what the model knows of it counts.
    leads_all = np.full(graph.end + 1, root)
    alone = slice(graph.first[root], graph.first[root + 1])
    leads_all[graph.words[alone]] = nexts[alone]
    for word, state in state_of.items():
        if word != own.start:
            leads_all[word] = state
    added_next = np.where(added[:, 1] == graph.end, NONE, leads_all[added[:, 1]])
    theirs = np.concatenate([np.exp(-graph.weights), _theirs(graph, lookup, added, root)])
    last = _last_words(shorter, state_of, own.start)
    ours = _ours(own, last[sources], sources, words, state_of, graph.end)
    order = np.lexsort((words, sources))
    mixed = replace(
        graph,
        start=state_of.get(own.start, graph.start) if graph.start == root else graph.start,
        first=np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=total))]),
        words=words[order],
        weights=-np.log(np.maximum((1 - weight) * theirs + weight * ours, _LEAST))[order],
        nexts=np.concatenate([nexts, added_next])[order],
        shorter=shorter,
        back_off=np.zeros(total),
    )
    return _summing_up_to_one(mixed)


def _states_of_one_word(graph: WordGraph, own: OwnWords, lookup: Lookup) -> dict[int, int]:
    """Return the state after each word that begins a pair, `NONE` where the graph has none of its own for it."""
    root = graph.root
    found = {}
    for word in own.pairs:
        state = graph.start if word == own.start else lookup.follow(root, word)
        while state != root and graph.shorter[state] != root:
            state = int(graph.shorter[state])
        found[word] = NONE if state == root else state
    return found


def _added(graph: WordGraph, own: OwnWords, lookup: Lookup, state_of: dict[int, int]) -> Ints:
    """Return the pairs (state, word) that only the centre knows, and single words that only it knows."""
    pairs = [(graph.root, word) for word in own.single]
    pairs += [(state_of[before], word) for before, seen in own.pairs.items() for word in seen]
    wanted = np.array(sorted(set(pairs)), np.int64).reshape(-1, 2)
    added: Ints = wanted[lookup.place(wanted[:, 0], wanted[:, 1]) == NONE]
    return added


def _theirs(graph: WordGraph, lookup: Lookup, added: Ints, root: int) -> Floats:
    states = np.where(added[:, 0] < graph.states, added[:, 0], root)
    return np.exp(lookup.log_probability(states, added[:, 1]))


def _last_words(shorter: Ints, state_of: dict[int, int], start: int) -> Ints:
    """Return for each state which state of one word its history ends with, as that word's number; `UNKNOWN`: none.

    `start` is no word's number and may be anything, so that it is given as it is.
    """
    last = np.full(len(shorter), UNKNOWN)
    for word, state in state_of.items():
        last[state] = word
    known = last != UNKNOWN
    up = shorter.copy()
    while np.any(going := ~known & (up != NONE)):
        last[going] = last[up[going]]
        known |= going & (last != UNKNOWN)
        up = np.where(going, shorter[up], up)
    return last


def _ours(own: OwnWords, last: Ints, sources: Ints, words: Ints, state_of: dict[int, int], end: int) -> Floats:
    """Return the centre's probability of each word after its state's last word."""
    total = max(1, own.single.total())
    alone = np.zeros(end + 1)
    for word, count in own.single.items():
        alone[word] = count / total
    # Numbers of `last` from 0: words, `start` and `UNKNOWN` in one row.
    lowest = min(UNKNOWN, own.start)
    rest = np.ones(max(end, own.start) - lowest + 1)
    for before in own.pairs:
        rest[before - lowest] = own.rest(before)
    found = rest[last - lowest] * alone[words]
    beyond = sorted((state_of[before] * (end + 1) + word, share) for before, word, share in own.beyond())
    if beyond:
        keys, shares = np.array([key for key, _ in beyond]), np.array([share for _, share in beyond])
        states = np.array([state_of.get(int(word), NONE) for word in range(lowest, lowest + len(rest))])
        wanted = states[last - lowest] * (end + 1) + words
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found += np.where((last != UNKNOWN) & (keys[place] == wanted), shares[place], 0.0)
    return found


def _summing_up_to_one(graph: WordGraph) -> WordGraph:
    """Return the graph with back-off weights that make the words after each state sum up to one."""
    length = np.zeros(graph.states, np.int64)
    up = graph.shorter.copy()
    while np.any(up != NONE):
        length += up != NONE
        up = np.where(up != NONE, graph.shorter[up], NONE)
    sources, likely = graph.sources, np.exp(-graph.weights)
    kept = np.bincount(sources, likely, minlength=graph.states)
    back_off = np.zeros(graph.states)
    for size in range(1, int(length.max(initial=0)) + 1):
        lookup = Lookup(replace(graph, back_off=back_off))
        here = np.flatnonzero(length[sources] == size)
        states = sources[here]
        below = np.exp(lookup.log_probability(graph.shorter[states], graph.words[here]))
        left = np.bincount(states, below, minlength=graph.states)
        which = length == size
        back_off[which] = -np.log(np.maximum(1 - kept[which], 1e-6) / np.maximum(1 - left[which], 1e-6))
    return replace(graph, back_off=back_off)
