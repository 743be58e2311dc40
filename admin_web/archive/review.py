"""What a review adds to a story: safeguarding flags, and quotes."""

from datetime import UTC, datetime
from typing import Literal, TypeVar

from tinydb import where
from tinydb.table import Document

from admin_web.archive.documents import Documents, SQLiteTable
from admin_web.archive.log import Log
from admin_web.archive.records import Flag, Quote, StoryEntry
from admin_web.archive.stories import Stories
from admin_web.archive.texts import Texts
from kiosk.errors import ChangedMeanwhile, NotAllowed

R = TypeVar("R", Flag, Quote)


class Flags:
    """Safeguarding flags. While one is open its story is frozen."""

    def __init__(self, documents: Documents, log: Log, stories: Stories) -> None:
        self._documents, self._log, self._stories = documents, log, stories
        self._table = documents.table("flags")

    def of(self, story_id: str) -> list[Flag]:
        """Return a story's flags, oldest first."""
        found = self._table.search(where("story") == story_id)
        return [_numbered(Flag, document) for document in found]

    def raise_flag(self, story_id: str, *, reason: str, words: str = "", by: str) -> Flag:
        """Freeze a story because somebody may not be safe.

        Raises:
            NotAllowed: There is no such story.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            flag = Flag(story=story_id, reason=reason, words=words, by=by, at=datetime.now(UTC))
            flag = flag.model_copy(update={"number": _insert(self._table, flag)})
            self._stories.note(entry.model_copy(update={"frozen": True}))
            self._log.add(by, "flag raised", story_id, flag=flag.number)
            return flag

    def close(self, number: int, *, action: str, outcome: str, referral: str = "", by: str, revision: int) -> Flag:
        """Say what was done and what came of it. The story thaws when none of its flags is open any more.

        Raises:
            NotAllowed: There is no outcome, or no such flag.
            ChangedMeanwhile: Somebody else changed the flag first.
        """
        if not outcome.strip():
            raise NotAllowed("A flag can only be closed with an outcome. Write what came of it.")
        with self._documents.transaction():
            known = _known(self._table, Flag, number)
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
            self._table.update(_document(closed), doc_ids=[number])
            still_open = any(flag.closed_at is None for flag in self.of(known.story))
            self._stories.note(self._stories.known(known.story).model_copy(update={"frozen": still_open}))
            self._log.add(by, "flag closed", known.story, flag=number)
            return closed


class Quotes:
    """Exact spans of checked texts, on their way into service reviews."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, texts: Texts) -> None:
        self._documents, self._log, self._stories, self._texts = documents, log, stories, texts
        self._table = documents.table("quotes")

    def of(self, story_id: str) -> list[Quote]:
        """Return a story's quotes, oldest first."""
        return [_numbered(Quote, document) for document in self._table.search(where("story") == story_id)]

    def propose(self, story_id: str, first_word: int, last_word: int, *, note: str = "", by: str) -> Quote:
        """Take the words from `first_word` to `last_word` (indices, both included) of a story's checked text.

        Raises:
            NotAllowed: The text is not checked, there are no such words, the story is frozen or taken back, or its
                teller did not allow it.
        """
        with self._documents.transaction():
            entry, text = self._stories.known(story_id), self._texts.get(story_id)
            _require_quotable(entry)
            if text is None or not 0 <= first_word <= last_word < len(text.words):
                raise NotAllowed("These words are not in the story's checked text.")
            words = text.words[first_word : last_word + 1]
            quote = Quote(
                story=story_id,
                text_revision=text.revision,
                first_word=first_word,
                last_word=last_word,
                text=" ".join(word.word for word in words),
                start=words[0].start,
                end=words[-1].end,
                note=note,
                by=by,
                at=datetime.now(UTC),
            )
            quote = quote.model_copy(update={"number": _insert(self._table, quote)})
            self._log.add(by, "quote proposed", story_id, quote=quote.number)
            return quote

    def decide(self, number: int, state: Literal["approved", "withdrawn"], *, by: str, revision: int) -> Quote:
        """Approve or withdraw a quote.

        Raises:
            NotAllowed: It may not be approved (see `propose`), or there is no such quote.
            ChangedMeanwhile: Somebody else decided first.
        """
        with self._documents.transaction():
            known = _known(self._table, Quote, number)
            if state == "approved":
                _require_quotable(self._stories.known(known.story))
            decided = known.model_copy(
                update={"state": state, "decided_by": by, "decided_at": datetime.now(UTC), "revision": revision + 1}
            )
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else decided on this quote first.", theirs=known, yours=decided)
            self._table.update(_document(decided), doc_ids=[number])
            self._log.add(by, f"quote {state}", known.story, quote=number)
            return decided

    def withdraw_all(self, story_id: str, *, by: str) -> None:
        """Withdraw every quote of a story whose teller takes it back."""
        for quote in self.of(story_id):
            if quote.state != "withdrawn":
                self.decide(quote.number, "withdrawn", by=by, revision=quote.revision)


def _require_quotable(entry: StoryEntry) -> None:
    reasons = (
        (entry.withdrawn_at is not None, "its teller has taken it back"),
        (entry.frozen, "it is frozen by a safeguarding flag"),
        (not entry.agreed, "its teller did not say that we may keep it"),
        (entry.permissions.words is not True, "its teller did not say that we may use the words"),
        (entry.state != "checked", "its words are the machine's draft until somebody has checked them"),
    )
    for applies, reason in reasons:
        if applies:
            raise NotAllowed(f"The story {entry.id} cannot be quoted: {reason}.")


def _document(record: Flag | Quote) -> dict[str, object]:
    return record.model_dump(mode="json", exclude={"number"})


def _insert(table: SQLiteTable, record: Flag | Quote) -> int:
    number: int = table.insert(_document(record))
    return number


def _numbered(kind: type[R], document: Document) -> R:
    return kind.model_validate({**document, "number": document.doc_id})


def _known(table: SQLiteTable, kind: type[R], number: int) -> R:
    document = table.of_id(number)
    if document is None:
        raise NotAllowed(f"There is no {kind.__name__.lower()} {number}.")
    return _numbered(kind, document)
