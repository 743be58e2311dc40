"""What there is to do with stories, and what lists of them can be cut by."""

from dataclasses import replace
from datetime import datetime
from typing import get_args

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import STAFF, Filter
from admin_web.archive.records.kept import moment
from admin_web.archive.records.stories import State, StoryEntry
from admin_web.archive.stories import Stories

#: More stories than this are "10,000 or more".
MOST_COUNTED = 10_000
_STATES = get_args(State)


class Inbox:
    """An archive's stories as work to be done."""

    def __init__(self, documents: Documents, stories: Stories) -> None:
        self._read = documents.database.read
        self._stories = stories

    def counts(self, wanted: Filter = STAFF) -> dict[State, int]:
        """Return how many of a list's stories are how far, whichever state the filter itself asks for.

        Nobody reads so many, and each would cost time: a number that is `MOST_COUNTED` is that or more.
        """
        tests, parameters = replace(wanted, state=None).test()
        # Everything that is asked stands in this index. SQLite would take a smaller one, and read many stories.
        counted = ", ".join(
            "(SELECT count(*) FROM (SELECT 1 FROM doc_stories INDEXED BY stories_by_state "
            f"WHERE {field('state')} = '{each}' AND {tests} LIMIT {MOST_COUNTED}))"
            for each in _STATES
        )
        (row,) = self._read(f"SELECT {counted}", parameters * len(_STATES))
        return dict(zip(_STATES, row, strict=True))

    def next_to_hear(self, but: StoryEntry, wanted: Filter = STAFF) -> StoryEntry | None:
        """Return the first story of those to be heard, other than the one that somebody is at.

        Args:
            but: Where they are.
            wanted: What they may see.
        """
        first_two = self._stories.page(1, 2, replace(wanted, state="unheard"), order="oldest")
        return next((entry for entry in first_two if entry.id != but.id), None)

    def longest_unheard(self, before: datetime, wanted: Filter = STAFF) -> StoryEntry | None:
        """Return the story that has waited longest to be heard, if it has waited since before `before`.

        Args:
            before: When it could have been heard (`StoryEntry.waits_since`), at the latest.
            wanted: What somebody may see.
        """
        since = field("waits_since")
        tests, parameters = wanted.test()
        # SQLite would take another index, and sort all of the unheard.
        rows = self._read(
            f"SELECT id FROM doc_stories INDEXED BY stories_unheard_since "
            f"WHERE {field('state')} = 'unheard' AND {since} < ? AND {tests} ORDER BY {since} LIMIT 1",
            [moment(before), *parameters],
        )
        return self._stories.get(rows[0][0]) if rows else None

    def stations(self) -> list[str]:
        """Return the names of all stations that stories came from, in order."""
        return self._all("doc_stories", field("station"))

    def questions(self) -> list[str]:
        """Return all questions that stories answer, in order; an empty one for an open invitation."""
        return self._all("doc_stories", field("question"))

    def tags(self) -> list[str]:
        """Return all tags that are on stories, in order."""
        return self._all("story_tags", "tag")

    def _all(self, table: str, column: str) -> list[str]:
        # SQLite would go through the whole index; this goes from each value to the next that is greater.
        rows = self._read(
            f"WITH RECURSIVE each (value) AS (SELECT min({column}) FROM {table} "
            f"UNION ALL SELECT (SELECT min({column}) FROM {table} WHERE {column} > value) FROM each "
            "WHERE value IS NOT NULL) SELECT value FROM each WHERE value IS NOT NULL"
        )
        return [value for (value,) in rows]
