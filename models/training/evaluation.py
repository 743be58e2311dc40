"""How good a model is on the thirty free sentences: words wrong, times of words, speed.

The sentences are spoken by voices that training heard, by voices that it did not, and in a noisy room; always the
same sound. Any Vosk model of English can be measured; counting is that of `sayso models measure`.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models.measuring.hearing import hear_all
from models.measuring.references import Reference, Times
from models.measuring.scores import Score
from models.measuring.sheet import times_in_words, wrong_in_words
from models.training.rooms import in_noisy_room
from models.training.synthesis import Timing, read_timing, read_wav, synthesise, write_wav
from models.training.voices import HELD_OUT, Utterance

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


def speak_tests(sentences: list[str], folder: Path, sets: Iterable[TestSet] = TEST_SETS) -> None:
    """Say every sentence by every voice: `folder`/u00000.wav and so on, set after set."""
    spoken, noisy = [], []
    for number, each in enumerate(sets):
        for place, text in enumerate(sentences):
            name = f"u{number:02d}{place:03d}"
            # What is put into a room stays there plain as well, so that it is not put into the room again.
            plain = name.replace("u", "plain") if each.noisy else name
            spoken.append(Utterance(plain, each.engine, each.voice, text, 1.0, 0.5, 0.5))
            if each.noisy:
                noisy.append((plain, name, place))
    synthesise(spoken, folder, 0)
    for plain, name, place in noisy:
        sound = read_wav(folder / f"{plain}.wav").astype(np.float64)
        write_wav(folder / f"{name}.wav", in_noisy_room(sound, place, _ROOM_DB))


def word_times(said: list[str], timing: Timing) -> Times:
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
    return tuple(found)


@dataclass(frozen=True)
class Figures:
    """One test set with one model."""

    name: str
    known: bool
    score: Score


def measure(model: Path, sentences: list[str], spoken: Path, sets: Iterable[TestSet] = TEST_SETS) -> list[Figures]:
    """Let a model hear the test sets that `speak_tests` left in `spoken`.

    In a process of its own: Vosk and pywrapfst each bring an OpenFst, and Vosk waits for ever where both are loaded.
    """
    found = []
    for number, each in enumerate(tqdm(list(sets), desc=model.name, unit="voice")):
        references = []
        for place, text in enumerate(sentences):
            name, said = f"u{number:02d}{place:03d}", text.split()
            timing = read_timing(spoken, name)
            times = word_times(said, timing) if timing else ()
            references.append(Reference(name, spoken / f"{name}.wav", tuple(said), times))
        found.append(Figures(each.name, each.known, Score.of(hear_all(model, references))))
    return found


def table(figures: list[Figures]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| voice | words wrong (95 %) | start, end off by (median, 95 %) | processor time |",
        "| --- | --- | --- | --- |",
    ]
    for each in figures:
        score = each.score
        lines.append(f"| {each.name} | {wrong_in_words(score)} | {times_in_words(score)} | {score.real_time:.3f} |")
    return "\n".join(lines)


def keep(figures: list[Figures], path: Path) -> None:
    """Write the figures as JSON."""
    path.write_text(json.dumps([asdict(each) for each in figures], indent=1))
