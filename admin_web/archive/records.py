"""What the archive keeps, a class for each table.

Records that people change have a `revision`: it counts their changes, and a change must name the one it was made to.
"""

from datetime import UTC, date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kiosk.stories.records import ClockQuality, Permissions, Word, number_on

#: Where the machine's words of a story are: still to come, there, or not to be had.
Words = Literal["waiting", "ready", "failed"]
#: How far people are with a story.
State = Literal["unheard", "heard", "checked"]
Role = Literal["staff", "lead", "group"]
#: Who finds a story in lists: all staff, leads alone, either but for named people, or nobody.
Shelf = Literal["staff", "lead", "some staff", "some leads", "gone"]
QuoteState = Literal["proposed", "approved", "withdrawn"]
#: Who decides on a quote: somebody of a role; its teller, who takes the story back or allows less; or whoever takes
#: words out of the story, and so out of the quote.
Decider = Role | Literal["teller", "redaction"]

#: Sayso was not there before: a clock that says so was never set.
CLOCK_NEVER_SET = datetime(2025, 1, 1, tzinfo=UTC)


def moment(at: datetime) -> str:
    """Return a moment as the text by which moments sort: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def keepable(text: str) -> str:
    """Return a text without NUL, the only character that the archive cannot keep and nobody says."""
    return text.replace("\0", "")


def title_of(card: str, sequence: int, *, uploaded: bool) -> str:
    """Return what people call a story: what is on its teller's card, or the number that it was counted by."""
    return card.capitalize() or f"{'Upload' if uploaded else 'Story'} {sequence}"


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Carded(_Kept):
    """What has a story number."""

    sequence: int = Field(description="The station's own count of its stories.")
    card: str = Field(default="", description='The story number that its teller was told, as "cat 27"; empty: none.')

    uploaded: bool = Field(default=False, description="Recorded elsewhere, and brought in by somebody of the staff.")

    @property
    def number(self) -> int:
        """The number that it is asked for by: that of its card, or the station's own where nobody was told one."""
        return number_on(self.card) or self.sequence

    @property
    def title(self) -> str:
        """What people call it."""
        return title_of(self.card, self.sequence, uploaded=self.uploaded)


class StoryFacts(_Carded):
    """What the story's folder says."""

    id: str
    station: str
    language: str = ""
    question: str = Field(default="", description="What was asked; empty for an open invitation.")
    question_kind: str = Field(default="tell", description="How it was asked: `kiosk.stories.programme.Kind`.")
    choice: str = Field(default="", description="Which answer was chosen, where the question offers some.")
    started_at: AwareDatetime
    clock_quality: ClockQuality
    seconds: float = Field(description="Length of the recording.")
    sha256: str = Field(default="", description="Of the recording, as the station reckoned it.")
    agreed: bool
    permissions: Permissions = Permissions()
    sample: bool
    words: Words = "waiting"
    failed: str = Field(default="", description="Why there are no words, in a sentence for staff.")
    taken_in_at: AwareDatetime
    listed_at: AwareDatetime = Field(description="Its place in lists: `started_at`, or later if that cannot be true.")
    present: bool = Field(default=True, description="Its folder is there.")

    @property
    def waits_since(self) -> datetime:
        """Since when somebody could have heard it: since it was told, or since it came here if nobody knows that."""
        if self.clock_quality == "unknown" or self.started_at < CLOCK_NEVER_SET:
            return self.taken_in_at
        # A clock that is ahead is wrong as well.
        return min(self.started_at, self.taken_in_at)


class About(_Kept):
    """What people say that a story is about. Nothing here is ever set by a machine.

    All but `tags` and `strength` are ids in `tags.toml`; empty: nobody has said it yet.
    """

    tags: tuple[str, ...] = Field(default=(), description="Ids of its topics.")
    feeling: str = ""
    kind: str = ""
    speaker: str = Field(default="", description="Who told it.")
    view: str = Field(default="", description="Whose view it is.")
    strength: str = Field(default="", description="What it shows somebody to be good at, or what works well here.")


class Merged(_Kept):
    """A topic that a story had, and has as another one since the two were merged."""

    tag: str
    into: str = Field(description="The other one. The same as `tag`: the story had that one as well.")


