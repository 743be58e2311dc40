"""What the station makes of sound, block by block: how loud, speech or silence, and the tone taken out.

Speech is told from silence by its energy. It rises and falls with every syllable, so that a block well above the
quietest one of the last seconds is speech, and an even noise (a fan, a fridge) is not. A detector that was trained
(WebRTC's, Silero) would need a library on every Pi and would still be wrong for the voices that matter here, which are
often unlike those it was trained on. In doubt it is speech: a wrong guess then asks one question less; the other
wrong guess would take somebody's story for silence.
"""

import array
import math
from collections import deque
from collections.abc import Iterator

from kiosk.stories.loudness import FULL_SCALE, SILENT_DBFS, dbfs
from kiosk.stories.records import Sound
from kiosk.stories.wav import SAMPLERATE_HZ

#: Quieter than this is no speech, however still the room: no ear and no recogniser would find a word in it.
_FAINT_DBFS = -65.0
#: So much above the quietest moment of the last seconds is speech. (A vowel stands 20 to 30 dB above a quiet room.)
_ABOVE_FLOOR_DB = 9.0
#: So loud it is taken for speech in any case, also where noise never lets up.
_LOUD_DBFS = -30.0
#: Everybody draws breath within this time, so that its quietest block is the room.
_FLOOR_S = 3.0


class Ear:
    """Listens along while a take is recorded.

    Attributes:
        silent_s: How long nobody has spoken, up to now.
        speech_s: How long somebody has spoken, in all.
        level_dbfs: How loud the newest sound is.
    """

    def __init__(self) -> None:
        self.silent_s = 0.0
        self.speech_s = 0.0
        self.level_dbfs = SILENT_DBFS
        self._longest_silence_s = 0.0
        self._energy_s = 0.0
        self._peak = 0
        self._recent: deque[tuple[float, float]] = deque()
        self._recent_s = 0.0

    def hear(self, pcm: bytes) -> None:
        """Take in a block (16 kHz, mono, 16 bits)."""
        seconds = len(pcm) / 2 / SAMPLERATE_HZ
        if not seconds:
            return
        level = self.level_dbfs = dbfs(pcm)
        samples = array.array("h", pcm)
        self._peak = max(self._peak, max(samples), -min(samples))
        self._recent.append((level, seconds))
        self._recent_s += seconds
        while self._recent_s > _FLOOR_S:
            self._recent_s -= self._recent.popleft()[1]
        floor = max(SILENT_DBFS, min((each for each, _ in self._recent), default=SILENT_DBFS))
        if level > _LOUD_DBFS or (level > _FAINT_DBFS and level > floor + _ABOVE_FLOOR_DB):
            self.speech_s += seconds
            self._energy_s += seconds * 10 ** (level / 10)
            self.silent_s = 0.0
        else:
            self.silent_s += seconds
            self._longest_silence_s = max(self._longest_silence_s, self.silent_s)

    def figures(self) -> Sound:
        """Return what is known of all sound so far."""
        speech = 10 * math.log10(self._energy_s / self.speech_s) if self.speech_s else SILENT_DBFS
        peak = max(SILENT_DBFS, 20 * math.log10(self._peak / FULL_SCALE)) if self._peak else SILENT_DBFS
        return Sound(
            speech_s=round(self.speech_s, 2),
            speech_dbfs=round(speech, 1),
            peak_dbfs=round(peak, 1),
            longest_silence_s=round(self._longest_silence_s, 2),
        )


class Notch:
    """Takes one pure tone out of sound and leaves a voice around it as it is.

    The station's tone comes back through the microphone while a quick visitor already speaks. To cut that piece out
    would cut a word; two second-order notch filters of 30 Hz take it out (34 dB) and change little else
    (R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients").
    """

    _WIDTH_HZ = 30.0

    def __init__(self, tone_hz: float) -> None:
        turn = 2 * math.pi * tone_hz / SAMPLERATE_HZ
        alpha = math.sin(turn) * self._WIDTH_HZ / (2 * tone_hz)
        self._outer = 1 / (1 + alpha)
        self._middle = -2 * math.cos(turn) / (1 + alpha)
        self._last = (1 - alpha) / (1 + alpha)
        self._memory = [[0.0, 0.0], [0.0, 0.0]]

    def filter(self, pcm: bytes) -> bytes:
        """Return the next block without the tone."""
        sound: Iterator[float] = iter(array.array("h", pcm))
        for memory in self._memory:
            sound = iter(self._once(sound, memory))
        values = [round(value) for value in sound]
        if values and (max(values) > 32767 or min(values) < -32768):
            values = [max(-32768, min(32767, value)) for value in values]
        return array.array("h", values).tobytes()

    def _once(self, sound: Iterator[float], memory: list[float]) -> list[float]:
        outer, middle, last = self._outer, self._middle, self._last
        first, second = memory
        filtered = []
        for value in sound:
            out = outer * value + first
            first = middle * value - middle * out + second
            second = outer * value - last * out
            filtered.append(out)
        memory[:] = first, second
        return filtered


def crossfade(before: bytes, after: bytes) -> bytes:
    """Return 16-bit sound that goes over from one piece to another of the same length, without a click."""
    pairs = list(zip(array.array("h", before), array.array("h", after), strict=True))
    count = len(pairs)
    return array.array(
        "h", ((one * (count - at) + other * at) // count for at, (one, other) in enumerate(pairs))
    ).tobytes()
