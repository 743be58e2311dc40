"""What all tables of the settings file have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

#: Pins of the 40-pin header that can be a button or a light: BCM 2 to 27 (0 and 1 belong to add-on boards).
Pin = Annotated[int, Field(ge=2, le=27)]
#: A language, with its country or without: "en-GB", "cy".
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Section(BaseModel):
    """A table of the settings file: fixed once read, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
