"""Safeguarding flags: worries about somebody's safety."""

from datetime import UTC, datetime

from admin_web.archive.deleting import Deleting
from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.records import Flag
from admin_web.archive.stories import Stories
from kiosk.errors import ChangedMeanwhile, NotAllowed


class Flags:
    """The archive's flags. While one is open its story is frozen."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, deleting: Deleting) -> None:
        self._documents, self._log, self._stories, self._deleting = documents, log, stories, deleting
        self._flags = Numbered(documents, "flags", Flag)

    def of(self, story_id: str) -> list[Flag]:
        """Return a story's flags, oldest first."""
        return self._flags.of(story_id)

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
            closed = known.model_copy(
                update={
                    "action": action,
                    "referral": referral,
                    "outcome": outcome,
                    "closed_by": by,
                    "closed_at": datetime.now(UTC),
                    "revision": revision + 1,
                }
            )
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else changed this flag first.", theirs=known, yours=closed)
            if known.closed_at:
                raise NotAllowed(f"The flag {number} is closed already. If there is a new worry, raise a new one.")
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
