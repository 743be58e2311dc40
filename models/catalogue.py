"""The catalogue of speech models that can be installed: `catalogue.toml`, and what its words mean."""

import difflib
import functools
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kiosk.errors import UsageError

Unknown = Literal["unknown"]


class Row(BaseModel):
    """A table of the catalogue, closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ErrorRate(Row):
    """The publisher's measurement: percent of words wrong, and on which recordings."""

    percent: float
    test: str


class Listed(Row):
    """A model that can be had. "unknown": the publisher's pages do not say."""

    name: str
    language: str
    kind: Literal["small", "lgraph"]
    zip_bytes: int | Unknown
    licence: str
    errors: list[ErrorRate] | Unknown
    look_ahead: bool | Unknown
    memory_mb: int | Unknown

    @property
    def quality(self) -> str:
        """Return the published error rates in a few words."""
        if self.errors == "unknown":
            return "unknown"
        return ", ".join(f"{each.percent:g} % ({each.test})" for each in self.errors)


class Catalogue(Row):
    """Everything in `catalogue.toml`.

    Attributes:
        publisher: Address of the folder in which the zips and `model-list.json` are.
        languages: Code -> name in English.
        models: Those that can be had.
    """

    publisher: str
    languages: dict[str, str]
    models: list[Listed]

    def find(self, name: str) -> Listed | None:
        """Return the model of that name."""
        return next((each for each in self.models if each.name == name), None)

    def require(self, name: str) -> Listed:
        """Return the model of that name.

        Raises:
            UsageError: There is none; the message names those that are spelt like it, and the way for a zip.
        """
        if found := self.find(name):
            return found
        close = difflib.get_close_matches(name, [each.name for each in self.models], n=2)
        hint = f" Did you mean {' or '.join(close)}?" if close else " 'sayso models list --all' shows those there are."
        raise UsageError(
            f"The catalogue has no model '{name}'.{hint} "
            "A model that it lacks can be installed from its zip: sayso models get FILE.zip"
        )


@functools.cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with Sayso."""
    return Catalogue.model_validate(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))


def spoken(language: str) -> str:
    """Return the language without its country: "en" for "en-GB". Models are chosen by that."""
    return language.split("-")[0].lower()


def language_name(language: str) -> str:
    """Return a language's name in English, or its code where the catalogue has no name for it."""
    return catalogue().languages.get(spoken(language), language)
