"""OpenFst's "ngram", in which publishers keep large language models: a trie of histories in two bits for each (LOUDS).

Layout: `extensions/ngram/ngram-fst.h` and `bitmap-index.h` of OpenFst 1.8; the idea: Sorensen and Allauzen, "Unary data
structures for language models" (Interspeech 2011). Histories are kept newest word first, so that a history's parent is
the shorter one that it backs off to.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_ARC = np.dtype([("word", "<i4"), ("again", "<i4"), ("weight", "<f4"), ("next", "<i4")])


def read_ngram(data: bytes, at: int) -> tuple[Any, Any, Any]:
    """Return weights of ending, numbers of arcs and the arcs of each state, empty arcs (word 0) among them.

    Args:
        data: The file.
        at: Where its header ends.

    Raises:
        ValueError: It ends too early, or holds what it cannot.
    """
    sizes = np.frombuffer(data, "<u8", 3, at).astype(np.int64)
    states, words, endings = (int(each) for each in sizes)
    at += 24

    def take(kind: str, count: int) -> NDArray[Any]:
        nonlocal at
        found = np.frombuffer(data, kind, count, at)
        at += found.nbytes
        return found

    def bits(count: int) -> NDArray[np.bool_]:
        packed = take("<u8", (count + 63) // 64).view(np.uint8)
        return np.unpackbits(packed, bitorder="little")[:count].astype(np.bool_)

    trie, following, ends = bits(2 * states + 1), bits(words + states + 1), bits(states)
    newest = take("<i4", states + 1).astype(np.int64)
    word = take("<i4", words)
    back_off, ending, weight = take("<f4", states + 1), take("<f4", endings), take("<f4", words)
    parent = _parents(trie, states)
    block = np.flatnonzero(~following)
    if len(block) != states + 1 or ends.sum() != endings:
        raise ValueError("bits and numbers do not fit")
    counts = np.diff(block) - 1
    finals = np.full(states, np.inf)
    finals[ends] = ending
    arcs = np.zeros(words + states - 1, _ARC)
    sources = np.repeat(np.arange(states), counts)
    arcs["word"][:words], arcs["weight"][:words] = word, weight
    arcs["next"][:words] = _nexts(sources, word.astype(np.int64), parent, newest[:states])
    arcs["weight"][words:], arcs["next"][words:] = back_off[1:states], parent[1:]
    arcs["again"] = arcs["word"]
    order = np.argsort(np.concatenate([sources, np.arange(1, states)]), kind="stable")
    counts[1:] += 1
    return finals, counts, arcs[order]


def _parents(trie: NDArray[np.bool_], states: int) -> NDArray[np.int64]:
    """Return the history that each one backs off to; the first is the shortest and stands for itself."""
    places = np.flatnonzero(trie)
    if len(places) != states:
        raise ValueError("bits and numbers do not fit")
    parent = places - np.arange(states) - 1  # zeros before it
    parent[0] = 0
    if np.any(parent[1:] >= np.arange(1, states)) or np.any(parent < 0):
        raise ValueError("a history comes before its own parent")
    return parent


def _nexts(
    sources: NDArray[np.int64], word: NDArray[np.int64], parent: NDArray[np.int64], newest: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the longest known history after each word: the word itself, then what was said before, newest first."""
    wide = max(int(word.max(initial=0)), int(newest.max(initial=0))) + 1
    keys = parent * wide + newest
    keys[0] = -1  # the shortest history is nobody's child
    order = np.argsort(keys)
    ordered = keys[order]

    def child(node: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[np.int64]:
        wanted = node * wide + label
        place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
        return np.where(ordered[place] == wanted, order[place], -1)

    path = _words_of(parent, newest)
    node = child(np.zeros(len(word), np.int64), word)
    found, going = np.where(node < 0, 0, node), node >= 0
    for label in path:
        said = label[sources]
        going &= said >= 0
        node = child(found, np.where(going, said, 0))
        going &= node >= 0
        found = np.where(going, node, found)
    return found


def _words_of(parent: NDArray[np.int64], newest: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the words of every history, newest first: an array for each place, -1 where a history is shorter."""
    states = np.arange(len(parent))
    upwards = []  # oldest first
    while np.any(states):
        upwards.append(np.where(states > 0, newest[states], -1))
        states = parent[states]
    depth = sum((each >= 0).astype(np.int64) for each in upwards) if upwards else np.zeros(len(parent), np.int64)
    found = []
    for place in range(len(upwards)):
        level = depth - 1 - place
        label = np.full(len(parent), -1, np.int64)
        for up, labels in enumerate(upwards):
            label = np.where(level == up, labels, label)
        found.append(label)
    return found
