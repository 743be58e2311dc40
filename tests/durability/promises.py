"""What a writer has told as done must be there after the next start; what was in flight, whole or not at all.

Looked at in a copy, so that the next writer begins with exactly what the kill or the power cut has left.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from admin_web.archive.check import check_archive, check_folders
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder
from tests.durability.state import State, after, json_notes, mark, next_start, present, state_of

#: How much of a mark is looked for: its end, see `mark`.
_END = 14
_MARK = re.compile(rb"[0-9a-f]{12}(?:zz|qq)")
_LEFT_OVER = re.compile(rf"\.gone$|^\.thrown|{re.escape(UNFINISHED)}$")


class Promises:
    """What one data folder, worked on by one writer after the other, must hold.

    Attributes:
        acknowledged: Its state after the last step that was acknowledged.
        steps: How many were.
        was_killed: The last writer did not come to its end.
    """

    def __init__(self, data: Path, stick: Path) -> None:
        self.data, self.stick = data, stick
        self.acknowledged: State = {"log": 0}
        self.steps = 0
        self.was_killed = True
        self._in_flight: list[State] = []
        self._ids: set[str] = set()
        #: What was deleted may be there until a writer's own start has finished deleting it.
        self._not_finished: list[State] = []

    def hear(self, lines: Iterable[dict[str, Any]], *, promised: bool = True) -> None:
        """Take in what a writer told; if not `promised`, it was told when the power was gone already."""
        for line in lines:
            self.was_killed = "end" not in line
            if "open" in line:
                assert line["open"] == self.acknowledged, "the writer has found something else than the check"
                self._not_finished = []
            elif "begin" in line:
                self._in_flight += line["begin"]
                self._ids.update(*line["begin"])
            elif "done" in line and promised:
                self.acknowledged, self._in_flight = after(self.acknowledged, *self._in_flight), []
                self.steps += 1

    def check(self, copy: Path) -> None:
        """Start a station on a copy of the data folder. What was in flight is then acknowledged as it was found.

        Raises:
            AssertionError: Promises are broken; it names all of them.
        """
        shutil.rmtree(copy, ignore_errors=True)
        if self.data.exists():
            shutil.copytree(self.data, copy, symlinks=True)
        broken = list(self._after_start(DataFolder.open(copy)))
        assert not broken, "\n".join(broken)

    def _possible(self) -> list[State]:
        """Return the states that the folder may be in."""
        return [after(self.acknowledged, *self._in_flight[:n]) for n in range(len(self._in_flight) + 1)]

    def _after_start(self, folder: DataFolder) -> Iterator[str]:
        possible = self._possible()
        yield from self._left_in_bytes(folder, possible + self._not_finished, "before the start")
        try:
            archive, _, troubles = next_start(folder)
        except Exception as error:  # whatever it is: it does not open
            yield f"it does not start: {error!r}"
            return
        with archive:
            yield from (f"not mended: {each}" for each in troubles)
            for finding in (*check_archive(archive), *check_folders(folder, archive, lambda _: None)):
                yield f"'sayso archive check' says: {finding.what}"
            yield from (f"{each.id} is not cleared" for each in archive.deleting.tombstones() if not each.cleared)
            with TinyDB(json_notes(folder)) if json_notes(folder).exists() else contextlib.nullcontext() as notes:
                state = state_of(archive, notes)
        if state not in possible:
            yield from _differences(state, possible)
        yield from self._left_in_bytes(folder, [state], "after the start")
        yield from self._folders_wrong(folder, state)
        self.acknowledged, self._in_flight = state, []
        self._not_finished += possible

    def _left_in_bytes(self, folder: DataFolder, possible: list[State], when: str) -> Iterator[str]:
        """Look in every byte for what is of no story that is there."""
        allowed = {mark(name, of=of) for name in self._importing() for of in ("words", "sound")}
        for state in possible:
            for story_id, story in present(state).items():
                allowed |= {mark(story_id, of=of) for of in ("words", "sound") if of == "words" or story["sound"]}
        allowed_ends = {word[-_END:].encode() for word in allowed}
        for path in folder.root.rglob("*"):
            if path.is_file():
                for end in set(_MARK.findall(path.read_bytes())) - allowed_ends:
                    yield f"{when}, {path.relative_to(folder.root)} still holds {self._whose(end.decode())}"

    def _whose(self, end: str) -> str:
        of = "words" if end.endswith("zz") else "sound"
        return next((f"{of} of {each}" for each in self._ids if mark(each, of=of).endswith(end)), f"{of} of nobody")

    def _folders_wrong(self, folder: DataFolder, state: State) -> Iterator[str]:
        stories = present(state)
        if (there := {each.id for each in folder.story_folders()}) != set(stories):
            yield f"folders without a record, or the other way round: {there ^ set(stories)}"
        for story_id, story in stories.items():
            if folder.story(story_id).audio.exists() != story["sound"]:
                yield f"{story_id}: its recording is {'not ' if story['sound'] else ''}there"
        numbers = [re.sub("-[0-9a-f]{6}$", "", key) for key in state if not key.startswith(("note ", "log"))]
        if len(set(numbers)) < len(numbers):
            yield f"a number was given twice: {sorted(numbers)}"
        # A half-written file within a story's folder is passed over by all who read there, and goes with the folder.
        for path in (*folder.root.glob("*"), *folder.root.glob("*/*")):
            if _LEFT_OVER.search(path.name):
                yield f"left over: {path.relative_to(folder.root)}"

    def _importing(self) -> list[str]:
        return os.listdir(DataFolder.open(self.stick).stories)


def _differences(state: State, possible: list[State]) -> Iterator[str]:
    """Say how a state differs from the nearest that it may be."""

    def differing(other: State) -> list[str]:
        return [key for key in {**state, **other} if state.get(key) != other.get(key)]

    nearest = min(possible, key=lambda each: len(differing(each)))
    for key in differing(nearest):
        yield f"{key}: promised {nearest.get(key)}, found {state.get(key)}"
