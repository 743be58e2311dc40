"""The words to hear first: a lead's list. A story with one of them goes up among those that nobody has heard."""

from flask import Blueprint, flash, redirect, render_template, url_for
from wtforms import TextAreaField

from admin_web import sessions
from admin_web.archive import Filter, WordList
from admin_web.archive.word_list import LONGEST_LINE, MOST_LINES, brought
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from kiosk.errors import ChangedMeanwhile, NotAllowed

first_words = Blueprint("first_words", __name__, url_prefix="/safety/words")


class WordsForm(ChangeForm):
    """The whole list. What may be in it is the archive's rule."""

    words = TextAreaField("One word, or a few that stand side by side, in each line")


@first_words.get("")
@open_to(LEADS)
def show() -> str:
    """Show the list, and say what it does."""
    return _page(_now())


@first_words.post("")
@open_to(LEADS)
def change() -> Answer:
    """Change the list."""
    form = WordsForm()
    if not form.validate():
        return _page(_now(), form), UNPROCESSABLE
    moving_up, lines = current_site().archive.moving_up, (form.words.data or "").splitlines()
    try:
        kept = moving_up.change(lines, by=sessions.me().id, revision=form.seen)
    except NotAllowed as error:
        form.words.errors = [f"{error} Nothing was changed."]
        return _page(_now(), form), UNPROCESSABLE
    except ChangedMeanwhile as error:
        return _page(_now(), form, trouble=str(error)), CONFLICT
    flash("Kept. Stories with one of these words come first now." if kept.words else "Kept. No word moves a story up.")
    return redirect(url_for("first_words.show"), code=303)


@first_words.app_template_global()
def has_first_words() -> bool:
    """Return whether there is any word that moves a story up."""
    return bool(_now().words)


def _now() -> WordList:
    return current_site().archive.moving_up.words()


def _page(now: WordList, form: WordsForm | None = None, trouble: str = "") -> str:
    # What was typed stays, and is saved over what they see now.
    typed = form.words.data if form else "\n".join(now.words)
    shown = WordsForm(formdata=None, revision=now.revision, words=typed)
    shown.words.errors = form.words.errors if form else []
    return render_template(
        "first_words.html",
        form=shown,
        now=now,
        trouble=trouble,
        count=current_site().archive.moving_up.count(Filter.seen_by(sessions.me())),
        brought=brought()[1],
        most_lines=MOST_LINES,
        longest_line=LONGEST_LINE,
    )
