"""Which sound is said when: the best path of an utterance's words through what the network hears (Viterbi).

The paths allow every pronunciation of each word and silence at either end and between words.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.lexicon import UNKNOWN, Lexicon
from models.training.material import Key, Labels, Material, batches, collate
from models.training.network import Network, in_half
from models.training.phones import INDEX, OUTPUTS, SIL


@dataclass(frozen=True)
class Paths:
    """The sounds of an utterance as a graph of nodes, each passed for one step or more."""

    sound: NDArray[np.int64]
    """Of each node."""
    before: NDArray[np.int64]
    """Nodes x most predecessors: which nodes may come before; filled up with the number of nodes."""
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]


def paths_of(words: list[str], lexicon: Lexicon) -> Paths:
    """Return the ways to say some words; those that the lexicon lacks are unknown words."""
    sound: list[int] = [INDEX[SIL]]
    before: list[list[int]] = [[]]
    starts, last = [0], [0]
    for place, word in enumerate(words):
        ends = []
        for way in lexicon.get(word, lexicon[UNKNOWN]):
            previous = last
            for index, name in enumerate(way):
                sound.append(INDEX[name])
                before.append(previous)
                previous = [len(sound) - 1]
                if place == 0 and index == 0:
                    starts += previous
            ends += previous
        sound.append(INDEX[SIL])
        before.append(ends)
        last = [*ends, len(sound) - 1]
    count = len(sound)
    table = np.full((count, max(1, *map(len, before))), count, np.int64)
    for node, previous in enumerate(before):
        table[node, : len(previous)] = previous
    is_start, is_end = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    is_start[starts] = True
    is_end[last] = True
    return Paths(np.array(sound), table, is_start, is_end)


def best_path(scores: NDArray[np.float64], paths: Paths) -> Labels | None:
    """Return the output (see `phones`) of each step on the best path; None where the words do not fit in.

    Args:
        scores: Steps x OUTPUTS, logarithms.
        paths: From `paths_of`.
    """
    count, size = len(scores), len(paths.sound)
    first, other = scores[:, 2 * paths.sound], scores[:, 2 * paths.sound + 1]
    nodes = np.arange(size)
    score = np.full(size + 1, -np.inf)
    score[:size] = np.where(paths.starts, first[0], -np.inf)
    came = np.full((count, size), -1, np.int64)  # the node before, -1 where the path stays in its node
    for step in range(1, count):
        options = score[paths.before]
        best = options.argmax(1)
        enter = options[nodes, best] + first[step]
        stay = score[:size] + other[step]
        moves = enter > stay
        score[:size] = np.where(moves, enter, stay)
        came[step] = np.where(moves, paths.before[nodes, best], -1)
    final = np.where(paths.ends, score[:size], -np.inf)
    node = int(final.argmax())
    if not np.isfinite(final[node]):
        return None
    found = np.zeros(count, np.uint8)
    for step in range(count - 1, -1, -1):
        previous = came[step, node]
        enters = previous >= 0 or step == 0
        found[step] = 2 * paths.sound[node] + (0 if enters else 1)
        if previous >= 0:
            node = int(previous)
    return found


def heard(network: Network, keys: list[Key], material: Material) -> Iterator[tuple[Key, NDArray[np.float64]]]:
    """Yield what the network hears in each utterance: steps x OUTPUTS, logarithms of probabilities."""
    network.eval()
    with torch.no_grad():
        for batch in batches(keys, material, random.Random(0), batch_rows=30_000):  # noqa: S311
            inputs, _, counts = collate(batch, material)
            with in_half():
                outputs = network(inputs)
            scores = torch.log_softmax(outputs.float(), 1).transpose(1, 2).double().numpy()
            for index, key in enumerate(batch):
                yield key, scores[index, : int(counts[index])]


def align(
    network: Network,
    keys: list[Key],
    material: Material,
    texts: dict[str, str],
    lexicon: Lexicon,
    log_prior: NDArray[np.float64],
) -> dict[Key, Labels]:
    """Return the labels of every utterance whose words fit into its sound."""
    found: dict[Key, Labels] = {}
    known: dict[str, Paths] = {}
    for key, scores in heard(network, keys, material):
        name = key[0]
        if name not in known:
            known[name] = paths_of(texts[name].split(), lexicon)
        labels = best_path(scores - log_prior, known[name])
        if labels is not None:
            found[key] = labels
    return found


def log_prior_of(labels: dict[Key, Labels]) -> NDArray[np.float64]:
    """Return the logarithm of how often each output is a label (OUTPUTS)."""
    counts = np.ones(OUTPUTS)
    for each in labels.values():
        counts += np.bincount(each, minlength=OUTPUTS)
    return np.asarray(np.log(counts / counts.sum()))


def sequence_of(labels: Labels) -> list[int]:
    """Return the sounds (by `INDEX`) that labels pass through."""
    return [int(label) // 2 for place, label in enumerate(labels) if label % 2 == 0 or place == 0]
