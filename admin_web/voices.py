"""Whose voice says what: record a sentence in one's own voice, hear it, use it, take it away."""

from io import BytesIO

from flask import Blueprint, abort, flash, make_response, redirect, render_template, send_file, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, HiddenField
from wtforms.validators import InputRequired, Length

from admin_web import sessions
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, UNPROCESSABLE
from admin_web.prompt_voices import Spoken
from admin_web.rights import OWNERS, SIGNED_IN, open_to, takes_up_to
from admin_web.site import current_site
from kiosk.errors import ChangedMeanwhile, RecordingUnfit
from kiosk.shown.preview import speaking_s
from kiosk.stories.own_voice import LONGEST_S, made_ready, sound_file, sound_in
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ

voices = Blueprint("voices", __name__, url_prefix="/station/voices")

#: The longest recording, its header and notes, and the fields of the form around it.
LARGEST_UPLOAD_BYTES = int(LONGEST_S * SAMPLERATE_HZ) * FRAME_BYTES + 32 * 1024
#: The one page of the site that may use the microphone.
_MICROPHONE = "camera=(), geolocation=(), microphone=(self)"


class VoiceForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A change to a recording: it tells which one the person saw, and what it says."""

    seen = HiddenField(validators=[InputRequired(), Length(max=40)])


class SoundForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A recording that is sent."""

    sound = FileField("A WAV file")


@voices.get("")
@open_to(SIGNED_IN)
def listing() -> str:
    """List everything that is said, and by whom."""
    site = current_site()
    return render_template("voices.html", everything=site.voices.everything(), may_change=_may_change())


@voices.get("/<name>")
@open_to(SIGNED_IN)
def show(name: str) -> Response:
    """Show one sentence, who says it, and how to say it oneself."""
    return _page(_find(name))


@voices.get("/<name>/sound")
@open_to(SIGNED_IN)
def sound(name: str) -> Response:
    """Send the recording that visitors hear."""
    spoken = _find(name)
    try:
        content = current_site().voices.file(spoken.name).read_bytes()
    except OSError:
        abort(404)
    return send_file(BytesIO(content), mimetype="audio/wav")


@voices.post("/<name>/try")
@open_to(OWNERS)
@takes_up_to(LARGEST_UPLOAD_BYTES)
def try_out(name: str) -> Answer:
    """Take in a recording, make it ready, and hold it for the person to hear. Nothing changes for visitors."""
    spoken, form = _find(name), SoundForm()
    if not form.validate():
        abort(400)
    sent = form.sound.data
    try:
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise RecordingUnfit("No recording was sent. Record it here, or choose a WAV file.")
        pcm = made_ready(sound_in(sent.read()))
    except RecordingUnfit as error:
        return _page(spoken, trouble=str(error), code=UNPROCESSABLE)
    current_site().sounds.hold(sessions.me().id, _held_as(spoken), sound_file(pcm), words=spoken.words)
    return redirect(url_for("voices.show", name=name, _anchor="hear"), code=303)


@voices.get("/<name>/tried")
@open_to(OWNERS)
def tried(name: str) -> Response:
    """Send the recording that one tries out, as visitors would hear it."""
    held = current_site().sounds.find(sessions.me().id, _held_as(_find(name)))
    if held is None:
        abort(404)
    return send_file(BytesIO(held.wav), mimetype="audio/wav")


@voices.post("/<name>/use")
@open_to(OWNERS)
def use(name: str) -> Answer:
    """Let visitors hear the recording that one has tried out."""
    site, me, spoken, form = current_site(), sessions.me(), _find(name), VoiceForm()
    if not form.validate():
        abort(400)
    held = site.sounds.find(me.id, _held_as(spoken))
    if held is None:
        return _page(spoken, trouble="Your recording is not held any more. Please record it again.", code=CONFLICT)
    if held.words != spoken.words:
        site.sounds.drop(me.id, _held_as(spoken))
        trouble = "The words have changed since you said them. Please say the new ones."
        return _page(spoken, trouble=trouble, code=CONFLICT)
    try:
        site.voices.use(spoken, held.wav, seen=form.seen.data or "")
    except ChangedMeanwhile as error:
        return _page(_find(name), trouble=str(error), code=CONFLICT)
    site.sounds.drop(me.id, _held_as(spoken))
    site.archive.log.add(me.id, "voice used", prompt=spoken.name)
    flash("Visitors hear your recording from the next visit on.")
    return redirect(url_for("voices.show", name=name), code=303)


@voices.post("/<name>/take-away")
@open_to(OWNERS)
def take_away(name: str) -> Answer:
    """Delete a recording."""
    site, me, spoken, form = current_site(), sessions.me(), _find(name), VoiceForm()
    if not form.validate():
        abort(400)
    try:
        site.voices.take_away(spoken, seen=form.seen.data or "")
    except ChangedMeanwhile as error:
        return _page(_find(name), trouble=str(error), code=CONFLICT)
    site.archive.log.add(me.id, "voice taken away", prompt=spoken.name)
    flash("The recording is deleted. From the next visit on the station says it itself.")
    return redirect(url_for("voices.listing"), code=303)


def _page(spoken: Spoken, *, trouble: str = "", code: int = 200) -> Response:
    site = current_site()
    answer = make_response(
        render_template(
            "voice.html",
            spoken=spoken,
            trouble=trouble,
            held=_may_change() and site.sounds.find(sessions.me().id, _held_as(spoken)),
            may_change=_may_change(),
            speaking_s=speaking_s(spoken.words, site.config.voice.words_per_minute),
            longest_s=LONGEST_S,
            largest_bytes=LARGEST_UPLOAD_BYTES,
            rate_hz=SAMPLERATE_HZ,
        ),
        code,
    )
    if _may_change():
        answer.headers["Permissions-Policy"] = _MICROPHONE
    return answer


def _find(name: str) -> Spoken:
    spoken = current_site().voices.find(name)
    if spoken is None:
        abort(404)
    return spoken


def _may_change() -> bool:
    return sessions.me().role in OWNERS


def _held_as(spoken: Spoken) -> str:
    return f"voice {spoken.name}"
