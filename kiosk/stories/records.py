"""What the JSON files of a take and a story hold.

A newer Sayso may add fields: a reader passes over what it does not know, and refuses only another `version`.
"""

import re
from datetime import date, datetime
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import StoryDamaged

#: How the time of day was known: from the network, from a battery-kept clock, confirmed by staff, or not at all.
ClockQuality = Literal["ntp", "rtc", "staff", "unknown"]

#: Why telling ended: a press, the longest story's time, the microphone or the disk failed, or the station stopped.
Ending = Literal["press", "time", "microphone", "disk", "station"]

#: What the visitor said to a permission; None: it was never asked.
Answer = bool | None


class Record(BaseModel):
    """A JSON file with a version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return (self.model_dump_json(indent=2) + "\n").encode()


R = TypeVar("R", bound=Record)
_CARD_NUMBER = re.compile(r"(\d+)$", re.ASCII)


def number_on(card: str) -> int | None:
    """Return the number of a card ("cat 27": 27), or None where there is none on it."""
    found = _CARD_NUMBER.search(card)
    return int(found[1]) if found else None


def parse_record(kind: type[R], content: bytes, source: str) -> R:
    """Read a record that another process or station wrote.

    Raises:
        StoryDamaged: It is not what it should be; the message names `source` and the first fault.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(key) for key in first["loc"])
        raise StoryDamaged(f"{source} is damaged: {f'{where}: ' if where else ''}{first['msg']}.") from error


class Take(Record):
    """`take.json`: what is known when telling begins."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}-\d{6,}-[0-9a-f]{6}$")
    sequence: int = Field(
        ge=1, description="Order of the station's takes; counts on when the clock does not know the day."
    )
    station: str
    language: str
    started_at: AwareDatetime
    clock_quality: ClockQuality
    microphone: str = Field(description="The microphone's name.")
    question: str = Field(default="", description="What was asked; empty for an open invitation.")
    question_kind: str = Field(default="tell", description="How it was asked: see `programme.Kind`.")
    choice: str = Field(default="", description="Which answer was chosen; empty: the question offers none.")
    sample: bool = Field(default=False, description="Told by the made-up voice of a demonstration, not by a visitor.")


class Permissions(BaseModel):
    """What the visitor allowed; the two are asked apart and nobody may be quoted without a yes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    words: Answer = None
    voice: Answer = None


class Given(BaseModel):
    """An answer, and how it was given."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    yes: bool
    how: Literal["press", "no answer"] = Field(description="No answer, asked twice, counts as a no.")
    at: AwareDatetime


class Proof(BaseModel):
    """What the visitor was told and asked, and what the answers were."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompts_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the texts and recordings of all prompts.")
    heard: tuple[str, ...] = Field(description="Names of the prompts that were said to their end before the answers.")
    clock_quality: ClockQuality = Field(description="When the answers were given.")
    keep: Given | None = None
    words: Given | None = None
    voice: Given | None = None


class Agreed(Record):
    """`agreed.json`: stands in a take from the press that keeps it until it is a story, should the power go between."""

    permissions: Permissions
    proof: Proof


class Sound(BaseModel):
    """How a recording sounds. Levels are in dB below full scale."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    speech_s: float = Field(ge=0, description="How long somebody spoke.")
    speech_dbfs: float = Field(le=0.1, description="How loud they were.")
    peak_dbfs: float = Field(le=0.1, description="The loudest moment.")
    longest_silence_s: float = Field(ge=0)


class Uploaded(BaseModel):
    """How a recording that was made elsewhere came here, and how its teller said yes. Nobody can say it for them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    by: str = Field(description="Id of the account that uploaded it and vouches for the rest.")
    at: AwareDatetime
    asked_by: str = Field(max_length=80, description="Who asked the teller.")
    asked_on: date
    how: Literal["in person", "in writing"]
    place: str = Field(max_length=80, description="Where it was told.")


