"""Brings a WAV to 16 kHz mono: `python -m kiosk.devices.convert FROM TO`."""

import sys

import soundfile
import soxr

from kiosk.stories.wav import SAMPLERATE_HZ


def main() -> None:
    """Convert the file named first into the one named second."""
    source, target = sys.argv[1:3]
    sound, rate_hz = soundfile.read(source, always_2d=True)
    mono = soxr.resample(sound.mean(axis=1), rate_hz, SAMPLERATE_HZ)
    soundfile.write(target, mono, SAMPLERATE_HZ, subtype="PCM_16", format="WAV")


if __name__ == "__main__":
    main()
