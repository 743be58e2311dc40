"""Brings story folders into the archive as they appear, and their words when they are written down.

The folder is the truth and the archive follows it: whatever this thread misses or cannot store, it finds again.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from admin_web.archive import Archive
from admin_web.archive.arriving import Arrival, read_arrival, shown
from kiosk.errors import ArchiveError, StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import Fault, StatusFile
from kiosk.stories.story_folder import StoryFolder

log = logging.getLogger(__name__)

#: How often the stories' folder is looked at; one `stat` when nothing changed.
LOOK_S = 0.5
#: How long after a failure (disk full) it tries again.
AGAIN_S = 5.0
#: How many folders are looked into for words in one round: with thousands waiting, each gets its turn.
FOLDERS_A_ROUND = 50
#: How many new stories are stored in one go.
STORIES_AT_ONCE = 1000
#: How often a folder that needs a look is read again: somebody may be copying it just now.
MENDED_AFTER_S = 5.0
#: In place of a transcript's time of change: its story's folder was not read yet.
_NOT_READ = -1
#: A folder's time of change counts in steps of the kernel's clock: two changes within a step look like one.
_MTIME_STEP_NS = 2_000_000_000


@dataclass(frozen=True)
class NeedsALook:
    """Something in the stories' folder that cannot be listed as a story.

    Attributes:
        name: Its name in that folder.
        reason: What is wrong with it, in a sentence for staff.
    """

    name: str
    reason: str


class Intake:
    """Follows the stories' folder. One thread calls `run` or `look`; the others read `needing_a_look`."""

    def __init__(self, folder: DataFolder, archive: Archive) -> None:
        self._folder = folder
        self._archive = archive
        self._seen_mtime_ns: int | None = None
        #: Stories whose words may still come, each with the transcript's time of change when it was last read; None if
        #: there was none.
        self._following: dict[str, int | None] = dict.fromkeys(
            archive.stories.ids(words=("waiting", "failed")), _NOT_READ
        )
        self._needing: dict[str, NeedsALook] = {}
        self._read_again_at = 0.0

    def needing_a_look(self) -> list[NeedsALook]:
        """Return what cannot be listed as a story, by name."""
        needing = self._needing
        return [needing[name] for name in sorted(needing)]

    def run(self, stop: threading.Event, status: StatusFile, address: str, others: Callable[[], list[Fault]]) -> None:
        """Look until `stop` is set, and give the site's heartbeat, with the faults of its other parts."""
        while not stop.is_set():
            fault = self._look_or_fault()
            if stop.is_set():
                # Whoever ended it has said so by now, or will: that is the last word.
                return
            needing = len(self._needing)
            faults = [each.as_dict() for each in ([fault] if fault else []) + others()]
            status.show(state="serving", address=address, needing_a_look=needing, faults=faults)
            stop.wait(AGAIN_S if fault else LOOK_S)

    def look(self) -> None:
        """Take in what is new.

        Raises:
            OSError: The folder cannot be read; call again later.
            ArchiveError: The archive cannot be written; call again later.
        """
        mtime_ns = self._folder.stories.stat().st_mtime_ns
        if mtime_ns != self._seen_mtime_ns:
            self._compare(os.listdir(self._folder.stories))
            settled = not 0 <= time.time_ns() - mtime_ns < _MTIME_STEP_NS
            self._seen_mtime_ns = mtime_ns if settled else None
        elif self._needing and time.monotonic() >= self._read_again_at:
            self._take_in(list(self._needing))
        self._fetch_words()
        self._archive.again.follow()

    def _look_or_fault(self) -> Fault | None:
        first = self._archive.moving_up.look_on
        checked, redacted = self._archive.checked_files.write_due, self._archive.redacted_files.write_due
        restricted, safe = self._archive.restriction_files.write_due, "They are safe in the archive."
        return (
            _fault_of(self.look, "New stories cannot be shown", "They are safe in their folders.")
            or _fault_of(restricted, "What makes stories less open cannot be written beside them", safe)
            or _fault_of(checked, "Checked words cannot be written beside their recordings", safe)
            or _fault_of(redacted, "Recordings without what was taken out of them cannot be written", safe)
            or _fault_of(first, "Stories to hear first cannot be put first", "They are in the list by their age.")
        )

    def _compare(self, names: list[str]) -> None:
        """Bring archive and folder together."""
        there = {name for name in names if not name.startswith(".")}
        self._needing = {name: each for name, each in self._needing.items() if name in there}
        self._following = {name: seen for name, seen in self._following.items() if name in there}
        new, missing = self._archive.stories.compare(there)
        # An import may have brought them in after the folder was listed.
        missing = [story_id for story_id in missing if not self._folder.story(story_id).path.exists()]
        if missing:
            self._archive.stories.missing(missing)
        self._take_in(new)
        # An import or an upload may have put them into the archive itself.
        for story_id in self._archive.stories.ids(words=("waiting", "failed")):
            self._following.setdefault(story_id, _NOT_READ)

    def _take_in(self, names: list[str]) -> None:
        self._read_again_at = time.monotonic() + MENDED_AFTER_S
        gone = self._archive.deleting.remove_again(names)
        for name, trouble in gone.items():
            log.warning("%s was taken back and has come again: %s", name, trouble or "it is removed.")
        names = [name for name in names if name not in gone]
        self._needing = {name: each for name, each in self._needing.items() if name not in gone} | {
            name: self._needs_a_look(name, trouble) for name, trouble in gone.items() if trouble
        }
        for first in range(0, len(names), STORIES_AT_ONCE):
            needing = dict(self._needing)
            arrivals = list(self._arrivals(names[first : first + STORIES_AT_ONCE], needing))
            self._archive.stories.take_in(arrivals)
            self._following |= {each.facts.id: None for each in arrivals if each.facts.words != "ready"}
            self._needing = needing

    def _arrivals(self, names: list[str], needing: dict[str, NeedsALook]) -> Iterator[Arrival]:
        for name in names:
            needing.pop(name, None)
            try:
                yield read_arrival(self._folder, name)
            except StoryDamaged as error:
                needing[name] = self._needs_a_look(name, str(error))
                if name not in self._needing:
                    log.warning("%s needs a look: %s", shown(name), error)

    def _fetch_words(self) -> None:
        """Look whether words have come for the stories that wait; in turns, if they are many."""
        changed = []
        for story_id in list(self._following)[:FOLDERS_A_ROUND]:
            seen = self._following.pop(story_id)
            mtime_ns = _mtime_ns(self._folder.story(story_id))
            self._following[story_id] = mtime_ns
            if mtime_ns != seen:
                # A folder that is damaged by now is found so when the folders are next compared.
                with contextlib.suppress(StoryDamaged):
                    changed.append(read_arrival(self._folder, story_id))
        try:
            self._archive.stories.take_in(changed)
        except ArchiveError:
            self._following |= {each.facts.id: _NOT_READ for each in changed}
            raise
        for each in changed:
            if each.facts.words == "ready":
                del self._following[each.facts.id]

    def _needs_a_look(self, name: str, reason: str) -> NeedsALook:
        # Paths as they are from the data folder: where that lies is no help on a web page.
        return NeedsALook(shown(name), reason.replace(f"{self._folder.root}{os.sep}", ""))


def _fault_of(work: Callable[[], object], trouble: str, comfort: str) -> Fault | None:
    """Do it, and return what stood in its way in words for staff."""
    try:
        work()
    except (OSError, ArchiveError) as error:
        log.warning("%s: %s", trouble, error)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else None
        return Fault(
            "archive-not-written",
            f"{trouble}: {f'{reason}.' if reason else error} {comfort}",
            "Make room on the disk, or check that the data folder is there and may be written.",
        )
    except Exception:
        # Whatever it is, this thread must go on: the heartbeat and every later story depend on it.
        log.exception("%s.", trouble)
        return Fault(
            "intake-failed",
            f"{trouble}, because of a mistake in Sayso. {comfort}",
            "Start Sayso again; if that does not help, send its log to whoever looks after it.",
        )
    return None


def _mtime_ns(folder: StoryFolder) -> int | None:
    try:
        return folder.transcript_path.stat().st_mtime_ns
    except OSError:
        return None
