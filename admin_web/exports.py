"""Handing out quotes: who gets what and why is remembered, so that a teller who takes a story back can be told."""

from datetime import datetime

from flask import Blueprint, Response, current_app, render_template
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from admin_web import sessions
from admin_web.archive import Export
from admin_web.choosing import Pick
from admin_web.forms import CONFLICT, TOO_MANY, UNPROCESSABLE
from admin_web.handing_out import Handout, Sound
from admin_web.lists import Count, page_asked_for, page_of
from admin_web.quote_choice import QuoteChoice
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from kiosk.errors import NotAllowed

exports = Blueprint("exports", __name__, url_prefix="/exports")

Answer = str | Response | tuple[str, int]
PER_PAGE = 25
_LONGEST_REASON = 500


class ExportForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """What is handed out, and what for."""

    reason = TextAreaField(
        "Who is it for, and what for?",
        [DataRequired("Write who gets it and what for."), Length(max=_LONGEST_REASON, message="Use fewer words.")],
    )
    sound = Pick("The sound", {"none": "No sound", "wav": "WAV", "flac": "FLAC"}, validators=[InputRequired()])


@exports.app_template_global()
def where_it_went(story_id: str) -> list[Export]:
    """Return what a story went out in, for the page on which it is taken back."""
    return current_site().archive.exports.of(story_id)


@exports.get("")
@open_to(LEADS)
def listing() -> Answer:
    """Ask what to hand out, and show what was handed out before."""
    return _page(ExportForm(formdata=None, sound="none"))


@exports.post("")
@open_to(LEADS)
def hand_out() -> Answer:
    """Send the quotes that were approved, as a zip file."""
    site, form, choice = current_site(), ExportForm(), QuoteChoice(current_site().archive)
    if not form.validate() or not choice.is_sound:
        return _page(form), UNPROCESSABLE
    if not site.handing_out.acquire(blocking=False):
        form.form_errors.append("Quotes are being handed out just now. Wait until that is done, then try again.")
        return _page(form), TOO_MANY
    try:
        sound: Sound = "wav" if form.sound.data == "wav" else "flac" if form.sound.data == "flac" else "none"
        export = site.archive.exports.begin(
            site.archive.quotes.ready(site.archive.quotes.numbers(choice.approved)),
            voice=sound != "none",
            reason=form.reason.data or "",
            by=sessions.me().id,
        )
    except BaseException as error:
        site.handing_out.release()
        if not isinstance(error, NotAllowed):
            raise
        form.form_errors.append(str(error))
        return _page(form), CONFLICT
    handout = Handout(site.archive, export, sound, datetime.now().astimezone())
    answer = current_app.response_class(handout.stream(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="sayso-quotes-{export.number}.zip"'
    # Also where nobody waits for its end, or it never begins.
    answer.call_on_close(site.handing_out.release)
    return answer


def _page(form: ExportForm) -> str:
    archive, choice = current_site().archive, QuoteChoice(current_site().archive)
    page = page_of(Count(archive.exports.count(), True), page_asked_for(), per_page=PER_PAGE)
    earlier = archive.exports.page(page.number, PER_PAGE)
    return render_template(
        "exports.html",
        form=form,
        choice=choice,
        ready=archive.quotes.count(choice.approved) if choice.is_sound else 0,
        earlier=earlier,
        taken_back={each.number: archive.exports.taken_back(each.number, sessions.me().id) for each in earlier},
        page=page,
    )
