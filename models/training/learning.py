"""The two ways the network learns: cross-entropy to know the sounds, then LF-MMI to tell words from other words.

LF-MMI (Povey et al., Interspeech 2016: "Purely sequence-trained neural networks for ASR based on lattice-free MMI"):
make the right sequence of sounds likelier than all sequences, where "all" are weighed by a trigram of sounds. Both sums
run over every way to place the sounds in time.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.training.alignment import sequence_of
from models.training.material import Key, Labels, Material, batches, collate, in_turns
from models.training.network import Network, in_half
from models.training.phones import INDEX

SOUND_COUNT = len(INDEX)
#: A score that loses against any other.
_NEVER = -1e4
#: How much louder cross-entropy scores are than what LF-MMI ends with; the network is turned down by it before.
SCALE = 0.4
#: Weights beside LF-MMI of cross-entropy (keeps the times right) and of large outputs.
_CROSS_ENTROPY, _LARGE = 0.05, 5e-4
_NO_LABEL = -100


@dataclass(frozen=True)
class Round:
    """How one round of training goes."""

    epochs: float
    learning_rate: float
    seed: int


#: Takes inputs, targets and numbers of steps, and the batch; returns the loss and what to show.
Loss = Callable[[Tensor, Tensor, Tensor, list[Key]], tuple[Tensor, float]]


def _learn(
    network: Network,
    keys: list[Key],
    material: Material,
    labels: dict[Key, Labels],
    plan: Round,
    name: str,
    loss_of: Loss,
) -> float:
    """Train, with a learning rate that rises, then falls as a cosine; return the mean of the last shown values."""
    rng, order = np.random.default_rng(plan.seed), random.Random(plan.seed)  # noqa: S311
    total = max(1, round(plan.epochs * len(batches(keys, material, random.Random(plan.seed)))))  # noqa: S311
    rise = min(100, max(1, total // 10))
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.learning_rate, weight_decay=1e-3)
    network.train()
    shown: list[float] = []
    source = in_turns(keys, material, order)
    for step in (bar := tqdm(range(total), desc=name, mininterval=5, unit="batch")):
        batch = next(source)
        for group in optimiser.param_groups:
            falling = 0.5 * (1 + math.cos(math.pi * step / total)) + 0.01
            group["lr"] = plan.learning_rate * min(1.0, (step + 1) / rise) * falling
        inputs, targets, counts = collate(batch, material, labels, rng)
        with in_half():
            outputs = network(inputs)
        loss, value = loss_of(outputs.float(), targets, counts, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        shown.append(value)
        bar.set_postfix_str(f"{np.mean(shown[-50:]):.4f}", refresh=False)
    network.eval()
    return float(np.mean(shown[-50:]))


def learn_sounds(
    network: Network, keys: list[Key], material: Material, labels: dict[Key, Labels], plan: Round, name: str
) -> float:
    """Train with cross-entropy; return which part of the steps was right at the end."""

    def loss_of(scores: Tensor, targets: Tensor, _counts: Tensor, _batch: list[Key]) -> tuple[Tensor, float]:
        loss = nn.functional.cross_entropy(scores, targets, ignore_index=_NO_LABEL)
        there = targets >= 0
        return loss, float((scores.argmax(1) == targets)[there].float().mean())

    return _learn(network, keys, material, labels, plan, name, loss_of)


def trigram_of_sounds(labels: dict[Key, Labels]) -> Tensor:
    """Return P(third | first, second): sounds x sounds x sounds, smoothed so that nothing is impossible."""
    counts = np.zeros((SOUND_COUNT,) * 3)
    for each in labels.values():
        sounds = [0, 0, *sequence_of(each)]
        np.add.at(counts, (sounds[:-2], sounds[1:-1], sounds[2:]), 1)
    pairs = counts.sum(0)
    ones = pairs.sum(0) + 1
    second = (pairs + 20 * ones / ones.sum()) / (pairs.sum(1, keepdims=True) + 20)
    third = (counts + 8 * second[None]) / (counts.sum(2, keepdims=True) + 8)
    return torch.tensor(third, dtype=torch.float32)


def all_sequences(scores: Tensor, counts: Tensor, trigram: Tensor) -> Tensor:
    """Return the logarithm of the sum over all sequences of sounds (batch).

    Args:
        scores: Batch x steps x OUTPUTS.
        counts: Steps of each utterance (batch).
        trigram: From `trigram_of_sounds`.
    """
    highest = scores.max(2, keepdim=True).values.detach()
    likely = (scores - highest).exp()
    first, other = likely[:, :, 0::2], likely[:, :, 1::2]
    by_second = trigram.permute(1, 0, 2).contiguous()  # second x first x third
    # alpha[b, q, r]: the last two sounds are q and r. In probabilities, brought back to a sum of 1 at every step.
    alpha = torch.zeros(len(scores), SOUND_COUNT, SOUND_COUNT)
    alpha = alpha.index_copy(1, torch.tensor([0]), (trigram[0, 0] * first[:, 0])[:, None])
    norm = alpha.sum((1, 2))
    total = norm.log() + highest[:, 0, 0]
    alpha = alpha / norm[:, None, None]
    for step in range(1, scores.shape[1]):
        entered = torch.bmm(alpha.permute(2, 0, 1), by_second).permute(1, 0, 2) * first[:, step, None, :]
        alpha = entered + alpha * other[:, step, None, :]
        norm = alpha.sum((1, 2))
        inside = step < counts
        total = total + torch.where(inside, norm.log() + highest[:, step, 0], torch.zeros_like(norm))
        alpha = alpha / norm[:, None, None]
    return total


def right_sequence(scores: Tensor, counts: Tensor, sequences: list[list[int]]) -> Tensor:
    """Return the logarithm of the sum over all ways to place each utterance's own sounds in time (batch)."""
    size, length = len(sequences), max(map(len, sequences))
    sounds = torch.zeros(size, length, dtype=torch.long)
    for index, sequence in enumerate(sequences):
        sounds[index, : len(sequence)] = torch.tensor(sequence)
    wide = sounds[:, None, :].expand(size, scores.shape[1], length)
    first, other = scores.gather(2, 2 * wide), scores.gather(2, 2 * wide + 1)
    never = torch.full((size, 1), _NEVER)
    alpha = torch.cat([first[:, 0, :1], never.expand(size, length - 1)], 1)
    alphas = [alpha]
    for step in range(1, scores.shape[1]):
        before = torch.cat([never, alpha[:, :-1]], 1)
        alpha = torch.logaddexp(alpha + other[:, step], before + first[:, step])
        alphas.append(alpha)
    ends = torch.tensor([len(sequence) - 1 for sequence in sequences])
    return torch.stack(alphas, 1)[torch.arange(size), counts - 1, ends]


