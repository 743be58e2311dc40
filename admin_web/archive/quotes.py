"""Quotes: spans of checked texts, on their way into service reviews."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import Filter
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.permitted import why_not_voice, why_not_words
from admin_web.archive.quote_filter import QuoteFilter
from admin_web.archive.quote_rules import overrides
from admin_web.archive.quote_words import fitted, found_again
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.quotes import Decider, Decision, Quote, QuoteState
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.records.texts import Text
from admin_web.archive.stories import Stories
from admin_web.archive.texts import Texts
from kiosk.errors import ChangedMeanwhile, NotAllowed

#: A quote is a few sentences; whoever wants more has them in the story.
MOST_WORDS = 200
#: What a quote says of which words were taken out.
_TAKEN_OUT = "[…]"
_QUOTED = f"doc_stories.id IN (SELECT {field('story')} FROM doc_quotes)"
#: Words are cut out of the sound with so much around them, that no consonant is lost; never more than the gap there is.
_MARGIN_S = 0.08


@dataclass(frozen=True)
class Standing:
    """How a quote stands now.

    Attributes:
        quote: The quote.
        entry: Its story.
        text: The words of the story as they are now.
        first: Where its words begin among them; None if they are not there any more.
        why_not: Why it may not be used, as a sentence; empty if it may.
    """

    quote: Quote
    entry: StoryEntry
    text: Text | None
    first: int | None
    why_not: str

    @property
    def has_voice(self) -> bool:
        """Whether it may also be heard, there is something to hear, and its place in the recording is known."""
        if self.why_not or self.text is None or self.text.guessed:
            return False
        return not why_not_voice(self.entry) and self.entry.audio_deleted_at is None

    @property
    def is_ready(self) -> bool:
        """Whether it may be handed out."""
        return self.quote.state == "approved" and not self.why_not

    @cached_property
    def pieces(self) -> list[tuple[float, float]]:
        """The parts of the recording in which its words are said, in seconds; where words are left out one ends."""
        if self.text is None or self.first is None:
            return []
        words, length = self.text.words, self.quote.last_word - self.quote.first_word + 1
        span = words[self.first : self.first + length]
        found = []
        for one, other in fitted([word.word for word in span], self.quote.text).kept:
            first, last = self.first + one, self.first + other
            before_s = words[first - 1].end if first else 0.0
            after_s = words[last + 1].start if last + 1 < len(words) else self.entry.seconds
            begin_s = words[first].start - min(_MARGIN_S, max(0.0, (words[first].start - before_s) / 2))
            end_s = words[last].end + min(_MARGIN_S, max(0.0, (after_s - words[last].end) / 2))
            found.append((begin_s, end_s))
        return found


class Quotes:
    """The archive's quotes."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, texts: Texts) -> None:
        self._documents, self._log, self._stories, self._texts = documents, log, stories, texts
        self._quotes = Numbered(documents, "quotes", Quote)

    def of(self, story_id: str) -> list[Quote]:
        """Return a story's quotes, oldest first."""
        return self._quotes.of(story_id)

    def get(self, number: int) -> Quote | None:
        """Return the quote of a number, or None."""
        return self._quotes.get(number)

    def page(self, page: int, per_page: int, wanted: QuoteFilter) -> list[Quote]:
        """Return one page of a list; pages count from 1, beyond the last they are empty."""
        test, parameters = wanted.test()
        return self._quotes.selected(
            f"SELECT id FROM doc_quotes WHERE {test} ORDER BY id {wanted.order} LIMIT ? OFFSET ?",
            [*parameters, per_page, (page - 1) * per_page],
        )

    def count(self, wanted: QuoteFilter) -> int:
        """Return how many quotes a list shows on all its pages."""
        test, parameters = wanted.test()
        count: int = self._documents.database.read(f"SELECT count(*) FROM doc_quotes WHERE {test}", parameters)[0][0]
        return count

    def numbers(self, wanted: QuoteFilter) -> list[int]:
        """Return the numbers of all quotes that a list shows, in its order."""
        test, parameters = wanted.test()
        rows = self._documents.database.read(
            f"SELECT id FROM doc_quotes WHERE {test} ORDER BY id {wanted.order}", parameters
        )
        return [number for (number,) in rows]

    def topics(self, stories: Filter) -> list[str]:
        """Return the tags that these stories have, as far as they are quoted."""
        test, parameters = stories.test()
        rows = self._documents.database.read(
            f"SELECT DISTINCT each.value FROM doc_stories, json_each(doc_stories.doc, '$.tags') AS each "
            f"WHERE {_QUOTED} AND {test} ORDER BY 1",
            parameters,
        )
        return [tag for (tag,) in rows]

    def questions(self, stories: Filter) -> list[str]:
        """Return what these stories were asked, as far as they are quoted; an open invitation is an empty question."""
        test, parameters = stories.test()
        rows = self._documents.database.read(
            f"SELECT DISTINCT {field('question')} FROM doc_stories WHERE {_QUOTED} AND {test} ORDER BY 1", parameters
        )
        return [question for (question,) in rows]

    def standing(self, quote: Quote) -> Standing:
        """Return how a quote stands now: its words may have been changed since, or its story may not be used any more.

        Raises:
            NotAllowed: Its story is gone, and the quote with it.
        """
        entry, text = self._stories.known(quote.story), self._texts.get(quote.story)
        first = self._place(quote, text)
        why_not = _why_not(entry)
        if not why_not and first is None:
            # A name may have been taken out of the text since, and must not come back by an older quote.
            why_not = (
                f"The quote {quote.number} is not what the story's text says by now, so it may not be used. "
                "Whoever wants it proposes it again."
            )
        return Standing(quote, entry, text, first, why_not)

    def ready(self, numbers: list[int]) -> Iterator[Standing]:
        """Go through those of these quotes that may be handed out, each as it stands at that moment."""
        for number in numbers:
            quote = self.get(number)
            if quote is None or quote.state != "approved" or self._stories.get(quote.story) is None:
                continue
            standing = self.standing(quote)
            if standing.is_ready:
                yield standing

    def words_to_quote(self, story_id: str) -> Text:
        """Return the words of a story that may be quoted.

        Raises:
            NotAllowed: Nobody may quote it; the message says why.
        """
        why_not = _why_not(self._stories.known(story_id))
        text = self._texts.get(story_id)
        if why_not or text is None:
            raise NotAllowed(why_not or f"The story {story_id} has no words yet.")
        return text

    def propose(
        self, story_id: str, first_word: int, last_word: int, *, wording: str = "", note: str = "", by: str
    ) -> Quote:
        """Take the words from `first_word` to `last_word` (indices, both included) of a story's checked text.

        Args:
            story_id: Which story.
            first_word: Index of the first word.
            last_word: Index of the last word.
            wording: What is quoted of them, see `quote_words.fitted`; empty: all of it.
            note: What somebody thinks the teller means; it stands beside the quote, and is no part of it.
            by: Id of the account.

        Raises:
            NotAllowed: The text is not checked, there are no such words, the wording says something else, the story is
                frozen or taken back, or its teller did not allow it.
        """
        with self._documents.transaction():
            text = self.words_to_quote(story_id)
            if not 0 <= first_word <= last_word < len(text.words):
                raise NotAllowed("These words are not in the story's checked text.")
            words = text.words[first_word : last_word + 1]
            if len(words) > MOST_WORDS:
                raise NotAllowed(f"A quote has at most {MOST_WORDS} words. Choose fewer.")
            said = [word.word for word in words]
            quote = self._quotes.add(
                Quote(
                    story=story_id,
                    text_revision=text.revision,
                    first_word=first_word,
                    last_word=last_word,
                    text=fitted(said, keepable(wording)).text if wording.strip() else " ".join(said),
                    start=words[0].start,
                    end=words[-1].end,
                    note=keepable(note).strip(),
                    by=by,
                    at=datetime.now(UTC),
                )
            )
            self._log.add(by, "quote proposed", story_id, quote=quote.number)
            return quote

    def decide(
        self, number: int, state: QuoteState, *, by: str, role: Decider, revision: int, reason: str = ""
    ) -> Quote:
        """Approve or withdraw a quote, if it is this role's to decide (`quote_rules`).

        Raises:
            NotAllowed: It is not; or the quote may not be approved (see `propose`, or its words were changed since);
                or there is none.
            ChangedMeanwhile: Somebody else decided first.
        """
        with self._documents.transaction():
            known = self._quotes.known(number)
            decision = Decision(state=state, by=by, role=role, at=datetime.now(UTC), reason=keepable(reason).strip())
            decided = _with(known, decision, revision)
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else decided on this quote first.", theirs=known, yours=decided)
            if overrides(known, state, role, reason):
                decided = _with(known, decision.model_copy(update={"overrides": True}), revision)
            if state == "approved":
                decided = decided.model_copy(update=self._where_it_stands(known))
            self._quotes.replace(decided)
            told = {"override": True} if decided.decisions[-1].overrides else {}
            self._log.add(by, f"quote {state}", known.story, quote=number, **told)
            return decided

    def withdraw_all(self, story_id: str, *, by: str) -> None:
        """Withdraw every quote of a story whose teller takes it back, or allows less."""
        for quote in self.of(story_id):
            if quote.state != "withdrawn":
                self.decide(quote.number, "withdrawn", by=by, role="teller", revision=quote.revision)

    def take_out(self, story_id: str, start_s: float, end_s: float, *, by: str) -> None:
        """Withdraw every quote that holds words from this part of the recording, and forget what it said.

        Of a quote that is not in the text any more nobody knows whether it holds them.
        """
        text = self._texts.get(story_id)
        for quote in self.of(story_id):
            if (quote.start < end_s and start_s < quote.end) or self._place(quote, text) is None:
                if quote.state != "withdrawn":
                    quote = self.decide(quote.number, "withdrawn", by=by, role="redaction", revision=quote.revision)
                self._quotes.replace(quote.model_copy(update={"text": _TAKEN_OUT, "note": "", "answers": ()}))

    def _where_it_stands(self, quote: Quote) -> dict[str, object]:
        """Return where its words are in the text as it is now. Raises NotAllowed if it may not be used."""
        standing = self.standing(quote)
        if standing.why_not or standing.text is None or standing.first is None:
            raise NotAllowed(standing.why_not)
        first, last = standing.first, standing.first + quote.last_word - quote.first_word
        words = standing.text.words
        return {
            "text_revision": standing.text.revision,
            "first_word": first,
            "last_word": last,
            "start": words[first].start,
            "end": words[last].end,
        }

    def _place(self, quote: Quote, text: Text | None) -> int | None:
        """Return where a quote's words begin in its story's text as it is now; None if they are not there any more."""
        if text is None:
            return None
        if text.revision == quote.text_revision:
            return quote.first_word
        then = self._texts.of_revision(quote.story, quote.text_revision)
        if then is None:
            return None
        before, now = ([word.word for word in each.words] for each in (then, text))
        return found_again(before, quote.first_word, quote.last_word, now)


def _with(quote: Quote, decision: Decision, revision: int) -> Quote:
    return quote.model_copy(
        update={"state": decision.state, "decisions": (*quote.decisions, decision), "revision": revision + 1}
    )


def _why_not(entry: StoryEntry) -> str:
    """Say why nobody may quote a story; nothing if they may."""
    reason = why_not_words(entry)
    return f"The story {entry.id} cannot be quoted: {reason}." if reason else ""
