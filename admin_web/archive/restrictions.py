"""What makes a story less open than its folder alone says: reckoned from its entry, and put on an entry again."""

from collections.abc import Collection
from datetime import UTC, datetime

from admin_web.archive.records.flags import Flag
from admin_web.archive.records.stories import StoryEntry
from kiosk.stories.records import Restrictions

_NOTHING = Restrictions()
_WORRY = (
    "There was an open worry about this story before it came here, or before the archive was made anew. What was "
    "written about it did not come along. Find out what it was."
)
_HIDDEN = (
    "This story was hidden from some people before it came here, or before the archive was made anew. Find out from "
    "whom, and hide it from them again before you close this."
)


def restrictions_of(entry: StoryEntry) -> Restrictions | None:
    """Return what people decided about a story since it was kept; None where that is nothing."""
    changed_at = entry.permissions_changed_at
    found = Restrictions(
        permissions=entry.permissions if changed_at else None,
        permissions_changed_at=changed_at,
        unsure=entry.unsure,
        worry=entry.frozen,
        hidden_from_staff=entry.hidden_from_staff,
        hidden_from=entry.hidden_from,
        asked_back_at=entry.asked_back_at,
        withdrawn_at=entry.withdrawn_at,
    )
    return None if found == _NOTHING else found


def restricted(entry: StoryEntry, told: Restrictions, known: Collection[str], *, by: str) -> StoryEntry:
    """Return a story that has just come in, made no more open than it was.

    Args:
        entry: As its folder tells it otherwise.
        told: What came along with it.
        known: Ids of the accounts that are here. Where it was hidden from others, it is for leads alone.
        by: Who restricted it.
    """
    hidden_from = tuple(account for account in told.hidden_from if account in known)
    changes: dict[str, object] = {
        "unsure": told.unsure,
        "frozen": flag_for(entry.id, told, by=by) is not None,
        "hidden_from": hidden_from,
        "hidden_from_staff": told.hidden_from_staff or hidden_from != told.hidden_from,
        "asked_back_at": told.asked_back_at,
        "asked_back_by": by if told.asked_back_at else "",
        "withdrawn_at": told.withdrawn_at,
    }
    if told.permissions:
        changed_at = told.permissions_changed_at or datetime.now(UTC)
        changes |= {"permissions": told.permissions, "permissions_changed_at": changed_at}
    return entry.model_copy(update=changes)


def flag_for(story_id: str, told: Restrictions, *, by: str) -> Flag | None:
    """Return the worry that stands for those that did not come along; None where there was none.

    A story that is hidden has one too, also where all were closed: only so a lead is led to it.
    """
    hidden = told.hidden_from_staff or told.hidden_from
    applying = ((told.worry or told.withdrawn_at, _WORRY), (hidden, _HIDDEN))
    reasons = [reason for applies, reason in applying if applies]
    return Flag(story=story_id, reason=" ".join(reasons), by=by, at=datetime.now(UTC)) if reasons else None
