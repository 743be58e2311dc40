"""The decoder's graph: `HCLr.fst` (sounds to words) and `Gr.fst` (which words follow which), joined by Vosk as it runs.

Steps as in Kaldi's `mkgraph_lookahead.sh`, for sounds without context and one state each: H and C only rename symbols.
The look-ahead conversion needs OpenFst's own program with its plug-in (Debian: libfst-tools, libfst22-plugins-base).
"""

import math
import os
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pywrapfst as fst

from models.training.language_model import END, START, History, Trigram
from models.training.lexicon import Lexicon
from models.training.phones import PHONE_ID, PHONES, SIL, TRANSITIONS, enter, phones_of, place_of

#: How likely silence is after a word.
_SILENCE = 0.4
#: What each further way to say a word costs (a natural logarithm).
_OTHER_WAY = 0.3
#: Where Debian keeps OpenFst's plug-ins, under the folder of libraries.
_PLUG_INS = "fst/22"


def _weight(cost: float) -> Any:
    return fst.Weight("tropical", cost)


@dataclass(frozen=True)
class _Way:
    word: int
    phones: tuple[int, ...]
    cost: float


def lexicon_fst(lexicon: Lexicon, words: list[str]) -> tuple[Any, list[int]]:
    """Return sounds to words, determinised and minimal, and its disambiguation symbols.

    Labels in are transition-ids that enter a phone; labels out are places in `words`, counted from 1, on each word's
    first sound. Words that sound alike or begin another one end with a symbol above all transition-ids.
    """
    ways = [
        _Way(number, phones_of(way), _OTHER_WAY * (place > 0))
        for number, word in enumerate(words, start=1)
        for place, way in enumerate(lexicon[word])
    ]
    alike = Counter(way.phones for way in ways)
    beginnings = {phones[:size] for phones in alike for size in range(1, len(phones))}
    graph = fst.VectorFst()
    start, between, silence = graph.add_state(), graph.add_state(), graph.add_state()
    graph.set_start(start)
    graph.set_final(between, _weight(0))
    plain, pause = -math.log(1 - _SILENCE), -math.log(_SILENCE)
    graph.add_arc(start, fst.Arc(0, 0, _weight(plain), between))
    graph.add_arc(start, fst.Arc(0, 0, _weight(pause), silence))
    graph.add_arc(silence, fst.Arc(enter(PHONE_ID[SIL]), 0, _weight(0), between))
    used: Counter[tuple[int, ...]] = Counter()
    for way in ways:
        labels = [enter(phone) for phone in way.phones]
        if alike[way.phones] > 1 or way.phones in beginnings:
            used[way.phones] += 1
            labels.append(TRANSITIONS + used[way.phones])
        state, word, cost = between, way.word, way.cost
        for label in labels[:-1]:
            following = graph.add_state()
            graph.add_arc(state, fst.Arc(label, word, _weight(cost), following))
            state, word, cost = following, 0, 0.0
        graph.add_arc(state, fst.Arc(labels[-1], word, _weight(cost + plain), between))
        graph.add_arc(state, fst.Arc(labels[-1], word, _weight(cost + pause), silence))
    graph.rmepsilon()
    small = fst.determinize(graph)
    labels_as_one = fst.EncodeMapper("standard", encode_labels=True, encode_weights=False)
    small.encode(labels_as_one)
    small.minimize()
    small.decode(labels_as_one)
    small.connect()
    return small, [TRANSITIONS + number for number in range(1, max(used.values(), default=0) + 1)]


