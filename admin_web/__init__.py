"""The staff site: hear the stories, read along, and (later) check, tag, quote and answer them."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from admin_web.account import account
from admin_web.auth import auth
from admin_web.credentials import secret_key
from admin_web.editing import editing
from admin_web.exporting import exporting
from admin_web.exports import exports
from admin_web.groups import groups
from admin_web.joining import joining
from admin_web.keeping_pages import keeping
from admin_web.labelling import labelling
from admin_web.logbook import logbook
from admin_web.people import people
from admin_web.permissions import permissions
from admin_web.programme import programme
from admin_web.proposing import proposing
from admin_web.quotes import quotes
from admin_web.redacting import redacting
from admin_web.rights import EVERYBODY, open_to
from admin_web.safety import safety
from admin_web.screen import screen
from admin_web.security import protect
from admin_web.site import Site
from admin_web.station import station
from admin_web.stories import stories
from admin_web.tags import tags
from admin_web.times import times
from admin_web.tour import tour
from admin_web.uploading import uploading
from admin_web.voices import voices
from admin_web.waiting import show_who_waits
from admin_web.withdrawal import withdrawal
from kiosk.config import Config
from kiosk.stories.folder import DataFolder

_BLUEPRINTS = (
    *(auth, joining, account, people, groups, tour, screen),
    *(stories, editing, times, labelling, tags, redacting, proposing, quotes, exports),
    *(safety, withdrawal, permissions, keeping, logbook),
    *(station, programme, voices, uploading, exporting),
)
#: The largest form. Set-up is the longest, and a password manager's password the longest in it.
LARGEST_FORM_BYTES = 64 * 1024


def create_app(folder: DataFolder, config: Config | None = None, test_config: Mapping[str, Any] | None = None) -> Flask:
    """Make the site of one data folder. Its `Site` is at `site_of(app)`; the caller runs `site.intake`.

    Args:
        folder: Where everything is; the caller holds its "admin" lock.
        config: The station's settings.
        test_config: Flask settings that a test wants otherwise.

    Raises:
        ArchiveError: The archive cannot be read.
        OSError: The data folder cannot be read or written.
    """
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=secret_key(folder),
        MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES,
        SESSION_COOKIE_NAME="sayso",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A form is good as long as the session: nobody loses what they typed because they were called away.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.config.from_mapping(test_config or {})
    app.extensions["sayso"] = Site.open(folder, config or Config())
    protect(app)
    show_who_waits(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", "health", _health)
    return app


@open_to(EVERYBODY)
def _health() -> tuple[str, dict[str, str]]:
    return "ok", {"Content-Type": "text/plain; charset=utf-8"}
