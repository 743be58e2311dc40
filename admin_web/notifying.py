"""Tells leads outside the site that a worry about safety was raised, if the settings say how.

What is sent says that and no more: no story, no name, no word. What cannot be sent is tried again, at growing
distances; meanwhile `/safety` and the heartbeat tell.
"""

import json
import logging
import smtplib
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from http.client import HTTPException, HTTPMessage
from typing import IO

from admin_web.archive import Archive
from kiosk.config import SafetySettings
from kiosk.errors import ArchiveError
from kiosk.stories.status import Fault

log = logging.getLogger(__name__)

#: How often it is looked whether there is something to tell.
LOOK_S = 5.0
#: How long after a failure it is tried again, the first time and at most; each failure doubles it.
AGAIN_S, LONGEST_AGAIN_S = 30.0, 3600.0
#: How long a server may take to answer.
_ANSWER_S = 20.0
TITLE = "Sayso: a worry about safety"
TEXT = "Somebody has raised a worry about safety. Please sign in to Sayso and look under Safety."


@dataclass(frozen=True)
class Trouble:
    """A way by which leads cannot be told just now.

    Attributes:
        way: "mail" or "webhook".
        reason: Why, in a sentence for staff.
        since: When it failed first.
    """

    way: str
    reason: str
    since: datetime


@dataclass
class _Way:
    send: Callable[[SafetySettings], None]
    trouble: Trouble | None = None
    wait_s: float = AGAIN_S
    next_at: float = field(default=float("-inf"))


class Notifier:
    """Tells of the open flags of an archive. One thread calls `run` or `look`; the others read `troubles`."""

    def __init__(self, archive: Archive, settings: SafetySettings) -> None:
        self._archive, self._settings = archive, settings
        self._ways: dict[str, _Way] = {}
        if settings.webhook:
            self._ways["webhook"] = _Way(_call_webhook)
        if settings.mail_host:
            self._ways["mail"] = _Way(_send_mail)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways by which leads are told: none of "mail" and "webhook", one or both."""
        return tuple(self._ways)

    def troubles(self) -> list[Trouble]:
        """Return what does not work just now."""
        return [way.trouble for way in self._ways.values() if way.trouble]

    def faults(self) -> list[Fault]:
        """Return the same as the heartbeat tells it."""
        return [
            Fault("leads-not-told", f"Leads cannot be told of a worry by {each.way}: {each.reason}", _FIX)
            for each in self.troubles()
        ]

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set; without any way there is nothing to do."""
        while self._ways and not stop.is_set():
            try:
                self.look()
            except ArchiveError as error:
                log.warning("Open flags cannot be read: %s", error)
            except Exception:
                # A mistake of ours: later flags are to be told all the same.
                log.exception("Telling leads failed.")
            stop.wait(LOOK_S)

    def look(self) -> None:
        """Tell what nobody was told yet, by each way whose time has come.

        Raises:
            ArchiveError: The archive cannot be read or written; call again later.
        """
        for name, way in self._ways.items():
            if time.monotonic() < way.next_at:
                continue
            numbers = self._archive.flags.not_told(name)
            if not numbers:
                way.trouble, way.wait_s = None, AGAIN_S
                continue
            try:
                way.send(self._settings)
            except (OSError, HTTPException, ValueError) as error:
                self._failed(name, way, error)
                continue
            self._archive.flags.told(numbers, name)
            way.trouble, way.wait_s = None, AGAIN_S

    def _failed(self, name: str, way: _Way, error: Exception) -> None:
        reason = _in_words(error)
        log.warning("Leads cannot be told of a worry by %s: %s", name, reason)
        way.trouble = Trouble(name, reason, way.trouble.since if way.trouble else datetime.now(UTC))
        way.next_at = time.monotonic() + way.wait_s
        way.wait_s = min(2 * way.wait_s, LONGEST_AGAIN_S)


_FIX = "Look at the section [safety] of the settings and at the network. It is tried again by itself."


class _NoOtherPlace(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the message is for the address in the settings."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _call_webhook(settings: SafetySettings) -> None:
    # The settings take addresses of http and https alone.
    request = urllib.request.Request(  # noqa: S310
        settings.webhook, json.dumps({"text": TEXT}).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(_NoOtherPlace)
    with opener.open(request, timeout=_ANSWER_S):
        return


def _send_mail(settings: SafetySettings) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = TITLE, settings.mail_from, ", ".join(settings.mail_to)
    message["Date"] = datetime.now(UTC)
    message.set_content(TEXT)
    with _mail_server(settings) as server:
        if settings.mail_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.mail_user:
            server.login(settings.mail_user, settings.mail_password)
        server.send_message(message)


def _mail_server(settings: SafetySettings) -> smtplib.SMTP:
    if settings.mail_security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=_ANSWER_S, context=context)
    return smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=_ANSWER_S)


def _in_words(error: Exception) -> str:
    """Return what a server or the network said; never anything that we sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"the mail server answered {error.smtp_code} {said}"
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code} {error.reason}"
    return str(getattr(error, "reason", "") or error) or type(error).__name__
