"""Who is signed in: sessions, and how they end.

A session is a signed cookie: whose it is, when it began and when it was last used, and the account's generation when it
began. It counts only as long as the account still has that generation, so that one change of a number ends all sessions
of somebody, at their next request.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import cast

from flask import abort, session
from flask_login import UserMixin, current_user, login_user, logout_user

from admin_web.archive import Account, Role
from admin_web.site import current_site

#: A session is marked as used at most this often, so that not every answer sets a cookie.
_MARK_EVERY_S = 60
#: Clocks are put right by so much while people work; a session from further in the future is none.
_CLOCK_S = 60


class Person(UserMixin):  # type: ignore[misc] # flask_login comes without types
    """Somebody who is signed in."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.id: str = account.id
        self.name: str = account.name
        self.role: Role = account.role


def person() -> Person | None:
    """Return who is signed in, or None."""
    return cast(Person, current_user) if current_user.is_authenticated else None


def me() -> Account:
    """Return the account of whoever is signed in: for views that are open to nobody else."""
    who = person()
    return who.account if who else abort(403)


def begin(account: Account) -> None:
    """Sign somebody in: a new session, with nothing in it that anybody could have put there before."""
    now = time.time()
    session.clear()
    session.update(id=secrets.token_hex(16), generation=account.generation, began_at=now, used_at=now)
    login_user(Person(account))


def end() -> None:
    """Sign out whoever is signed in, also for any copy of the cookie."""
    who = person()
    if who:
        ends_at = session["began_at"] + current_site().settings.session_longest_hours * 3600
        current_site().archive.people.signed_out(who.id, session["id"], datetime.fromtimestamp(ends_at, UTC))
    forget()


def forget() -> None:
    """Let this browser know of no session any more; its account says itself whether it still counts."""
    logout_user()
    session.clear()


def holder(account_id: str) -> Person | None:
    """Return whose session this is, if it still counts: what Flask-Login asks once for each request."""
    account = current_site().archive.people.get(account_id)
    return Person(account) if account and account.can_sign_in and _counts(account) else None


def mark_used() -> None:
    """Note that the session is in use."""
    now, longest_s = time.time(), current_site().settings.session_hours * 3600
    if now - session["used_at"] > min(_MARK_EVERY_S, longest_s / 2):
        session["used_at"] = now


def _counts(account: Account) -> bool:
    session_id, began_at, used_at = session.get("id"), session.get("began_at"), session.get("used_at")
    if not isinstance(session_id, str) or not isinstance(began_at, int | float) or not isinstance(used_at, int | float):
        return False
    if session.get("generation") != account.generation or session_id in account.signed_out:
        return False
    settings, now = current_site().settings, time.time()
    # Less than nothing: the clock was set back, and nobody can tell how long it was.
    return (
        -_CLOCK_S <= now - used_at <= settings.session_hours * 3600
        and -_CLOCK_S <= now - began_at <= settings.session_longest_hours * 3600
    )
