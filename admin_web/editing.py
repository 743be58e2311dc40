"""Putting words right: saving them, standing for them, and bringing earlier ones back.

Each view answers a form with a page, and a page's own script (which asks for JSON) with what it needs to go on. What
somebody has typed is never lost on the way: whatever is refused is shown again, or kept by the script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import HiddenInput

from admin_web import sessions
from admin_web.archive import StoryEntry, Text
from admin_web.correcting import corrected, laid_out
from admin_web.forms import CONFLICT, HIGHEST_REVISION, UNAVAILABLE, UNPROCESSABLE, WholeNumberField, by_script
from admin_web.passages import heard_words, passage_of
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story, name_of
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.spelling import typed_words
from kiosk.stories.story_folder import StoryFolder

editing = Blueprint("editing", __name__, url_prefix="/stories/<story_id>")

Answer = str | Response | tuple[str | Response, int]
#: Far more than anybody says in a quarter of an hour.
LONGEST_TEXT = 50_000
_MOST_PARTS = 200


class SeenForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Something about the words as somebody saw them: revision 0 is the machine's draft."""

    revision = WholeNumberField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(0, HIGHEST_REVISION)])

    @property
    def seen(self) -> int:
        """The revision that the person saw; the form was validated."""
        return int(self.revision.data or 0)


class WordsForm(SeenForm):
    """Words that were put right."""

    text = TextAreaField("What was said", [Length(max=LONGEST_TEXT, message="This is too long to be one story.")])


class ListenedForm(FlaskForm):  # type: ignore[misc]
    """Parts of the recording that were played, as "0-12.5 40-41.2" in seconds."""

    parts = StringField(validators=[InputRequired(), Length(max=4000)])


@dataclass(frozen=True)
class Told:
    """An earlier text as a person looks for it."""

    number: int
    text: str
    who: str
    at: datetime


@editing.get("/edit")
@open_to(STAFF)
def edit(story_id: str) -> Answer:
    """Show the words in a form: where there is no script, and where there are no words yet."""
    entry, folder = find_story(story_id)
    passage = passage_of(folder, current_site().archive.texts.get(story_id))
    return _edit_page(entry, WordsForm(revision=passage.revision, text=passage.typed_in))


@editing.post("/words")
@open_to(STAFF)
def save(story_id: str) -> Answer:
    """Save words that were put right."""
    entry, folder = find_story(story_id)
    form = WordsForm()
    if not form.validate():
        return _form_again(entry, form, "The words could not be read. Please look at what is marked.", UNPROCESSABLE)
    try:
        saved = _save(entry, folder, form.seen, form.text.data or "")
    except ChangedMeanwhile as error:
        return _somebody_was_first(entry, form, error)
    except NotAllowed as error:
        return _form_again(entry, form, str(error), CONFLICT)
    except ArchiveError as error:
        return _form_again(entry, form, f"Not saved. {error}", UNAVAILABLE)
    if by_script():
        return jsonify(revision=saved.revision, at=saved.at.isoformat())
    flash("Your words are saved.")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


def _save(entry: StoryEntry, folder: StoryFolder, revision: int, text: str) -> Text:
    archive = current_site().archive
    present = archive.texts.get(entry.id)
    if present and present.revision == revision and present.text.split() == text.split():
        return present
    heard = heard_words(folder, present)
    # Where nothing was heard, each saving spreads all the words anew: they are still being typed.
    words = corrected(heard, text, entry.seconds) if heard else laid_out(typed_words(text), 0, entry.seconds)
    return archive.texts.save(entry.id, words, by=sessions.me().id, revision=revision, guessed=not heard)


@editing.post("/checked")
@open_to(STAFF)
def check(story_id: str) -> Answer:
    """Note that somebody has listened and stands for the words."""
    find_story(story_id)
    form = SeenForm()
    if not form.validate():
        flash("That could not be read. Please try again.")
    else:
        try:
            current_site().archive.texts.confirm(story_id, by=sessions.me().id, revision=form.seen)
            flash("Thank you. These words are checked now.")
        except ChangedMeanwhile:
            flash("Somebody changed the words a moment ago. Please look at them again.")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


