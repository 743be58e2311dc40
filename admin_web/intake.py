"""Brings story folders into the archive as they appear, and their words when they are written down.

The folder is the truth and the archive follows it: whatever this thread misses or cannot store, it finds again.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from admin_web.archive import Archive, StoryEntry, Words
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import STORY_ID, DataFolder, StoryFolder
from kiosk.stories.status import Fault, StatusFile

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
#: A folder's time of change counts in steps of the kernel's clock: two changes within a step look like one.
_MTIME_STEP_NS = 2_000_000_000
#: A clock that was never set shows 1970, or 1969 west of Greenwich; beyond these years time zones cannot be reckoned.
_EARLIEST_YEAR, _LATEST_YEAR = 1969, 9000
#: How much of a story's words a list shows.
BEGINNING_CHARACTERS = 240


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
        #: Stories whose words may still come, each with the transcript's time of change when it was last read.
        self._following: dict[str, int | None] = {
            story_id: None for story_id, words in archive.words_of_each().items() if words != "ready"
        }
        self._needing: dict[str, NeedsALook] = {}
        self._read_again_at = 0.0

    def needing_a_look(self) -> list[NeedsALook]:
        """Return what cannot be listed as a story, by name."""
        needing = self._needing
        return [needing[name] for name in sorted(needing)]

    def run(self, stop: threading.Event, status: StatusFile, address: str) -> None:
        """Look until `stop` is set, and give the site's heartbeat."""
        while not stop.is_set():
            fault = self._look_or_fault()
            needing = len(self._needing)
            faults = [fault.as_dict()] if fault else []
            status.show(state="serving", address=address, needing_a_look=needing, faults=faults)
            stop.wait(AGAIN_S if fault else LOOK_S)

    def look(self) -> None:
        """Take in what is new.

        Raises:
            OSError: The folder cannot be read or the archive not written; call again later.
        """
        mtime_ns = self._folder.stories.stat().st_mtime_ns
        if mtime_ns != self._seen_mtime_ns:
            self._compare(os.listdir(self._folder.stories))
            settled = not 0 <= time.time_ns() - mtime_ns < _MTIME_STEP_NS
            self._seen_mtime_ns = mtime_ns if settled else None
        elif self._needing and time.monotonic() >= self._read_again_at:
            self._take_in(list(self._needing))
        self._fetch_words()

    def _look_or_fault(self) -> Fault | None:
        try:
            self.look()
        except OSError as error:
            log.warning("New stories cannot be listed: %s", error)
            return Fault(
                "archive-not-written",
                f"New stories cannot be shown: {error.strerror or error}. They are safe in their folders.",
                "Make room on the disk, or check that the data folder is there and may be written.",
            )
        except Exception:
            # Whatever it is, this thread must go on: the heartbeat and every later story depend on it.
            log.exception("Taking in stories failed.")
            return Fault(
                "intake-failed",
                "New stories cannot be shown, because of a mistake in Sayso. They are safe in their folders.",
                "Start Sayso again; if that does not help, send its log to whoever looks after it.",
            )
        return None

    def _compare(self, names: list[str]) -> None:
        """Bring archive and folder together."""
        there = {name for name in names if not name.startswith(".")}
        self._needing = {name: each for name, each in self._needing.items() if name in there}
        listed = self._archive.words_of_each()
        gone = [entry for story_id in listed.keys() - there if (entry := self._archive.story(story_id))]
        self._archive.take_in(entry.model_copy(update={"present": False}) for entry in gone)
        for entry in gone:
            self._following.pop(entry.id, None)
        self._take_in(sorted(there - listed.keys()))

    def _take_in(self, names: list[str]) -> None:
        self._read_again_at = time.monotonic() + MENDED_AFTER_S
        for first in range(0, len(names), STORIES_AT_ONCE):
            needing = dict(self._needing)
            entries = list(self._entries(names[first : first + STORIES_AT_ONCE], needing))
            self._archive.take_in(entries)
            self._following |= {entry.id: None for entry in entries if entry.words != "ready"}
            self._needing = needing

    def _entries(self, names: list[str], needing: dict[str, NeedsALook]) -> Iterator[StoryEntry]:
        for name in names:
            needing.pop(name, None)
            try:
                yield self._entry(name)
            except StoryDamaged as error:
                if name not in self._needing:
                    log.warning("%s needs a look: %s", name, error)
                needing[name] = NeedsALook(name, self._plain(error))

    def _entry(self, name: str) -> StoryEntry:
        path = self._folder.stories / name
        if not STORY_ID.fullmatch(name):
            raise StoryDamaged("This is not a story's folder. Stories have names such as station-000012-3fa2b1.")
        if path.is_symlink() or not path.is_dir():
            raise StoryDamaged("This has a story's name, but it is not a folder of its own.")
        folder = StoryFolder(path)
        story = folder.story()
        if not _EARLIEST_YEAR <= story.started_at.year <= _LATEST_YEAR:
            raise StoryDamaged(f"story.json says that it began in the year {story.started_at.year}.")
        known = self._archive.story(name)
        entry = StoryEntry(
            id=story.id,
            sequence=story.sequence,
            station=story.station,
            started_at=story.started_at,
            clock_quality=story.clock_quality,
            seconds=story.seconds,
            agreed=story.agreed,
            sample=story.sample,
            taken_in_at=known.taken_in_at if known else datetime.now(UTC),
            listed_at=story.started_at,
        )
        return self._with_words(entry, folder)

    def _with_words(self, entry: StoryEntry, folder: StoryFolder) -> StoryEntry:
        words: Words = "waiting"
        beginning = failed = ""
        try:
            transcript = folder.transcript()
            if transcript and transcript.failed:
                words, failed = "failed", transcript.failed
            elif transcript:
                words, beginning = "ready", _beginning(transcript.text)
        except StoryDamaged as error:
            words, failed = "failed", self._plain(error)
        return entry.model_copy(update={"words": words, "beginning": beginning, "failed": failed})

    def _fetch_words(self) -> None:
        """Look whether words have come for the stories that wait; in turns, if they are many."""
        changed = []
        for story_id in list(self._following)[:FOLDERS_A_ROUND]:
            seen = self._following.pop(story_id)
            folder = self._folder.story(story_id)
            mtime_ns = _mtime_ns(folder)
            self._following[story_id] = mtime_ns
            if mtime_ns is not None and mtime_ns != seen and (entry := self._archive.story(story_id)):
                changed.append(self._with_words(entry, folder))
        try:
            self._archive.take_in(changed)
        except OSError:
            self._following |= {entry.id: None for entry in changed}
            raise
        for entry in changed:
            if entry.words == "ready":
                del self._following[entry.id]

    def _plain(self, error: StoryDamaged) -> str:
        """Return the message with paths as they are from the data folder: where that lies is no help on a web page."""
        return str(error).replace(f"{self._folder.root}{os.sep}", "")


def _mtime_ns(folder: StoryFolder) -> int | None:
    try:
        return folder.transcript_path.stat().st_mtime_ns
    except OSError:
        return None


def _beginning(text: str) -> str:
    if len(text) <= BEGINNING_CHARACTERS:
        return text
    return text[:BEGINNING_CHARACTERS].rsplit(" ", 1)[0] + " …"
