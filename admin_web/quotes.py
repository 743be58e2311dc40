"""Quotes: the list of them, each of them, and what is decided. A group has a plain list of its own."""

from io import BytesIO

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from admin_web import sessions
from admin_web.archive import Export, Filter, Quote, QuoteFilter, QuoteState, Standing, StoryEntry
from admin_web.choosing import Pick
from admin_web.clips import clip_of
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm, told_field
from admin_web.lists import Count, Page, page_asked_for, page_of
from admin_web.quote_choice import QuoteChoice
from admin_web.rights import SIGNED_IN, STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import name_of
from kiosk.errors import AudioError, ChangedMeanwhile, NotAllowed

quotes = Blueprint("quotes", __name__)

Answer = str | Response | tuple[str, int]
PER_PAGE = 25
#: A group looks at a few at a time.
PER_PAGE_FOR_GROUPS = 8
_LONGEST_REASON, _LONGEST_ANSWER = 2000, 1000
#: What a group may hear of: `why_not` says the rest.
_FOR_GROUPS = Filter(permission="words")
#: More than any number that the archive gives.
_HIGHEST = 2**62
_DECIDED = {
    ("group", "approved"): "Thank you. This quote may be used.",
    ("group", "withdrawn"): "Thank you. This quote is not used.",
    ("staff", "withdrawn"): "The quote is taken back.",
    ("lead", "withdrawn"): "The quote is not used any more.",
    ("lead", "approved"): "The quote may be used. Your reason stands beside it.",
}


class DecisionForm(ChangeForm):
    """What somebody decides on a quote."""

    state = Pick(
        "What do you decide?", {"approved": "Use it", "withdrawn": "Do not use it"}, validators=[InputRequired()]
    )
    reason = TextAreaField("Why?", [Length(max=_LONGEST_REASON, message=f"Use at most {_LONGEST_REASON:,} letters.")])

    @property
    def decided(self) -> QuoteState:
        """What was decided; the form was validated."""
        return "approved" if self.state.data == "approved" else "withdrawn"


class AnswerForm(ChangeForm):
    """What staff answer a group that has decided."""

    text = told_field("Your answer", _LONGEST_ANSWER, "Write what you answer.")


@quotes.app_template_global()
def handed_out(quote: Quote) -> list[Export]:
    """Return what a quote was handed out in."""
    return current_site().archive.exports.of_quote(quote.number)


@quotes.app_template_global()
def quotes_of(entry: StoryEntry) -> list[Standing]:
    """Return a story's quotes as they stand now, for its page."""
    archive = current_site().archive
    return [archive.quotes.standing(quote) for quote in archive.quotes.of(entry.id)]


quotes.add_app_template_global(name_of, "who_is")


@quotes.get("/quotes")
@open_to(SIGNED_IN)
def listing() -> Answer:
    """List quotes, newest first; for a group those that it decides on."""
    if sessions.me().role == "group":
        return _for_groups()
    choice = QuoteChoice(current_site().archive)
    if not choice.is_sound:
        return render_template("quotes.html", choice=choice, found=[], count=0, page=Page(1, 1, False)), UNPROCESSABLE
    found, count, page = _page(choice.wanted, PER_PAGE)
    return render_template("quotes.html", choice=choice, found=found, count=count, page=page)


def _for_groups() -> str:
    decided = request.args.get("show") == "decided"
    wanted = QuoteFilter(_FOR_GROUPS, decided=decided, for_group=True, oldest_first=not decided)
    found, _, page = _page(wanted, PER_PAGE_FOR_GROUPS)
    # What says something else by now is nothing to decide on; staff see that it is to be proposed again.
    usable = [each for each in found if not each.why_not]
    return render_template("quotes_group.html", decided=decided, found=usable, page=page)


@quotes.get("/quotes/<int:number>")
@open_to(STAFF)
def show(number: int) -> Answer:
    """Show one quote, who decided what, and what this person can do about it."""
    return _shown(_find(number), DecisionForm(formdata=None))


