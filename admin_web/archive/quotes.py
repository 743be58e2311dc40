"""Quotes: exact spans of checked texts, on their way into service reviews."""

from datetime import UTC, datetime
from typing import Literal

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.permitted import why_not_words
from admin_web.archive.records import Quote, StoryEntry
from admin_web.archive.stories import Stories
from admin_web.archive.texts import Texts
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.records import Word

#: What a quote says of which words were taken out.
_TAKEN_OUT = "[…]"


class Quotes:
    """The archive's quotes."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, texts: Texts) -> None:
        self._documents, self._log, self._stories, self._texts = documents, log, stories, texts
        self._quotes = Numbered(documents, "quotes", Quote)

    def of(self, story_id: str) -> list[Quote]:
        """Return a story's quotes, oldest first."""
        return self._quotes.of(story_id)

    def propose(self, story_id: str, first_word: int, last_word: int, *, note: str = "", by: str) -> Quote:
        """Take the words from `first_word` to `last_word` (indices, both included) of a story's checked text.

        Raises:
            NotAllowed: The text is not checked, there are no such words, the story is frozen or taken back, or its
                teller did not allow it.
        """
        with self._documents.transaction():
            _require_quotable(self._stories.known(story_id))
            text = self._texts.get(story_id)
            if text is None or not 0 <= first_word <= last_word < len(text.words):
                raise NotAllowed("These words are not in the story's checked text.")
            words = text.words[first_word : last_word + 1]
            quote = self._quotes.add(
                Quote(
                    story=story_id,
                    text_revision=text.revision,
                    first_word=first_word,
                    last_word=last_word,
                    text=_text_of(words),
                    start=words[0].start,
                    end=words[-1].end,
                    note=note,
                    by=by,
                    at=datetime.now(UTC),
                )
            )
            self._log.add(by, "quote proposed", story_id, quote=quote.number)
            return quote

    def decide(self, number: int, state: Literal["approved", "withdrawn"], *, by: str, revision: int) -> Quote:
        """Approve or withdraw a quote.

        Raises:
            NotAllowed: It may not be approved (see `propose`, or its words were changed since), or there is none.
            ChangedMeanwhile: Somebody else decided first.
        """
        with self._documents.transaction():
            known = self._quotes.known(number)
            decided = known.model_copy(
                update={"state": state, "decided_by": by, "decided_at": datetime.now(UTC), "revision": revision + 1}
            )
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else decided on this quote first.", theirs=known, yours=decided)
            if state == "approved":
                _require_quotable(self._stories.known(known.story))
                self._require_unchanged(known)
            self._quotes.replace(decided)
            self._log.add(by, f"quote {state}", known.story, quote=number)
            return decided

    def withdraw_all(self, story_id: str, *, by: str) -> None:
        """Withdraw every quote of a story whose teller takes it back."""
        for quote in self.of(story_id):
            if quote.state != "withdrawn":
                self.decide(quote.number, "withdrawn", by=by, revision=quote.revision)

    def take_out(self, story_id: str, start_s: float, end_s: float, *, by: str) -> None:
        """Withdraw every quote that holds words from this part of the recording, and forget what it said."""
        for quote in self.of(story_id):
            if quote.start < end_s and start_s < quote.end:
                if quote.state != "withdrawn":
                    quote = self.decide(quote.number, "withdrawn", by=by, revision=quote.revision)
                self._quotes.replace(quote.model_copy(update={"text": _TAKEN_OUT}))

    def _require_unchanged(self, quote: Quote) -> None:
        # A name may have been taken out of the text since, and must not come back by an older quote.
        text = self._texts.get(quote.story)
        if text is None or _text_of(text.words[quote.first_word : quote.last_word + 1]) != quote.text:
            raise NotAllowed(
                f"The quote {quote.number} is not what the story's text says by now. Withdraw it and propose it again."
            )


def _text_of(words: tuple[Word, ...]) -> str:
    return " ".join(word.word for word in words)


def _require_quotable(entry: StoryEntry) -> None:
    if reason := why_not_words(entry):
        raise NotAllowed(f"The story {entry.id} cannot be quoted: {reason}.")
