"""How often a recording has crashed the recogniser, kept over restarts of the transcriber."""

import contextlib
import json
from pathlib import Path

from kiosk.stories.files import write_whole

#: A recording that has crashed the recogniser this often is set aside: it was retried once.
ALLOWED_CRASHES = 2


class Attempts:
    """Crashes of each recording with one model, in a small file that is written at a crash and at no other time."""

    def __init__(self, path: Path, model: str) -> None:
        """Read the file; one that is missing, garbled or of another model counts as empty."""
        self._path, self._model = path, model
        self._crashes: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            content = json.loads(path.read_bytes())
            if content["model"] == model:
                self._crashes = {str(name): int(count) for name, count in content["crashes"].items()}

    def crashed(self, story_id: str) -> None:
        """Count a crash, durably: the transcriber may be the next to be killed."""
        self._crashes[story_id] = self._crashes.get(story_id, 0) + 1
        self._write()

    def used_up(self, story_id: str) -> bool:
        """Say whether the recording is to be set aside."""
        return self._crashes.get(story_id, 0) >= ALLOWED_CRASHES

    def ids(self) -> list[str]:
        """Return the recordings that have crashed the recogniser."""
        return list(self._crashes)

    def forget(self, story_id: str) -> None:
        """Remove a recording that is transcribed, set aside or gone."""
        if self._crashes.pop(story_id, None) is not None:
            self._write()

    def _write(self) -> None:
        content = {"model": self._model, "crashes": self._crashes}
        # On a full disk the count is right until the next restart; that must not stop the work.
        with contextlib.suppress(OSError):
            write_whole(self._path, json.dumps(content).encode())
