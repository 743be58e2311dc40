"""What a story's teller allows, where it has changed since the station asked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.quotes import Quotes
from admin_web.archive.records.permissions import PermissionChange
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.records import Permissions


@dataclass(frozen=True)
class Asked:
    """Who asked the teller whether more may be done with the story, and on which day."""

    who: str
    on: date


class Permitting:
    """Changes of permission. The station's own record in `story.json` stays as it is; what is kept here wins.

    It is only ever what the teller says: nobody else can say yes for them, whoever they are.
    """

    def __init__(self, documents: Documents, log: Log, stories: Stories, quotes: Quotes) -> None:
        self._documents, self._log, self._stories, self._quotes = documents, log, stories, quotes
        self._changes = Numbered(documents, "permission_changes", PermissionChange)

    def changes(self, story_id: str) -> list[PermissionChange]:
        """Return what was changed on a story, oldest first."""
        return self._changes.of(story_id)

    def change(
        self,
        story_id: str,
        after: Permissions,
        *,
        unsure: bool,
        reason: str,
        asked: Asked | None = None,
        by: str,
        revision: int,
    ) -> StoryEntry:
        """Keep what the teller says now. Less counts at once, and the story's quotes are withdrawn.

        Args:
            story_id: Which story.
            after: What may be done with it from now on.
            unsure: Somebody is not sure that its teller understood: nothing is done with it meanwhile.
            reason: Why it changes.
            asked: Wanted where more is allowed than before (`is_wider`).
            by: Id of the account.
            revision: Of the story as the person saw it.

        Raises:
            NotAllowed: There is no reason; or more is allowed than before, and nobody asked, the story is frozen or
                taken back, or its teller did not agree to keep it.
            ChangedMeanwhile: Somebody changed the story after `revision`.
        """
        if not reason.strip():
            raise NotAllowed("Write the reason for this change.")
        with self._documents.transaction():
            entry, now = self._stories.known(story_id), datetime.now(UTC)
            changed = entry.model_copy(
                update={"permissions": after, "unsure": unsure, "permissions_changed_at": now, "revision": revision + 1}
            )
            if entry.revision != revision:
                raise ChangedMeanwhile(
                    "Somebody else changed this story a moment ago. Look at it again first.",
                    theirs=entry,
                    yours=changed,
                )
            wider = is_wider(entry, after, unsure=unsure)
            if wider:
                _require_widening(entry, asked)
            self._changes.add(
                PermissionChange(
                    story=story_id,
                    before=entry.permissions,
                    after=after,
                    unsure_before=entry.unsure,
                    unsure=unsure,
                    reason=reason,
                    asked_by=asked.who if wider and asked else "",
                    asked_on=asked.on if wider and asked else None,
                    by=by,
                    at=now,
                )
            )
            self._stories.note(changed)
            self._log.add(
                by,
                "permission changed",
                story_id,
                words=after.words is True,
                voice=after.voice is True,
                unsure=unsure,
            )
            if unsure or after.words is not True:
                self._quotes.withdraw_all(story_id, by=by)
            return changed


def is_wider(entry: StoryEntry, after: Permissions, *, unsure: bool) -> bool:
    """Say whether more could be done with the story than now."""
    more_words = after.words is True and entry.permissions.words is not True
    more_voice = after.voice is True and entry.permissions.voice is not True
    return more_words or more_voice or (entry.unsure and not unsure)


def _require_widening(entry: StoryEntry, asked: Asked | None) -> None:
    if not entry.agreed:
        raise NotAllowed("Its teller did not say that we may keep this story. So nobody can allow more.")
    if entry.frozen or entry.withdrawn_at or entry.asked_back_at:
        raise NotAllowed("This story is frozen or taken back. Less can be allowed now, but not more.")
    if asked is None or not asked.who.strip():
        raise NotAllowed("To allow more, write who asked the teller, and when.")
