"""Worries about somebody's safety: raising one, and what leads do about it.

In the archive a worry is a flag (`archive/flags.py`). While one is open its story is frozen.
"""

from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import BooleanField

from admin_web import sessions
from admin_web.archive import Account, Flag, StoryEntry
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm, told_field
from admin_web.lists import page_asked_for
from admin_web.paging import page_and_more
from admin_web.rights import LEADS, STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story, name_of
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed

safety = Blueprint("safety", __name__)

PER_PAGE = 25
LONGEST_REASON, LONGEST_WORDS = 4000, 8000


class WorryForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A new worry."""

    reason = told_field("What worries you?", LONGEST_REASON, "Write what worries you.")
    words = told_field("Which words made you worry?", LONGEST_WORDS)


class DoneForm(ChangeForm):
    """What was done about a worry, and what came of it."""

    action = told_field("What did you do?", LONGEST_REASON)
    referral = told_field("Whom did you tell or ask for help?", LONGEST_REASON)
    outcome = told_field("What came of it?", LONGEST_REASON)


class HideForm(ChangeForm):
    """From whom a story is hidden."""

    staff = BooleanField("All staff")


@safety.app_template_global()
def open_worries() -> int:
    """Return how many open worries whoever is signed in may see."""
    try:
        return current_site().archive.flags.count_open_for(sessions.me().id)
    except ArchiveError:
        # The page that tells of this error shows the same navigation.
        return 0


@safety.app_template_global()
def worries_about(entry: StoryEntry) -> list[Flag]:
    """Return the worries about a story, oldest first."""
    return current_site().archive.flags.of(entry.id)


@safety.app_template_global()
def leads_are_told_elsewhere() -> bool:
    """Return whether anything leaves this station: that there is a worry."""
    return bool(current_site().notifier.ways)


safety.add_app_template_filter(name_of, "name_of")


@safety.route("/stories/<story_id>/worry", methods=["GET", "POST"])
@open_to(STAFF)
def raise_worry(story_id: str) -> Answer:
    """Say that somebody may not be safe; the story freezes at once."""
    entry, _ = find_story(story_id)
    form = WorryForm()
    if request.method == "GET":
        return render_template("worry.html", entry=entry, form=form)
    if not form.validate():
        return render_template("worry.html", entry=entry, form=form), UNPROCESSABLE
    current_site().archive.flags.raise_flag(
        story_id, reason=form.reason.data or "", words=form.words.data or "", by=sessions.me().id
    )
    flash("Thank you. The leads see it now. Until they are done, nobody can change, quote or delete this story.")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


@safety.get("/safety")
@open_to(LEADS)
def listing() -> str:
    """List the open worries, oldest first, and then the closed ones, by pages."""
    flags, me, site = current_site().archive.flags, sessions.me(), current_site()
    page = page_asked_for()
    closed, more = page_and_more(partial(flags.closed_for, me.id), page, PER_PAGE)
    entries = {flag.story: site.archive.stories.get(flag.story) for flag in closed}
    still_open = flags.open_for(me.id)
    entries |= {flag.story: site.archive.stories.get(flag.story) for flag in still_open}
    return render_template(
        "safety.html",
        worries=still_open,
        closed=closed,
        entries=entries,
        page=page,
        more=more,
        notifier=site.notifier,
    )


@safety.get("/safety/<int:number>")
@open_to(LEADS)
def worry(number: int) -> Answer:
    """Show one worry with all that was written down about it."""
    flag, entry = _find(number)
    return _page(flag, entry)


@safety.post("/safety/<int:number>")
@open_to(LEADS)
def note(number: int) -> Answer:
    """Write down what was done so far, or close the worry with what came of it."""
    flag, entry = _find(number)
    form = DoneForm()
    if not form.validate():
        return _page(flag, entry, form), UNPROCESSABLE
    closes = "close" in request.form
    if closes and not form.outcome.data:
        form.outcome.errors = ["Write what came of it. A worry cannot be closed without."]
        return _page(flag, entry, form), UNPROCESSABLE
    flags, me = current_site().archive.flags, sessions.me().id
    action, referral, outcome = form.action.data or "", form.referral.data or "", form.outcome.data or ""
    try:
        if closes:
            flags.close(number, action=action, referral=referral, outcome=outcome, by=me, revision=form.seen)
        else:
            flags.note(number, action=action, referral=referral, by=me, revision=form.seen)
    except (NotAllowed, ChangedMeanwhile) as error:
        return _page(_find(number)[0], entry, form, trouble=str(error)), CONFLICT
    if not closes:
        flash("Written down.")
        return redirect(url_for("safety.worry", number=number), code=303)
    if current_site().archive.stories.get(entry.id):
        flash("The worry is closed.")
        return redirect(url_for("safety.worry", number=number), code=303)
    flash("The worry is closed. The teller had taken the story back, so it is deleted for good now.")
    return redirect(url_for("safety.listing"), code=303)


@safety.post("/safety/<int:number>/hide")
@open_to(LEADS)
def hide(number: int) -> Answer:
    """Hide the story of a worry from named people, or from all staff; or let them see it again."""
    _, entry = _find(number)
    form = HideForm()
    if not form.validate():
        abort(400)
    try:
        current_site().archive.hiding.hide(
            entry.id,
            request.form.getlist("accounts"),
            from_staff=bool(form.staff.data),
            by=sessions.me().id,
            revision=form.seen,
        )
    except (NotAllowed, ChangedMeanwhile) as error:
        return _page(*_find(number), trouble=str(error)), CONFLICT
    flash("Kept. For those people this story is not there now.")
    return redirect(url_for("safety.worry", number=number), code=303)


def _find(number: int) -> tuple[Flag, StoryEntry]:
    """Return a worry with its story, which may have lost its folder; 404 if it is not there for this person."""
    archive = current_site().archive
    flag = archive.flags.get(number)
    entry = archive.stories.get(flag.story) if flag else None
    if not flag or not entry or not entry.is_seen_by(sessions.me()):
        abort(404)
    return flag, entry


def _page(flag: Flag, entry: StoryEntry, form: DoneForm | None = None, trouble: str = "") -> str:
    # What somebody typed stays, and is saved over what they see now.
    typed = {"action": form.action.data, "referral": form.referral.data, "outcome": form.outcome.data} if form else {}
    shown = {"action": flag.action, "referral": flag.referral, **typed}
    again = DoneForm(formdata=None, revision=flag.revision, **shown)
    if form:
        again.outcome.errors = form.outcome.errors
        again.action.errors, again.referral.errors = form.action.errors, form.referral.errors
    return render_template(
        "worry_page.html",
        flag=flag,
        entry=entry,
        form=again,
        people=[each for each in current_site().archive.people.everybody() if _can_be_hidden_from(each)],
        trouble=trouble,
        typed=bool(form),
        has_story=current_site().folder.story(entry.id).path.is_dir(),
        others=[each for each in current_site().archive.flags.of(entry.id) if each.number != flag.number],
    )


def _can_be_hidden_from(account: Account) -> bool:
    return account.role != "group" and account.id != sessions.me().id
