"""How loud sound is, and one loudness for everything that the station says, whoever recorded it."""

import array
import math
import wave
from operator import mul
from pathlib import Path

#: Nothing is quieter, in dB below full scale: digital silence has no level of its own.
SILENT_DBFS = -96.0
#: The largest sample of 16-bit sound, and one.
FULL_SCALE = 32768.0
#: A room is never quieter than this at its loudest moment: a microphone that is, is muted or broken.
MUTED_DBFS = -85.0
#: What speech at a station should at least reach at its loudest.
QUIET_DBFS = -40.0
#: How loud speech is: what broadcasters aim at (EBU R 128: -23 LUFS), measured over the speech alone.
SPEECH_DBFS = -23.0
#: Quieter pieces are the pauses of speech and do not count.
_PAUSE_DBFS = -50.0
#: No sample comes nearer to full scale: a small speaker rattles there.
_PEAK = 0.9 * 32767
#: So quiet a recording is made no louder than this: only its noise would grow.
_MOST_GAIN_DB = 20.0
_PIECE_S = 0.05


def dbfs(pcm: bytes) -> float:
    """Return the level (root of the mean square) of 16-bit sound, in dB below full scale."""
    samples = array.array("h", pcm)
    if not samples:
        return SILENT_DBFS
    mean_square = sum(map(mul, samples, samples)) / len(samples)
    return max(SILENT_DBFS, 20 * math.log10(math.sqrt(mean_square) / FULL_SCALE)) if mean_square else SILENT_DBFS


def peak_dbfs(pcm: bytes) -> float:
    """Return the loudest sample of 16-bit sound, in dB below full scale; `-inf` where there is no sound at all."""
    peak = max((abs(sample) for sample in array.array("h", pcm)), default=0)
    return 20 * math.log10(peak / FULL_SCALE) if peak else float("-inf")


def even_out(source: Path, to: Path) -> None:
    """Write a WAV at the station's loudness.

    Args:
        source: A WAV, mono, 16 bits.
        to: Where the new one goes.

    Raises:
        wave.Error: It is no such WAV.
        OSError: It cannot be read, or the new one not be written.
        EOFError: It is cut short.
    """
    with wave.open(str(source), "rb") as file:
        if (file.getsampwidth(), file.getnchannels()) != (2, 1):
            raise wave.Error("it is not mono with 16 bits")
        rate_hz, pcm = file.getframerate(), file.readframes(file.getnframes())
    with wave.open(str(to), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(evened(pcm, rate_hz))


def evened(pcm: bytes, rate_hz: int) -> bytes:
    """Return 16-bit mono speech at the station's loudness; silence stays silence."""
    step = int(rate_hz * _PIECE_S) * 2
    levels = [dbfs(pcm[start : start + step]) for start in range(0, len(pcm), step)]
    powers = [10 ** (level / 10) for level in levels if level > _PAUSE_DBFS]
    if not powers:
        return pcm
    samples = array.array("h", pcm)
    gain = min(
        10 ** (SPEECH_DBFS / 20) / (sum(powers) / len(powers)) ** 0.5,
        10 ** (_MOST_GAIN_DB / 20),
        _PEAK / max(max(samples), -min(samples)),
    )
    return array.array("h", (int(sample * gain) for sample in samples)).tobytes()
