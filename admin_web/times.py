"""Setting the times of words by tapping along, where nobody knows when each was said."""

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_web import sessions
from admin_web.editing import LONGEST_TEXT, SeenForm
from admin_web.forms import CONFLICT, UNAVAILABLE, UNPROCESSABLE
from admin_web.passages import Passage, passage_of
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story, name_of
from admin_web.tapping import Tap, lines, tapped
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed
from kiosk.stories.spelling import typed_words

times = Blueprint("times", __name__, url_prefix="/stories/<story_id>/times")


class TimesForm(SeenForm):
    """Times of these very words."""

    text = StringField(validators=[InputRequired(), Length(max=LONGEST_TEXT)])
    #: As "0:1.25 7:4.5": place of a word, and when it begins in seconds.
    taps = StringField(validators=[InputRequired(), Length(max=LONGEST_TEXT)])


@times.get("")
@open_to(STAFF)
def tap(story_id: str) -> str | Response:
    """Show the lines of a story, for tapping along."""
    entry, folder = find_story(story_id)
    passage = passage_of(folder, current_site().archive.texts.get(story_id))
    why_not = _why_not(passage, has_audio=folder.has_audio, frozen=entry.frozen)
    if why_not:
        flash(why_not)
        return redirect(url_for("stories.story", story_id=story_id), code=303)
    words = passage.words
    shown = [
        (line.start, " ".join(words[place].word for place in line), words[line.start].start) for line in _lines(passage)
    ]
    listened = current_site().archive.listening.of(entry)
    return render_template("times.html", entry=entry, passage=passage, lines=shown, parts=listened.parts)


@times.post("")
@open_to(STAFF)
def save(story_id: str) -> tuple[Response, int] | Response:
    """Save times that were tapped; the page's script asks, and gets JSON."""
    entry, folder = find_story(story_id)
    archive, form = current_site().archive, TimesForm()
    if not form.validate():
        return jsonify(error="The times could not be read. Load the page again."), UNPROCESSABLE
    text, taps = form.text.data or "", form.taps.data or ""
    passage = passage_of(folder, archive.texts.get(story_id))
    # The machine's draft has one revision, and may be another one by now.
    if form.seen != passage.revision or typed_words(text) != [word.word for word in passage.words]:
        return _changed(passage)
    try:
        words = tapped(passage.words, _taps(taps), entry.seconds)
        saved = archive.texts.save(story_id, words, by=sessions.me().id, revision=form.seen)
    except ValueError as error:
        return jsonify(error=str(error)), UNPROCESSABLE
    except ChangedMeanwhile:
        return _changed(passage_of(folder, archive.texts.get(story_id)))
    except NotAllowed as error:
        return jsonify(error=str(error)), CONFLICT
    except ArchiveError as error:
        return jsonify(error=f"Not saved. {error}"), UNAVAILABLE
    return jsonify(revision=saved.revision, at=saved.at.isoformat())


def _why_not(passage: Passage, *, has_audio: bool, frozen: bool) -> str:
    if frozen:
        return "This story is frozen. Nobody may change its words or their times."
    if not has_audio:
        return "There is no recording to tap along with."
    return "" if passage.words else "Type the words first. Then you can set their times."


def _lines(passage: Passage) -> list[range]:
    return lines([word.word for word in passage.words])


def _changed(passage: Passage) -> tuple[Response, int]:
    who = name_of(passage.by)
    told = {"who": who, "theirs": " ".join(word.word for word in passage.words), "revision": passage.revision}
    return jsonify(error=f"{who} changed the words or their times first.", **told), CONFLICT


def _taps(told: str) -> list[Tap]:
    """Read taps as they were sent. Raises ValueError where that is not what was sent."""
    pairs = [each.split(":") for each in told.split()]
    if not all(len(pair) == 2 and pair[0].isascii() and pair[0].isdigit() and len(pair[0]) < 10 for pair in pairs):
        raise ValueError("The times could not be read. Load the page again.")
    try:
        return [(int(place), float(at_s)) for place, at_s in pairs]
    except ValueError as error:
        raise ValueError("The times could not be read. Load the page again.") from error
