"""Adapting a model to its centre: weigh, try on stories it has not seen, and keep it only where it helps."""

import contextlib
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kiosk.errors import DiskFull, ModelError, UsageError
from kiosk.stories.spelling import spoken_words
from models.adapting.mixing import Lookup, Told, mix
from models.adapting.own_words import UNKNOWN, OwnWords
from models.adapting.word_graph import WordGraph, graph_folder, read_graph, read_words, write_graph
from models.installed import InstalledModel, InstalledModels
from models.measuring.hearing import hear_all
from models.measuring.references import Reference, with_sound
from models.measuring.scores import Interval, difference, interval
from models.trial import try_out

#: Fewer stories than this tell nothing: the interval would be wider than what is to be gained.
LEAST_STORIES = 10
#: Stories are parted into so many; each part is weighed by what the others teach.
_PARTS = 5
#: Shares of the centre's own words that are tried.
WEIGHTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
#: What an adapted model is called: the name of the model it was made from, and this.
ADAPTED = "-adapted"
_RECORD = "installed.json"


@dataclass(frozen=True)
class Weighed:
    """What adapting would gain, on stories that it has not learned from.

    Attributes:
        weight: The share of the centre's own words that was best.
        before: Perplexity of the model as it is: how many words it holds for possible at each place.
        after: Perplexity with the centre's own words.
        gain: Natural logarithm of before / after, with its interval over stories; above 0: it helps.
        words: How many words that is counted over.
        unknown: Words of the stories that the model cannot write -> how often they are in them.
    """

    weight: float
    before: float
    after: float
    gain: Interval
    words: int
    unknown: Counter[str]

    @property
    def helps(self) -> bool:
        """Whether it measurably helps."""
        return self.gain[0] > 0


class Adapter:
    """Makes one model's graph of words anew, from the words of one centre."""

    def __init__(self, model: Path, names: Sequence[str] = ()) -> None:
        """Read the model's graph.

        Args:
            model: The folder of a look-ahead model.
            names: Names of the neighbourhood.

        Raises:
            ModelError: It is none, or damaged.
        """
        self._graph: WordGraph = read_graph(graph_folder(model) / "Gr.fst")[0]
        self._numbers = read_words(model)
        self._names = [self._numbered(spoken_words(name)) for name in names]

    def _numbered(self, words: Sequence[str]) -> list[int]:
        return [self._known(word) for word in words]

    def _known(self, word: str) -> int:
        number = self._numbers.get(word, UNKNOWN)
        return number if 0 < number < self._graph.end else UNKNOWN

    def knows(self, word: str) -> bool:
        """Say whether the model can write a word."""
        return self._known(word) != UNKNOWN

    def mixed(self, stories: Sequence[Sequence[str]], weight: float) -> WordGraph:
        """Return the graph with the words of the stories and the names in it."""
        return mix(self._graph, self._own([self._numbered(story) for story in stories]), weight)

    def weigh(self, stories: Sequence[Sequence[str]]) -> Weighed:
        """Find the best weight: every story is judged by what the stories of other parts teach.

        The weight that a part is judged with is the one that was best for the other parts, so that the gain is not
        flattered by choosing.

        Raises:
            UsageError: There are too few stories.
        """
        if len(stories) < LEAST_STORIES:
            raise UsageError(
                f"{len(stories)} checked stories are too few to adapt a model to: it takes at least {LEAST_STORIES}, "
                "and better fifty. Check more on the site."
            )
        numbered = [self._numbered(story) for story in stories]
        lookup = Lookup(self._graph)
        plain = np.zeros(len(stories))
        counts = np.zeros(len(stories))
        mixed = np.zeros((len(WEIGHTS), len(stories)))
        for part in range(_PARTS):
            own = self._own([story for index, story in enumerate(numbered) if index % _PARTS != part])
            for index in range(part, len(stories), _PARTS):
                told = Told.by(self._graph, lookup, numbered[index], own.start)
                plain[index], counts[index] = told.log_probabilities.sum(), len(told.words)
                mixed[:, index] = [told.mixed(own, weight) for weight in WEIGHTS]
        parts = np.arange(len(stories)) % _PARTS
        gained = np.zeros(len(stories))
        for part in range(_PARTS):
            best = int(mixed[:, parts != part].sum(axis=1).argmax())
            gained[parts == part] = (mixed[best] - plain)[parts == part]
        rows = np.stack([gained, counts], axis=1)
        before = float(np.exp(-plain.sum() / counts.sum()))
        return Weighed(
            WEIGHTS[int(mixed.sum(axis=1).argmax())],
            before,
            before / float(np.exp(gained.sum() / counts.sum())),
            interval(rows, lambda drawn: float(drawn[:, 0].sum() / drawn[:, 1].sum())),
            int(counts.sum()),
            Counter(word for story in stories for word in story if not self.knows(word)),
        )

    def _own(self, numbered: Sequence[Sequence[int]]) -> OwnWords:
        return OwnWords.of(numbered, self._names, start=self._graph.end + 1, end=self._graph.end)


