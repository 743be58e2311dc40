"""How often a recording has crashed the recogniser, kept over restarts of the transcriber."""

import contextlib
import json
from pathlib import Path

from kiosk.stories.files import write_whole

#: A recording that has crashed the recogniser this often is set aside: it was retried once.
ALLOWED_CRASHES = 2


class Attempts:
    """Crashes of each recording, in a small file that is written at a crash and at no other time."""

    def __init__(self, path: Path) -> None:
        """Read the file; one that is missing or garbled counts as empty."""
        self._path = path
        #: Recording -> the model that crashed over it, and how often. Another model begins anew.
        self._crashes: dict[str, tuple[str, int]] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            crashes = json.loads(path.read_bytes())["crashes"].items()
            self._crashes = {str(name): (str(model), int(count)) for name, (model, count) in crashes}

    def crashed(self, story_id: str, model: str) -> None:
        """Count a crash, durably: the transcriber may be the next to be killed."""
        self._crashes[story_id] = model, self._count(story_id, model) + 1
        self._write()

    def used_up(self, story_id: str, model: str) -> bool:
        """Say whether the recording is to be set aside."""
        return self._count(story_id, model) >= ALLOWED_CRASHES

    def ids(self) -> list[str]:
        """Return the recordings that have crashed the recogniser."""
        return list(self._crashes)

    def forget(self, story_id: str) -> None:
        """Remove a recording that is transcribed, set aside or gone."""
        if self._crashes.pop(story_id, None) is not None:
            self._write()

    def _count(self, story_id: str, model: str) -> int:
        of, count = self._crashes.get(story_id, (model, 0))
        return count if of == model else 0

    def _write(self) -> None:
        # On a full disk the count is right until the next restart; that must not stop the work.
        with contextlib.suppress(OSError):
            write_whole(self._path, json.dumps({"crashes": self._crashes}).encode())
