"""All settings together."""

from kiosk.config.office import AdminSettings, KeepingSettings, SafetySettings, TranscriberSettings
from kiosk.config.section import Section
from kiosk.config.station import (
    ConversationSettings,
    DiskSettings,
    MicrophoneSettings,
    PanelSettings,
    SpeakerSettings,
    StationSettings,
    VoiceSettings,
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
    safety: SafetySettings = SafetySettings()


def section_of(name: str) -> type[Section]:
    """Return the class of a table of the settings file."""
    section = Config.model_fields[name].annotation
    assert isinstance(section, type) and issubclass(section, Section)  # noqa: S101 - every field of Config is a section
    return section
