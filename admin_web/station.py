"""How the station is, a test of its microphone, and a whole visit in advance."""

from io import BytesIO

from flask import Blueprint, abort, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from admin_web import health, sessions, station_state
from admin_web.auth import Answer
from admin_web.forms import CONFLICT
from admin_web.rights import SIGNED_IN, STAFF, open_to
from admin_web.site import current_site
from kiosk.errors import StationAway, StationBusy
from kiosk.shown.live import test_sound
from kiosk.shown.preview import previews
from kiosk.stories.clock import clock_quality

station = Blueprint("station", __name__, url_prefix="/station")

#: What is held for a person of a test recording.
_TEST = "test recording"


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


@station.get("/visit")
@open_to(SIGNED_IN)
def visit() -> str:
    """Show a whole visit, as it is now."""
    site = current_site()
    now = site.programmes.now()
    return render_template("visit.html", visits=previews(site.voices.config, now.programme), trouble=now.trouble)


def _page(trouble: str = "") -> str:
    site, me = current_site(), sessions.me()
    held = site.sounds.find(me.id, _TEST)
    return render_template(
        "station.html",
        trouble=trouble,
        parts=station_state.all_parts(site.folder),
        lately=health.lately_told(site.archive, site.folder, me),
        tested=health.level_in(held.wav) if held else None,
        room_h=health.room_h(site.folder, site.config.disk.reserve_mb),
        little_room_h=health.LITTLE_ROOM_H,
        temperature_c=health.temperature_c(),
        hot_c=health.HOT_C,
        now=health.local_now(),
        clock=clock_quality(site.folder),
        written=health.written(site.archive, site.folder, me),
    )
