"""The archive, from a hundred stories to a hundred thousand, beside what else could have kept them."""

import json
import pickle
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any

from tests.benchmarks.archive_build import build, disk
from tests.benchmarks.archive_data import Tasks, tasks
from tests.benchmarks.archive_sheet import CALLED, Figures, sheet, shown
from tests.benchmarks.archive_stores import (
    ARCHIVE,
    BARE,
    CACHING,
    DOCUMENTS,
    JSON,
    ArchiveStore,
    Store,
    looking,
    open_store,
    timed_ms,
)
from tests.benchmarks.results import WIDTH, Result

SIZES, QUICK_SIZES = (100, 1_000, 10_000, 100_000), (100, 1_000, 10_000)
#: Calls of one store before it is the other's turn: few, so that what disturbs the disk disturbs both.
BATCH = {"insert": 3, "update": 3, "get": 10}
#: How often TinyDB is asked, by number of stories: a hundred thousand cost it seconds each time. From the cache it is
#: asked three times at least: the first call reads the file.
TINY_REPETITIONS = {100: 10, 1_000: 10, 10_000: 3, 100_000: 1}
CACHED_REPETITIONS = 3
#: Tasks for a fresh process are about stories that no other process made.
_APART = 10_000
#: How often a store is opened in a fresh process, and how often all names are compared.
OPENINGS, COMPARISONS = 3, 5
#: What takes longer than this in all is not repeated any more.
LONGEST_S = 5.0
#: How much slower than bare sqlite3; and what is no growth: a thousand times the stories, a level more in each tree.
RATIO, FLAT = 1.5, 1.5
TARGETS_MS = {"inbox": 5, "filter": 10, "pair": 20, "phrase": 20, "common": 20, "open": 50}
MEMORY_MB = 20
TITLES = {
    "inbox": "inbox",
    "filter": "tag and month",
    "pair": "search, two words",
    "phrase": "search, a phrase",
    "common": "search, common word",
    "open": "open",
}
ABOUT = (
    f"{CALLED[DOCUMENTS]}: a table of documents and no more. {CALLED[ARCHIVE]}: by its own verbs, as all staff may see "
    "it; a list gives its stories as checked records, a search gives matches with the words marked.",
    f"{CALLED[BARE]}: WAL, synchronous=FULL, a table (id, doc) of JSON written by hand, BEGIN IMMEDIATE where it reads "
    "before it writes. It has no index: lists and searches (with LIKE, the newest 25) go through all stories.",
    f"{CALLED[JSON]}: syncs each change, but a kill or power cut while it writes destroys the file. {CALLED[CACHING]}: "
    "up to a thousand changes are lost with the process. TinyDB has no full-text search: a regular expression is tried "
    "on each text. It reads nothing when it opens; at 100,000 JSONStorage is asked once.",
    "Insert, update, get: Sayso's table and bare sqlite3 by turns, a few calls each, and the sizes by turns: the disk "
    "syncs now quickly, now slowly, for both. Reads find the files in the system's cache.",
    "Memory: the peak of a fresh process that does everything, over what it held before it opened the file.",
)


def measure_archive(sheets: list[str], *, quick: bool) -> list[Result]:
    """Return the rows that have targets; everything that was measured is put into `sheets`."""
    where, file_system = disk()
    figures = Figures(QUICK_SIZES if quick else SIZES)
    with tempfile.TemporaryDirectory(prefix="sayso-bench-archive-", dir=where) as folder:
        bench = _Bench(Path(folder), figures, quick)
        bench.build()
        bench.pairs()
        bench.verbs()
        bench.lists()
        bench.fresh()
    sheets.append(f"{sheet(figures)}\n\n{_about(file_system)}")
    return list(_rows(figures))


