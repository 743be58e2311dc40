"""People: whom a lead lets in, as what, and for how long."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import AnyOf

from admin_web import sessions
from admin_web.archive import Account, Role
from admin_web.auth import Answer
from admin_web.credentials import new_link
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm, name_field
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from kiosk.errors import ChangedMeanwhile, NotAllowed

people = Blueprint("people", __name__, url_prefix="/people")

#: Each role with what it may do, as people choose it.
ROLES: dict[Role, tuple[str, str]] = {
    "staff": ("Staff", "Hears, reads and checks stories."),
    "lead": ("Lead", "All that staff may do. Also looks after people, worries about safety, and stories taken back."),
    "group": ("Group", "People with lived experience. They decide about quotes, topics, and what the station asks."),
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _role_field() -> StringField:
    return StringField("What they may do", [AnyOf(ROLES, message="Choose one.")])


class InviteForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Somebody new."""

    name = name_field("Their name")
    role = _role_field()


class RoleForm(ChangeForm):
    """Another role."""

    role = _role_field()


def _chosen(form: InviteForm | RoleForm) -> Role:
    # One of the choices: the form was validated.
    return cast(Role, form.role.data)


@people.app_template_filter("role")
def _role(role: Role) -> str:
    return ROLES[role][0]


@people.get("")
@open_to(LEADS)
def listing() -> str:
    """List everybody, with their last sign-in."""
    archive = current_site().archive
    return render_template("people.html", everybody=archive.people.everybody(), removed=archive.people.removed())


@people.route("/invite", methods=["GET", "POST"])
@open_to(LEADS)
def invite() -> Answer:
    """Make an account and its one-time link, which is shown in the answer and never again."""
    form = InviteForm(role="staff")
    if request.method == "GET":
        return render_template("invite.html", form=form, roles=ROLES)
    if not form.validate():
        return render_template("invite.html", form=form, roles=ROLES), UNPROCESSABLE
    code, link = new_link()
    try:
        made = current_site().archive.people.invite(form.name.data or "", _chosen(form), link, by=sessions.me().id)
    except NotAllowed as error:
        form.name.errors = [str(error)]
        return render_template("invite.html", form=form, roles=ROLES), CONFLICT
    return _show_link(made, code)


@people.get("/<account_id>")
@open_to(LEADS)
def person(account_id: str) -> str:
    """Show one person, and what a lead can do for them."""
    return _page(_find(account_id))


@people.post("/<account_id>/role")
@open_to(LEADS)
def change_role(account_id: str) -> Answer:
    """Give another role."""
    account, form = _find(account_id), RoleForm()
    if not form.validate():
        return _page(account, "Choose what they may do."), UNPROCESSABLE
    role = _chosen(form)
    return _change(
        account,
        lambda revision: current_site().archive.people.change_role(
            account.id, role, by=sessions.me().id, revision=revision
        ),
        f"{account.name} is {'staff' if role == 'staff' else f'a {role}'} now.",
    )


@people.post("/<account_id>/link")
@open_to(LEADS)
def reset(account_id: str) -> Answer:
    """Make a new one-time link; the password that was opens nothing any more."""
    account, (code, link) = _find(account_id), new_link()
    try:
        changed = current_site().archive.people.reset(account.id, link, by=sessions.me().id, revision=_revision())
    except (NotAllowed, ChangedMeanwhile) as error:
        return _page(_find(account_id), str(error)), CONFLICT
    return _show_link(changed, code)


@people.post("/<account_id>/disable")
@open_to(LEADS)
def disable(account_id: str) -> Answer:
    """Let somebody in no more, for now."""
    account = _find(account_id)
    return _change(
        account,
        lambda revision: current_site().archive.people.disable(account.id, by=sessions.me().id, revision=revision),
        f"{account.name} may not sign in any more, until you let them in again.",
    )


@people.post("/<account_id>/enable")
@open_to(LEADS)
def enable(account_id: str) -> Answer:
    """Let somebody in again."""
    account = _find(account_id)
    return _change(
        account,
        lambda revision: current_site().archive.people.enable(account.id, by=sessions.me().id, revision=revision),
        f"{account.name} may sign in again.",
    )


@people.post("/<account_id>/sign-out-everywhere")
@open_to(LEADS)
def sign_out_everywhere(account_id: str) -> Answer:
    """End all of somebody's sessions."""
    account = _find(account_id)
    return _change(
        account,
        lambda revision: current_site().archive.people.end_sessions(account.id, by=sessions.me().id),
        f"{account.name} is signed out everywhere.",
    )


@people.post("/<account_id>/remove")
@open_to(LEADS)
def remove(account_id: str) -> Answer:
    """End an account for good."""
    account = _find(account_id)
    return _change(
        account,
        lambda revision: current_site().archive.people.remove(account.id, by=sessions.me().id, revision=revision),
        f"{account.name} is removed. The log keeps the name.",
        to=url_for("people.listing"),
    )


def _change(account: Account, verb: Callable[[int], Account], done: str, to: str = "") -> Answer:
    """Do what was asked for to the account as its page showed it, or show it as it is now."""
    try:
        verb(_revision())
    except (NotAllowed, ChangedMeanwhile) as error:
        return _page(_find(account.id), str(error)), CONFLICT
    flash(done)
    return redirect(to or url_for("people.person", account_id=account.id), code=303)


def _page(account: Account, trouble: str = "") -> str:
    return render_template(
        "person.html", account=account, roles=ROLES, trouble=trouble, mine=account.id == sessions.me().id
    )


def _show_link(account: Account, code: str) -> str:
    address = url_for("joining.follow", code=code, _external=True)
    this_machine_alone = urlsplit(address).hostname in _LOOPBACK
    return render_template("link.html", account=account, address=address, this_machine_alone=this_machine_alone)


def _find(account_id: str) -> Account:
    account = current_site().archive.people.get(account_id)
    if not account:
        abort(404)
    return account


def _revision() -> int:
    form = ChangeForm()
    if not form.validate():
        abort(400)
    return form.seen
