"""What is for groups."""

from flask import Blueprint, render_template

from admin_web.rights import GROUPS, open_to

groups = Blueprint("groups", __name__)


@groups.get("/groups")
@open_to(GROUPS)
def start() -> str:
    """Say that a group's own pages come soon."""
    return render_template("groups.html")