class Story(Take):
    """`story.json`: a take that was kept, by the visitor's press or because nobody may lose it silently."""

    ended_at: datetime
    ending: Ending
    frames: int = Field(ge=0)
    samplerate_hz: int = Field(gt=0)
    overflows: int = Field(
        ge=0, description="How often sound came faster than it could be taken; 0 in a sound recording."
    )
    lost_frames: int = Field(ge=0, description="How many frames those overflows are known to have cost.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of audio.wav.")
    agreed: bool = Field(description="The visitor pressed to keep it. If not, nobody may quote it.")
    permissions: Permissions = Permissions()
    proof: Proof | None = Field(default=None, description="None: the visitor was not asked, or by an older Sayso.")
    card: str = Field(
        default="", max_length=60, description='The story number that the visitor was told, as "cat 27"; empty: none.'
    )
    consent_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="Of consent.wav, in which the teller also says yes aloud; None: there is none.",
    )
    sound: Sound | None = Field(default=None, description="None: nobody listened along, as after a crash.")
    uploaded: Uploaded | None = Field(default=None, description="None: it was told at a station.")

    @property
    def seconds(self) -> float:
        """Length of the recording in seconds."""
        return self.frames / self.samplerate_hz


class Word(BaseModel):
    """A word that was heard, in Vosk's own fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    word: str
    start: float = Field(ge=0, allow_inf_nan=False, description="Seconds from the beginning of the recording.")
    end: float = Field(ge=0, allow_inf_nan=False, description="Seconds from the beginning of the recording.")
    conf: float = Field(ge=0, le=1.001, description="Vosk's confidence: a weak hint (vosk-api #1529).")


class Transcript(Record):
    """`transcript.json`, or a later `transcript-2-3fa2b1c4.json`: a machine's draft."""

    model: str = Field(description="Name of the speech model.")
    again: str = Field(default="", description="Mark of the request to write the story down again; empty: the first.")
    written_at: AwareDatetime | None = Field(
        default=None, description="By this machine's clock; None for a first draft, which is as old as the story."
    )
    text: str
    words: tuple[Word, ...]
    seconds: float = Field(ge=0, description="How much sound was listened to.")
    failed: str | None = Field(
        default=None, description="Why there are no words, in a sentence for staff; None if all went well."
    )


class CheckedWords(Record):
    """`checked.json`: what was really said, put right by a person who listened. In the shape of a transcript."""

    checked_at: AwareDatetime | None = Field(default=None, description="When that person stood for the words.")
    text: str
    words: tuple[Word, ...] = Field(description="As people write them, with capitals and commas; times in seconds.")
    guessed: bool = Field(default=False, description="Nobody knows the times: the words are spread over the recording.")


class Restrictions(Record):
    """`restrictions.json`: what people decided about a story since it was kept; not why, and nobody's words or name."""

    permissions: Permissions | None = Field(default=None, description="What its teller said since; None: nothing.")
    permissions_changed_at: AwareDatetime | None = None
    unsure: bool = Field(default=False, description="Somebody is not sure that its teller understood the questions.")
    worry: bool = Field(default=False, description="A worry about somebody's safety is open.")
    hidden_from_staff: bool = Field(default=False, description="It is for leads alone.")
    hidden_from: tuple[str, ...] = Field(default=(), description="Ids of accounts for which it is not there.")
    asked_back_at: AwareDatetime | None = Field(default=None, description="Its teller wants it back.")
    withdrawn_at: AwareDatetime | None = Field(default=None, description="It was taken back, and kept while frozen.")

    @property
    def closed(self) -> bool:
        """Whether nobody may use the story, whatever its teller allowed."""
        taken_back = self.asked_back_at or self.withdrawn_at
        return bool(taken_back or self.worry or self.hidden_from_staff or self.hidden_from or self.unsure)


class Covered(BaseModel):
    """Words that were taken out, and their sound; times in seconds from the beginning of the recording."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: str = Field(min_length=1, max_length=60, description='What stands there instead, as "support worker".')
    word_start: float = Field(ge=0, allow_inf_nan=False, description="When the words begin by the text.")
    word_end: float = Field(ge=0, allow_inf_nan=False, description="When they end.")
    before: float = Field(allow_inf_nan=False, description="How long before and after the tone covers.")
    after: float = Field(allow_inf_nan=False)


class Redactions(Record):
    """`redactions.json`: what was taken out of a story, so that it stays out wherever the folder goes."""

    covered: tuple[Covered, ...]
