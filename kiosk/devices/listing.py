"""What sound devices this machine has, asked in a process of its own: some sound systems end the process that asks."""

import json
import subprocess
import sys

from kiosk.errors import MicrophoneError

#: Longer than a slow Pi needs to load the sound library and look at every device.
_PATIENCE_S = 30


def list_devices() -> list[str]:
    """Return a line for each sound device: what it is for, its name, and its usual sample rate.

    Raises:
        MicrophoneError: The sound system does not answer.
    """
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-m", "kiosk.devices.listing"], capture_output=True, text=True, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired as error:
        raise MicrophoneError("The sound system does not answer. Restart this machine and try again.") from error
    if asked.returncode != 0:
        raise MicrophoneError("The sound system of this machine cannot be asked. Is libportaudio2 installed?")
    return [str(line) for line in json.loads(asked.stdout.splitlines()[-1])]


def _ask() -> list[str]:
    import sounddevice

    lines = []
    for device in sounddevice.query_devices():
        for kind, what in (("input", "microphone"), ("output", "speaker")):
            if device[f"max_{kind}_channels"] > 0:
                usual = " (the usual one)" if device["index"] == sounddevice.default.device[kind] else ""
                rate_khz = device["default_samplerate"] / 1000
                lines.append(f"{what:<12}{device['name']}  {rate_khz:g} kHz{usual}")
    return sorted(lines)


if __name__ == "__main__":
    print(json.dumps(_ask()))
