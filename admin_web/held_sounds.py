"""Sounds that one person listens to before they are used, or once: held in memory, never on a disk, for a while."""

import threading
import time
from dataclasses import dataclass

#: Long enough to hear it a few times and to be called away; then it is gone.
_KEPT_S = 900.0
#: More are not held at once; the oldest goes. Each is half a minute at most: a megabyte.
_MOST = 20


@dataclass(frozen=True)
class Held:
    """A sound.

    Attributes:
        wav: The WAV file.
        words: What is said in it; empty where that does not matter.
        until: When it goes (`time.monotonic`, seconds).
    """

    wav: bytes
    words: str
    until: float


class HeldSounds:
    """What is held for whom. Any thread may use it."""

    def __init__(self) -> None:
        """Nothing is held yet."""
        self._held: dict[tuple[str, str], Held] = {}
        self._lock = threading.Lock()

    def hold(self, who: str, what: str, wav: bytes, *, words: str = "") -> None:
        """Hold a sound for somebody, in the place of what was held for them under this name."""
        with self._lock:
            self._forget_old()
            self._held.pop((who, what), None)
            while len(self._held) >= _MOST:
                self._held.pop(next(iter(self._held)))
            self._held[who, what] = Held(wav, words, time.monotonic() + _KEPT_S)

    def find(self, who: str, what: str) -> Held | None:
        """Return what is held for somebody."""
        with self._lock:
            self._forget_old()
            return self._held.get((who, what))

    def drop(self, who: str, what: str) -> None:
        """Hold it no longer."""
        with self._lock:
            self._held.pop((who, what), None)

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._held = {key: held for key, held in self._held.items() if held.until > now}
