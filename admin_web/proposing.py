"""Proposing a quote: which words, what of them, and the questions that a person answers before anybody else sees it."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange
from wtforms.widgets import HiddenInput

from admin_web import sessions
from admin_web.archive import StoryEntry, Text
from admin_web.forms import CONFLICT, HIGHEST_REVISION, UNPROCESSABLE
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story
from admin_web.transcripts import paragraphs
from kiosk.errors import NotAllowed
from kiosk.stories.records import Word

proposing = Blueprint("proposing", __name__, url_prefix="/stories/<story_id>/quotes")

Answer = str | Response | tuple[str, int]
_LONGEST_WORDING, _LONGEST_NOTE = 5000, 500
_TICK = "Look at this, and tick it when it is so."


def _tick(label: str, hint: str) -> BooleanField:
    return BooleanField(label, [DataRequired(_TICK)], description=hint)


class ProposalForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A quote as somebody proposes it."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1, HIGHEST_REVISION)])
    first = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(0, HIGHEST_REVISION)])
    last = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(0, HIGHEST_REVISION)])
    wording = TextAreaField(
        "The quote",
        [DataRequired("Leave some words in the quote."), Length(max=_LONGEST_WORDING, message="This is too long.")],
    )
    no_names = _tick("No names", "Nobody is named: not the teller, not staff, not friends or family.")
    no_dates = _tick("No dates that tell who", "No birthday, no day on which something happened to one person.")
    no_places = _tick("No places", "No home, street, village or school that leads to somebody.")
    no_small_numbers = _tick("No small numbers", "Not about so few people that everybody knows who it is.")
    note = StringField(
        "We think they mean …",
        [Length(max=_LONGEST_NOTE, message=f"Use at most {_LONGEST_NOTE} letters.")],
        description="If it helps others to understand. It stands beside the quote, and is never part of it.",
    )

    @property
    def ticks(self) -> list[BooleanField]:
        """What a person makes sure of."""
        return [self.no_names, self.no_dates, self.no_places, self.no_small_numbers]


class SpanForm(FlaskForm):  # type: ignore[misc]
    """Which words. It changes nothing, so it has no token."""

    class Meta:
        """Settings of the form."""

        csrf = False

    first = IntegerField("From this word", [InputRequired(), NumberRange(0, HIGHEST_REVISION)])
    last = IntegerField("To this word", [InputRequired(), NumberRange(0, HIGHEST_REVISION)])


@proposing.get("/new")
@open_to(STAFF)
def new(story_id: str) -> Answer:
    """Ask which words, and then what is quoted of them."""
    entry, _ = find_story(story_id)
    try:
        text = current_site().archive.quotes.words_to_quote(story_id)
    except NotAllowed as error:
        return render_template("quote_new.html", entry=entry, why_not=str(error))
    span = SpanForm(request.args)
    if not span.first.raw_data and not span.last.raw_data:
        return _which_words(entry, text, "")
    words = _words_in(text, span) if span.validate() else ()
    if not words:
        return _which_words(entry, text, "Choose the first word, and a word after it."), UNPROCESSABLE
    form = ProposalForm(
        formdata=None,
        revision=text.revision,
        first=span.first.data,
        last=span.last.data,
        wording=" ".join(word.word for word in words),
    )
    return _page(entry, text, form)


@proposing.post("/new")
@open_to(STAFF)
def propose(story_id: str) -> Answer:
    """Propose a quote."""
    entry, _ = find_story(story_id)
    archive, form = current_site().archive, ProposalForm()
    text = archive.texts.get(story_id)
    if text is None or form.first.data is None or form.last.data is None:
        return _which_words(entry, text, "Choose the words once more."), UNPROCESSABLE
    if not form.validate():
        return _page(entry, text, form), UNPROCESSABLE
    if form.revision.data != text.revision:
        form.form_errors.append("Somebody changed the words of this story meanwhile. Choose the words once more.")
        return _page(entry, text, form), CONFLICT
    try:
        quote = archive.quotes.propose(
            story_id,
            form.first.data,
            form.last.data,
            wording=form.wording.data or "",
            note=form.note.data or "",
            by=sessions.me().id,
        )
    except NotAllowed as error:
        form.form_errors.append(str(error))
        return _page(entry, text, form), CONFLICT
    flash("The quote is proposed. The group decides whether it may be used.")
    return redirect(url_for("quotes.show", number=quote.number), code=303)


def _words_in(text: Text, span: SpanForm | ProposalForm) -> Sequence[Word]:
    """Return the words that somebody chose; none if there are no such words."""
    first, last = span.first.data, span.last.data
    if first is None or last is None or not 0 <= first <= last < len(text.words):
        return ()
    return text.words[first : last + 1]


def _which_words(entry: StoryEntry, text: Text | None, trouble: str) -> str:
    groups, at = [], 0
    for paragraph in paragraphs(text.words) if text else []:
        groups.append((paragraph.at, [(at + n, word.text) for n, word in enumerate(paragraph.words)]))
        at += len(paragraph.words)
    return render_template("quote_new.html", entry=entry, groups=groups, trouble=trouble)


def _page(entry: StoryEntry, text: Text, form: ProposalForm) -> str:
    return render_template("quote_new.html", entry=entry, form=form, words=_words_in(text, form))
