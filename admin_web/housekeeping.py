"""What the site does by itself once an hour, and once a day.

Hourly it finishes deletions and deletes what was kept as long as was said; daily it sees whether the log is whole.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from admin_web.archive import Archive
from admin_web.archive.importing import clear_interrupted
from admin_web.archive.keeping import delete_due
from kiosk.config import KeepingSettings
from kiosk.stories.clock import clock_quality
from kiosk.stories.folder import DataFolder

log = logging.getLogger(__name__)

EVERY_S = 3600.0
#: To go through a log of many years takes a while.
LOG_EVERY = timedelta(days=1)


def keep_house(folder: DataFolder, archive: Archive, settings: KeepingSettings, stop: threading.Event) -> None:
    """Do it now and then every hour, until `stop` is set."""

    def finish() -> None:
        for trouble in archive.deleting.finish():
            log.warning("Something that was deleted is still on the disk: %s", trouble)

    def delete() -> None:
        for each in delete_due(archive, settings, datetime.now(UTC), clock_quality(folder)):
            log.warning("Deleted %s (%s): %s.", each.entry.id, each.what, each.rule)

    def check_log() -> None:
        last = archive.log.last_check
        if not last or abs(datetime.now(UTC) - last.at) >= LOG_EVERY:
            for fault in archive.log.check().faults:
                log.error("The audit log was changed by hand: %s", fault)

    while not stop.is_set():
        for work in (finish, delete, lambda: clear_interrupted(folder), check_log):
            _try(work)
        stop.wait(EVERY_S)


def _try(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        # A full disk or a mistake of ours: the site goes on, and the next hour may do better.
        log.exception("Housekeeping failed.")
