"""Which parts of a recording were really played to somebody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories

#: Whoever heard so much of a recording has heard it: its first and last second are often silent.
HEARD_SHARE = 0.9
#: Parts so near to each other are one: browsers tell where they are four times a second.
_GAP_S = 0.5

#: A page tells what is played every few seconds; the log has one line for as long as somebody sits at it.
SITTING = timedelta(minutes=30)

Part = tuple[float, float]


@dataclass(frozen=True)
class Listened:
    """What was played of a recording, by whoever it was.

    Attributes:
        parts: First and last second of each part, in order; they do not overlap.
        share: How much of the recording that is, from 0 to 1.
    """

    parts: tuple[Part, ...]
    share: float

    @property
    def is_heard(self) -> bool:
        """Whether that is as good as all of it."""
        return self.share >= HEARD_SHARE


class Listening:
    """What was listened to, of all stories."""

    def __init__(self, documents: Documents, log: Log, stories: Stories) -> None:
        self._documents, self._log, self._stories = documents, log, stories
        self._table = documents.table("listening", ids=str)

    def of(self, entry: StoryEntry) -> Listened:
        """Return what was played of a story."""
        document = self._table.of_id(entry.id)
        parts = tuple((float(begin), float(end)) for begin, end in document["parts"]) if document else ()
        whole_s = max(entry.seconds, 0.001)
        return Listened(parts, min(1.0, sum(end - begin for begin, end in parts) / whole_s))

    def add(self, story_id: str, parts: Iterable[Part], *, by: str) -> Listened:
        """Note what was played; when that is as good as all of it, the story is heard.

        Raises:
            NotAllowed: There is no such story.
            ValueError: A part is no part of its recording.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            new = list(parts)
            if not all(0 <= begin <= end <= entry.seconds + _GAP_S for begin, end in new):
                raise ValueError("There is no such part of this recording.")
            if new:
                self._log.add_once(by, "listened", story_id, within=SITTING)
            before = self.of(entry)
            merged = _merged([*before.parts, *new])
            if merged != before.parts:
                self._table.upsert(named({"parts": merged}, story_id))
            after = self.of(entry)
            if after.is_heard and entry.state == "unheard":
                self._stories.heard(story_id, by=by)
            return after


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    merged: list[Part] = []
    for begin, end in sorted(parts):
        if merged and begin <= merged[-1][1] + _GAP_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)
