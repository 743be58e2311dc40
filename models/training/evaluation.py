"""How good a model is on the thirty free sentences: words wrong, times of words, speed.

The sentences are spoken by voices that training heard, by voices that it did not, and in a noisy room; always the
same sound. Any Vosk model of English can be measured. Intervals hold 95 % of bootstrap samples over the sentences
(Bisani and Ney, ICASSP 2004).
"""

import json
import time
import wave
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.recogniser import CHUNK_BYTES
from models.training.rooms import in_noisy_room
from models.training.synthesis import RATE, Timing, read_timing, read_wav, synthesise, write_wav
from models.training.voices import HELD_OUT, Utterance

#: Bootstrap samples.
_SAMPLES = 2000
#: Signal to noise in the noisy room.
_ROOM_DB = 15.0


@dataclass(frozen=True)
class TestSet:
    """One voice in one place, saying all sentences."""

    __test__ = False  # not a class of tests, whatever pytest thinks

    name: str
    engine: str
    voice: str
    known: bool
    """Whether training heard the voice."""
    noisy: bool = False


TEST_SETS = (
    TestSet("espeak-ng, British", "espeak", "gmw/en-GB-x-rp", known=True),
    TestSet("espeak-ng, a woman", "espeak", "gmw/en+f3", known=True),
    TestSet("flite awb", "flite", "awb", known=True),
    TestSet("flite slt", "flite", "slt", known=True),
    TestSet("festival ked", "festival", "ked_diphone", known=True),
    TestSet("espeak-ng Mario, never heard", "espeak", "gmw/en+Mario", known=False),
    TestSet("espeak-ng aunty, never heard", "espeak", "gmw/en+aunty", known=False),
    TestSet("flite rms, never heard", "flite", HELD_OUT, known=False),
    TestSet(
        f"flite rms, never heard, in a room with {_ROOM_DB:.0f} dB noise", "flite", HELD_OUT, known=False, noisy=True
    ),
)


@dataclass(frozen=True)
class Heard:
    """One sentence as a model heard it."""

    said: list[str]
    words: list[dict[str, Any]]
    """Vosk's: `word`, `start` and `end` in seconds."""
    seconds: float
    """Of sound."""
    busy_s: float
    """Processor time it took."""
    timing: Timing | None

    @property
    def pairs(self) -> list[tuple[int | None, int | None]]:
        """Which word said belongs to which word heard."""
        return match(self.said, [each["word"] for each in self.words])

    @property
    def wrong(self) -> int:
        """Words put in, left out or taken for others."""
        return sum(
            said is None or heard is None or self.said[said] != self.words[heard]["word"] for said, heard in self.pairs
        )


def match(said: list[str], heard: list[str]) -> list[tuple[int | None, int | None]]:
    """Return the pairs of words (their places, None for none) with the fewest differences (Levenshtein)."""
    cost = np.zeros((len(said) + 1, len(heard) + 1), np.int64)
    cost[:, 0], cost[0, :] = np.arange(len(said) + 1), np.arange(len(heard) + 1)
    for i, one in enumerate(said, start=1):
        for j, other in enumerate(heard, start=1):
            cost[i, j] = min(cost[i - 1, j - 1] + (one != other), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(said), len(heard)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def interval(values: NDArray[Any], statistic: Callable[[NDArray[Any]], float], seed: int = 1) -> tuple[float, float]:
    """Return the middle 95 % of a statistic over samples drawn from `values` (along its first axis) with repeats."""
    rng = np.random.default_rng(seed)
    found = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(_SAMPLES)]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def speak_tests(sentences: list[str], folder: Path, sets: Iterable[TestSet] = TEST_SETS) -> None:
    """Say every sentence by every voice: `folder`/u00000.wav and so on, set after set."""
    spoken, noisy = [], []
    for number, each in enumerate(sets):
        for place, text in enumerate(sentences):
            name = f"u{number:02d}{place:03d}"
            spoken.append(Utterance(name, each.engine, each.voice, text, 1.0, 0.5, 0.5))
            if each.noisy:
                noisy.append((name, place))
    synthesise(spoken, folder, 0)
    for name, place in noisy:
        path = folder / f"{name}.wav"
        write_wav(path, in_noisy_room(read_wav(path).astype(np.float64), place, _ROOM_DB))


