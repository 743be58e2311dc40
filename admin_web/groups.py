"""What is for groups."""

from flask import Blueprint, render_template

from admin_web.rights import GROUPS, open_to

groups = Blueprint("groups", __name__)


@groups.get("/groups")
@open_to(GROUPS)
def start() -> str:
    """Show what a group decides about."""
    return render_template("groups.html")
