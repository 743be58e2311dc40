"""What the site asks of the transcriber: to write stories down again with another model.

`archive/again.json` is the one request there is, and stays when it has ended. The site alone writes it, whole; the
transcriber reads it, and tells in its status how far it is. For each story that it has dealt with there is a draft with
the request's mark in its name (`transcript-2-3fa2b1c4.json`), also where the model had no words for it: so whoever is
killed goes on where it was, and nothing is done twice.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kiosk.errors import StoryDamaged
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Record, parse_record
from kiosk.stories.status import read_status


class Again(Record):
    """A request."""

    mark: str = Field(pattern=r"^[0-9a-f]{8}$", description="Tells it from every other, at every station.")
    model: str = Field(description="Name of an installed model.")
    stories: tuple[str, ...] = Field(description="Ids, in the order in which they shall be done; none once it is over.")
    of: int = Field(ge=1, description="How many stories were asked for.")
    by: str = Field(description="Who asked: id of an account, or the command line.")
    asked_at: AwareDatetime
    stop: bool = Field(default=False, description="Somebody wants it to end after the story that is being heard.")
    ended_at: AwareDatetime | None = Field(default=None, description="None: it is not over.")
    done: int = Field(default=0, description="How many stories have a new draft, once it is over.")
    failed: int = Field(default=0, description="For how many the model had no words, once it is over.")
    trouble: str = Field(default="", description="Why it ended early, in a sentence for staff.")


class Progress(BaseModel):
    """What the transcriber's status says of a request, as `again`.

    Of the state: "waits" while stories that visitors tell go first; "over" once there is nothing more to do.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    mark: str
    state: Literal["working", "waits", "over"]
    done: int = Field(ge=0)
    failed: int = Field(ge=0)
    now: str = Field(default="", description="Id of the story that is being heard.")
    trouble: str = Field(default="", description="What keeps it from its work, in a sentence for staff.")


class OfferedModel(BaseModel):
    """A speech model that is there, as the transcriber's status lists them as `models`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    language: str = Field(default="", description="What it writes down, as en; empty: nobody has said.")
    trouble: str = Field(default="", description="Why it cannot be used, in a sentence for staff.")


def read_again(folder: DataFolder) -> Again | None:
    """Return the request, or None if there never was one.

    Raises:
        StoryDamaged: It cannot be read.
    """
    try:
        content = folder.again.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoryDamaged(f"{folder.again} cannot be read: {error.strerror}.") from error
    return parse_record(Again, content, str(folder.again))


def write_again(folder: DataFolder, request: Again) -> None:
    """Put a request in the place of the one before. Raises OSError: the old one stands."""
    write_whole(folder.again, request.to_bytes())


def progress_of(folder: DataFolder, mark: str) -> Progress | None:
    """Return how far the transcriber is with a request; None while it does not run, or knows nothing of it."""
    told = (read_status(folder, "transcriber") or {}).get("again")
    try:
        progress = Progress.model_validate(told) if told else None
    except ValueError:
        return None
    return progress if progress and progress.mark == mark else None


def offered_models(folder: DataFolder) -> list[OfferedModel] | None:
    """Return which models there are, as the transcriber sees them; None while it does not run."""
    told = read_status(folder, "transcriber")
    if told is None:
        return None
    try:
        return [OfferedModel.model_validate(each) for each in told.get("models", [])]
    except (ValueError, TypeError):
        return []
