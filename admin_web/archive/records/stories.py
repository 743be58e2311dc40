"""Stories as lists show them, and what is left of those that are gone."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from admin_web.archive.records.accounts import Account
from admin_web.archive.records.kept import Kept, moment
from admin_web.archive.records.labels import About, Merged
from kiosk.stories.records import ClockQuality, Permissions, number_on

#: Where the machine's words of a story are: still to come, there, or not to be had.
Words = Literal["waiting", "ready", "failed"]
#: How far people are with a story.
State = Literal["unheard", "heard", "checked"]
#: Who finds a story in lists: all staff, leads alone, either but for named people, or nobody.
Shelf = Literal["staff", "lead", "some staff", "some leads", "gone"]

#: Sayso was not there before: a clock that says so was never set.
CLOCK_NEVER_SET = datetime(2025, 1, 1, tzinfo=UTC)


def title_of(card: str, sequence: int, *, uploaded: bool) -> str:
    """Return what people call a story: what is on its teller's card, or the number that it was counted by."""
    return card.capitalize() or f"{'Upload' if uploaded else 'Story'} {sequence}"


class _Carded(Kept):
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

    def is_seen_by(self, account: Account) -> bool:
        """Say whether this person may see it: for others it is not there."""
        if account.id in self.hidden_from:
            return False
        return account.role == "lead" or (account.role == "staff" and not self.for_leads_alone)


def story_document(entry: StoryEntry) -> dict[str, object]:
    """Return a story as its document: with its shelf, which lists are cut by, and with what it is found by."""
    moments = {"listed_at": moment(entry.listed_at), "waits_since": moment(entry.waits_since)}
    # Once it is heard, nothing tells any more that it came first.
    order = {"has_word": entry.has_word and entry.state == "unheard", "moves_up": entry.moves_up}
    # The days, where it was told and checked: what goes when is counted by them.
    since, recording_since = entry.kept_since, entry.recording_kept_since
    kept = {
        "kept_since": since and since.date().isoformat(),
        "recording_kept_since": recording_since and recording_since.date().isoformat(),
    }
    found_by = {"shelf": entry.shelf, "number": entry.number, **order, **moments, **kept}
    return {**entry.model_dump(mode="json"), **found_by}


class Tombstone(_Carded):
    """What is left of a story that is gone for good. Another one may have its card now."""

    id: str
    station: str
    why: Literal["withdrawn", "not agreed", "kept long enough", "staff"]
    by: str
    gone_at: AwareDatetime
    cleared: bool = Field(default=False, description="Every byte of it is gone from the disk, the index and the log.")
