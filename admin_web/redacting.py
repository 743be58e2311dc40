"""Taking words out of a story: in its text and in what others hear of it."""

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than what is known of its types
from wtforms.validators import InputRequired, Length, Optional, Regexp

from admin_web import sessions
from admin_web.archive import StoryEntry
from admin_web.archive.redactions import LONGEST_ROLE, Edge
from admin_web.editing import SeenForm
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm
from admin_web.passages import passage_of
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story, send_sound
from admin_web.taken_out import ROLES, taken_out
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.story_folder import StoryFolder

redacting = Blueprint("redacting", __name__, url_prefix="/stories/<story_id>")

Answer = str | Response | tuple[str | Response, int]
_UNAVAILABLE = 503
OTHER = "other"
#: How far one press moves an edge: less than what anybody can say in between.
STEP_S = 0.02
_MOVES: dict[str, tuple[Edge, float]] = {
    "start-earlier": ("start", -STEP_S),
    "start-later": ("start", STEP_S),
    "end-earlier": ("end", -STEP_S),
    "end-later": ("end", STEP_S),
}
_NUMBER = re.compile(r"[1-9][0-9]{0,6}\Z")
_NO_FILE_NAME = re.compile(r"[^\w-]+")


def _number(label: str) -> StringField:
    message = "Type the number of a word."
    return StringField(label, validators=[InputRequired(message), Regexp(_NUMBER, message=message)])


class RedactForm(SeenForm):
    """Words to be taken out, counted from 1, and what shall stand in their place."""

    first = _number("From word")
    last = _number("To word")
    role = RadioField(
        "What shall stand there?",
        choices=[*(SelectChoice(role, role.capitalize()) for role in ROLES), SelectChoice(OTHER, "Something else")],
        validators=[InputRequired("Choose what shall stand there.")],
    )
    own = StringField(
        "In your own words", [Optional(), Length(max=LONGEST_ROLE, message=f"Use {LONGEST_ROLE} letters or fewer.")]
    )

    @property
    def instead(self) -> str:
        """What shall stand there."""
        return str(self.own.data or "") if self.role.data == OTHER else str(self.role.data)


class MoveForm(ChangeForm):
    """Which edge of a tone moves, and where to."""

    move = StringField(validators=[InputRequired()])


@redacting.get("/redact")
@open_to(STAFF)
def choose(story_id: str) -> Answer:
    """Show the words with their numbers: where there is no script."""
    entry, folder = find_story(story_id)
    revision = passage_of(folder, current_site().archive.texts.get(story_id)).revision
    first, last = (request.args.get(name, type=int) for name in ("first", "last"))
    return _page(entry, folder, RedactForm(formdata=None, revision=revision, first=first, last=last))


@redacting.post("/redact")
@open_to(STAFF)
def redact(story_id: str) -> Answer:
    """Take words out."""
    entry, folder = find_story(story_id)
    form = RedactForm()
    if not form.validate():
        return _page(entry, folder, form), UNPROCESSABLE
    first, last = int(form.first.data or 0) - 1, int(form.last.data or 0) - 1
    try:
        made = current_site().archive.redactions.redact(
            story_id, first, last, form.instead, by=sessions.me().id, revision=form.seen
        )
    except ChangedMeanwhile:
        flash("Somebody changed the words a moment ago. Nothing was taken out. Please choose again.")
        return redirect(url_for("stories.story", story_id=story_id), code=303)
    except NotAllowed as error:
        return _refused(entry, folder, form, str(error), CONFLICT)
    except (StoryDamaged, OSError) as error:
        return _refused(entry, folder, form, f"Nothing was taken out. {_plain(error)}", _UNAVAILABLE)
    flash(f"Taken out. {made.token} stands there now. Listen: does the tone cover all of it?")
    return _to(story_id, made.number)


@redacting.post("/redactions/<int:number>/move")
@open_to(STAFF)
def move(story_id: str, number: int) -> Answer:
    """Move one edge of a tone a little."""
    find_story(story_id)
    form = MoveForm()
    wanted = _MOVES.get(form.move.data or "") if form.validate() else None
    if wanted is None:
        abort(400)
    edge, by_s = wanted
    try:
        current_site().archive.redactions.nudge(story_id, number, edge, by_s, by=sessions.me().id, revision=form.seen)
    except ChangedMeanwhile:
        flash("Somebody else moved this tone a moment ago. Please listen again.")
    except NotAllowed as error:
        flash(str(error))
    else:
        return _to(story_id, number)
    # To the top, where it is said.
    return redirect(url_for("stories.story", story_id=story_id), code=303)


@redacting.post("/redactions/<int:number>/undo")
@open_to(STAFF)
def undo(story_id: str, number: int) -> Answer:
    """Put words back that were taken out."""
    find_story(story_id)
    form = ChangeForm()
    if not form.validate():
        abort(400)
    try:
        current_site().archive.redactions.undo(story_id, number, by=sessions.me().id, revision=form.seen)
        flash("The words are back, for the eye and for the ear.")
    except ChangedMeanwhile:
        flash("Somebody else moved this tone a moment ago. Nothing was brought back; please look again.")
    except (NotAllowed, StoryDamaged) as error:
        flash(f"Nothing was brought back. {_plain(error)}")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


@redacting.get("/audio/redacted")
@open_to(STAFF)
def sound(story_id: str) -> Answer:
    """Send the recording as others may hear it; `?download` as a file to keep."""
    entry, _ = find_story(story_id)
    try:
        path = current_site().archive.redacted_files.sound(story_id)
    except NotAllowed:
        abort(404)
    except (StoryDamaged, OSError) as error:
        title = "The recording for others cannot be made just now"
        return render_template("refusal.html", title=title, text=_plain(error)), _UNAVAILABLE
    return send_sound(path, _file_name(entry, "for others") if "download" in request.args else "")


@redacting.get("/audio/original")
@open_to(STAFF)
def original(story_id: str) -> Answer:
    """Send the recording as a file to keep, names and all; the log says who took it."""
    entry, folder = find_story(story_id)
    answer = send_sound(folder.audio, _file_name(entry, "original"))
    current_site().archive.stories.downloaded(story_id, by=sessions.me().id)
    return answer


def _page(entry: StoryEntry, folder: StoryFolder, form: FlaskForm) -> str:
    passage = passage_of(folder, current_site().archive.texts.get(entry.id))
    return render_template(
        "redact.html", entry=entry, form=form, passage=passage, names=taken_out(entry, passage).names
    )


def _refused(entry: StoryEntry, folder: StoryFolder, form: RedactForm, message: str, code: int) -> Answer:
    form.form_errors.append(message)
    return _page(entry, folder, form), code


def _to(story_id: str, number: int) -> Response:
    return redirect(url_for("stories.story", story_id=story_id, _anchor=f"taken-out-{number}"), code=303)


def _plain(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The recording cannot be read or written: {error.strerror}. Is the disk full?"
    return str(error).replace(f"{current_site().folder.root}/", "")


def _file_name(entry: StoryEntry, what: str) -> str:
    return _NO_FILE_NAME.sub("-", f"{entry.station} {entry.title} {what}".lower()) + ".wav"
