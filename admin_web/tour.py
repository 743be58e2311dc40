"""The first visit: what there is to do here, on one page."""

from flask import Blueprint, render_template, url_for

from admin_web.archive import Account
from admin_web.rights import STAFF, START, open_to

tour = Blueprint("tour", __name__)


@tour.get("/tour")
@open_to(STAFF)
def show() -> str:
    """Show how a story is listened to, put right and checked."""
    return render_template("tour.html")


def first_page(account: Account) -> str:
    """Return where somebody goes who has just got a password: their start, or the tour if they were never here."""
    is_new = account.signed_in_at is None and account.role in STAFF
    return url_for("tour.show" if is_new else START[account.role])
