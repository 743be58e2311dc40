"""Settings: one TOML file, checked whole before anything starts.

Every setting has a safe default, so that an empty file (or none) is a working station. Units stand in the names:
`_s` seconds, `_mb` millions of bytes, `_pin` a BCM pin number. `sayso settings` prints all of them as a commented file;
`deploy/sayso.toml` is that print, held true by a test.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from kiosk.errors import ConfigError

#: Pins of the 40-pin header that can be a button or a light: BCM 2 to 27 (0 and 1 belong to add-on boards).
Pin = Annotated[int, Field(ge=2, le=27)]
#: A language, with its country or without: "en-GB", "cy".
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class Section(BaseModel):
    """A table of the settings file: fixed once read, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StationSettings(Section):
    """Which station this is."""

    name: str = Field(
        "station",
        pattern=r"^[a-z0-9][a-z0-9-]{0,30}$",
        description="The station's own name (small letters, digits, hyphens), part of every story's id. "
        "Give each station of a centre another one.",
    )
    language: Language = Field("en-GB", description="The language that visitors speak, as en-GB.")


class PanelSettings(Section):
    """Buttons and lights."""

    kind: Literal["auto", "gpio", "simulated"] = Field(
        "auto",
        description="gpio: real pins. simulated: 'sayso press' presses them. auto: gpio on a Pi, else simulated.",
    )
    green_button_pin: Pin = Field(
        17, description="BCM pin of the green button (talk, yes, next); the other side to ground."
    )
    red_button_pin: Pin = Field(27, description="BCM pin of the red button (stop, no); the other side to ground.")
    green_light_pin: Pin = Field(22, description="BCM pin of the green button's light.")
    red_light_pin: Pin = Field(23, description="BCM pin of the red button's light.")
    bounce_s: float = Field(
        0.03,
        ge=0,
        le=0.2,
        description="A contact that opens and closes again within this time is still the same press.",
    )
    repeat_ignored_s: float = Field(
        1.0,
        ge=0,
        le=5,
        description="A further press of the same button within this time is a tremor, not a second wish.",
    )

    @model_validator(mode="after")
    def _one_wire_each(self) -> "PanelSettings":
        pins = {name: getattr(self, name) for name in type(self).model_fields if name.endswith("_pin")}
        for name, pin in pins.items():
            others = [other for other in pins if other != name and pins[other] == pin]
            if others:
                raise ValueError(f"{name} and {others[0]} are both {pin}; give each button and light a pin of its own")
        return self


class MicrophoneSettings(Section):
    """Where the sound comes from."""

    kind: Literal["auto", "portaudio", "sample"] = Field(
        "auto",
        description="portaudio: a real microphone. sample: a made-up voice tells a sample story. "
        "auto: a real one where there is one; a sample where there is none and the buttons are simulated too.",
    )
    name: str = Field(
        "", description="Part of the microphone's name as 'sayso devices' shows it. Empty: the system's default."
    )
    lost_after_s: float = Field(
        1.5, ge=0.5, le=10, description="No sound for this long while recording means that the microphone is lost."
    )


class SpeakerSettings(Section):
    """Where the voice of the station comes out."""

    kind: Literal["auto", "portaudio", "none"] = Field(
        "auto",
        description="portaudio: a real speaker. none: the station shows lights only. "
        "auto: a real one where there is one.",
    )
    name: str = Field(
        "", description="Part of the speaker's name as 'sayso devices' shows it. Empty: the system's default."
    )
    wake_s: float = Field(
        0.4,
        ge=0,
        le=3,
        description="Silence played before the first words, so that a speaker that sleeps (Bluetooth, HDMI) "
        "does not swallow them.",
    )


class VoiceSettings(Section):
    """How the station speaks."""

    name: str = Field(
        "en-gb", pattern=r"^[a-zA-Z0-9+_-]{2,40}$", description="A voice of espeak-ng; 'espeak-ng --voices' lists them."
    )
    words_per_minute: int = Field(130, ge=80, le=300, description="How fast it speaks. 130 is slow and clear.")


class ConversationSettings(Section):
    """How long the station waits for a person."""

    answer_wait_s: float = Field(
        20,
        ge=3,
        le=120,
        description="How long it waits for a press before it says the same again, and again before it moves on.",
    )
    longest_story_s: float = Field(
        900, ge=10, le=3600, description="The longest story. The disk must have room for one, or none is begun."
    )


class DiskSettings(Section):
    """Room on the disk."""

    reserve_mb: float = Field(
        100,
        ge=1,
        le=1_000_000,
        description="Room that stays free beside the longest story, for the archive and the system.",
    )


