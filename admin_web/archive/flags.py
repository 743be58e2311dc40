"""Safeguarding flags: worries about somebody's safety."""

from collections.abc import Iterable
from datetime import UTC, datetime

from admin_web.archive.conditions import field
from admin_web.archive.deleting import Deleting
from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.records.flags import Flag, Step
from admin_web.archive.stories import Stories
from kiosk.errors import ChangedMeanwhile, NotAllowed

_STORY, _CLOSED_AT = field("story"), field("closed_at")
#: A flag is there for every lead but those from whom its story is hidden, also while the story's folder is missing.
_SEEN = f"{_STORY} NOT IN (SELECT story FROM story_hidden WHERE account = ?)"


class Flags:
    """The archive's flags. While one is open its story is frozen."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, deleting: Deleting) -> None:
        self._documents, self._log, self._stories, self._deleting = documents, log, stories, deleting
        self._table = documents.table("flags")
        self._flags = Numbered(documents, "flags", Flag)

    # Looking

    def of(self, story_id: str) -> list[Flag]:
        """Return a story's flags, oldest first."""
        return self._flags.of(story_id)

    def get(self, number: int) -> Flag | None:
        """Return the flag of a number, or None."""
        return self._flags.get(number)

    def open_for(self, viewer: str) -> list[Flag]:
        """Return the open flags that an account may see, oldest first; with `viewer` "" all of them."""
        found = self._table.of_selected(
            f"SELECT id FROM doc_flags WHERE {_CLOSED_AT} IS NULL AND {_SEEN} ORDER BY id", [viewer]
        )
        return self._flags.records(found)

    def count_open_for(self, viewer: str) -> int:
        """Return how many those are."""
        sql = f"SELECT count(*) FROM doc_flags WHERE {_CLOSED_AT} IS NULL AND {_SEEN}"
        count: int = self._documents.database.read(sql, [viewer])[0][0]
        return count

    def closed_for(self, viewer: str, page: int, per_page: int) -> list[Flag]:
        """Return a page of the closed flags that an account may see, the last one first; pages count from 1."""
        found = self._table.of_selected(
            f"SELECT id FROM doc_flags WHERE {_CLOSED_AT} IS NOT NULL AND {_SEEN} ORDER BY id DESC LIMIT ? OFFSET ?",
            [viewer, per_page, (page - 1) * per_page],
        )
        return self._flags.records(found)

    # What people do

    def raise_flag(self, story_id: str, *, reason: str, words: str = "", by: str) -> Flag:
        """Freeze a story because somebody may not be safe.

        Raises:
            NotAllowed: There is no such story.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            flag = self._flags.add(Flag(story=story_id, reason=reason, words=words, by=by, at=datetime.now(UTC)))
            self._stories.note(entry.model_copy(update={"frozen": True}))
            self._log.add(by, "flag raised", story_id, flag=flag.number)
            return flag

    def note(self, number: int, *, action: str, referral: str = "", by: str, revision: int) -> Flag:
        """Write down what was done so far; what stood there before is kept in the flag's history.

        Raises:
            NotAllowed: There is no such flag, or it is closed.
            ChangedMeanwhile: Somebody else changed the flag first.
        """
        with self._documents.transaction():
            known = self._flags.known(number)
            noted = _noted(known, action, referral, by, revision)
            _require_open(known, noted, revision)
            self._flags.replace(noted)
            self._log.add(by, "flag noted", known.story, flag=number)
            return noted

    def close(self, number: int, *, action: str, outcome: str, referral: str = "", by: str, revision: int) -> Flag:
        """Say what was done and what came of it. The story thaws when none of its flags is open any more.

        A story that was taken back meanwhile is then deleted for good, with its flags.

        Raises:
            NotAllowed: There is no outcome, no such flag, or it was closed before.
            ChangedMeanwhile: Somebody else changed the flag first.
        """
        if not outcome.strip():
            raise NotAllowed("A flag can only be closed with an outcome. Write what came of it.")
        with self._documents.transaction():
            known = self._flags.known(number)
            closed = _noted(known, action, referral, by, revision).model_copy(
                update={"outcome": outcome, "closed_by": by, "closed_at": datetime.now(UTC)}
            )
            _require_open(known, closed, revision)
            self._flags.replace(closed)
            self._log.add(by, "flag closed", known.story, flag=number)
            still_open = any(flag.closed_at is None for flag in self.of(known.story))
            entry = self._stories.known(known.story).model_copy(update={"frozen": still_open})
            self._stories.note(entry)
            goes = entry.withdrawn_at is not None and not still_open
            if goes:
                self._deleting.bury(entry, "withdrawn", by=by)
        if goes:
            self._deleting.finish()
        return closed

    # Telling leads outside the site: this changes nothing that a person edits, and so no revision.

    def not_told(self, way: str) -> list[int]:
        """Return the numbers of the open flags of which nobody was told in this way yet."""
        return [flag.number for flag in self.open_for("") if way not in flag.told]

    def told(self, numbers: Iterable[int], way: str) -> None:
        """Note that leads were told in this way."""
        with self._documents.transaction():
            for number in numbers:
                flag = self._flags.get(number)
                if flag:
                    self._flags.replace(flag.model_copy(update={"told": (*flag.told, way)}))


def _noted(known: Flag, action: str, referral: str, by: str, revision: int) -> Flag:
    changed: dict[str, object] = {"revision": revision + 1}
    if (action, referral) != (known.action, known.referral):
        if known.noted_at:
            step = Step(action=known.action, referral=known.referral, by=known.noted_by, at=known.noted_at)
            changed["history"] = (*known.history, step)
        changed |= {"action": action, "referral": referral, "noted_by": by, "noted_at": datetime.now(UTC)}
    return known.model_copy(update=changed)


def _require_open(known: Flag, yours: Flag, revision: int) -> None:
    if known.revision != revision:
        raise ChangedMeanwhile("Somebody else changed this flag first.", theirs=known, yours=yours)
    if known.closed_at:
        raise NotAllowed(f"The flag {known.number} is closed already. If there is a new worry, raise a new one.")
