"""No story waits longer than a working day to be heard without everybody who may hear it being told."""

from collections.abc import Collection
from datetime import datetime, timedelta

from flask import Flask, current_app

from admin_web import sessions
from admin_web.archive import Filter, StoryEntry
from admin_web.rights import STAFF
from admin_web.site import current_site
from kiosk.config import DAYS
from kiosk.errors import ArchiveError


def one_working_day_before(now: datetime, working_days: Collection[int]) -> datetime:
    """Return the moment from which to `now` exactly one working day has passed.

    A working day has 24 hours; other days have none: from Friday 16:00 it is Monday 16:00, and from any time on a
    weekend it is the end of Monday. Bank holidays are not known here.

    Args:
        now: By the clock on the wall: without a time zone, so that a change to summer time moves nothing.
        working_days: As `datetime.weekday` counts them, 0 is Monday; at least one.
    """
    if now.weekday() not in working_days:
        # As if it were still the midnight at which the last working day ended.
        now = now.replace(hour=0, minute=0, second=0, microsecond=0)
        while (now - timedelta(days=1)).weekday() not in working_days:
            now -= timedelta(days=1)
        return now - timedelta(days=1)
    before = now - timedelta(days=1)
    while before.weekday() not in working_days:
        before -= timedelta(days=1)
    return before


def show_who_waits(app: Flask) -> None:
    """Give all pages of `app` the story that waits too long, if there is one: `unheard_too_long()`."""
    app.context_processor(lambda: {"unheard_too_long": _unheard_too_long})


def _unheard_too_long() -> StoryEntry | None:
    who = sessions.person()
    if not who or who.role not in STAFF:
        return None
    site = current_site()
    working_days = [DAYS.index(day) for day in site.settings.working_days]
    before = one_working_day_before(datetime.now(), working_days).astimezone()
    try:
        return site.archive.inbox.longest_unheard(before, Filter.seen_by(who.account))
    except ArchiveError as error:
        # The page may be the one that says so.
        current_app.logger.error("%s", error)
        return None