class StoryEntry(StoryFacts, About):
    """A story as lists show it: what its folder says, and how far people are with it."""

    revision: int = 1
    beginning: str = Field(default="", description="The first of its words as they are now; empty if there are none.")
    state: State = "unheard"
    heard_at: AwareDatetime | None = None
    checked_at: AwareDatetime | None = None
    tagged_by: str = Field(default="", description="Id of the account that said last what it is about.")
    tagged_at: AwareDatetime | None = None
    merged: tuple[Merged, ...] = Field(default=(), description="What its topics were before some were merged.")
    frozen: bool = Field(default=False, description="A safeguarding flag is open: no quoting, editing or deleting.")
    hidden_from: tuple[str, ...] = Field(default=(), description="Ids of accounts for which it is not there.")
    hidden_from_staff: bool = Field(default=False, description="Because of a flag it is for leads alone.")
    asked_back_at: AwareDatetime | None = Field(
        default=None, description="Staff said that its teller wants it back; nobody uses it, and a lead finishes it."
    )
    asked_back_by: str = ""
    withdrawn_at: AwareDatetime | None = Field(default=None, description="Taken back, and kept only while frozen.")
    permissions_changed_at: AwareDatetime | None = Field(
        default=None,
        description="Its teller said something else since: what the station wrote does not count any more.",
    )
    unsure: bool = Field(default=False, description="Somebody is not sure that its teller understood the questions.")
    has_word: bool = Field(
        default=False, description="While nobody has heard it: it has one of the words to hear first. Never shown."
    )
    audio_deleted_at: AwareDatetime | None = None
    audio_going: bool = Field(default=False, description="It is being deleted: its file may still be there.")
    checked_file_due: bool = Field(default=False, description="`checked.json` is not yet what it should be.")
    restrictions_file_due: bool = Field(default=False, description="`restrictions.json` is not yet what it should be.")
    redacted_files_due: bool = Field(default=False, description="`redacted.wav` and its list are not yet.")

    @property
    def moves_up(self) -> bool:
        """Whether it comes before others that nobody has heard: somebody worries about it, or it has a certain word."""
        return self.state == "unheard" and (self.frozen or self.has_word)

    @property
    def about(self) -> About:
        """What people say that it is about, by itself."""
        return About.model_validate({name: getattr(self, name) for name in About.model_fields})

    @property
    def for_leads_alone(self) -> bool:
        """Whether nobody but a lead may see it: not agreed to, taken back, or hidden because of a flag."""
        taken_back = self.withdrawn_at is not None or self.asked_back_at is not None
        return not self.agreed or taken_back or self.hidden_from_staff

    @property
    def kept_since(self) -> datetime | None:
        """From when its time counts, after which a timer deletes it; None while no timer does."""
        # A story that was told by a clock that nobody trusts has no age that a timer could go by.
        if self.frozen or self.clock_quality == "unknown":
            return None
        if not self.agreed:
            # Where the site's clock was behind when it took the story in, the time counts from when it was told.
            return max(self.taken_in_at, self.started_at)
        return None if self.state == "unheard" else self.started_at

    @property
    def recording_kept_since(self) -> datetime | None:
        """From when the time of its recording counts, after which a timer deletes that alone; None while none does."""
        if not self.kept_since or not self.agreed or self.state != "checked" or self.audio_deleted_at:
            return None
        # Checked before it was told: by a clock that was wrong, so that nobody knows when.
        return self.checked_at if self.checked_at and self.checked_at >= self.started_at else None

    @property
    def shelf(self) -> Shelf:
        """Who finds it in lists; nobody if its folder is not there."""
        if not self.present:
            return "gone"
        if self.hidden_from:
            return "some leads" if self.for_leads_alone else "some staff"
        return "lead" if self.for_leads_alone else "staff"

    @property
    def closed_because(self) -> str:
        """Why nobody may use it, whatever its teller allowed, as the end of a sentence; empty if nothing is against it.

        For every use: quotes, groups, exports.
        """
        reasons = (
            (self.withdrawn_at or self.asked_back_at, "its teller has taken it back"),
            (self.frozen, "it is frozen by a safeguarding flag"),
            (
                self.hidden_from_staff or self.hidden_from,
                "it is hidden from some people because of a safeguarding flag",
            ),
            (not self.agreed, "its teller did not say that we may keep it"),
            (self.unsure, "somebody was not sure that its teller understood the questions"),
        )
        return next((reason for applies, reason in reasons if applies), "")

    def is_seen_by(self, account: "Account") -> bool:
        """Say whether this person may see it: for others it is not there."""
        if account.id in self.hidden_from:
            return False
        return account.role == "lead" or (account.role == "staff" and not self.for_leads_alone)


