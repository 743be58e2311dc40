"""`programme/programme.json`: what the station asks and tells next.

The site writes it (`write_programme`), or a person with a text editor; the kiosk reads it between two visits.
Recordings lie beside it. `programme/<name of a prompt>.wav` says that prompt in somebody's own voice, whatever stands
in here.
"""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import ProgrammeBroken
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Record

FILE = "programme.json"
#: More are more than anybody keeps in mind while they are offered one by one.
MOST_SAID = 6


class Said(BaseModel):
    """Something that the station says: in somebody's own voice where there is a recording, else in its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(min_length=1, max_length=300, description="The words, also where there is a recording of them.")
    wav: str = Field(
        default="",
        pattern=r"^([a-z0-9][a-z0-9_-]{0,60}\.wav)?$",
        description="Name of a recording beside the file: WAV, mono, 16 bits. Empty: there is none.",
    )


class Programme(Record):
    """What the station asks and tells.

    `asking` false lets it rest: it says so, and takes no stories. Without `questions` it asks that of its language.
    `news` is what the blue button tells.
    """

    asking: bool = True
    questions: tuple[Said, ...] = Field(default=(), max_length=MOST_SAID)
    news: tuple[Said, ...] = Field(default=(), max_length=MOST_SAID)


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
