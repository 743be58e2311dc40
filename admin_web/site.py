"""What the pages work on; one for each app."""

from dataclasses import dataclass, field

from flask import Flask, current_app

from admin_web.archive import Archive
from admin_web.credentials import Passwords, SetUpCode
from admin_web.intake import Intake
from admin_web.screens import Screens
from admin_web.throttle import Throttle
from kiosk.config import AdminSettings
from kiosk.stories.folder import DataFolder

#: Signed-out sessions that are remembered, so that a copy of their cookie opens nothing.
_ENDED_REMEMBERED = 10_000


@dataclass
class Site:
    """The parts behind the pages.

    Attributes:
        set_up_code: Lets the first person in; None once there is an account.
        ended: Ids of sessions that were signed out, oldest first. After a restart they end by their time alone.
    """

    folder: DataFolder
    settings: AdminSettings
    archive: Archive
    intake: Intake
    set_up_code: SetUpCode | None
    screens: Screens
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    ended: dict[str, None] = field(default_factory=dict)

    def end_session(self, session_id: str) -> None:
        """Remember that a session was signed out."""
        self.ended[session_id] = None
        while len(self.ended) > _ENDED_REMEMBERED:
            self.ended.pop(next(iter(self.ended)), None)


def site_of(app: Flask) -> Site:
    """Return the parts behind `app`."""
    site = app.extensions["sayso"]
    assert isinstance(site, Site)  # noqa: S101 - create_app put it there
    return site


def current_site() -> Site:
    """Return the parts behind the request that is being answered."""
    return site_of(current_app)
