"""What the station asks and tells: to look at, to change, to try out on paper, and to bring back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from admin_web import sessions
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, UNPROCESSABLE
from admin_web.languages import LANGUAGES
from admin_web.programme_form import ASKING, DAYS, KINDS, VOLUMES, ProgrammeForm, filled
from admin_web.programmes import InForce
from admin_web.rights import OWNERS, SIGNED_IN, open_to
from admin_web.site import current_site
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.shown.preview import Preview, previews, speaking_s
from kiosk.stories.programme import MOST_CHOICES
from kiosk.stories.wording import MOST_WORDS

programme = Blueprint("programme", __name__, url_prefix="/station/programme")

#: What the second button of the form is called: nothing is kept.
_LOOK = "look"


@programme.get("")
@open_to(SIGNED_IN)
def show() -> str:
    """Show what the station asks and tells."""
    now = current_site().programmes.now()
    return _page(now, filled(now))


@programme.post("")
@open_to(OWNERS)
def change() -> Answer:
    """Keep what was changed, or show the visit as it would then be."""
    site = current_site()
    now = site.programmes.now()
    form = ProgrammeForm(now.programme)
    if not form.validate():
        return _page(now, form), UNPROCESSABLE
    wanted = form.programme(now.programme)
    if request.form.get("do") == _LOOK:
        return _page(now, form, visits=previews(site.voices.config, wanted))
    try:
        changed = site.programmes.change(wanted, seen=form.seen.data or "", by=sessions.me().id)
    except ChangedMeanwhile as error:
        # What was typed stays; saved once more, it takes the place of what the other person wrote.
        form.seen.data = site.programmes.now().seen
        trouble = f"{error} What you wrote is below. Save it again to have yours, or leave the page to have theirs."
        return _page(site.programmes.now(), form, trouble=trouble), CONFLICT
    return _done(changed)


@programme.post("/earlier/<int:number>")
@open_to(OWNERS)
def bring_back(number: int) -> Answer:
    """Put an earlier programme in force again."""
    site = current_site()
    try:
        changed = site.programmes.bring_back(number, seen=request.form.get("seen", ""), by=sessions.me().id)
    except (ChangedMeanwhile, NotAllowed) as error:
        now = site.programmes.now()
        return _page(now, filled(now), trouble=str(error)), CONFLICT
    return _done(changed)


def _done(changed: bool) -> Answer:
    flash("Kept. The station says it from the next visit on." if changed else "Nothing was different.")
    return redirect(url_for("programme.show"), code=303)


def _page(now: InForce, form: ProgrammeForm, *, trouble: str = "", visits: list[Preview] | None = None) -> str:
    site = current_site()
    words_per_minute = site.config.voice.words_per_minute
    return render_template(
        "programme.html",
        form=form,
        asking=ASKING,
        kinds=KINDS,
        most_choices=MOST_CHOICES,
        now=now,
        trouble=trouble,
        visits=visits,
        may_change=sessions.me().role in OWNERS,
        earlier=site.programmes.earlier(),
        texts=site.voices.texts(),
        days=DAYS,
        language_names=LANGUAGES,
        volumes=VOLUMES,
        most_words=MOST_WORDS,
        words_per_minute=words_per_minute,
        speaking_s=lambda words: speaking_s(words, words_per_minute),
    )
