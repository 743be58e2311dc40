"""Signing in and out, and the first set-up."""

import math
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_web import sessions
from admin_web.archive import Account, plain_name
from admin_web.devices import remember_on_device, this_device
from admin_web.forms import (
    LONGEST_NAME,
    TOO_MANY,
    UNPROCESSABLE,
    name_field,
    new_password_field,
    present_password_field,
)
from admin_web.rights import EVERYBODY, SIGNED_IN, START, open_to, visitors_of
from admin_web.site import current_site
from admin_web.throttle import ADDRESS, Counts, known_devices_try, network_of, strangers_try
from admin_web.tour import first_page

auth = Blueprint("auth", __name__)

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


class SetUpForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """The first person: the code from the screen, a name and a password."""

    code = StringField("Set-up code", [InputRequired("Type the set-up code."), Length(max=100)])
    name = name_field("Your name")
    password = new_password_field("Password")


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    name = StringField("Your name", [InputRequired("Type your name."), Length(max=LONGEST_NAME)])
    password = present_password_field("Password")


@auth.route("/setup", methods=["GET", "POST"])
@open_to(EVERYBODY)
def set_up() -> Answer:
    """Make the first account, a lead's, with the code that `sayso admin` printed."""
    site = current_site()
    code = site.set_up_code
    if not code:
        return redirect(url_for("auth.sign_in"))
    form = SetUpForm()
    if request.method == "GET":
        return render_template("set_up.html", form=form)
    if not form.validate():
        return render_template("set_up.html", form=form), UNPROCESSABLE
    counts = [(ADDRESS, network_of(address()))]
    wait_s = site.throttle.attempt(counts)
    if wait_s:
        return too_many("set_up.html", form, wait_s)
    if not code.fits(form.code.data or ""):
        form.code.errors = ["This is not the set-up code. It stands where Sayso was started, in four groups of four."]
        return render_template("set_up.html", form=form), UNPROCESSABLE
    account = site.archive.people.make_first(form.name.data or "", site.passwords.hash(form.password.data or ""))
    site.set_up_code = None
    site.throttle.succeeded(counts)
    if not account:
        # Somebody else set the site up a moment ago.
        return redirect(url_for("auth.sign_in"), code=303)
    return let_in(account, first_page(account), "Your account is ready, and you are signed in.")


@auth.route("/sign-in", methods=["GET", "POST"])
@open_to(EVERYBODY)
def sign_in() -> Answer:
    """Begin a session."""
    site = current_site()
    who = sessions.person()
    if who:
        return redirect(_wanted(who.account))
    form = SignInForm()
    if request.method == "GET":
        return render_template("sign_in.html", form=form, settings=site.settings)
    if not form.validate():
        return render_template("sign_in.html", form=form, settings=site.settings), UNPROCESSABLE
    account = site.archive.people.named(form.name.data or "")
    counts = _counts(account, form.name.data or "")
    wait_s = site.throttle.attempt(counts)
    if wait_s:
        return too_many("sign_in.html", form, wait_s, settings=site.settings)
    # The password is reckoned, and the try noted, whether or not there is such a person: neither the answer nor the
    # time it takes tells.
    kept = account.password_hash if account and account.can_sign_in else ""
    if not site.passwords.fits(kept, form.password.data or "") or not account:
        site.archive.people.sign_in_failed(account.id if account else "", address())
        form.form_errors.append("Name and password do not fit together. Please try again.")
        return render_template("sign_in.html", form=form, settings=site.settings), UNPROCESSABLE
    site.throttle.succeeded(counts)
    return let_in(account, _wanted(account))


@auth.post("/sign-out")
@open_to(SIGNED_IN)
def sign_out() -> Response:
    """End the session, also for any copy of its cookie."""
    sessions.end()
    flash("You are signed out.")
    return redirect(url_for("auth.sign_in"), code=303)


def let_in(account: Account, to: str, message: str = "") -> Response:
    """Begin a session for somebody who has proved to be this person, and lead on.

    Raises:
        NotAllowed: The account was removed a moment ago.
    """
    current_site().archive.people.signed_in(account.id, address())
    sessions.end()
    sessions.begin(account)
    if message:
        flash(message)
    return remember_on_device(account, redirect(to, code=303))


def too_many(template: str, form: FlaskForm, wait_s: float, **context: object) -> Answer:
    """Answer a try that came too soon."""
    seconds = math.ceil(wait_s)
    wait = "a second" if seconds == 1 else f"{seconds} seconds"
    form.form_errors.append(f"That was too many tries. Wait {wait}, then try again.")
    return render_template(template, form=form, **context), TOO_MANY, {"Retry-After": str(seconds)}


def address() -> str:
    """Return where the request comes from."""
    return request.remote_addr or ""


def _counts(account: Account | None, name: str) -> Counts:
    device = this_device()
    if account and device.knows(account):
        return known_devices_try(device.id, account.id)
    return strangers_try(address(), plain_name(name))


def _wanted(account: Account) -> str:
    """Return the page of ours that the person came for; their own start if `next` names anything else."""
    start, wanted = url_for(START[account.role]), request.args.get("next", "")
    # One slash and no backslash at the start: browsers take "//host" and "/\\host" for another site.
    if not wanted.isprintable() or "\\" in wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return start
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(wanted).path, method="GET")
    except (HTTPException, ValueError):
        return start
    return wanted if account.role in visitors_of(current_app.view_functions[endpoint]) else start
