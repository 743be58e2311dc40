"""What holds for every answer: who may see it, which headers it carries, and how refusals look."""

import time

from flask import Flask, Response, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from admin_web.archive import Account
from admin_web.screen import at_the_station, screen
from admin_web.site import current_site

#: What anybody may ask for. Everything else, also what is not there, leads to the sign-in page.
OPEN_TO_ALL = frozenset({"static", "health", "auth.sign_in", "auth.set_up"})
#: What a page asks for by itself; it does not count as use of the session.
ASKED_BY_PAGES = frozenset({"stories.words", "screen.now"})
#: A session is marked as used at most this often, so that not every answer sets a cookie.
_MARK_EVERY_S = 60

#: Nothing comes from outside, no script or style stands in a page, and no other site may show ours in a frame.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

#: Refusals in plain words: title, and what it means for the person.
_REFUSALS = {
    400: ("That could not be read", "The browser sent something that Sayso does not understand. Nothing was changed."),
    403: ("That was not done", "You may not do this. Nothing was changed."),
    404: ("There is nothing here", "The story may have been taken away, or the address has a typing mistake in it."),
    405: ("That does not work this way", "Please use the buttons on the pages. Nothing was changed."),
    413: ("That was too much at once", "What was sent is too large. Nothing was changed."),
    416: ("There is no such part", "The recording is shorter than that."),
    500: ("Something went wrong", "It is a mistake in Sayso, not yours. All stories are safe. Please try again."),
}
_TOO_OLD = (
    "This page was open too long",
    "You were signed out meanwhile, or the page was left open for a long time. Nothing was changed. "
    "Go back to the start and do it once more.",
)


class StaffMember(UserMixin):  # type: ignore[misc] # flask_login comes without types
    """Somebody who is signed in."""

    def __init__(self, account: Account) -> None:
        self.id = account.id
        self.name = account.name


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, sent over https only where the site itself is reached by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie may travel by https only."""
        return request.is_secure


def protect(app: Flask) -> None:
    """Give `app` its guards."""
    app.session_interface = CookieSessions()
    login = LoginManager(app)
    login.user_loader(_load_account)
    # Ours goes before CSRF's: who was signed out is led to the sign-in page, not told of tokens.
    app.before_request(_let_in)
    # The station screen has no session that anybody could misuse, and looks itself where a press comes from.
    CSRFProtect(app).exempt(screen)
    app.after_request(_add_headers)
    app.register_error_handler(CSRFError, _too_old)
    app.register_error_handler(HTTPException, _refuse)


def _load_account(account_id: str) -> StaffMember | None:
    account = current_site().archive.people.first()
    return StaffMember(account) if account and account.id == account_id else None


def _let_in() -> WerkzeugResponse | None:
    if request.endpoint in ("static", "health"):
        return None
    if request.blueprint == screen.name and at_the_station():
        return None
    site = current_site()
    if site.set_up_code:
        return None if request.endpoint == "auth.set_up" else redirect(url_for("auth.set_up"))
    if current_user.is_authenticated and not _in_use(site.settings.session_hours * 3600):
        logout_user()
        session.clear()
    if current_user.is_authenticated or request.endpoint in OPEN_TO_ALL:
        return None
    came_for = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("auth.sign_in", next=None if came_for == "/" else came_for), code=303)


def _in_use(longest_s: float) -> bool:
    """Return whether the session still counts, and mark it as used."""
    session_id, used_at = session.get("id"), session.get("used_at")
    now = time.time()
    if not isinstance(session_id, str) or session_id in current_site().ended or not isinstance(used_at, int | float):
        return False
    idle_s = now - used_at
    # Less than nothing: the clock was set back, and nobody can tell how long it was.
    if not -_MARK_EVERY_S <= idle_s <= longest_s:
        return False
    if idle_s > min(_MARK_EVERY_S, longest_s / 2) and request.endpoint not in ASKED_BY_PAGES:
        session["used_at"] = now
    return True


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint != "static":
        # People's words and voices: neither the browser nor anything between keeps a copy.
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _too_old(error: CSRFError) -> tuple[str, int]:
    title, text = _TOO_OLD
    return render_template("refusal.html", title=title, text=text), 403


def _refuse(error: HTTPException) -> WerkzeugResponse:
    # The error's own answer keeps its headers (which methods are allowed, how long the recording is).
    response = error.get_response()
    code = error.code or 500
    if code < 400:
        return response
    title, text = _REFUSALS.get(code, _REFUSALS[400 if code < 500 else 500])
    response.set_data(render_template("refusal.html", title=title, text=text))
    response.content_type = "text/html; charset=utf-8"
    return response