@quotes.post("/quotes/<int:number>/decision")
@open_to(SIGNED_IN)
def decide(number: int) -> Answer:
    """Say whether a quote may be used."""
    standing, me, form = _find(number), sessions.me(), DecisionForm()
    if not form.validate():
        return _not_decided(standing, form, "Please look at what is marked below.", UNPROCESSABLE)
    try:
        current_site().archive.quotes.decide(
            number, form.decided, by=me.id, role=me.role, revision=form.seen, reason=form.reason.data or ""
        )
    except (ChangedMeanwhile, NotAllowed) as error:
        return _not_decided(_find(number), form, str(error), CONFLICT)
    flash(_DECIDED[me.role, form.decided])
    if me.role == "group":
        return redirect(url_for("quotes.listing"), code=303)
    return redirect(url_for("quotes.show", number=number), code=303)


@quotes.post("/quotes/<int:number>/answer")
@open_to(STAFF)
def answer(number: int) -> Answer:
    """Answer the group that has decided on a quote."""
    standing, form = _find(number), AnswerForm()
    if not form.validate():
        return _shown(standing, DecisionForm(formdata=None), form), UNPROCESSABLE
    try:
        current_site().archive.quote_answers.give(number, form.text.data or "", by=sessions.me().id, revision=form.seen)
    except (ChangedMeanwhile, NotAllowed) as error:
        form.form_errors.append(str(error))
        return _shown(_find(number), DecisionForm(formdata=None), form), CONFLICT
    flash("Thank you. The group can read your answer.")
    return redirect(url_for("quotes.show", number=number), code=303)


@quotes.get("/quotes/<int:number>/sound")
@open_to(SIGNED_IN)
def sound(number: int) -> Response:
    """Send a quote's sound, as others may hear it."""
    standing = _find(number)
    if not standing.has_voice:
        abort(404)
    try:
        wav = clip_of(current_site().archive, standing)
    except (NotAllowed, AudioError):
        abort(404)
    return send_file(BytesIO(wav), mimetype="audio/wav", download_name=f"quote-{number}.wav")


def find_entry_of(quote: Quote) -> StoryEntry | None:
    """Return the story of a quote if whoever asks may see quotes of it, or None."""
    entry, me = current_site().archive.stories.get(quote.story), sessions.me()
    if entry is None:
        return None
    # A group sees no story; of its quotes it sees those that may be used (`_find`).
    seen = entry.shelf == "staff" if me.role == "group" else entry.is_seen_by(me)
    return entry if seen else None


def _find(number: int) -> Standing:
    """Return a quote that whoever asks may see; 404 if there is none."""
    archive = current_site().archive
    quote = archive.quotes.get(number) if number < _HIGHEST else None
    if quote is None or find_entry_of(quote) is None:
        abort(404)
    standing = archive.quotes.standing(quote)
    if sessions.me().role == "group":
        # What was taken back before they decided was never theirs to see.
        theirs = quote.state != "withdrawn" or any(each.role == "group" for each in quote.decisions)
        if standing.why_not or not theirs:
            abort(404)
    return standing


def _page(wanted: QuoteFilter, per_page: int) -> tuple[list[Standing], int, Page]:
    """Return the quotes of the page that is asked for, and how many there are in all; 404 if there is no such page."""
    archive = current_site().archive
    count = archive.quotes.count(wanted)
    page = page_of(Count(count, True), page_asked_for(), per_page=per_page)
    found = archive.quotes.page(page.number, per_page, wanted)
    return [archive.quotes.standing(quote) for quote in found], count, page


def _shown(standing: Standing, form: DecisionForm, answer_form: AnswerForm | None = None) -> str:
    return render_template(
        "quote.html",
        standing=standing,
        quote=standing.quote,
        entry=standing.entry,
        form=form,
        answer_form=answer_form or AnswerForm(formdata=None),
    )


def _not_decided(standing: Standing, form: DecisionForm, message: str, code: int) -> Answer:
    if sessions.me().role == "group":
        return render_template("refusal.html", title="That was not done", text=message), code
    form.form_errors.append(message)
    return _shown(standing, form), code
