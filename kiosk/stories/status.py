"""The heartbeat of each process: `status/<who>.json`.

Written at every change and every `HEARTBEAT_S`; whoever reads it believes it only while it is fresh.
It is not synced: it says what is so now, and after a power cut nothing of it is so.
"""

import contextlib
import json
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder

#: Seconds between heartbeats when nothing changes: rare enough to spare an SD card.
HEARTBEAT_S = 5.0
#: A status older than this is of a process that has gone or hangs.
STALE_AFTER_S = 3 * HEARTBEAT_S


@dataclass(frozen=True)
class Fault:
    """Something that keeps a process from its work.

    Attributes:
        code: A fixed word for programs, as "microphone-lost".
        message: A sentence for staff: what happened.
        fix: A sentence for staff: what to do.
    """

    code: str
    message: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        """Return the fault as it stands in the status file."""
        return {"code": self.code, "message": self.message, "fix": self.fix}


@dataclass
class StatusFile:
    """The status of one process; only that process writes it."""

    folder: DataFolder
    who: str
    _shown: dict[str, Any] = field(default_factory=dict)
    _written_at: float = float("-inf")

    def show(self, **values: Any) -> None:
        """Write `values` (JSON types) if they differ from what stands there or the heartbeat is due.

        A status that cannot be written must not stop the work it tells of: the failure is passed over.
        """
        now = time.monotonic()
        if values == self._shown and now - self._written_at < HEARTBEAT_S:
            return
        status = {"who": self.who, "pid": os.getpid(), "at": time.time(), "monotonic": now, **values}
        path, content = self.folder.status / f"{self.who}.json", json.dumps(status, indent=2).encode()
        try:
            write_whole(path, content, durable=False)
        except OSError:
            # On a full disk there is no room for a new file, but there is where the old one stands.
            # Blanks after it do no harm; cut off afterwards, it could be read with the old one's end on it.
            with contextlib.suppress(OSError), path.open("r+b", buffering=0) as file:
                file.write(content.ljust(os.fstat(file.fileno()).st_size))
        self._shown, self._written_at = values, now


def last_sign_of_life(folder: DataFolder, who: str) -> datetime | None:
    """Return when process `who` last wrote its status, by the clock of that moment; None if it never did."""
    try:
        told = json.loads((folder.status / f"{who}.json").read_bytes())["at"]
        return datetime.fromtimestamp(float(told), UTC)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def read_status(folder: DataFolder, who: str) -> dict[str, Any] | None:
    """Return what process `who` last said of itself, or None if it is not there, unreadable or stale.

    Age is told by the monotonic clock, which all processes of a machine share, so that setting the time of day
    confuses nobody; a status from before a restart of the machine is stale as well.
    """
    try:
        content = json.loads((folder.status / f"{who}.json").read_bytes())
        age_s = time.monotonic() - float(content["monotonic"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return content if isinstance(content, dict) and 0 <= age_s <= STALE_AFTER_S else None
