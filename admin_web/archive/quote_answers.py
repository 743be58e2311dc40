"""What staff answer when a group has decided on a quote. It changes nothing about the decision."""

from datetime import UTC, datetime

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.quotes import Quotes
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.quotes import Quote, QuoteAnswer
from kiosk.errors import ChangedMeanwhile, NotAllowed


class QuoteAnswers:
    """The answers to groups, beside their quotes."""

    def __init__(self, documents: Documents, log: Log, quotes: Quotes) -> None:
        self._documents, self._log, self._of = documents, log, quotes
        self._quotes = Numbered(documents, "quotes", Quote)

    def give(self, number: int, text: str, *, by: str, revision: int) -> Quote:
        """Answer a group; what was answered before stays.

        Raises:
            NotAllowed: There are no words, no such quote, the group has decided nothing, or does not see the quote.
            ChangedMeanwhile: Somebody else decided or answered first.
        """
        if not text.strip():
            raise NotAllowed("Write what you answer.")
        with self._documents.transaction():
            known = self._quotes.known(number)
            if not any(each.role == "group" for each in known.decisions):
                raise NotAllowed("The group has not decided on this quote. There is nothing to answer yet.")
            if why_not := self._of.standing(known).why_not:
                raise NotAllowed(f"The group does not see this quote now. {why_not}")
            answer = QuoteAnswer(text=keepable(text).strip(), by=by, at=datetime.now(UTC))
            answered = known.model_copy(update={"answers": (*known.answers, answer), "revision": revision + 1})
            if known.revision != revision:
                raise ChangedMeanwhile(
                    "Somebody else decided or answered a moment ago. Look at it, and send yours again if it fits.",
                    theirs=known,
                    yours=answered,
                )
            self._quotes.replace(answered)
            self._log.add(by, "quote answered", known.story, quote=number)
            return answered
