"""One-time links: somebody who was invited, or whose password was reset, chooses a password.

The link's code is in the address once. Before anything is shown it moves into the session's cookie, as its hash, and
the page that follows has an address without it: it cannot leak through a referrer, a log or a look at the screen.
Opening a link uses nothing up, for mail programs and chats open links by themselves; choosing a password does.
"""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from admin_web.auth import Answer, let_in
from admin_web.credentials import link_hash
from admin_web.forms import UNPROCESSABLE, new_password_field
from admin_web.rights import EVERYBODY, open_to
from admin_web.site import current_site
from admin_web.tour import first_page

joining = Blueprint("joining", __name__)

_GONE = 410


class JoinForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A password for whoever has the link; all else the link says."""

    password = new_password_field("Password")


@joining.get("/join/<code>", strict_slashes=False)
@open_to(EVERYBODY)
def follow(code: str) -> Response:
    """Take the code out of the address. This reads no account, so that no fault of it puts the address into a log."""
    session["link"] = link_hash(code)
    answer = redirect(url_for("joining.join"), code=303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@joining.route("/join", methods=["GET", "POST"])
@open_to(EVERYBODY)
def join() -> Answer:
    """Choose a password. A link that is used, too old, replaced or made up is answered alike."""
    site, link = current_site(), session.get("link", "")
    account = site.archive.people.of_link(link)
    if not account:
        return render_template("link_gone.html"), _GONE
    form = JoinForm()
    if request.method == "GET":
        return render_template("join.html", form=form, account=account)
    if not form.validate():
        return render_template("join.html", form=form, account=account), UNPROCESSABLE
    joined = site.archive.people.choose_password(link, site.passwords.hash(form.password.data or ""))
    if not joined:
        # Somebody used the link, or a lead took it back, a moment ago.
        return render_template("link_gone.html"), _GONE
    return let_in(joined, first_page(joined), "Your password is kept, and you are signed in.")
