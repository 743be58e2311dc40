"""`programme/programme.json`: what the station asks and tells next.

The site writes it (`write_programme`), or a person with a text editor; the kiosk reads it between two visits.
Recordings lie beside it. `programme/<name of a prompt>.wav` says that prompt in somebody's own voice, whatever stands
in here; a recording of just the words of a question says that question.
"""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kiosk.errors import ProgrammeBroken
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import ClockQuality, Record

FILE = "programme.json"
#: More are more than anybody keeps in mind while they are offered one by one.
MOST_SAID = 6
#: Nobody listens to more at a time.
LONGEST_TEXT = 300

#: Prompts that a centre may say in words of its own. The others name a button, or are what a visitor is told and asked
#: before agreeing: those must mean the same in every story.
OWN_WORDS = ("welcome", "who_listens", "no_names", "take_back", "thanks", "thrown", "goodbye", "resting", "no_news")
_Prompt = Annotated[str, Field(pattern=f"^({'|'.join(OWN_WORDS)})$")]
_Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
_Weekday = Annotated[int, Field(ge=0, le=6)]


class Said(BaseModel):
    """Something that the station says: in somebody's own voice where there is a recording, else in its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(
        min_length=1, max_length=LONGEST_TEXT, description="The words, also where there is a recording of them."
    )
    wav: str = Field(
        default="",
        pattern=r"^([a-z0-9][a-z0-9_-]{0,60}\.wav)?$",
        description="Name of a recording beside the file: WAV, mono, 16 bits. Empty: one of these words, if there is.",
    )


class Hours(BaseModel):
    """When the station asks; at other times it rests."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    opens: time
    closes: time
    days: tuple[_Weekday, ...] = Field(default=tuple(range(7)), min_length=1, description="0 is Monday.")

    @model_validator(mode="after")
    def _some_time(self) -> "Hours":
        if self.closes <= self.opens:
            raise ValueError("it must close later than it opens")
        return self

    def open_at(self, moment: datetime) -> bool:
        """Return whether the station asks at this moment, as the clock on the wall says it."""
        return moment.weekday() in self.days and self.opens <= moment.time() < self.closes


class Programme(Record):
    """What the station asks and tells.

    `asking` false lets it rest: it says so, and takes no stories. Without `questions` it asks that of its language.
    `news` is what the blue button tells. `prompts` are other words for some of the station's sentences. `volume_db` is
    how much louder (or, below 0, softer) it speaks than usual.
    """

    asking: bool = True
    hours: Hours | None = None
    questions: tuple[Said, ...] = Field(default=(), max_length=MOST_SAID)
    news: tuple[Said, ...] = Field(default=(), max_length=MOST_SAID)
    prompts: dict[_Prompt, _Text] = Field(default_factory=dict)
    volume_db: float = Field(default=0, ge=-12, le=8)

    def asks_at(self, moment: datetime, clock: Callable[[], ClockQuality]) -> bool:
        """Return whether the station asks at this moment.

        Args:
            moment: What the clock on the wall says.
            clock: Says how well that is known. By a clock that nobody trusts there are no hours: visitors would find
                the station asleep at noon.
        """
        if not self.asking or self.hours is None:
            return self.asking
        return self.hours.open_at(moment) or clock() == "unknown"


def parse_programme(content: bytes) -> Programme:
    """Read a programme.

    Raises:
        ProgrammeBroken: It is none, or of another version; every fault is named.
    """
    try:
        return Programme.model_validate_json(content)
    except ValidationError as error:
        faults = [_fault(".".join(map(str, each["loc"])), each["msg"], each["input"]) for each in error.errors()]
    raise ProgrammeBroken(" ".join(faults))


def write_programme(folder: DataFolder, programme: Programme) -> None:
    """Put a programme in place; the station takes it up before the next visit.

    Raises:
        OSError: It cannot be written; the one before stays.
    """
    write_whole(folder.programme / FILE, programme.to_bytes())


def _fault(where: str, message: str, value: object) -> str:
    if where == "version":
        return f"It is of version {value}, and this Sayso knows version 1."
    return f"{f'{where}: ' if where else ''}{message}."
