"""espeak-ng through its C library: sound with the exact time of every phoneme, and pronunciations of words.

The numbers below are those of `speak_lib.h` of espeak-ng 1.51. Voices are named by their file ("gmw/en-GB-x-rp"), with
a variant behind a plus sign ("gmw/en+f3"); this version does not know the name "en-gb".
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Hz of what espeak-ng speaks.
RATE = 22_050
_SYNCHRONOUS, _PHONEME_EVENTS, _POS_CHARACTER, _UTF8 = 2, 1, 1, 1
_EVENT_END, _EVENT_WORD, _EVENT_MSG_END, _EVENT_PHONEME = 0, 1, 6, 7
_SET_RATE, _SET_VOLUME, _SET_PITCH, _SET_RANGE = 1, 2, 3, 4
#: Below espeak-ng's own 100, at which some voices overflow.
_VOLUME = 90


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Spoken:
    """What espeak-ng said. Times are in seconds from the beginning of the sound."""

    samples: NDArray[np.int16]
    """At `RATE`."""
    phonemes: list[tuple[float, str]]
    """When each phoneme begins, and its name in espeak-ng; an empty name or one with `_` is a pause."""
    words: list[tuple[float, int]]
    """When each word begins, and at which letter of the text (from 0)."""
    end: float
    """When the last phoneme ends."""


class Espeak:
    """The library, loaded once a process: it keeps its state in globals."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._pieces: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, float, int, str]] = []
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        if rate != RATE:
            raise OSError(f"espeak-ng speaks at {rate} Hz; version 1.51 with its voices is needed ({RATE} Hz).")
        self._callback = _Callback(self._collect)  # kept, or it would be freed while the library holds it
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while (event := events[index]).type != _EVENT_END:
            name = bytes(event.id.string).split(b"\0")[0].decode("latin-1") if event.type == _EVENT_PHONEME else ""
            self._events.append((event.type, event.sample / RATE, event.text_position, name))
            index += 1
        return 0

    def _choose(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}.")

    def speak(self, text: str, voice: str, speed: int = 170, pitch: int = 50, liveliness: int = 50) -> Spoken:
        """Speak a text. `speed` in words a minute; `pitch` and `liveliness` (range of pitch) from 0 to 99.

        Raises:
            ValueError: There is no such voice.
        """
        self._pieces.clear()
        self._events.clear()
        self._choose(voice)
        for what, value in ((_SET_RATE, speed), (_SET_VOLUME, _VOLUME), (_SET_PITCH, pitch), (_SET_RANGE, liveliness)):
            self._library.espeak_SetParameter(what, value, 0)
        content = text.encode()
        self._library.espeak_Synth(content, len(content) + 1, 0, _POS_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate([np.zeros(0, np.int16), *self._pieces])
        return Spoken(
            samples,
            [(time, name) for kind, time, _, name in self._events if kind == _EVENT_PHONEME],
            [(time, position - 1) for kind, time, position, _ in self._events if kind == _EVENT_WORD],
            max([time for kind, time, *_ in self._events if kind != _EVENT_MSG_END], default=len(samples) / RATE),
        )

    def phonemes(self, text: str, voice: str) -> list[str]:
        """Return espeak-ng's names of the phonemes of a text, without speaking it."""
        self._choose(voice)
        rest = ctypes.c_char_p(text.encode())
        found: list[str] = []
        while rest.value:
            # Phonemes as names, with an underscore between them (bits 8 to 23 of the mode).
            names = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, ord("_") << 8)
            found += (names or b"").decode("latin-1").replace("_", " ").split()
        return found


@cache
def espeak() -> Espeak:
    """Return the library of this process."""
    return Espeak()