class Tag(_Kept):
    """A topic that people put on stories."""

    id: str = Field(description="Stories refer to it, whatever it is called.")
    revision: int = 1
    words: str
    picture: str = Field(description="Name of a drawing.")
    place: int = Field(description="Topics are offered in this order.")
    off: bool = Field(default=False, description="It is offered no more; stories that have it keep it.")
    merged_into: str = Field(default="", description="Id of the topic that it became: no story has it.")
    since: int = Field(default=0, description="The version of `tags.toml` that brought it; 0: the centre's own.")

    @property
    def is_offered(self) -> bool:
        """Whether people can choose it."""
        return not self.off and not self.merged_into


class WordList(_Kept):
    """The words that move a story up among those that nobody has heard."""

    revision: int = 1
    words: tuple[str, ...] = Field(description="As people typed them: a line each, a star where a word may go on.")
    since: int = Field(default=0, description="The version of `word_list.toml` that it is; 0: the centre's own.")
    by: str = Field(default="", description="Id of the account that changed it; empty: Sayso brought it.")
    at: AwareDatetime
    looked_to: int | None = Field(
        default=0, description="Row of the story up to which all were looked through since; None: all were."
    )


class Text(_Kept):
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


class Step(_Kept):
    """What was written down about a flag at one time, before somebody wrote something else."""

    action: str = ""
    referral: str = ""
    by: str
    at: AwareDatetime


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
    noted_by: str = Field(default="", description="Who wrote action and referral; empty: nobody yet.")
    noted_at: AwareDatetime | None = None
    history: tuple[Step, ...] = Field(default=(), description="What stood there before, oldest first.")
    outcome: str = Field(default="", description="What came of it. A flag without one is open.")
    closed_by: str = ""
    closed_at: AwareDatetime | None = None
    told: tuple[str, ...] = Field(default=(), description="The ways by which leads were told of it, outside the site.")


class Decision(_Kept):
    """What somebody decided on a quote."""

    state: QuoteState
    by: str = Field(description="Id of the account.")
    role: Decider
    at: AwareDatetime
    reason: str = ""
    overrides: bool = Field(default=False, description="A lead decided in the group's place.")


class QuoteAnswer(_Kept):
    """What somebody of the staff answered the group that decided on a quote."""

    text: str
    by: str = Field(description="Id of the account.")
    at: AwareDatetime


class Quote(_Kept):
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


class Exported(_Kept):
    """A part of what was handed out."""

    story: str
    quote: int = Field(default=0, description="Number of the quote; 0: the whole story.")


class Export(_Kept):
    """Something that was handed out. It holds no story's words; it stays when a story goes, to tell where that went."""

    number: int = 0
    what: tuple[Literal["words", "voice"], ...]
    reason: str
    parts: tuple[Exported, ...] = ()
    by: str
    at: AwareDatetime
    finished_at: AwareDatetime | None = Field(
        default=None, description="None: it was cut off, and holds some of the parts or all."
    )


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


class PermissionChange(_Kept):
    """What a story's teller said about its use after it was kept, or that somebody is not sure they understood."""

    number: int = 0
    story: str
    before: Permissions
    after: Permissions
    unsure_before: bool
    unsure: bool
    reason: str
    asked_by: str = Field(default="", description="Who asked the teller; empty where nothing more was allowed.")
    asked_on: date | None = None
    by: str
    at: AwareDatetime


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


class Tombstone(_Carded):
    """What is left of a story that is gone for good. Another one may have its card now."""

    id: str
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