@editing.post("/heard")
@open_to(STAFF)
def hear(story_id: str) -> Answer:
    """Note that somebody has heard the story, where the page could not see it."""
    find_story(story_id)
    current_site().archive.stories.heard(story_id, by=sessions.me().id)
    flash("Marked as heard.")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


@editing.post("/listened")
@open_to(STAFF)
def listen(story_id: str) -> Answer:
    """Note which parts of the recording were played; the page tells it by itself."""
    find_story(story_id)
    form = ListenedForm()
    try:
        parts = _parts(form.parts.data or "") if form.validate() else []
        listened = current_site().archive.listening.add(story_id, parts, by=sessions.me().id)
    except ValueError:
        return jsonify(error="There is no such part of this recording."), UNPROCESSABLE
    return jsonify(share=round(listened.share, 3), heard=listened.is_heard)


@editing.get("/versions")
@open_to(STAFF)
def versions(story_id: str) -> Answer:
    """Show what the words were before."""
    entry, folder = find_story(story_id)
    archive = current_site().archive
    passage = passage_of(folder, archive.texts.get(story_id))
    told = [Told(each.number, each.text, name_of(each.by), each.at) for each in archive.texts.versions(story_id)]
    return render_template("versions.html", entry=entry, passage=passage, versions=told, form=SeenForm())


@editing.post("/versions/<int:number>")
@open_to(STAFF)
def bring_back(story_id: str, number: int) -> Answer:
    """Make an earlier text the present one; what is there now becomes an earlier one."""
    find_story(story_id)
    form = SeenForm()
    if form.validate():
        try:
            current_site().archive.texts.bring_back(story_id, number, by=sessions.me().id, revision=form.seen)
            flash("The earlier words are back. The others are kept among the earlier versions.")
            return redirect(url_for("stories.story", story_id=story_id), code=303)
        except ChangedMeanwhile:
            flash("Somebody changed the words a moment ago. Nothing was brought back; please look again.")
        except StoryDamaged as error:
            flash(str(error))
    return redirect(url_for("editing.versions", story_id=story_id), code=303)


def _somebody_was_first(entry: StoryEntry, form: WordsForm, error: ChangedMeanwhile) -> Answer:
    theirs = error.theirs if isinstance(error.theirs, Text) else None
    # Saved over theirs, these words are a newer version; theirs stay among the earlier ones.
    revision = theirs.revision if theirs else 0
    who, text = name_of(theirs.by if theirs else ""), theirs.text if theirs else ""
    if by_script():
        return jsonify(error=f"{who} saved other words first.", who=who, theirs=text, revision=revision), CONFLICT
    again = WordsForm(formdata=None, revision=revision, text=form.text.data)
    return _edit_page(entry, again, {"who": who, "text": text}), CONFLICT


def _form_again(entry: StoryEntry, form: WordsForm, message: str, code: int) -> Answer:
    if by_script():
        return jsonify(error=message), code
    form.form_errors.append(message)
    return _edit_page(entry, form), code


def _edit_page(entry: StoryEntry, form: WordsForm, conflict: Mapping[str, str] | None = None) -> str:
    site = current_site()
    return render_template(
        "edit.html",
        entry=entry,
        form=form,
        conflict=conflict,
        has_audio=site.folder.story(entry.id).has_audio,
        parts=site.archive.listening.of(entry).parts,
        # What is on a page after a fault is not saved, and goes on only by the person's own press.
        by_itself=not conflict and not form.errors and not entry.frozen,
    )


def _parts(told: str) -> list[tuple[float, float]]:
    """Read parts of a recording. Raises ValueError where that is not what was sent."""
    numbers = [[float(each) for each in part.split("-")] for part in told.split()]
    if len(numbers) > _MOST_PARTS or any(len(part) != 2 for part in numbers):
        raise ValueError(told)
    return [(begin, end) for begin, end in numbers]
