"""Which stories are heard first: those with a word from the centre's list, see `word_list`."""

from datetime import UTC, datetime

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import STAFF, Filter
from admin_web.archive.inbox import MOST_COUNTED
from admin_web.archive.log import Log
from admin_web.archive.records.word_list import WordList
from admin_web.archive.stories import Stories
from admin_web.archive.word_list import fitting, has_one, keep_list, list_in
from kiosk.errors import ChangedMeanwhile

#: Stories that are looked through in one transaction: others who write wait no longer than for these.
AT_ONCE = 500


class MovingUp:
    """An archive's list of words, and the stories that have one of them."""

    def __init__(self, documents: Documents, log: Log, stories: Stories) -> None:
        self._documents, self._log, self._stories = documents, log, stories
        self._texts = documents.table("texts", ids=str)

    def words(self) -> WordList:
        """Return the list as it is now."""
        return list_in(self._documents)

    def change(self, lines: list[str], *, by: str, revision: int) -> WordList:
        """Make these the words; durable on return. `look_on` then looks through the stories.

        Raises:
            NotAllowed: A line is no words, or there are too many.
            ChangedMeanwhile: Somebody changed the list after `revision`.
        """
        with self._documents.transaction():
            known = self.words()
            now = WordList(revision=revision + 1, words=fitting(lines), by=by, at=datetime.now(UTC))
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else changed the list a moment ago.", theirs=known, yours=now)
            if now.words == known.words:
                return known
            keep_list(self._documents, now)
            self._log.add(by, "word list changed", lines=len(now.words))
            return now

    def look_on(self, at_once: int = AT_ONCE) -> bool:
        """Look through some of the stories that nobody has heard, after the list was changed; durable on return.

        Stories that come meanwhile, or get other words, are looked at with the new list anyway.

        Returns:
            Whether there may be more to look through.
        """
        if self.words().looked_to is None:
            return False
        with self._documents.transaction():
            kept = self.words()
            if kept.looked_to is None:
                return False
            # SQLite would go through all stories, also those that were heard long ago.
            rows = self._documents.database.read(
                "SELECT number, id FROM doc_stories INDEXED BY stories_inbox "
                f"WHERE {field('state')} = 'unheard' AND number > ? ORDER BY number LIMIT ?",
                [kept.looked_to, at_once],
            )
            for _, story_id in rows:
                self._look_at(story_id, kept.words)
            looked_to = rows[-1][0] if len(rows) == at_once else None
            keep_list(self._documents, kept.model_copy(update={"looked_to": looked_to}))
        return looked_to is not None

    def count(self, wanted: Filter = STAFF) -> int:
        """Return how many of the stories that nobody has heard come first, as far as somebody may see them.

        It counts to `MOST_COUNTED`: that is so many, or more.
        """
        tests, parameters = wanted.test()
        (row,) = self._documents.database.read(
            "SELECT count(*) FROM (SELECT 1 FROM doc_stories INDEXED BY stories_inbox "
            f"WHERE {field('state')} = 'unheard' AND {field('moves_up')} = 1 AND {tests} LIMIT {MOST_COUNTED})",
            parameters,
        )
        count: int = row[0]
        return count

    def _look_at(self, story_id: str, words: tuple[str, ...]) -> None:
        entry, text = self._stories.known(story_id), self._texts.of_id(story_id)
        found = text is not None and has_one(text["text"], words)
        if found != entry.has_word:
            self._stories.note(entry.model_copy(update={"has_word": found}))
