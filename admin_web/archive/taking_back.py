"""Asking for a story to be taken back: its use stops at once, and a lead finishes it."""

from datetime import UTC, datetime

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import Filter
from admin_web.archive.log import Log
from admin_web.archive.quotes import Quotes
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories
from kiosk.errors import NotAllowed

_ASKED = f"{field('asked_back_at')} IS NOT NULL AND {field('withdrawn_at')} IS NULL"


class TakingBack:
    """Stories that staff were asked for by their tellers.

    Taking back is as easy as giving: whoever is there can stop the use of a story. To delete it for good is a lead's
    part (`Deleting.withdraw`), for it cannot be undone, and a story may be a complaint about whoever is there.
    """

    def __init__(self, documents: Documents, log: Log, stories: Stories, quotes: Quotes) -> None:
        self._documents, self._log, self._stories, self._quotes = documents, log, stories, quotes
        self._table = documents.table("stories", ids=str)

    def ask(self, story_id: str, *, by: str) -> StoryEntry:
        """Stop the use of a story: it is there for leads alone, and its quotes are withdrawn. Asked again, it stays so.

        Raises:
            NotAllowed: There is no such story.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            if entry.asked_back_at or entry.withdrawn_at:
                return entry
            self._quotes.withdraw_all(story_id, by=by)
            asked = entry.model_copy(update={"asked_back_at": datetime.now(UTC), "asked_back_by": by})
            self._stories.note(asked)
            self._log.add(by, "asked back", story_id)
            return asked

    def put_back(self, story_id: str, *, by: str) -> StoryEntry:
        """Undo `ask`, as for a wrong card. The quotes stay withdrawn: whoever wants them proposes them again.

        Raises:
            NotAllowed: There is no such story, or nobody asked for it.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            if not entry.asked_back_at or entry.withdrawn_at:
                raise NotAllowed("Nobody has asked for this story, or it is taken back already.")
            back = entry.model_copy(update={"asked_back_at": None, "asked_back_by": ""})
            self._stories.note(back)
            self._log.add(by, "put back", story_id)
            return back

    def waiting(self, wanted: Filter) -> list[StoryEntry]:
        """Return the stories that wait for a lead, the longest first."""
        tests, parameters = wanted.test()
        found = self._table.of_selected(
            f"SELECT id FROM doc_stories WHERE {_ASKED} AND {tests} ORDER BY {field('asked_back_at')}", parameters
        )
        return [StoryEntry.model_validate(document) for document in found]

    def count_waiting(self, wanted: Filter) -> int:
        """Return how many those are."""
        tests, parameters = wanted.test()
        sql = f"SELECT count(*) FROM doc_stories WHERE {_ASKED} AND {tests}"
        count: int = self._documents.database.read(sql, parameters)[0][0]
        return count
