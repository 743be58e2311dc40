"""What the site does by itself once an hour: finish deletions, and delete what was kept as long as was said."""

import logging
import threading
from datetime import UTC, datetime

from admin_web.archive import Archive
from admin_web.archive.keeping import delete_due
from kiosk.config import KeepingSettings
from kiosk.stories.clock import clock_quality

log = logging.getLogger(__name__)

EVERY_S = 3600.0


def keep_house(archive: Archive, settings: KeepingSettings, stop: threading.Event) -> None:
    """Do it now and then every hour, until `stop` is set."""
    while not stop.is_set():
        try:
            archive.deleting.finish()
            for each in delete_due(archive, settings, datetime.now(UTC), clock_quality()):
                log.warning("Deleted the %s of %s: %s.", each.what, each.entry.id, each.rule)
        except Exception:
            # A full disk or a mistake of ours: the site goes on, and the next hour may do better.
            log.exception("Housekeeping failed.")
        stop.wait(EVERY_S)
