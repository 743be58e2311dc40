"""The one place where real devices or simulated ones are chosen."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.config import Config
from kiosk.devices import Microphone, Speaker
from kiosk.devices.microphone import PortAudioMicrophone
from kiosk.devices.panel import GpioPanel, open_panel
from kiosk.devices.sample import SampleMicrophone
from kiosk.devices.speaker import PortAudioSpeaker, SilentSpeaker
from kiosk.prompts import Prompts


@dataclass(frozen=True)
class Devices:
    """Everything a station touches and hears with."""

    panel: GpioPanel
    microphone: Microphone
    speaker: Speaker


@contextlib.contextmanager
def open_devices(config: Config, prompts: Prompts, *, sample: bool) -> Iterator[Devices]:
    """Open the devices that the settings ask for; what "auto" finds depends on the machine.

    On a Raspberry Pi "auto" never falls back to a simulated device: one that is missing may be plugged in later, and
    until then the fault must show.

    Args:
        config: The settings.
        prompts: Speak the sample story.
        sample: Let the made-up voice tell it, whatever the settings say.

    Raises:
        PanelError: The pins cannot be reached.
    """
    with contextlib.ExitStack() as closing:
        panel = open_panel(config.panel)
        closing.callback(panel.close)
        microphone = _microphone(config, prompts, simulated=panel.simulated, sample=sample)
        closing.callback(microphone.close)
        speaker = _speaker(config, simulated=panel.simulated)
        closing.callback(speaker.close)
        yield Devices(panel, microphone, speaker)


def _microphone(config: Config, prompts: Prompts, *, simulated: bool, sample: bool) -> Microphone:
    if sample or config.microphone.kind == "sample":
        return SampleMicrophone(prompts.sample_story)
    microphone = PortAudioMicrophone(config.microphone.name, lost_after_s=config.microphone.lost_after_s)
    if config.microphone.kind == "auto" and simulated and microphone.check():
        microphone.close()
        return SampleMicrophone(prompts.sample_story)
    return microphone


def _speaker(config: Config, *, simulated: bool) -> Speaker:
    if config.speaker.kind == "none":
        return SilentSpeaker(in_real_time=True)
    speaker = PortAudioSpeaker(config.speaker.name, wake_s=config.speaker.wake_s)
    if config.speaker.kind == "auto" and simulated and speaker.check():
        speaker.close()
        return SilentSpeaker(in_real_time=True)
    return speaker
