"""What this machine's clock was when it could be trusted: nothing is deleted by one that jumped away from that."""

from datetime import datetime, timedelta

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records.kept import moment
from admin_web.archive.records.stories import CLOCK_NEVER_SET
from kiosk.errors import NotAllowed
from kiosk.stories.records import ClockQuality

#: A clock that is corrected by no more than this has not gone backward.
_SLACK = timedelta(minutes=10)
#: A station may be off over a long holiday. A clock that is further ahead than this may have been set wrong.
_LONGEST_AWAY = timedelta(days=92)
_TRUSTED = "trusted"


class Clock:
    """The last time that was trusted. Nobody's sign-in moves it, only the hourly look and a person who confirms it."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("clock", ids=str)

    def doubt(self, now: datetime, quality: ClockQuality) -> str:
        """Return why nothing may be deleted by this clock, in a sentence for staff; empty if it can be trusted."""
        if quality == "unknown":
            return "Nothing is deleted: this machine does not know for sure what day it is."
        if now < CLOCK_NEVER_SET:
            return f"Nothing is deleted: this machine's clock says {now:%Y}, so it was never set."
        last = self._last()
        if last and now < last - _SLACK:
            return f"Nothing is deleted: this machine's clock is behind what it was on {last:%-d %B %Y}."
        if last and now > last + _LONGEST_AWAY:
            return f"Nothing is deleted: this machine's clock has jumped ahead since {last:%-d %B %Y}."
        return ""

    def trust(self, now: datetime) -> None:
        """Note that this time is right: there is no doubt about it."""
        self._table.upsert(named({"at": moment(now)}, _TRUSTED))

    def confirm(self, now: datetime, *, by: str) -> None:
        """Note that a person says so.

        Raises:
            NotAllowed: It cannot be right, whoever says so.
        """
        if now < CLOCK_NEVER_SET:
            raise NotAllowed(
                f"This machine's clock says {now:%Y}, and that cannot be right. Set its clock first, or connect it to "
                "a network."
            )
        with self._documents.transaction():
            self.trust(now)
            self._log.add(by, "date confirmed", date=f"{now:%Y-%m-%d}")

    def _last(self) -> datetime | None:
        document = self._table.of_id(_TRUSTED)
        if document:
            return datetime.fromisoformat(document["at"])
        # An archive of an earlier Sayso, or a new one.
        last = self._log.last()
        return last.at if last else None
