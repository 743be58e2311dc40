"""What the archive keeps, a class for each table.

Records that people change have a `revision`: it counts their changes, and a change must name the one it was made to.
"""

from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kiosk.stories.records import ClockQuality, Permissions, Word, number_on

#: Where the machine's words of a story are: still to come, there, or not to be had.
Words = Literal["waiting", "ready", "failed"]
#: How far people are with a story.
State = Literal["unheard", "heard", "checked"]
Role = Literal["staff", "lead", "group"]
QuoteState = Literal["proposed", "approved", "withdrawn"]

#: Sayso was not there before: a clock that says so was never set.
CLOCK_NEVER_SET = datetime(2025, 1, 1, tzinfo=UTC)


def moment(at: datetime) -> str:
    """Return a moment as the text by which moments sort: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def keepable(text: str) -> str:
    """Return a text without NUL, the only character that the archive cannot keep and nobody says."""
    return text.replace("\0", "")


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StoryFacts(_Kept):
    """What the story's folder says."""

    id: str
    sequence: int = Field(description="The station's own count of its stories.")
    card: str = Field(default="", description='The story number that its teller was told, as "cat 27"; empty: none.')
    station: str
    language: str = ""
    question: str = Field(default="", description="What was asked; empty for an open invitation.")
    started_at: AwareDatetime
    clock_quality: ClockQuality
    seconds: float = Field(description="Length of the recording.")
    sha256: str = Field(default="", description="Of the recording, as the station reckoned it.")
    agreed: bool
    permissions: Permissions = Permissions()
    sample: bool
    uploaded: bool = Field(default=False, description="Recorded elsewhere, and brought in by somebody of the staff.")
    words: Words = "waiting"
    failed: str = Field(default="", description="Why there are no words, in a sentence for staff.")
    taken_in_at: AwareDatetime
    listed_at: AwareDatetime = Field(description="Its place in lists: `started_at`, or later if that cannot be true.")
    present: bool = Field(default=True, description="Its folder is there.")

    @property
    def number(self) -> int:
        """The number that it is asked for by: that of its card, or the station's own where nobody was told one."""
        return number_on(self.card) or self.sequence

    @property
    def waits_since(self) -> datetime:
        """Since when somebody could have heard it: since it was told, or since it came here if nobody knows that."""
        if self.clock_quality == "unknown" or self.started_at < CLOCK_NEVER_SET:
            return self.taken_in_at
        # A clock that is ahead is wrong as well.
        return min(self.started_at, self.taken_in_at)

    @property
    def title(self) -> str:
        """What people call it: what is on its teller's card, or the number that it was counted by."""
        return self.card.capitalize() or f"{'Upload' if self.uploaded else 'Story'} {self.sequence}"


class StoryEntry(StoryFacts):
    """A story as lists show it: what its folder says, and how far people are with it."""

    revision: int = 1
    beginning: str = Field(default="", description="The first of its words as they are now; empty if there are none.")
    state: State = "unheard"
    heard_at: AwareDatetime | None = None
    checked_at: AwareDatetime | None = None
    tags: tuple[str, ...] = ()
    frozen: bool = Field(default=False, description="A safeguarding flag is open: no quoting, editing or deleting.")
    withdrawn_at: AwareDatetime | None = Field(default=None, description="Taken back, and kept only while frozen.")
    audio_deleted_at: AwareDatetime | None = None
    audio_going: bool = Field(default=False, description="It is being deleted: its file may still be there.")
    checked_file_due: bool = Field(default=False, description="`checked.json` is not yet what it should be.")
    redacted_files_due: bool = Field(default=False, description="`redacted.wav` and its list are not yet.")

    @property
    def for_leads_alone(self) -> bool:
        """Whether nobody but a lead may see it: its teller did not agree, or has taken it back."""
        return not self.agreed or self.withdrawn_at is not None

    @property
    def shelf(self) -> Literal["staff", "lead", "gone"]:
        """Who finds it in lists: all staff, the lead alone, or nobody because its folder is not there."""
        if not self.present:
            return "gone"
        return "lead" if self.for_leads_alone else "staff"


