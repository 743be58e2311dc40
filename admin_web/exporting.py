"""Taking everything out again, or what may be shared: asked for with a reason, and sent while it is made."""

from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, DataRequired, Length

from admin_web import sessions
from admin_web.archive.export import Wish
from admin_web.archive.export.parts import What
from admin_web.auth import Answer
from admin_web.forms import UNPROCESSABLE, printable
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from admin_web.under_way import Export

exporting = Blueprint("exporting", __name__, url_prefix="/export")

LONGEST_REASON = 200
WHATS: dict[What, tuple[str, str]] = {
    "shared": (
        "What may be shared",
        "Only stories whose tellers said yes, and whose words a person has checked. Without what was taken out.",
    ),
    "everything": (
        "Everything",
        "For moving to another place or program. It holds all recordings, all names and all worries.",
    ),
}


class ExportForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """What is wanted, and what for."""

    what = StringField("What do you want?", [AnyOf(WHATS, message="Choose one.")])
    reason = StringField(
        "What is it for?",
        [DataRequired("Write what it is for."), Length(max=LONGEST_REASON, message="Use fewer words."), printable],
        filters=[lambda text: text.strip() if text else text],
    )


@exporting.route("", methods=["GET", "POST"])
@open_to(LEADS)
def ask() -> Answer:
    """Ask what is wanted and what for."""
    form = ExportForm()
    if request.method == "GET":
        return render_template("export.html", form=form, whats=WHATS)
    if not form.validate():
        return render_template("export.html", form=form, whats=WHATS), UNPROCESSABLE
    me = sessions.me()
    wish = Wish(cast(What, form.what.data), form.reason.data or "", me.id, me.name)
    export = current_site().under_way.ask(wish, datetime.now(UTC))
    return redirect(url_for("exporting.show", number=export.number), code=303)


@exporting.get("/<int:number>")
@open_to(LEADS)
def show(number: int) -> str:
    """Show an export, with the button that fetches it."""
    export = _find(number)
    return render_template("exported.html", export=export, what=WHATS[export.wish.what][0])


@exporting.get("/<int:number>/zip")
@open_to(LEADS)
def fetch(number: int) -> Response:
    """Send it."""
    export = _find(number)
    name = f"sayso-{export.wish.what}-{export.asked_at.astimezone():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return Response(mimetype="application/zip", headers=headers)
    pieces = current_site().under_way.send(number)
    return Response(pieces, mimetype="application/zip", headers=headers)


@exporting.get("/<int:number>/progress")
@open_to(LEADS)
def progress(number: int) -> Response:
    """Tell how far it is; the page asks by itself."""
    export = _find(number)
    return jsonify(state=export.state, done=export.done, of=export.of)


def _find(number: int) -> Export:
    return current_site().under_way.get(number) or abort(404)