class TranscriberSettings(Section):
    """Speech to text."""

    model: str = Field(
        "auto",
        min_length=1,
        description="The speech model for the station's language. auto: the one chosen with 'sayso models use', until "
        "then the starter model (English only). Or the name of an installed one, the path of a Vosk model's folder, "
        "'starter', or 'none': people type the words.",
    )
    models: dict[Language, Annotated[str, Field(min_length=1)]] = Field(
        {},
        description='Models for other languages, each as above, as {cy="none", pl="vosk-model-small-pl-0.22"}. '
        "A story's own language decides; with no model its words are for people to type.",
    )
    nice: int = Field(
        10, ge=0, le=19, description="How far the transcriber steps back for other work: 0 not at all, 19 most."
    )


class AdminSettings(Section):
    """The staff site."""

    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address to listen on. 127.0.0.1: this machine alone. 0.0.0.0: the whole network.",
    )
    port: int = Field(8080, ge=1, le=65535, description="Port of the site: the number behind its address.")
    session_hours: float = Field(8, gt=0, le=168, description="A sign-in ends after this time without use.")
    session_longest_hours: float = Field(
        12, gt=0, le=168, description="A sign-in ends after this time in any case: a working day."
    )


class KeepingSettings(Section):
    """How long stories are kept. A frozen story is never deleted, nor is anything while the date is doubtful."""

    not_agreed_kept_h: float = Field(
        72, ge=0, le=8760, description="A story that nobody agreed to keep is deleted after these hours. 0: at once."
    )
    audio_kept_days: float = Field(
        30,
        ge=0,
        le=36500,
        description="A recording is deleted so many days after its words were checked, unless its teller allowed "
        "the voice to be played.",
    )
    voice_kept_months: int = Field(
        12,
        ge=0,
        le=1200,
        description="A recording that may be played is deleted so many months after its words were checked.",
    )
    words_kept_months: int = Field(
        24,
        ge=0,
        le=1200,
        description="A story is deleted so many months after it was told, if somebody has heard it.",
    )


class Config(Section):
    """All settings of a station."""

    station: StationSettings = StationSettings()
    panel: PanelSettings = PanelSettings()
    microphone: MicrophoneSettings = MicrophoneSettings()
    speaker: SpeakerSettings = SpeakerSettings()
    voice: VoiceSettings = VoiceSettings()
    conversation: ConversationSettings = ConversationSettings()
    disk: DiskSettings = DiskSettings()
    transcriber: TranscriberSettings = TranscriberSettings()
    admin: AdminSettings = AdminSettings()
    keeping: KeepingSettings = KeepingSettings()


@dataclass
class Place:
    """Where a command was told to work.

    Attributes:
        data: The data folder (`--data`, else `SAYSO_DATA`, else `sayso-data` where the person stands).
        config_file: The settings file (`--config`, else `SAYSO_CONFIG`), None for the defaults.
    """

    data: Path = field(default_factory=lambda: Path(os.environ.get("SAYSO_DATA") or "sayso-data"))
    config_file: Path | None = field(
        default_factory=lambda: Path(os.environ["SAYSO_CONFIG"]) if os.environ.get("SAYSO_CONFIG") else None
    )

    def load(self) -> Config:
        """Return the settings.

        Raises:
            ConfigError: They hold a fault.
        """
        return load(self.config_file)


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
    section = Config if len(keys) == 1 else _section_of(keys[0])
    close = difflib.get_close_matches(keys[-1], section.model_fields, n=1)
    return f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(section.model_fields)}."


def _describe(keys: list[str]) -> str:
    if len(keys) < 2:
        return ""
    return _section_of(keys[0]).model_fields[keys[1]].description or ""


def _section_of(name: str) -> type[Section]:
    section = Config.model_fields[name].annotation
    assert isinstance(section, type) and issubclass(section, Section)  # noqa: S101 - every field of Config is a section
    return section


def as_toml() -> str:
    """Return every setting with its meaning, limits and default, as a settings file to start from."""
    lines = ["# Settings of a Sayso station. Each line shows the default; take the '#' away to change one.", ""]
    for section_name in Config.model_fields:
        section = _section_of(section_name)
        lines += [f"# {section.__doc__}", f"[{section_name}]"]
        for name, setting in section.model_fields.items():
            limits = _limits(setting)
            lines.append(f"# {setting.description}{f' ({limits})' if limits else ''}")
            value = setting.default
            shown = f'"{value}"' if isinstance(value, str) else value
            lines.append(f"# {name} = {shown}")
        lines.append("")
    return "\n".join(lines)


def _limits(setting: FieldInfo) -> str:
    bounds: dict[str, Any] = {}
    for rule in setting.metadata:
        bounds |= {key: limit for key in ("gt", "ge", "le") if (limit := getattr(rule, key, None)) is not None}
    if not bounds:
        return ""
    low = f"{bounds['ge']}" if "ge" in bounds else f"more than {bounds['gt']}"
    return f"{low} to {bounds['le']}"