def hear(model: Any, path: Path, text: str, timing: Timing | None = None) -> Heard:
    """Let a `vosk.Model` hear a WAV file, in pieces as the station gives them."""
    import vosk

    recogniser = vosk.KaldiRecognizer(model, RATE)
    recogniser.SetWords(True)
    with wave.open(str(path)) as file:
        sound = file.readframes(file.getnframes())
    began = time.process_time()
    results = [
        recogniser.Result()
        for start in range(0, len(sound), CHUNK_BYTES)
        if recogniser.AcceptWaveform(sound[start : start + CHUNK_BYTES])
    ]
    results.append(recogniser.FinalResult())
    busy = time.process_time() - began
    words = [word for result in results for word in json.loads(result).get("result", [])]
    return Heard(text.split(), words, len(sound) / 2 / RATE, busy, timing)


def word_times(said: list[str], timing: Timing) -> list[tuple[float, float] | None]:
    """Return when espeak-ng says each word, in seconds; None where it does not tell (it joins some words)."""
    starts = {letter: when for when, letter in timing.words}
    sounds = [(when, name) for when, name in timing.phonemes if name and not set(name) <= set("_:!")]
    if sounds:
        starts[0] = sounds[0][0]
    letters = [sum(len(word) + 1 for word in said[:place]) for place in range(len(said))]
    found: list[tuple[float, float] | None] = []
    for place, letter in enumerate(letters):
        following = letters[place + 1] if place + 1 < len(said) else None
        if letter not in starts or (following is not None and following not in starts):
            found.append(None)
            continue
        limit = starts[following] if following is not None else timing.end
        pauses = [when for when, name in timing.phonemes if starts[letter] < when <= limit and set(name) <= set("_:!")]
        found.append((starts[letter], min([limit, *pauses])))
    return found


def time_errors(heard: Heard) -> list[tuple[float, float]]:
    """Return by how much start and end (seconds) of each rightly heard word are off."""
    if heard.timing is None:
        return []
    true = word_times(heard.said, heard.timing)
    errors = []
    for said, place in heard.pairs:
        if said is None or place is None or (times := true[said]) is None:
            continue
        word = heard.words[place]
        if word["word"] == heard.said[said]:
            errors.append((abs(word["start"] - times[0]), abs(word["end"] - times[1])))
    return errors


@dataclass(frozen=True)
class Figures:
    """One test set with one model. Shares, and seconds."""

    name: str
    known: bool
    wrong: float
    wrong_low: float
    wrong_high: float
    words: int
    start_error_s: float | None
    end_error_s: float | None
    real_time: float
    """Processor seconds for a second of sound."""


def measure(model: Path, sentences: list[str], spoken: Path, sets: Iterable[TestSet] = TEST_SETS) -> list[Figures]:
    """Let a model hear the test sets that `speak_tests` left in `spoken`.

    In a process of its own: Vosk and pywrapfst each bring an OpenFst, and Vosk waits for ever where both are loaded.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_measure, model, sentences, spoken, list(sets)).result()


def _measure(model: Path, sentences: list[str], spoken: Path, sets: list[TestSet]) -> list[Figures]:
    import vosk

    vosk.SetLogLevel(-1)
    loaded = vosk.Model(model_path=str(model))
    found = []
    for number, each in enumerate(tqdm(sets, desc=model.name, unit="voice")):
        names = [f"u{number:02d}{place:03d}" for place in range(len(sentences))]
        heard = [
            hear(loaded, spoken / f"{name}.wav", text, read_timing(spoken, name))
            for name, text in zip(names, sentences, strict=True)
        ]
        counts = np.array([(one.wrong, len(one.said)) for one in heard], np.float64)
        low, high = interval(counts, lambda rows: float(rows[:, 0].sum() / rows[:, 1].sum()))
        errors = np.array([error for one in heard for error in time_errors(one)])
        start, end = np.median(errors, axis=0) if len(errors) else (None, None)
        found.append(
            Figures(
                each.name,
                each.known,
                float(counts[:, 0].sum() / counts[:, 1].sum()),
                low,
                high,
                int(counts[:, 1].sum()),
                None if start is None else float(start),
                None if end is None else float(end),
                sum(one.busy_s for one in heard) / sum(one.seconds for one in heard),
            )
        )
    return found


def table(figures: list[Figures]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| voice | words wrong (95 %) | start, end off by (median) | processor time |",
        "| --- | --- | --- | --- |",
    ]
    for each in figures:
        times = "-"
        if each.start_error_s is not None and each.end_error_s is not None:
            times = f"{each.start_error_s * 1000:.0f} ms, {each.end_error_s * 1000:.0f} ms"
        wrong = f"{each.wrong:.1%} ({each.wrong_low:.1%} to {each.wrong_high:.1%})"
        lines.append(f"| {each.name} | {wrong} | {times} | {each.real_time:.3f} |")
    return "\n".join(lines)


def keep(figures: list[Figures], path: Path) -> None:
    """Write the figures as JSON."""
    path.write_text(json.dumps([asdict(each) for each in figures], indent=1))
