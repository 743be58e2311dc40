"""How much louder speech is than what is around it, told from the recording alone."""

import numpy as np
from numpy.typing import NDArray

from kiosk.stories.wav import SAMPLERATE_HZ

#: Samples of one look at the level: 30 ms.
_WINDOW = SAMPLERATE_HZ * 30 // 1000
#: The pauses are among the quietest looks, speech among the loudest, whoever talks.
_PAUSES, _SPEECH = 10, 90
#: More than this nobody can hear, and digital silence would be without end.
_MOST_DB = 60.0


def snr_db(pcm: bytes) -> float | None:
    """Return by how many decibels speech is above the noise, or None: there is no second of sound.

    Args:
        pcm: 16 kHz mono s16le.

    An estimate, good to sort recordings by: where somebody talks without a pause it says too little.
    """
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)
    count = len(samples) // _WINDOW
    if count * _WINDOW < SAMPLERATE_HZ:
        return None
    power: NDArray[np.float64] = np.square(samples[: count * _WINDOW].reshape(count, _WINDOW)).mean(axis=1)
    noise, both = np.percentile(power, [_PAUSES, _SPEECH])
    speech = both - noise
    if speech <= 0:
        return 0.0
    return float(min(_MOST_DB, 10 * np.log10(speech / max(noise, 1e-3))))