def judge(
    model: Path,
    adapter: Adapter,
    references: Sequence[Reference],
    weight: float,
    work: Path,
    advance: Callable[[], None],
) -> tuple[float, Interval] | None:
    """Let the model and an adapted one hear stories that the latter has not learned from.

    Args:
        model: The model as it is.
        adapter: Of that model.
        references: All stories; every third with a recording is heard, and not learned from.
        weight: The share of the centre's own words.
        work: A folder for a copy of the model, which does not exist yet.
        advance: Called after each recording that either has heard.

    Returns:
        By how much the share of wrong words falls, and its interval; None: no recordings.
    """
    heard = list(with_sound(list(references)))[::3]
    if not heard:
        return None
    held_out = {each.name for each in heard}
    learned = [each.words for each in references if each.name not in held_out]
    before = hear_all(model, heard, advance)
    try:
        copy_with(model, work, adapter.mixed(learned, weight))
        after = hear_all(work, heard, advance)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    both = {each.name for each in before} & {each.name for each in after}
    if not both:
        return None
    return difference([each for each in before if each.name in both], [each for each in after if each.name in both])


def require_room(installed: InstalledModels, name: str, reserve_bytes: float) -> None:
    """Make sure that a copy of a model has room on the disk, its graph grown to twice its size.

    Raises:
        DiskFull: It has not.
    """
    model = installed.folder(name)
    needed = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
    needed += (graph_folder(model) / "Gr.fst").stat().st_size
    free = shutil.disk_usage(installed.root).free
    if free - needed < reserve_bytes:
        raise DiskFull(
            f"An adapted {name} may need {needed / 1e6:,.0f} MB, and of the {free / 1e6:,.0f} MB that are free on the "
            f"disk of {installed.root} {reserve_bytes / 1e6:,.0f} MB are kept for stories. Make room and run it again."
        )


def copy_with(model: Path, to: Path, graph: WordGraph) -> None:
    """Make a copy of a model with another graph of words; what is the same takes no room where the disk can share it.

    Raises:
        ModelError: The disk does not take it.
    """
    try:
        shutil.copytree(model, to, copy_function=_share, ignore=shutil.ignore_patterns(_RECORD, "Gr.fst"))
        write_graph(to / graph_folder(model).relative_to(model) / "Gr.fst", graph)
    except OSError as error:
        raise ModelError(
            f"The disk does not take the adapted model ({error}). Make room; nothing was changed."
        ) from error


def _share(source: str, target: str) -> str:
    with contextlib.suppress(OSError):
        os.link(source, target)
        return target
    return shutil.copy2(source, target)


def keep(installed: InstalledModels, name: str, language: str, graph: WordGraph) -> InstalledModel:
    """Install an adapted model beside the one it was made from; the caller holds the lock "installer".

    One that was there is replaced once the new one has written down the test recording.

    Raises:
        ModelError: The new one does not work. Nothing was changed.
    """
    model, adapted = installed.folder(name), name + ADAPTED
    part = installed.unfinished(adapted)
    shutil.rmtree(part, ignore_errors=True)
    try:
        copy_with(model, part, graph)
        trial = try_out(part)
        if not trial.words and language == "en":
            raise ModelError(f"{name} adapted to your stories hears nothing. Nothing was changed; please report this.")
        files = {}
        for path in sorted(part.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    files[str(path.relative_to(part))] = hashlib.file_digest(file, "sha256").hexdigest()
        record = InstalledModel(
            name=adapted,
            language=language,
            source=f"{name}, adapted to this centre's own words",
            installed_at=datetime.now(UTC).astimezone(),
            zip_sha256="",
            files=files,
            memory_mb=round(trial.memory_mb, 1),
            real_time_factor=round(trial.real_time_factor, 3),
            adapted_from=name,
        )
        installed.write_record(part, record)
        installed.put_in_place(part, adapted)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return record


def read_names(path: Path) -> list[str]:
    """Return the names in a file, one a line; lines that begin with # say something to people.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        lines = (line.strip() for line in path.read_text("utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"Cannot read the list of names {path}: {error}. It is a text file (UTF-8), a name a line."
        ) from error
    return [line for line in lines if line and not line.startswith("#")]