def add_stays(graph: Any, disambiguation: list[int]) -> None:
    """Add the loops that stay in a phone, on the state after its entry ("reordered", as Kaldi's word aligner wants).

    A state entered by several phones gets a copy for each, from which nothing leads back but an empty arc.
    """
    silent = {0, *disambiguation}

    def phone_of(arc: Any) -> int:
        return 0 if arc.ilabel in silent else int(arc.ilabel)

    entries: dict[int, set[int]] = defaultdict(set)
    entries[graph.start()].add(0)
    for state in graph.states():
        for arc in graph.arcs(state):
            entries[arc.nextstate].add(phone_of(arc))
    states = range(graph.num_states())
    copies = {
        (state, label): graph.add_state()
        for state in states
        if len(entries[state]) > 1
        for label in sorted(entries[state])
        if label
    }
    for state in states:
        arcs = graph.mutable_arcs(state)
        while not arcs.done():
            arc = arcs.value()
            copy = copies.get((arc.nextstate, phone_of(arc)))
            if copy is not None:
                arc.nextstate = copy
                arcs.set_value(arc)
            arcs.next()
        del arcs
    for (state, label), copy in copies.items():
        graph.add_arc(copy, fst.Arc(0, 0, _weight(0), state))
        graph.add_arc(copy, fst.Arc(label - 1, 0, _weight(0), copy))
    for state in states:
        if len(entries[state]) == 1 and (label := next(iter(entries[state]))):
            graph.add_arc(state, fst.Arc(label - 1, 0, _weight(0), state))


def language_fst(model: Trigram, numbers: dict[str, int]) -> Any:
    """Return the language model as an acceptor of word numbers; empty arcs back off to the shorter history."""
    graph = fst.VectorFst()
    states = {history: graph.add_state() for history in sorted(model.after, key=lambda each: (len(each), each))}
    if (START,) not in states:
        states[START,] = states[()]
    graph.set_start(states[START,])

    def state_after(history: History, word: str) -> Any:
        longer = (*history, word)[-2:]
        while longer not in states:
            longer = longer[1:]
        return states[longer]

    for history, words in model.after.items():
        for word, probability in words.items():
            if word == END:
                graph.set_final(states[history], _weight(-probability))
            else:
                number = numbers[word]
                arc = fst.Arc(number, number, _weight(-probability), state_after(history, word))
                graph.add_arc(states[history], arc)
        if history:
            shorter = states[history[1:]]
            graph.add_arc(states[history], fst.Arc(0, 0, _weight(-model.back_off[history]), shorter))
    graph.arcsort("ilabel")
    return graph


def _plug_ins() -> str:
    found = [path for path in Path("/usr/lib").glob(f"*/{_PLUG_INS}") if path.is_dir()]
    if not found:
        raise FileNotFoundError("OpenFst's plug-ins are missing: install Debian's libfst22-plugins-base.")
    return str(found[0])


def write_graph(folder: Path, lexicon: Lexicon, words: list[str], model: Trigram) -> dict[str, int]:
    """Write everything under `graph/`; return the words' numbers.

    Raises:
        FileNotFoundError: OpenFst's programs or plug-ins are not installed.
        subprocess.CalledProcessError: A conversion failed.
    """
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    sounds, disambiguation = lexicon_fst(lexicon, words)
    add_stays(sounds, disambiguation)
    sounds.arcsort("olabel")
    plain, pairs = folder / "plain.fst", folder / "relabel"
    environment = os.environ | {"LD_LIBRARY_PATH": _plug_ins()}
    sounds.write(str(plain))
    convert = ["fstconvert", "--fst_type=olabel_lookahead", f"--save_relabel_opairs={pairs}"]
    subprocess.run([*convert, plain, folder / "HCLr.fst"], check=True, env=environment, capture_output=True)
    # The conversion gives the words new numbers, which everything else must use.
    new = {int(old): int(number) for old, number in map(str.split, pairs.read_text().splitlines())}
    numbers = {word: new[number] for number, word in enumerate(words, start=1)}
    language_fst(model, numbers).write(str(plain))
    subprocess.run(["fstconvert", "--fst_type=const", plain, folder / "Gr.fst"], check=True, capture_output=True)
    plain.unlink()
    pairs.unlink()
    table = sorted(numbers.items(), key=lambda each: each[1])
    _write_lines(folder / "words.txt", ["<eps> 0", *(f"{word} {number}" for word, number in table)])
    _write_lines(folder / "disambig_tid.int", map(str, disambiguation or [TRANSITIONS + 1]))
    _write_lines(folder / "phones.txt", ["<eps> 0", *(f"{phone} {number}" for phone, number in PHONE_ID.items())])
    _write_lines(folder / "phones" / "word_boundary.int", (f"{PHONE_ID[phone]} {place_of(phone)}" for phone in PHONES))
    return numbers


def _write_lines(path: Path, lines: Any) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))
