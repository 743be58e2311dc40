"""Takes a few seconds of sound from a microphone, for whoever tries it out or records a prompt."""

import threading

from kiosk.devices import Microphone
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ


def listen(microphone: Microphone, enough: threading.Event, longest_s: float) -> bytes:
    """Return what the microphone hears until `enough` is set, or for `longest_s`: 16 kHz, mono, 16 bits.

    Raises:
        MicrophoneError: It gives no sound.
    """
    heard, most = bytearray(), int(longest_s * SAMPLERATE_HZ) * FRAME_BYTES
    for block in microphone.blocks(enough):
        if not heard:
            microphone.invite()
        heard += block.pcm
        if len(heard) >= most:
            enough.set()
    return bytes(heard[:most])
