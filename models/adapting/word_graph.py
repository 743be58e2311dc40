"""`Gr.fst`, the part of a look-ahead model that says which words follow which: read and written without OpenFst.

OpenFst's own Python packages have no build for a Pi, or bring a second library beside Vosk's. What is needed is little:
a back-off model is a list of states (what was said last), each with words that may follow and one empty arc to the
state of a shorter history. The layouts are those of OpenFst 1.8: `fst.h` (header), `const-fst.h`, `vector-fst.h` and
`symbol-table.cc`; for large models see `ngram_graph.py`.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import ModelError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MAGIC, _TABLE_MAGIC = 0x7EB2FDD6, 0x7EB2FB74
_HAS_INPUT_TABLE, _HAS_OUTPUT_TABLE, _ALIGNED = 1, 2, 4
_ARC = np.dtype([("word", "<i4"), ("again", "<i4"), ("weight", "<f4"), ("next", "<i4")])
_STATE = np.dtype([("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("empty_in", "<u4"), ("empty_out", "<u4")])
#: What OpenFst calls an acceptor whose arcs are sorted: expanded, acceptor, both sides sorted. No more is claimed.
_PROPERTIES = 0x1 | 0x10000 | 0x10000000 | 0x40000000
#: As in OpenFst: no state.
NONE = -1


@dataclass(frozen=True)
class WordGraph:
    """A back-off model of words. Weights are negative natural logarithms.

    Attributes:
        start: The state before the first word.
        first: Where each state's words begin; one more at the end (states + 1).
        words: Numbers of the words, rising within each state; `end` stands for the end of what is said.
        weights: Of the words.
        nexts: State after each word; `NONE` after the end.
        shorter: For each state that of the shorter history; `NONE` for the shortest.
        back_off: Weight of going there.
        end: A number greater than any word's.
        tables: The words' own table, as it stood in the file (with its flags), or nothing.
    """

    start: int
    first: Ints
    words: Ints
    weights: Floats
    nexts: Ints
    shorter: Ints
    back_off: Floats
    end: int
    tables: tuple[int, bytes] = (0, b"")

    @property
    def states(self) -> int:
        """How many histories there are."""
        return len(self.first) - 1

    @property
    def root(self) -> int:
        """The state of no history."""
        state = self.start
        while self.shorter[state] != NONE:
            state = int(self.shorter[state])
        return state

    @property
    def sources(self) -> Ints:
        """The state of each word."""
        return np.repeat(np.arange(self.states), np.diff(self.first))


class _Reader:
    """Reads OpenFst's numbers and texts from bytes."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0
        try:
            self.data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"Cannot read {path}: {error.strerror}.") from error

    def number(self, form: str) -> Any:
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self) -> bytes:
        size = self.number("i")
        if not 0 <= size <= len(self.data) - self.at:
            raise self.damaged()
        self.at += size
        return self.data[self.at - size : self.at]

    def array(self, kind: Any, count: int) -> Any:
        if count < 0:
            raise self.damaged()
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def table(self) -> dict[str, int]:
        if self.number("i") != _TABLE_MAGIC:
            raise self.damaged()
        self.text()
        self.number("q")
        return {self.text().decode(): self.number("q") for _ in range(self.number("q"))}

    def damaged(self, why: str = "") -> ModelError:
        return ModelError(f"{self.path} cannot be read as a graph of words{why}. Get the model again.")


def read_graph(path: Path) -> tuple[WordGraph, dict[str, int]]:
    """Return the graph in a file, and its own table of words (empty: they are in `words.txt`).

    Raises:
        ModelError: It is damaged, or no back-off model.
    """
    reader = _Reader(path)
    try:
        return _read(reader)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError, OverflowError) as error:
        if isinstance(error, ModelError):
            raise
        raise reader.damaged() from error


def _read(reader: _Reader) -> tuple[WordGraph, dict[str, int]]:
    if reader.number("i") != _MAGIC:
        raise reader.damaged(": it is no OpenFst file")
    kind, arc = reader.text(), reader.text()
    version, flags = reader.number("i"), reader.number("i")
    reader.number("Q")
    start, states, arcs = reader.number("q"), reader.number("q"), reader.number("q")
    if arc != b"standard":
        raise reader.damaged(f": its arcs are of the kind {arc.decode(errors='replace')}")
    before = reader.at
    tables = [reader.table() for flag in (_HAS_INPUT_TABLE, _HAS_OUTPUT_TABLE) if flags & flag]
    kept = flags & (_HAS_INPUT_TABLE | _HAS_OUTPUT_TABLE), reader.data[before : reader.at]
    if kind == b"const":
        finals, counts, found = _const(reader, states, arcs, aligned=bool(flags & _ALIGNED) or version == 1)
    elif kind == b"vector":
        finals, counts, found = _vector(reader, states)
    elif kind == b"ngram":
        from models.adapting.ngram_graph import read_ngram

        finals, counts, found = read_ngram(reader.data, reader.at)
    else:
        raise reader.damaged(f": it is of the kind {kind.decode(errors='replace')}, which Sayso cannot adapt")
    return _arranged(reader, start, finals, counts, found, kept), tables[-1] if tables else {}


def _const(reader: _Reader, states: int, arcs: int, *, aligned: bool) -> tuple[Any, Any, Any]:
    def align() -> None:
        if aligned:
            reader.at += -reader.at % 16

    align()
    rows = reader.array(_STATE, states)
    align()
    return rows["final"].astype(np.float64), rows["arcs"].astype(np.int64), reader.array(_ARC, arcs)


