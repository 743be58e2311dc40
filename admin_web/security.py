"""What holds for every answer: who may see it, which headers it carries, and how refusals look."""

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from admin_web import sessions
from admin_web.bodies import BoundedRequest
from admin_web.forms import CONFLICT
from admin_web.rights import EVERYBODY, START, most_bytes_for, open_to, visitors_of
from admin_web.screen import at_the_station, screen
from admin_web.site import current_site
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed, ProgrammeNotWritten

#: What needs nobody's account, not even that there is one.
_ALWAYS = frozenset({"static", "health"})
#: What forms are sent as. Flask-WTF would read JSON too, which no page of ours sends.
_FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
#: What a page asks for by itself; it does not count as use of the session.
ASKED_BY_PAGES = frozenset({"stories.words", "screen.now", "exporting.progress"})

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
    403: ("This is not for you", "Your account may not do this. A lead can, or can let you. Nothing was changed."),
    404: ("There is nothing here", "It may have been taken away, or the address has a typing mistake in it."),
    405: ("That does not work this way", "Please use the buttons on the pages. Nothing was changed."),
    413: ("That was too much at once", "What was sent is too large. Nothing was changed."),
    415: ("That could not be read", "Sayso reads what its own forms send, and nothing else. Nothing was changed."),
    416: ("There is no such part", "The recording is shorter than that."),
    500: ("Something went wrong", "It is a mistake in Sayso, not yours. All stories are safe. Please try again."),
}
_NOT_KEPT = (
    "That could not be kept",
    "Sayso could not read or write what it knows: the disk may be full or broken, or busy with a backup. Nothing was "
    "changed. Try again in a minute. If it stays so, tell whoever looks after the station.",
)
_TOO_OLD = (
    "This page was open too long",
    "You were signed out meanwhile, or the page was left open for a long time. Nothing was changed. "
    "Go back to the start and do it once more.",
)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, sent over https only where the site itself is reached by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie may travel by https only."""
        return request.is_secure


def protect(app: Flask) -> None:
    """Give `app` its guards."""
    app.session_interface = CookieSessions()
    app.request_class = BoundedRequest
    app.before_request(_require_form)
    login = LoginManager(app)
    login.user_loader(sessions.holder)
    open_to(EVERYBODY)(app.view_functions["static"])
    # Ours goes before CSRF's: who was signed out is led to the sign-in page, not told of tokens.
    app.before_request(_let_in)
    app.before_request(_require_names)
    # The station screen has no session that anybody could misuse, and looks itself where a press comes from.
    CSRFProtect(app).exempt(screen)
    app.after_request(_add_headers)
    app.register_error_handler(CSRFError, _too_old)
    app.register_error_handler(HTTPException, _refuse)
    for error in (NotAllowed, ChangedMeanwhile):
        app.register_error_handler(error, _not_done)
    app.register_error_handler(ArchiveError, _not_kept)
    app.register_error_handler(ProgrammeNotWritten, _not_kept)


def _require_form() -> None:
    if request.mimetype not in _FORMS:
        abort(415)


def _require_names() -> None:
    # Only now: before, nobody knew how much of it may be read. Flask-WTF and WTForms break on a field without a name.
    if request.method == "POST" and (None in request.form or None in request.files):
        abort(400)


def _let_in() -> WerkzeugResponse | None:
    if request.endpoint in _ALWAYS:
        return None
    if request.blueprint == screen.name and at_the_station():
        return None
    if current_site().set_up_code:
        return None if request.endpoint == "auth.set_up" else redirect(url_for("auth.set_up"))
    view = current_app.view_functions.get(request.endpoint or "")
    visitors = visitors_of(view)
    if "nobody" in visitors:
        return None
    who = sessions.person()
    if not who:
        return _to_sign_in()
    if request.endpoint not in ASKED_BY_PAGES:
        sessions.mark_used()
    # Without an endpoint it is nothing of ours, and Flask says so.
    if request.endpoint and who.role not in visitors:
        if request.path == "/":
            return redirect(url_for(START[who.role]))
        abort(403)
    if most := most_bytes_for(view):
        # Only now that it is clear who sends it.
        request.max_content_length = most
    return None


def _to_sign_in() -> WerkzeugResponse:
    if "_user_id" in session:
        session.clear()
        flash("You were signed out. Please sign in again.")
    # What is nowhere need not be come back to, and may be a one-time link with a mistake in it: not to be shown.
    came_for = request.full_path.rstrip("?") if request.method == "GET" and request.endpoint else "/"
    return redirect(url_for("auth.sign_in", next=None if came_for == "/" else came_for), code=303)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        # People's words and voices: neither the browser nor anything between keeps a copy.
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _too_old(error: CSRFError) -> tuple[str, int]:
    title, text = _TOO_OLD
    return render_template("refusal.html", title=title, text=text), 403


def _not_done(error: NotAllowed | ChangedMeanwhile) -> tuple[str, int]:
    return render_template("refusal.html", title="That was not done", text=str(error)), CONFLICT


def _not_kept(error: ArchiveError | ProgrammeNotWritten) -> tuple[str, int]:
    current_app.logger.error("%s", error)
    return render_template("refusal.html", title=_NOT_KEPT[0], text=_NOT_KEPT[1]), 503


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
