"""What a story is about: a form on its page, which its own script saves by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, flash, get_template_attribute, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length

from admin_web import sessions
from admin_web.archive import About, Choice, StoryEntry, choices
from admin_web.archive.choices import Option, chosen
from admin_web.archive.labels import LONGEST_STRENGTH
from admin_web.forms import CONFLICT, UNAVAILABLE, UNPROCESSABLE, ChangeForm, by_script
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story, name_of
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed

labelling = Blueprint("labelling", __name__, url_prefix="/stories/<story_id>")

labelling.add_app_template_filter(name_of, "account_name")

Answer = str | Response | tuple[str | Response, int]
#: More than any id has.
_LONGEST_ID = 80


class AboutForm(ChangeForm):
    """What somebody says that a story is about; `revision` is the story's."""

    tags = SelectMultipleField(validate_choice=False)
    feeling = StringField(validators=[Length(max=_LONGEST_ID)])
    kind = StringField(validators=[Length(max=_LONGEST_ID)])
    speaker = StringField(validators=[Length(max=_LONGEST_ID)])
    view = StringField(validators=[Length(max=_LONGEST_ID)])
    # Looser than the rule: a text of the right length may come with line ends that a browser added.
    strength = StringField(validators=[Length(max=2 * LONGEST_STRENGTH)])

    @property
    def said(self) -> About:
        """What was chosen and typed, as it came."""
        return About(
            tags=tuple(self.tags.data or ()),
            **{name: getattr(self, name).data or "" for name in ("feeling", "kind", "speaker", "view", "strength")},
        )


@dataclass(frozen=True)
class Question:
    """Something to choose one answer to.

    Attributes:
        name: Field of the form.
        asks: The question in words.
        options: What can be answered.
    """

    name: str
    asks: str
    options: list[Choice]


@dataclass(frozen=True)
class Asked:
    """The form as it stands.

    Attributes:
        said: What is chosen and typed in it.
        revision: Of the story that whoever fills it in has seen.
        topics: What can be chosen, and whether it is offered for other stories as well.
        chosen: Ids of those that are.
        questions: What else is asked.
    """

    said: About
    revision: int
    topics: list[tuple[Choice, bool]]
    chosen: list[str]
    questions: list[Question]
    longest_strength: int = LONGEST_STRENGTH


@labelling.app_template_global("asked_about")
def asked_about(entry: StoryEntry, said: About | None = None) -> Asked:
    """Return the form for a story: with what is kept of it, or with what somebody has said and could not save."""
    said = said or entry.about
    tags, known = current_site().archive.tags, choices()
    offered = tags.offered()
    kept = [each for each in tags.named([*entry.tags, *said.tags]) if each not in offered]
    return Asked(
        said=said,
        revision=entry.revision,
        topics=[*((each, True) for each in offered), *((each, False) for each in kept)],
        chosen=[each.id for each in tags.named(said.tags)],
        questions=[
            Question("feeling", "How do they feel about it?", _choices(known.feelings)),
            Question("kind", "What kind of story is it?", _choices(known.kinds)),
            Question("speaker", "Who told it?", _choices(known.speakers)),
            Question("view", "Whose view is it?", _choices(known.views)),
        ],
    )


@labelling.app_template_filter("labels")
def labels(entry: StoryEntry) -> list[Choice]:
    """Return what a list shows of it: topics, feeling and kind."""
    known = choices()
    rest = (chosen(known.feelings, entry.feeling), chosen(known.kinds, entry.kind))
    topics = current_site().archive.tags.named(entry.tags) if entry.tags else []
    return [*topics, *(each for each in rest if each)]


@labelling.get("/about")
@open_to(STAFF)
def show(story_id: str) -> Answer:
    """Show the form by itself."""
    entry, _ = find_story(story_id)
    return render_template("about.html", entry=entry, about=asked_about(entry), trouble="", conflict=None)


@labelling.post("/about")
@open_to(STAFF)
def save(story_id: str) -> Answer:
    """Keep what somebody says that this story is about."""
    entry, _ = find_story(story_id)
    form = AboutForm()
    if not form.validate():
        return _form_again(entry, form, "That could not be read. Please choose again.", UNPROCESSABLE)
    try:
        saved = current_site().archive.labels.put(story_id, form.said, by=sessions.me().id, revision=form.seen)
    except ChangedMeanwhile as error:
        return _somebody_was_first(form, error)
    except NotAllowed as error:
        return _form_again(entry, form, str(error), UNPROCESSABLE)
    except ArchiveError as error:
        return _form_again(entry, form, f"Not saved. {error}", UNAVAILABLE)
    if by_script():
        at = (saved.tagged_at or datetime.now(UTC)).isoformat()
        shown = get_template_attribute("_parts.html", "labels")(saved, False)
        return jsonify(revision=saved.revision, at=at, labels=shown)
    flash("What this story is about is saved.")
    return redirect(url_for("stories.story", story_id=story_id, _anchor="about"), code=303)


def _somebody_was_first(form: AboutForm, error: ChangedMeanwhile) -> Answer:
    theirs = error.theirs
    assert isinstance(theirs, StoryEntry)  # noqa: S101 - the verb says so
    who, told = name_of(theirs.tagged_by), list(_in_words(theirs.about))
    if by_script():
        answer = jsonify(
            error=f"{who} said something else first.", who=who, theirs=", ".join(told), revision=theirs.revision
        )
        return answer, CONFLICT
    about = asked_about(theirs, form.said)
    page = render_template("about.html", entry=theirs, about=about, trouble="", conflict={"who": who, "told": told})
    return page, CONFLICT


def _form_again(entry: StoryEntry, form: AboutForm, message: str, code: int) -> Answer:
    if by_script():
        return jsonify(error=message), code
    about = asked_about(entry, form.said)
    return render_template("about.html", entry=entry, about=about, trouble=message, conflict=None), code


def _in_words(about: About) -> Iterator[str]:
    """Tell all of it, one thing after the other."""
    known = choices()
    yield from (each.words for each in current_site().archive.tags.named(about.tags))
    for options, option_id in (
        (known.feelings, about.feeling),
        (known.kinds, about.kind),
        (known.speakers, about.speaker),
        (known.views, about.view),
    ):
        if found := chosen(options, option_id):
            yield found.words
    if about.strength:
        yield f"“{about.strength}”"


def _choices(options: Sequence[Option]) -> list[Choice]:
    return [option.choice for option in options]
