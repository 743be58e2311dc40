"""The words of the station: one file per language, for what is said and for what is shown."""

import tomllib
from pathlib import Path
from typing import Any

from kiosk.errors import ConfigError

_TEXTS = Path(__file__).parent.parent / "texts"
#: In a language's file: the words for the buttons, for the pictures of the story numbers, for the screen alone, and
#: for what stands on its buttons.
_BUTTONS, _PICTURES, _SCREEN, _KEYS = "buttons", "pictures", "screen", "keys"


def load_texts(language: str, *, person: str = "a person who works here", one_switch: bool = False) -> dict[str, str]:
    """Return prompt name -> text in a language.

    Args:
        language: As "en-GB".
        person: Whom visitors may ask.
        one_switch: Name the one switch, not two buttons.

    Raises:
        ConfigError: Sayso has no texts in that language.
    """
    loaded = _load(language)
    buttons = loaded[_BUTTONS]
    words = {name: buttons["now"] if one_switch else buttons[name] for name in ("yes", "no", "no_again")}
    return {name: text.format(**words, person=person) for name, text in loaded.items() if isinstance(text, str)}


def load_pictures(language: str) -> dict[str, str]:
    """Return the pictures of story numbers in their order: the drawing's name -> the word in a language.

    Raises:
        ConfigError: Sayso has no texts in that language.
    """
    return dict(_load(language)[_PICTURES])


def load_screen(language: str) -> dict[str, str]:
    """Return what only the station screen shows: name -> words in a language.

    Raises:
        ConfigError: Sayso has no texts in that language.
    """
    return dict(_load(language)[_SCREEN])


def load_keys(language: str) -> dict[str, str]:
    """Return what stands on the screen's buttons: prompt -> a word or two in a language.

    Raises:
        ConfigError: Sayso has no texts in that language.
    """
    return dict(_load(language)[_KEYS])


def _load(language: str) -> dict[str, Any]:
    path = _TEXTS / f"{language}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in _TEXTS.glob("*.toml")))
        raise ConfigError(f"There are no prompts in the language {language!r}; there are: {known}.")
    return tomllib.loads(path.read_text("utf-8"))
