"""Reads the settings file, and says everything that is wrong with it at once."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kiosk.config.settings import Config, section_of
from kiosk.errors import ConfigError


def load(path: Path | None) -> Config:
    """Read the settings file.

    Args:
        path: A TOML file, or None for the defaults.

    Raises:
        ConfigError: The file is missing, is no TOML, or holds a wrong setting; every wrong setting is named at once.
    """
    if path is None:
        return Config()
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(
            f"Cannot read the settings file {path}: {error.strerror}. Check the path given to --config."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The settings file {path} is not UTF-8 text. Save it as plain text, UTF-8.") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"The settings file {path} is not TOML: {error}. 'sayso settings' prints one to start from."
        ) from error
    return parse(raw, str(path))


def parse(raw: dict[str, Any], source: str) -> Config:
    """Check settings that were read from `source`.

    Raises:
        ConfigError: Names every wrong setting with its value and what is allowed.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        faults = [_fault(dict(each)) for each in error.errors()]
    raise ConfigError("\n".join([f"{source} has {len(faults)} wrong setting(s):", *(f"  {fault}" for fault in faults)]))


def _fault(error: dict[str, Any]) -> str:
    # pydantic marks a key that is wrong itself by "[key]".
    keys = [str(key) for key in error["loc"] if key != "[key]"]
    name = ".".join(keys)
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such setting.{_did_you_mean(keys)}"
    if error["type"] == "value_error":
        return f"{name}: {error['ctx']['error']}"
    if error["type"] in ("model_type", "dict_type"):
        return f"{name} = {error['input']!r}: must be a table, written as [{name}]"
    return f"{name} = {error['input']!r}: {error['msg'].removeprefix('Input ')}. {_describe(keys)}"


def _did_you_mean(keys: list[str]) -> str:
    section = Config if len(keys) == 1 else section_of(keys[0])
    close = difflib.get_close_matches(keys[-1], section.model_fields, n=1)
    return f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(section.model_fields)}."


def _describe(keys: list[str]) -> str:
    if len(keys) < 2:
        return ""
    return section_of(keys[0]).model_fields[keys[1]].description or ""
