"""The station's screens: what their page says in the station's language, and how many may be open."""

import threading

from kiosk.errors import ConfigError
from kiosk.shown.texts import load_screen

#: Each open page keeps one of the server's threads: so few that staff are always answered.
MOST_SCREENS = 3
#: Where Sayso does not speak the station's language its kiosk refuses to start; staff can read all the same.
_INSTEAD = "en-GB"


class Screens:
    """The open pages.

    Attributes:
        language: The language of the page, as "en-GB".
        words: What only the page says: name -> words.
    """

    def __init__(self, language: str) -> None:
        """Begin without any."""
        try:
            self.language, self.words = language, load_screen(language)
        except ConfigError:
            self.language, self.words = _INSTEAD, load_screen(_INSTEAD)
        self._open: set[object] = set()
        self._lock = threading.Lock()

    def open(self) -> object | None:
        """Return a place for one more page, or None if there is none."""
        with self._lock:
            if len(self._open) >= MOST_SCREENS:
                return None
            place = object()
            self._open.add(place)
            return place

    def close(self, place: object) -> None:
        """Let go of a place; a second time does nothing."""
        with self._lock:
            self._open.discard(place)
