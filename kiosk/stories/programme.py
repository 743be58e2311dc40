"""`programme/programme.json`: what the station asks and tells next.

The site writes it (`write_programme`), or a person with a text editor; the kiosk reads it between two visits.
Recordings lie beside it. `programme/<name of a prompt>.wav` says that prompt in somebody's own voice, whatever stands
in here; a recording of just the words of a question says that question.
"""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kiosk.errors import ProgrammeBroken
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import ClockQuality, Record

#: How a question is answered: by telling, in a word or a few, or with one of a few answers (and more words, if one
#: likes).
Kind = Literal["tell", "one-word", "choose-one"]

FILE = "programme.json"
#: More are more than anybody keeps in mind while they are offered one by one.
MOST_SAID = 6
#: Answers to choose from: of more, the first is forgotten when the last is heard.
FEWEST_CHOICES, MOST_CHOICES = 2, 4
#: Nobody listens to more at a time.
LONGEST_TEXT = 300

#: Prompts that a centre may say in words of its own. The others name a button, or are what a visitor is told and asked
#: before agreeing: those must mean the same in every story.
OWN_WORDS = ("welcome", "who_listens", "no_names", "take_back", "thanks", "thrown", "goodbye", "resting", "no_news")
_Prompt = Annotated[str, Field(pattern=f"^({'|'.join(OWN_WORDS)})$")]
_Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
_Language = Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")]
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


class Question(Said):
    """What visitors are asked, and how they answer."""

    kind: Kind = "tell"
    choices: tuple[Said, ...] = Field(
        default=(), max_length=MOST_CHOICES, description="The answers of one that offers some."
    )

    @model_validator(mode="after")
    def _choices_fit(self) -> "Question":
        if self.kind != "choose-one":
            if self.choices:
                raise ValueError(f"a question of the kind {self.kind} offers no answers")
            return self
        if len(self.choices) < FEWEST_CHOICES:
            raise ValueError(f"it must offer {FEWEST_CHOICES} to {MOST_CHOICES} answers")
        if len({" ".join(each.text.casefold().split()) for each in self.choices}) < len(self.choices):
            raise ValueError("it offers the same answer twice")
        return self


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
    how much louder (or, below 0, softer) it speaks than usual. `language` is what visitors speak, as "cy" (empty: what
    the settings say): so their stories are written down, and what the programme says is read out. The station's own
    sentences stay in its own language.
    """

    asking: bool = True
    hours: Hours | None = None
    questions: tuple[Question, ...] = Field(default=(), max_length=MOST_SAID)
    news: tuple[Said, ...] = Field(default=(), max_length=MOST_SAID)
    prompts: dict[_Prompt, _Text] = Field(default_factory=dict)
    volume_db: float = Field(default=0, ge=-12, le=8)
    language: _Language = ""

    @property
    def asked(self) -> tuple[Said, ...]:
        """The questions, each with the answers that it offers."""
        return tuple(each for question in self.questions for each in (question, *question.choices))

    @property
    def said(self) -> tuple[Said, ...]:
        """Everything that it has said beside the station's own sentences."""
        return (*self.asked, *self.news)

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
