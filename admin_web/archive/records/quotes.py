"""Quotes, what was decided on them, and what was answered."""

from typing import Literal

from pydantic import AwareDatetime, Field

from admin_web.archive.records.accounts import Role
from admin_web.archive.records.kept import Kept

QuoteState = Literal["proposed", "approved", "withdrawn"]
#: Who decides on a quote: somebody of a role; its teller, who takes the story back or allows less; or whoever takes
#: words out of the story, and so out of the quote.
Decider = Role | Literal["teller", "redaction"]


class Decision(Kept):
    """What somebody decided on a quote."""

    state: QuoteState
    by: str = Field(description="Id of the account.")
    role: Decider
    at: AwareDatetime
    reason: str = ""
    overrides: bool = Field(default=False, description="A lead decided in the group's place.")


class QuoteAnswer(Kept):
    """What somebody of the staff answered the group that decided on a quote."""

    text: str
    by: str = Field(description="Id of the account.")
    at: AwareDatetime


class Quote(Kept):
    """A span of a checked text, and what is quoted of it (`quote_words.fitted`)."""

    number: int = 0
    revision: int = 1
    story: str
    text_revision: int = Field(description="Revision of the text that it was taken from.")
    first_word: int = Field(ge=0, description="Index of its first word in that text.")
    last_word: int = Field(ge=0, description="Index of its last word.")
    text: str = Field(description='Its words; "…" stands for some that are left out, [brackets] hold what was added.')
    start: float = Field(description="Seconds into the recording.")
    end: float
    note: str = Field(default="", description='"We think you mean ..."; never part of the quote.')
    state: QuoteState = "proposed"
    by: str
    at: AwareDatetime
    decisions: tuple[Decision, ...] = Field(default=(), description="Oldest first; the last one counts.")
    answers: tuple[QuoteAnswer, ...] = Field(default=(), description="What staff answered the group; oldest first.")

    @property
    def decided(self) -> Decision | None:
        """The decision that counts, or None while there is none."""
        return self.decisions[-1] if self.decisions else None

    @property
    def overridden(self) -> Decision | None:
        """What the group had said, where a lead's decision counts instead; None if it said nothing."""
        if not self.decided or not self.decided.overrides:
            return None
        return next((each for each in reversed(self.decisions) if each.role == "group"), None)
