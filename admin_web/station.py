"""How the station is, a test of its microphone, its clock, and a whole visit in advance."""

from datetime import datetime
from io import BytesIO

from flask import Blueprint, abort, flash, redirect, render_template, send_file, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_web import health, sessions, station_state
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, UNPROCESSABLE
from admin_web.rights import LEADS, SIGNED_IN, STAFF, open_to
from admin_web.site import current_site
from kiosk.errors import StationAway, StationBusy
from kiosk.shown.live import test_sound
from kiosk.shown.preview import preview
from kiosk.stories.clock import clock_quality, confirm_clock

station = Blueprint("station", __name__, url_prefix="/station")

#: What is held for a person of a test recording.
_TEST = "test recording"


class ClockForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Date and time as the page showed them."""

    seen = StringField(validators=[InputRequired(), Length(max=40)])


@station.get("")
@open_to(STAFF)
def show() -> str:
    """Show how the station is."""
    return _page()


@station.post("/test")
@open_to(STAFF)
def test() -> Answer:
    """Let the station record a few seconds while nobody uses it, and hold them for whoever asked."""
    site, me = current_site(), sessions.me()
    site.sounds.drop(me.id, _TEST)
    try:
        wav = test_sound(site.folder)
    except (StationAway, StationBusy) as error:
        return _page(trouble=str(error)), CONFLICT
    site.sounds.hold(me.id, _TEST, wav)
    site.archive.log.add(me.id, "microphone tested")
    return redirect(url_for("station.show", _anchor="microphone"), code=303)


@station.get("/test.wav")
@open_to(STAFF)
def tested() -> Response:
    """Send one's own test recording, while it is held."""
    held = current_site().sounds.find(sessions.me().id, _TEST)
    if held is None:
        abort(404)
    return send_file(BytesIO(held.wav), mimetype="audio/wav")


@station.post("/clock")
@open_to(LEADS)
def confirm() -> Answer:
    """Note that somebody has found the station's date and time right."""
    site, form = current_site(), ClockForm()
    try:
        # Not a time at all: sent by no page of ours.
        seen = datetime.fromisoformat(form.seen.data or "").astimezone() if form.validate() else None
    except (ValueError, OverflowError):
        seen = None
    if seen is None:
        return _page(trouble="The date could not be read. Look at it again, and confirm it then."), UNPROCESSABLE
    if not confirm_clock(site.folder, seen):
        return _page(trouble="The time has moved on since you saw it. Look at it again, and confirm it then."), CONFLICT
    site.archive.log.add(sessions.me().id, "date confirmed")
    flash("The date and time are confirmed, until the station is switched off.")
    return redirect(url_for("station.show", _anchor="clock"), code=303)


@station.get("/visit")
@open_to(SIGNED_IN)
def visit() -> str:
    """Show a whole visit, as it is now."""
    site = current_site()
    now = site.programmes.now()
    return render_template("visit.html", steps=preview(site.voices.config, now.programme), trouble=now.trouble)


def _page(trouble: str = "") -> str:
    site, me = current_site(), sessions.me()
    lead, held = me.role == "lead", site.sounds.find(me.id, _TEST)
    return render_template(
        "station.html",
        trouble=trouble,
        parts=station_state.all_parts(site.folder),
        lately=health.lately_told(site.archive, site.folder, lead=lead),
        tested=health.level_in(held.wav) if held else None,
        room_h=health.room_h(site.folder, site.config.disk.reserve_mb),
        little_room_h=health.LITTLE_ROOM_H,
        temperature_c=health.temperature_c(),
        hot_c=health.HOT_C,
        now=health.local_now(),
        clock=clock_quality(site.folder),
        written=health.written(site.archive, site.folder, lead=lead),
    )
