"""How well a model heard: words wrong, times of words, and how sure one can be of either.

Everything is counted by recording, and intervals hold 95 % of bootstrap samples over the recordings (Bisani and Ney,
ICASSP 2004): the words of one story stand or fall together.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from models.recogniser import HeardWord

#: Bootstrap samples.
_SAMPLES = 2000
#: Medians take longer to count, and milliseconds need no third digit.
_MEDIAN_SAMPLES = 400

#: (low, high)
Interval = tuple[float, float]


@dataclass(frozen=True)
class Heard:
    """One recording as one model heard it.

    Attributes:
        name: Of the recording.
        said: What was really said.
        words: What the model heard.
        seconds: Of sound.
        busy_s: Seconds of one processor that it took.
        times: When each word of `said` was said (start, end, in seconds); None where nobody has told.
        snr_db: How much louder speech is than the noise around it, as far as one can tell; None: not known.
    """

    name: str
    said: Sequence[str]
    words: Sequence[HeardWord]
    seconds: float
    busy_s: float
    times: Sequence[tuple[float, float] | None] = ()
    snr_db: float | None = None

    @functools.cached_property
    def pairs(self) -> list[tuple[int | None, int | None]]:
        """Which word said belongs to which word heard, with the fewest differences (Levenshtein)."""
        return match(self.said, [each["word"] for each in self.words])

    @functools.cached_property
    def wrong(self) -> int:
        """Words put in, left out or taken for others."""
        return sum(
            said is None or heard is None or self.said[said] != self.words[heard]["word"] for said, heard in self.pairs
        )

    @property
    def time_errors(self) -> list[tuple[float, float]]:
        """By how much start and end (seconds) of each rightly heard word are off."""
        errors = []
        for said, place in self.pairs if self.times else ():
            if said is None or place is None or (times := self.times[said]) is None:
                continue
            word = self.words[place]
            if word["word"] == self.said[said]:
                errors.append((abs(word["start"] - times[0]), abs(word["end"] - times[1])))
        return errors


def match(said: Sequence[str], heard: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Return the pairs of words (their places, None for none) with the fewest differences."""
    pairs: list[tuple[int | None, int | None]] = []
    for step in Levenshtein.opcodes(said, heard):
        ours, theirs = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
        if step.tag in ("equal", "replace"):
            pairs += zip(ours, theirs, strict=True)
        else:
            pairs += [(place, None) for place in ours] + [(None, place) for place in theirs]
    return pairs


def interval(values: NDArray[Any], statistic: Callable[[NDArray[Any]], float], seed: int = 1) -> Interval:
    """Return the middle 95 % of a statistic over samples drawn from `values` (along its first axis) with repeats."""
    rng = np.random.default_rng(seed)
    found = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(_SAMPLES)]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _share(rows: NDArray[Any]) -> float:
    return float(rows[:, 0].sum() / max(1, rows[:, 1].sum()))


def _medians(errors: list[NDArray[Any]]) -> list[tuple[float, Interval] | None]:
    """Return the median of start and end with their intervals, over recordings of (words x 2)."""
    if not errors:
        return [None, None]
    medians = np.median(np.concatenate(errors), axis=0)
    rng = np.random.default_rng(1)
    drawn = [
        np.median(np.concatenate([errors[index] for index in rng.integers(0, len(errors), len(errors))]), axis=0)
        for _ in range(_MEDIAN_SAMPLES)
    ]
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    return [(float(medians[side]), (float(low[side]), float(high[side]))) for side in (0, 1)]


@dataclass(frozen=True)
class Score:
    """A model over some recordings. Shares, and seconds.

    Attributes:
        wrong: Words wrong for each word said; more than 1 where a model makes up many.
        between: The interval of `wrong`.
        recordings: How many.
        words: Words said in them.
        start_error: Median in seconds, and its interval; None where no word's time is known.
        end_error: Likewise.
        real_time: Seconds of one processor for each second of sound.
    """

    wrong: float
    between: Interval
    recordings: int
    words: int
    start_error: tuple[float, Interval] | None
    end_error: tuple[float, Interval] | None
    real_time: float

    @classmethod
    def of(cls, heard: Sequence[Heard]) -> "Score":
        """Count; `heard` is not empty."""
        counts = np.array([(each.wrong, len(each.said)) for each in heard], np.float64)
        start, end = _medians([np.array(each.time_errors) for each in heard if each.time_errors])
        return cls(
            _share(counts),
            interval(counts, _share),
            len(heard),
            int(counts[:, 1].sum()),
            start,
            end,
            sum(each.busy_s for each in heard) / max(1e-9, sum(each.seconds for each in heard)),
        )


def difference(one: Sequence[Heard], other: Sequence[Heard]) -> tuple[float, Interval]:
    """Return by how much the share of wrong words falls from `one` to `other`, which heard the same recordings.

    Samples are drawn of recordings, and both models are counted over the same sample: that recordings differ in how
    hard they are does not blur which model is better.
    """
    counts = np.array([(a.wrong - b.wrong, len(a.said)) for a, b in zip(one, other, strict=True)], np.float64)
    return _share(counts), interval(counts, _share)


#: Where recordings are parted, by loudness over noise (dB) and by length (seconds).
_BY_NOISE = ((float("-inf"), 10.0, "under 10 dB"), (10.0, 20.0, "10 to 20 dB"), (20.0, float("inf"), "20 dB and more"))
_BY_LENGTH = ((0.0, 30.0, "under 30 s"), (30.0, 120.0, "30 s to 2 min"), (120.0, float("inf"), "2 min and more"))


def groups(heard: Iterable[Heard]) -> dict[str, list[Heard]]:
    """Part recordings by noise and by length; what is not known is in no group, and empty groups are left out."""
    found: dict[str, list[Heard]] = {name: [] for _, _, name in (*_BY_NOISE, *_BY_LENGTH)}
    for each in heard:
        for parts, value in ((_BY_NOISE, each.snr_db), (_BY_LENGTH, each.seconds)):
            for low, high, name in parts:
                if value is not None and low <= value < high:
                    found[name].append(each)
    return {name: members for name, members in found.items() if members}
