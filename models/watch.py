"""Noticing takes and stories that come and go, at next to no cost.

A folder's time of change tells that a name came or went; only then is it listed. With 10,000 stories a look costs
microseconds while nothing happens and some milliseconds when something does.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from kiosk.stories.story_folder import STORY_ID

#: Also without a sign of change the folder is listed this often: some file systems keep times to two seconds only.
_LIST_EVERY_S = 30.0
#: The kernel's clock for times of change ticks at least every 10 ms. What happens within the tick of a listing shows no
#: newer time, so a folder that has changed is listed once more after this time.
_SETTLED_AFTER_S = 0.05


@dataclass
class WatchedFolder:
    """The ids (names of take or story folders) in a folder.

    Attributes:
        ids: Those that were there at the last look.
    """

    path: Path
    ids: frozenset[str] = frozenset()
    _seen: int | None = None
    _list_again_at: float = 0.0

    def look(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids that came and those that went since the last look.

        A folder that cannot be read for the moment counts as unchanged.
        """
        nothing: frozenset[str] = frozenset()
        now = time.monotonic()
        try:
            changed_ns = self.path.stat().st_mtime_ns
            if changed_ns == self._seen and now < self._list_again_at:
                return nothing, nothing
            names = frozenset(name for name in os.listdir(self.path) if STORY_ID.fullmatch(name))
        except OSError:
            return nothing, nothing
        self._list_again_at = now + (_SETTLED_AFTER_S if changed_ns != self._seen else _LIST_EVERY_S)
        self._seen = changed_ns
        came, went = names - self.ids, self.ids - names
        self.ids = names
        return came, went