def turn_down(network: Network, log_prior: NDArray[np.float64]) -> None:
    """Make a network that learned sounds one that LF-MMI can begin with: priors taken off, everything scaled."""
    with torch.no_grad():
        network.output.weight.mul_(SCALE)
        network.output.bias.sub_(torch.tensor(log_prior, dtype=torch.float32)).mul_(SCALE)


def learn_words(
    network: Network,
    keys: list[Key],
    material: Material,
    labels: dict[Key, Labels],
    log_prior: NDArray[np.float64],
    plan: Round,
) -> float:
    """Train with LF-MMI; return the objective for a step at the end: higher is better.

    The right sequence is not weighed by the trigram (that would be a constant), so the objective may be above 0.
    """
    trigram = trigram_of_sounds(labels)
    prior = torch.tensor(log_prior, dtype=torch.float32)[:, None]
    sequences = {key: sequence_of(each) for key, each in labels.items()}

    def loss_of(outputs: Tensor, targets: Tensor, counts: Tensor, batch: list[Key]) -> tuple[Tensor, float]:
        scores = outputs.transpose(1, 2)
        wrong = all_sequences(scores, counts, trigram) - right_sequence(scores, counts, [sequences[k] for k in batch])
        mutual = wrong.sum() / counts.sum()
        sounds = nn.functional.cross_entropy(outputs / SCALE + prior, targets, ignore_index=_NO_LABEL)
        large = (scores[targets >= 0] ** 2).mean()
        return mutual + _CROSS_ENTROPY * sounds + _LARGE * large, -float(mutual.detach())

    return _learn(network, keys, material, labels, plan, "telling words apart", loss_of)