class Text(_Kept):
    """The words of a story as they are now: the machine's draft, or what people made of it."""

    story: str
    revision: int = Field(default=0, description="0: the machine's draft, not checked.")
    text: str
    words: tuple[Word, ...] = Field(default=(), description="With times. A draft's stand in the story's folder.")
    guessed: bool = Field(default=False, description="Nobody knows the times: the words are spread over the recording.")
    by: str = Field(default="", description="Id of the account that saved it; empty: the machine.")
    at: AwareDatetime


class Version(Text):
    """An earlier text of a story."""

    number: int = 0


class Flag(_Kept):
    """A worry about somebody's safety."""

    number: int = 0
    revision: int = 1
    story: str
    reason: str
    words: str = Field(default="", description="The words that gave cause.")
    by: str
    at: AwareDatetime
    action: str = ""
    referral: str = ""
    outcome: str = Field(default="", description="What came of it. A flag without one is open.")
    closed_by: str = ""
    closed_at: AwareDatetime | None = None


class Quote(_Kept):
    """An exact span of a checked text."""

    number: int = 0
    revision: int = 1
    story: str
    text_revision: int = Field(description="Revision of the text that it was taken from.")
    first_word: int = Field(ge=0, description="Index of its first word in that text.")
    last_word: int = Field(ge=0, description="Index of its last word.")
    text: str
    start: float = Field(description="Seconds into the recording.")
    end: float
    note: str = Field(default="", description='"We think you mean ..."; never part of the quote.')
    state: QuoteState = "proposed"
    by: str
    at: AwareDatetime
    decided_by: str = ""
    decided_at: AwareDatetime | None = None


#: Instead of a text's revision: words were taken out elsewhere, or before the archive was made anew.
UNKNOWN_TEXT = -1


class Redaction(_Kept):
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


class Link(_Kept):
    """A one-time link, with which somebody chooses a password."""

    hash: str = Field(description="SHA-256 of the code in it, so that nobody finds the link itself here.")
    until: AwareDatetime


class Account(_Kept):
    """Somebody who may sign in, or once could. It is kept when it ends: the log's ids lead to its name."""

    id: str = Field(description="Random, so that no cookie for an earlier account opens this one.")
    revision: int = 1
    name: str
    earlier_names: tuple[str, ...] = ()
    role: Role = "lead"
    password_hash: str = Field(default="", description="argon2id, with its salt and cost; empty: none is chosen yet.")
    link: Link | None = None
    made_at: AwareDatetime
    signed_in_at: AwareDatetime | None = Field(default=None, description="The last time.")
    generation: int = Field(default=1, description="A session of another one than this has ended.")
    signed_out: dict[str, AwareDatetime] = Field(
        default={}, description="Sessions that ended before their time, and when that would have been."
    )
    disabled_at: AwareDatetime | None = Field(default=None, description="Until it is enabled again it opens nothing.")
    ended_at: AwareDatetime | None = Field(default=None, description="From then on it opens nothing, for good.")

    @property
    def can_sign_in(self) -> bool:
        """Whether a password opens it now."""
        return bool(self.password_hash) and not self.disabled_at and not self.ended_at


class Tombstone(_Kept):
    """What is left of a story that is gone for good."""

    id: str
    sequence: int
    card: str = Field(default="", description="The story number that its teller was told. Another may have it now.")
    station: str
    why: Literal["withdrawn", "not agreed", "kept long enough", "staff"]
    by: str
    gone_at: AwareDatetime
    cleared: bool = Field(default=False, description="Every byte of it is gone from the disk, the index and the log.")


class LogEntry(_Kept):
    """A line of the audit log: who did what to which story. It holds no story's words."""

    number: int
    at: datetime
    who: str = Field(description='Id of an account, "station", "command line", or "somebody" who is not signed in.')
    what: str
    story: str = ""
    details: dict[str, str | int | bool] = {}
    previous: str = Field(description="Hash of the line before; empty in the first.")
    hash: str = Field(description="SHA-256 of all the rest as JSON.")
