"""The words of stories, and what was taken out of them."""

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept
from kiosk.stories.records import Word

#: Instead of a text's revision: words were taken out elsewhere, or before the archive was made anew.
UNKNOWN_TEXT = -1


class Text(Kept):
    """The words of a story as they are now: the machine's draft, or what people made of it."""

    story: str
    revision: int = Field(default=0, description="Counts the changes, those of one draft for another as well.")
    text: str
    words: tuple[Word, ...] = Field(default=(), description="With times. A draft's stand in the story's folder.")
    guessed: bool = Field(default=False, description="Nobody knows the times: the words are spread over the recording.")
    by: str = Field(default="", description="Id of the account that saved it; empty: the machine.")
    at: AwareDatetime
    draft_number: int = Field(default=0, description="Which of the machine's drafts it is, if it is one.")

    @property
    def is_draft(self) -> bool:
        """Whether nobody has put it right or stood for it: a newer draft may take its place."""
        return not self.by


class Version(Text):
    """An earlier text of a story."""

    number: int = 0


class Redaction(Kept):
    """Words that were taken out of a story: something broader stands in their place, and a tone covers their sound.

    The words themselves are not in it. They are in the earlier texts, for those who may see those.
    """

    number: int = 0
    revision: int = 1
    story: str
    role: str = Field(description='What stands there instead, as "support worker".')
    text_revision: int = Field(description="Revision of the text that they were taken from; -1: elsewhere.")
    first_word: int = Field(ge=0, description="Index of the first of them in that text.")
    last_word: int = Field(ge=0, description="Index of the last.")
    word_start: float = Field(description="When they begin and end by the text, in seconds into the recording.")
    word_end: float
    before: float = Field(description="How long before and after that the tone covers, in seconds; negative: less.")
    after: float
    by: str
    at: AwareDatetime

    @property
    def start(self) -> float:
        """Where the tone begins, in seconds."""
        return max(0.0, self.word_start - self.before)

    @property
    def end(self) -> float:
        """Where it ends."""
        return max(self.start, self.word_end + self.after)

    @property
    def token(self) -> str:
        """What stands in the text."""
        return f"[{self.role}]"
