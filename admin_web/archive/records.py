"""What the archive keeps."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kiosk.stories.records import ClockQuality

#: Where the words of a story are: still to come, there, or not to be had.
Words = Literal["waiting", "ready", "failed"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StoryEntry(_Kept):
    """What a list needs to know of a story; the folder holds the rest."""

    id: str
    sequence: int
    station: str
    started_at: AwareDatetime
    clock_quality: ClockQuality
    seconds: float = Field(description="Length of the recording.")
    agreed: bool
    sample: bool
    words: Words = "waiting"
    beginning: str = Field(default="", description="The first words of the transcript; empty if there are none.")
    failed: str = Field(default="", description="Why there are no words, in a sentence for staff.")
    taken_in_at: AwareDatetime
    listed_at: AwareDatetime = Field(description="Its place in lists: `started_at`, or later if that cannot be true.")
    present: bool = Field(default=True, description="Its folder is there.")


class Account(_Kept):
    """Somebody who may sign in."""

    id: str = Field(description="Random, so that no cookie for an earlier account opens this one.")
    name: str
    password_hash: str = Field(description="argon2id, with its salt and cost.")
    made_at: AwareDatetime