class _Bench:
    def __init__(self, folder: Path, figures: Figures, quick: bool) -> None:
        self._folder, self._figures, self._quick = folder, figures, quick
        self._names: dict[int, list[str]] = {}

    def _at(self, size: int) -> Path:
        return self._folder / str(size)

    def _tasks(self, size: int, repetitions: int, *, turn: int = 0) -> Tasks:
        return tasks(self._names[size], repetitions, there=size + turn * _APART)

    def build(self) -> None:
        for size in self._figures.sizes:
            self._at(size).mkdir()
            self._names[size] = build(self._at(size), size)

    def pairs(self) -> None:
        """Give a table of ours and bare sqlite3 the same to do by turns, at all sizes by turns."""
        rounds = 20 if self._quick else 60
        with ExitStack() as opened:
            calls = {
                (operation, kind, size): _calls(operation, store, self._tasks(size, rounds * BATCH["insert"]))
                for size in self._figures.sizes
                for kind in (DOCUMENTS, BARE)
                for store in [opened.enter_context(closing(open_store(kind, self._at(size))))]
                for operation in BATCH
            }
            for operation, count in BATCH.items():
                for turn in range(rounds):
                    for size in self._figures.sizes:
                        for kind in (DOCUMENTS, BARE) if turn % 2 else (BARE, DOCUMENTS):
                            batch = list(islice(calls[operation, kind, size], count))
                            took_ms = timed_ms(lambda batch=batch: [call() for call in batch])
                            self._figures.add(operation, kind, size, [took_ms / count])

    def verbs(self) -> None:
        """Do what only the archive does, at all sizes by turns."""
        rounds = 8 if self._quick else 25
        with ExitStack() as opened:
            stores = {size: opened.enter_context(closing(ArchiveStore(self._at(size)))) for size in self._figures.sizes}
            todo = {size: self._tasks(size, rounds) for size in stores}
            for turn in range(rounds):
                for size, store in stores.items():
                    made, name = todo[size].new[turn], todo[size].names[turn]
                    calls = {
                        "take_in": store.insert(made),
                        "heard": store.hear(made.entry.id),
                        "tag": store.update(name, turn),
                        "story": store.get(name),
                    }
                    if turn < COMPARISONS:
                        calls["compare"] = store.compare(self._names[size])
                    for operation, call in calls.items():
                        self._figures.add(operation, ARCHIVE, size, [timed_ms(call)])

    def lists(self) -> None:
        """Look for stories: in the archive, and in bare sqlite3, which goes through all of them."""
        for size in self._figures.sizes:
            for kind, repetitions in ((ARCHIVE, 8 if self._quick else 25), (BARE, 3)):
                with closing(open_store(kind, self._at(size))) as store:
                    for operation, calls in looking(store, self._tasks(size, repetitions)).items():
                        until = time.monotonic() + LONGEST_S
                        for call in calls:
                            self._figures.add(operation, kind, size, [timed_ms(call)])
                            if time.monotonic() > until:
                                break

    def fresh(self) -> None:
        """Open and use each store in a process of its own; TinyDB is measured there and nowhere else."""
        for size in self._figures.sizes:
            for kind in (ARCHIVE, BARE):
                for _ in range(1 if self._quick else OPENINGS - 1):
                    self._figures.add("open", kind, size, self._child(kind, size)["open"])
                done = self._child(kind, size, 10 if kind == ARCHIVE else 2)
                for operation in ("open", "memory"):
                    self._figures.add(operation, kind, size, done[operation])
            repetitions = min(TINY_REPETITIONS[size], 2) if self._quick else TINY_REPETITIONS[size]
            for kind, times in ((JSON, repetitions), (CACHING, max(repetitions, CACHED_REPETITIONS))):
                for operation, values in self._child(kind, size, times).items():
                    self._figures.add(operation, kind, size, values)

    def _child(self, kind: str, size: int, repetitions: int = 0) -> dict[str, list[float]]:
        command = [sys.executable, "-m", f"{__package__}.archive_child", kind, str(self._at(size))]
        if repetitions:
            path = self._at(size) / "tasks"
            path.write_bytes(pickle.dumps(self._tasks(size, repetitions, turn=1)))
            command.append(str(path))
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise RuntimeError(f"{CALLED[kind]} with {size} stories failed: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)


def _calls(operation: str, store: Store, todo: Tasks) -> Iterator[Callable[[], Any]]:
    """Return one call after the other, each about another story."""
    if operation == "insert":
        return (store.insert(made) for made in todo.new)
    if operation == "update":
        return (store.update(name, number) for number, name in enumerate(cycle(todo.names), start=2))
    return (store.get(name) for name in cycle(todo.names))


def _rows(figures: Figures) -> Iterator[Result]:
    least, most = figures.sizes[0], figures.sizes[-1]
    for operation in BATCH:
        ratios = [figures.ratio(operation, size) for size in figures.sizes]
        yield Result(
            f"archive: {operation}, {most:,} documents",
            f"{shown(figures.median(operation, DOCUMENTS, most))} ms",
            "bare sqlite3 (WAL, synchronous=FULL), batches by turns",
            f"{shown(figures.median(operation, BARE, most))} ms",
            f"ratio {ratios[-1]:.2f} (all sizes {min(ratios):.2f} to {max(ratios):.2f})",
            f"at most {RATIO}",
            max(ratios) <= RATIO,
        )
        growth, bare = (figures.growth(operation, kind) or 0 for kind in (DOCUMENTS, BARE))
        yield Result(
            f"archive: {operation}, {least:,} to {most:,}",
            f"x {growth:.2f}",
            "bare sqlite3, whose tree grows as well, in the same turns",
            f"x {bare:.2f}",
            target=f"flat: at most x {FLAT}, or x {FLAT} of bare",
            met=growth <= FLAT * max(1, bare),
        )
    for operation, target in TARGETS_MS.items():
        value = figures.median(operation, ARCHIVE, most) or 0
        yield _whole(f"{TITLES[operation]}, {most:,} stories", f"{shown(value)} ms", value, target, "ms", most)
    grown = (figures.median("memory", ARCHIVE, most) or 0) - (figures.median("memory", ARCHIVE, least) or 0)
    yield _whole(f"memory, {least:,} to {most:,}", f"{grown:+.1f} MB", grown, MEMORY_MB, "MB more", most)


def _whole(name: str, shown_as: str, value: float, target: float, unit: str, size: int) -> Result:
    """Return a row whose target is one for the largest archive: a quick run tells nothing of it."""
    met = value <= target if size == SIZES[-1] else None
    return Result(f"archive: {name}", shown_as, target=f"at most {target} {unit} at {SIZES[-1]:,}", met=met)


def _about(file_system: str) -> str:
    versions = f"SQLite {sqlite_version}, TinyDB {version('tinydb')}, files on {file_system}. What the lines are:"
    return "\n".join([versions, *(textwrap.fill(f"- {each}", WIDTH, subsequent_indent="  ") for each in ABOUT)])
