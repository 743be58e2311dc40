"""Features and labels of all utterances, and the batches that training sees."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training.features import DIMENSION, FIRST_S, SHIFT_S, Features, running_mean_removed
from models.training.lexicon import AMERICAN, BRITISH, bare, is_pause
from models.training.network import CONTEXT, STEP, steps
from models.training.phones import INDEX, SIL
from models.training.rooms import Moved
from models.training.synthesis import Timing

#: (utterance, copy)
Key = tuple[str, int]
#: One output of the network (see `phones`) for each step.
Labels = NDArray[np.uint8]
#: Where a label is not known.
_NO_LABEL = -100
#: Rows of features (10 ms each) in a batch, the filling at its ends included.
BATCH_ROWS = 9000


@dataclass
class Material:
    """Everything that is heard in training."""

    rows: dict[Key, NDArray[np.float16]]
    """Features as `mfcc` gave them: rows x 40."""
    moved: dict[Key, Moved]
    global_mean: NDArray[np.float64]

    @classmethod
    def load(cls, folder: Path) -> "Material":
        """Read what `make_features` left in a folder."""
        rows: dict[Key, NDArray[np.float16]] = {}
        moved: dict[Key, Moved] = {}
        total, count = np.zeros(DIMENSION), 0
        for path in sorted(folder.glob("index*.json")):
            everything = np.load(folder / f"rows{path.stem[5:]}.npy")
            start = 0
            for name, copy, size, scale, offset in json.loads(path.read_text()):
                rows[name, copy] = everything[start : start + size]
                moved[name, copy] = Moved(scale, offset)
                start += size
            for piece in np.array_split(everything, max(1, len(everything) // 100_000)):
                total += piece.astype(np.float64).sum(0)
            count += len(everything)
        return cls(rows, moved, total / max(1, count))

    def features(self, key: Key, rng: np.random.Generator | None = None) -> Features:
        """Return the features less the running mean, at times as if something had been said before (with `rng`)."""
        rows = self.rows[key].astype(np.float32)
        earlier = None
        if rng is not None and rng.random() < 0.5:
            mean = rows.mean(0).astype(np.float64) + rng.standard_normal(DIMENSION) * 0.3
            earlier = (mean, float(rng.uniform(200, 600)))
        return running_mean_removed(rows, self.global_mean, earlier)

    @property
    def hours(self) -> float:
        """Hours of sound."""
        return sum(map(len, self.rows.values())) * SHIFT_S / 3600


def batches(keys: list[Key], material: Material, rng: random.Random, batch_rows: int = BATCH_ROWS) -> list[list[Key]]:
    """Return the utterances in batches of about the same length each, the batches in random order."""
    sizes = {key: len(material.rows[key]) + rng.random() * 30 for key in keys}
    found: list[list[Key]] = []
    batch: list[Key] = []
    for key in sorted(keys, key=lambda key: sizes[key]):
        if batch and (sizes[key] + 2 * CONTEXT) * (len(batch) + 1) > batch_rows:
            found.append(batch)
            batch = []
        batch.append(key)
    if batch:
        found.append(batch)
    rng.shuffle(found)
    return found


def collate(
    batch: list[Key],
    material: Material,
    labels: dict[Key, Labels] | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return features (batch x 40 x rows), labels (batch x steps, -100 where there is none) and steps (batch).

    Each utterance's ends are filled with its first and last features. With `rng`, some moments and some cepstra are
    blanked out ("SpecAugment"), so that the network does not rely on any of them.
    """
    features = [material.features(key, rng) for key in batch]
    count = torch.tensor([steps(len(rows)) for rows in features])
    most = int(count.max())
    width = STEP * (most - 1) + 1 + 2 * CONTEXT
    inputs = np.zeros((len(batch), width, DIMENSION), np.float32)
    targets = np.full((len(batch), most), _NO_LABEL, np.int64)
    for index, (key, rows) in enumerate(zip(batch, features, strict=True)):
        places = np.clip(np.arange(width) - CONTEXT, 0, len(rows) - 1)
        inputs[index] = rows[places]
        if rng is not None:
            for _ in range(2):
                start, size = rng.integers(0, width), rng.integers(0, 13)
                inputs[index, start : start + size] = 0
            start, size = rng.integers(4, DIMENSION), rng.integers(0, 6)
            inputs[index, :, start : start + size] = 0
        if labels is not None:
            targets[index, : count[index]] = labels[key][: count[index]]
    return torch.from_numpy(inputs).transpose(1, 2).contiguous(), torch.from_numpy(targets), count


def espeak_labels(timing: Timing, voice: str, moved: Moved, rows: int) -> Labels | None:
    """Return the label of every step of an utterance by espeak-ng's own times; None where a phoneme is not known."""
    table = AMERICAN if "US" in voice or "029" in voice else BRITISH
    starts, sounds = [-1.0], [INDEX[SIL]]
    ends = [time for time, _ in timing.phonemes[1:]] + [timing.end]
    for (start, name), end in zip(timing.phonemes, ends, strict=True):
        known = () if is_pause(bare(name)) else table.get(bare(name))
        if known is None:
            return None
        for place, sound in enumerate(known or (SIL,)):
            starts.append(start + (end - start) * place / max(1, len(known)))
            sounds.append(INDEX[sound])
    starts.append(timing.end)
    sounds.append(INDEX[SIL])
    times = (np.arange(steps(rows)) * STEP * SHIFT_S + FIRST_S - moved.offset) / moved.scale
    segment = np.searchsorted(starts, times, side="right") - 1
    found = np.array(sounds)[segment]
    quiet = (found == INDEX[SIL])[1:] & (found == INDEX[SIL])[:-1]
    first = np.concatenate([[True], (np.diff(segment) != 0) & ~quiet])
    return (2 * found + np.where(first, 0, 1)).astype(np.uint8)


def in_turns(keys: list[Key], material: Material, rng: random.Random) -> Iterator[list[Key]]:
    """Yield batches for ever, in a new order each time round."""
    while True:
        yield from batches(keys, material, rng)
