"""Hiding a flagged story from named people: for them it is not there."""

from collections.abc import Iterable

from admin_web.archive.documents import Documents
from admin_web.archive.flags import Flags
from admin_web.archive.log import Log
from admin_web.archive.people import People
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories
from kiosk.errors import ChangedMeanwhile, NotAllowed


class Hiding:
    """Which stories are hidden from whom. A worry may be about somebody who works here, or leads.

    It stays so when the flag is closed, until a lead says otherwise; and the log's lines about such a story stay
    hidden from the same people when it is gone.
    """

    def __init__(self, documents: Documents, log: Log, stories: Stories, flags: Flags, people: People) -> None:
        self._documents, self._log, self._stories = documents, log, stories
        self._flags, self._people = flags, people

    def hide(self, story_id: str, accounts: Iterable[str], *, from_staff: bool, by: str, revision: int) -> StoryEntry:
        """Hide a story from these accounts and from no others; `from_staff`: also from everybody who is no lead.

        Raises:
            NotAllowed: It was never flagged, an account is not there or is one's own, or no lead would see the story.
            ChangedMeanwhile: Somebody changed the story after `revision`.
        """
        hidden = tuple(sorted(set(accounts)))
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            changed = entry.model_copy(
                update={"hidden_from": hidden, "hidden_from_staff": from_staff, "revision": revision + 1}
            )
            if entry.revision != revision:
                raise ChangedMeanwhile(
                    "Somebody else changed this story a moment ago. Look at it again first.",
                    theirs=entry,
                    yours=changed,
                )
            self._require(entry, hidden, by)
            self._stories.note(changed)
            self._log.add(by, "story hidden", story_id, accounts=" ".join(hidden), staff=from_staff)
            return changed

    def from_account(self, account_id: str) -> frozenset[str]:
        """Return the ids of all stories that are hidden from this account, also of those that are gone."""
        rows = self._documents.database.read("SELECT story FROM story_hidden WHERE account = ?", (account_id,))
        return frozenset(story_id for (story_id,) in rows)

    def _require(self, entry: StoryEntry, hidden: tuple[str, ...], by: str) -> None:
        if not self._flags.of(entry.id):
            raise NotAllowed("Only a story with a worry about safety can be hidden. Raise a worry first.")
        if by in hidden:
            raise NotAllowed("You cannot hide a story from yourself. Ask another lead to hide it from you.")
        # Who was hidden from before may have been removed since.
        if any(self._people.get(account) is None for account in set(hidden) - set(entry.hidden_from)):
            raise NotAllowed("One of these people is not there any more. Look at the list again.")
        if not self._people.leads_who_can_sign_in() - set(hidden):
            raise NotAllowed("At least one lead must still see the story.")
