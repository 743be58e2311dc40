"""Your account: what everybody who is signed in may change about themselves."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from admin_web import sessions
from admin_web.auth import Answer, too_many
from admin_web.devices import remember_on_device
from admin_web.forms import (
    CONFLICT,
    UNPROCESSABLE,
    ChangeForm,
    name_field,
    new_password_field,
    present_password_field,
)
from admin_web.rights import SIGNED_IN, open_to
from admin_web.site import current_site
from admin_web.throttle import OWN
from kiosk.errors import ChangedMeanwhile, NotAllowed

account = Blueprint("account", __name__, url_prefix="/me")


class NameForm(ChangeForm):
    """A new name."""

    name = name_field("Your name")


class PasswordForm(ChangeForm):
    """A new password, and the present one: the screen may have been left open."""

    present = present_password_field("Your password now")
    password = new_password_field("New password")


@account.get("")
@open_to(SIGNED_IN)
def show() -> str:
    """Show one's own account."""
    return render_template("account.html", **_forms())


@account.post("/name")
@open_to(SIGNED_IN)
def rename() -> Answer:
    """Change one's own name."""
    me, form = sessions.me(), NameForm()
    if not form.validate():
        return render_template("account.html", **_forms(name_form=form)), UNPROCESSABLE
    name = form.name.data or ""
    try:
        current_site().archive.people.rename(me.id, name, by=me.id, revision=form.seen)
    except (NotAllowed, ChangedMeanwhile) as error:
        form.name.errors = [str(error)]
        return render_template("account.html", **_forms(name_form=form)), CONFLICT
    flash(f"Your name is {name} now. Sign in with it from now on.")
    return redirect(url_for("account.show"), code=303)


@account.post("/password")
@open_to(SIGNED_IN)
def change_password() -> Answer:
    """Change one's own password; all other sessions end."""
    site, me, form = current_site(), sessions.me(), PasswordForm()
    if not form.validate():
        return render_template("account.html", **_forms(password_form=form)), UNPROCESSABLE
    counts = [(OWN, me.id)]
    wait_s = site.throttle.attempt(counts)
    if wait_s:
        return too_many("account.html", form, wait_s, **_forms(password_form=form))
    if not site.passwords.fits(me.password_hash, form.present.data or ""):
        form.present.errors = ["This is not your password."]
        return render_template("account.html", **_forms(password_form=form)), UNPROCESSABLE
    site.throttle.succeeded(counts)
    new_hash = site.passwords.hash(form.password.data or "")
    changed = site.archive.people.change_password(me.id, new_hash, by=me.id, revision=form.seen)
    # This session ended with all the others; here the person goes on.
    sessions.begin(changed)
    flash("Your new password is kept. You were signed out everywhere else.")
    return remember_on_device(changed, redirect(url_for("account.show"), code=303))


@account.post("/sign-out-everywhere")
@open_to(SIGNED_IN)
def sign_out_everywhere() -> Response:
    """End all of one's own sessions, also this one."""
    me = sessions.me()
    current_site().archive.people.end_sessions(me.id, by=me.id)
    sessions.forget()
    flash("You are signed out everywhere.")
    return redirect(url_for("auth.sign_in"), code=303)


def _forms(name_form: NameForm | None = None, password_form: PasswordForm | None = None) -> dict[str, object]:
    """Return what the page shows: the account as it is now, and the form that had a fault as it was sent."""
    me = current_site().archive.people.get(sessions.me().id) or sessions.me()
    return {
        "account": me,
        "name_form": name_form or NameForm(formdata=None, name=me.name),
        "password_form": password_form or PasswordForm(formdata=None),
    }
