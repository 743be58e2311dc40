"""Signing in and out, and the first set-up."""

import math
import secrets
import time
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import Field, Form, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from admin_web.archive import Account
from admin_web.credentials import LONGEST_PASSWORD, SHORTEST_PASSWORD, same_name
from admin_web.security import StaffMember
from admin_web.site import Site, current_site

auth = Blueprint("auth", __name__)

#: What a form with a fault is answered with, and one that came too soon after too many others.
_UNPROCESSABLE, _TOO_MANY = 422, 429
_LONGEST_NAME = 80


def _printable(form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError("Use letters and spaces only.")


class SetUpForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """The first person: the code from the screen, a name and a password."""

    code = StringField("Set-up code", [InputRequired("Type the set-up code."), Length(max=100)])
    name = StringField(
        "Your name",
        [DataRequired("Type your name."), Length(max=_LONGEST_NAME, message="Use a shorter name."), _printable],
        # Kept without the spaces that a phone adds; a name of spaces alone is none.
        filters=[lambda name: name.strip() if name else name],
    )
    password = PasswordField(
        "Password",
        [
            InputRequired("Choose a password."),
            Length(min=SHORTEST_PASSWORD, message=f"Use {SHORTEST_PASSWORD} characters or more."),
            Length(max=LONGEST_PASSWORD, message=f"Use at most {LONGEST_PASSWORD} characters."),
        ],
    )


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    name = StringField("Your name", [InputRequired("Type your name."), Length(max=_LONGEST_NAME)])
    password = PasswordField("Password", [InputRequired("Type your password."), Length(max=LONGEST_PASSWORD)])


@auth.route("/setup", methods=["GET", "POST"])
def set_up() -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Make the one account, with the code that `sayso admin` printed."""
    site = current_site()
    code = site.set_up_code
    if not code:
        return redirect(url_for("auth.sign_in"))
    form = SetUpForm()
    if request.method == "GET":
        return render_template("set_up.html", form=form)
    if not form.validate():
        return render_template("set_up.html", form=form), _UNPROCESSABLE
    wait_s = site.throttle.attempt(_address())
    if wait_s:
        return _too_many("set_up.html", form, wait_s)
    if not code.fits(form.code.data or ""):
        form.code.errors = ["This is not the set-up code. It stands where Sayso was started, in four groups of four."]
        return render_template("set_up.html", form=form), _UNPROCESSABLE
    account = site.archive.people.make_first(form.name.data or "", site.passwords.hash(form.password.data or ""))
    site.set_up_code = None
    site.throttle.succeeded(_address())
    if not account:
        # Somebody else set the site up a moment ago.
        return redirect(url_for("auth.sign_in"), code=303)
    _begin_session(account)
    flash("Your account is ready, and you are signed in.")
    return redirect(url_for("stories.listing"), code=303)


@auth.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Begin a session."""
    site = current_site()
    if current_user.is_authenticated:
        return redirect(_wanted())
    form = SignInForm()
    if request.method == "GET":
        return render_template("sign_in.html", form=form)
    if not form.validate():
        return render_template("sign_in.html", form=form), _UNPROCESSABLE
    wait_s = site.throttle.attempt(_address())
    if wait_s:
        return _too_many("sign_in.html", form, wait_s)
    account = _account_for(site, form.name.data or "", form.password.data or "")
    if not account:
        form.form_errors.append("Name and password do not fit together. Please try again.")
        return render_template("sign_in.html", form=form), _UNPROCESSABLE
    site.throttle.succeeded(_address())
    _begin_session(account)
    return redirect(_wanted(), code=303)


@auth.post("/sign-out")
def sign_out() -> Response:
    """End the session, also for any copy of its cookie."""
    current_site().end_session(session["id"])
    logout_user()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("auth.sign_in"), code=303)


def _account_for(site: Site, name: str, password: str) -> Account | None:
    account = site.archive.people.first()
    if not account:
        return None
    # The password is reckoned whether or not the name is right: the time it takes tells nothing of either.
    password_fits = site.passwords.fits(account.password_hash, password)
    return account if same_name(account.name, name) and password_fits else None


def _begin_session(account: Account) -> None:
    # A new session, with nothing in it that anybody could have put there before.
    session.clear()
    session["id"] = secrets.token_hex(16)
    session["used_at"] = time.time()
    login_user(StaffMember(account))


def _too_many(template: str, form: FlaskForm, wait_s: float) -> tuple[str, int, dict[str, str]]:
    seconds = math.ceil(wait_s)
    form.form_errors.append(f"That was too many tries. Wait {seconds} seconds, then try again.")
    return render_template(template, form=form), _TOO_MANY, {"Retry-After": str(seconds)}


def _address() -> str:
    return request.remote_addr or ""


def _wanted() -> str:
    """Return the page of ours that the person came for; the list if `next` names anything else."""
    wanted = request.args.get("next", "")
    # One slash and no backslash at the start: browsers take "//host" and "/\\host" for another site.
    if not wanted.isprintable() or "\\" in wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return url_for("stories.listing")
    try:
        current_app.url_map.bind("").match(urlsplit(wanted).path, method="GET")
    except (HTTPException, ValueError):
        return url_for("stories.listing")
    return wanted