def _vector(reader: _Reader, states: int) -> tuple[Any, Any, Any]:
    finals: list[float] = []
    counts: list[int] = []
    pieces = [np.zeros(0, _ARC)]
    while len(finals) != states and reader.at < len(reader.data):
        finals.append(reader.number("f"))
        counts.append(reader.number("q"))
        pieces.append(reader.array(_ARC, counts[-1]))
    if states not in (NONE, len(finals)):  # a file that was written into a pipe does not know how many
        raise reader.damaged()
    return np.array(finals), np.array(counts, np.int64), np.concatenate(pieces)


def _arranged(
    reader: _Reader, start: int, finals: Floats, counts: Ints, arcs: Any, tables: tuple[int, bytes]
) -> WordGraph:
    """Part empty arcs from words, and make the end of what is said a word like others."""
    states = len(counts)
    if len(arcs) != counts.sum() or not 0 <= start < states:
        raise reader.damaged()
    if np.any(arcs["word"] != arcs["again"]) or np.any(arcs["word"] < 0):
        raise reader.damaged(": it changes words, as a language model does not")
    if len(arcs) and not (arcs["next"].min() >= 0 and arcs["next"].max() < states):
        raise reader.damaged()
    sources, empty = np.repeat(np.arange(states), counts), arcs["word"] == 0
    shorter, back_off = np.full(states, NONE, np.int64), np.zeros(states)
    if len(np.unique(sources[empty])) != empty.sum():
        raise reader.damaged(": it is no back-off model, having several empty arcs in a place")
    shorter[sources[empty]], back_off[sources[empty]] = arcs["next"][empty], arcs["weight"][empty]
    end = int(arcs["word"].max(initial=0)) + 1
    ending = np.flatnonzero(np.isfinite(finals))
    words = np.concatenate([arcs["word"][~empty].astype(np.int64), np.full(len(ending), end)])
    weights = np.concatenate([arcs["weight"][~empty].astype(np.float64), finals[ending]])
    nexts = np.concatenate([arcs["next"][~empty].astype(np.int64), np.full(len(ending), NONE)])
    owners = np.concatenate([sources[~empty], ending])
    order = np.lexsort((words, owners))
    first = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=states))])
    found = WordGraph(start, first, words[order], weights[order], nexts[order], shorter, back_off, end, tables)
    _require_back_off(reader, found)
    return found


def _require_back_off(reader: _Reader, graph: WordGraph) -> None:
    """Make sure that every state comes to the same root in a few steps."""
    state = np.arange(graph.states)
    for _ in range(10):
        shorter = graph.shorter[state]
        state = np.where(shorter == NONE, state, shorter)
    if len(np.unique(state)) != 1:
        raise reader.damaged(": it is no back-off model, having no single shortest history")


def write_graph(path: Path, graph: WordGraph) -> None:
    """Write a graph as OpenFst's "const", which Vosk reads fastest.

    Raises:
        OSError: The disk does not take it.
    """
    sources, is_end = graph.sources, graph.words == graph.end
    finals = np.full(graph.states, np.inf)
    finals[sources[is_end]] = graph.weights[is_end]
    backing = np.flatnonzero(graph.shorter != NONE)
    owners = np.concatenate([sources[~is_end], backing])
    arcs = np.zeros(len(owners), _ARC)
    arcs["word"] = np.concatenate([graph.words[~is_end], np.zeros(len(backing), np.int64)])
    arcs["again"] = arcs["word"]
    arcs["weight"] = np.concatenate([graph.weights[~is_end], graph.back_off[backing]])
    arcs["next"] = np.concatenate([graph.nexts[~is_end], graph.shorter[backing]])
    arcs = arcs[np.lexsort((arcs["word"], owners))]
    rows = np.zeros(graph.states, _STATE)
    rows["final"] = finals
    rows["arcs"] = np.bincount(owners, minlength=graph.states)
    rows["first"] = np.cumsum(rows["arcs"]) - rows["arcs"]
    rows["empty_in"] = rows["empty_out"] = graph.shorter != NONE
    flags, tables = graph.tables
    head = struct.pack("<i", _MAGIC) + _text(b"const") + _text(b"standard")
    head += struct.pack("<iiQqqq", 2, flags, _PROPERTIES, graph.start, graph.states, len(arcs))
    path.write_bytes(head + tables + rows.tobytes() + arcs.tobytes())


def _text(text: bytes) -> bytes:
    return struct.pack("<i", len(text)) + text


def read_words(model: Path) -> dict[str, int]:
    """Return a model's own list of words with their numbers, from `words.txt` or from the graph itself.

    Raises:
        ModelError: There is none, or it is damaged.
    """
    folder = graph_folder(model)
    path = folder / "words.txt"
    if not path.exists():
        return read_graph(folder / "Gr.fst")[1]
    try:
        return {word: int(number) for word, number in map(str.split, path.read_text("utf-8").splitlines())}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}. Get the model again.") from error


def graph_folder(model: Path) -> Path:
    """Return where a model's graph is (the older layout keeps everything in one folder).

    Raises:
        ModelError: The model's graph is of one piece.
    """
    for folder in (model / "graph", model):
        if (folder / "Gr.fst").exists() and (folder / "HCLr.fst").exists():
            return folder
    raise ModelError(
        f"The graph of {model.name} is of one piece and cannot be adapted. "
        "'sayso models list' shows others; 'sayso models check NAME' says whether one can be."
    )
