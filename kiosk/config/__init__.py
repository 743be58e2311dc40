"""Settings: one TOML file, checked whole before anything starts.

Every setting has a safe default, so that an empty file (or none) is a working station. Units stand in the names:
`_s` seconds, `_mb` millions of bytes, `_pin` a BCM pin number. `sayso settings` prints all of them as a commented file;
`deploy/sayso.toml` is that print, held true by a test.
"""

from kiosk.config.office import DAYS, AdminSettings, KeepingSettings, SafetySettings, TranscriberSettings
from kiosk.config.place import Place
from kiosk.config.printing import as_toml
from kiosk.config.reading import load, parse
from kiosk.config.section import Language, Pin, Section
from kiosk.config.settings import Config
from kiosk.config.station import (
    ConversationSettings,
    DiskSettings,
    MicrophoneSettings,
    PanelSettings,
    SpeakerSettings,
    StationSettings,
    VoiceSettings,
)

__all__ = [
    "DAYS",
    "AdminSettings",
    "Config",
    "ConversationSettings",
    "DiskSettings",
    "KeepingSettings",
    "Language",
    "MicrophoneSettings",
    "PanelSettings",
    "Pin",
    "Place",
    "SafetySettings",
    "Section",
    "SpeakerSettings",
    "StationSettings",
    "TranscriberSettings",
    "VoiceSettings",
    "as_toml",
    "load",
    "parse",
]
