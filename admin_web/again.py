"""Having stories written down again with another speech model, and looking at two drafts side by side."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, DataRequired

from admin_web import sessions
from admin_web.archive import StoryEntry
from admin_web.archive.again import how_many_stories, spoken
from admin_web.auth import Answer
from admin_web.choosing import Choice
from admin_web.drafts import Draft, differences, drafts_of, side_by_side
from admin_web.editing import SeenForm
from admin_web.forms import CONFLICT, UNAVAILABLE, UNPROCESSABLE
from admin_web.rights import LEADS, STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story
from kiosk.errors import ArchiveError, ChangedMeanwhile, NotAllowed, SaysoError, StoryDamaged
from kiosk.stories.again import Again, Progress, offered_models, progress_of
from kiosk.stories.status import read_status
from kiosk.stories.story_folder import StoryFolder

again = Blueprint("again", __name__)
again.add_app_template_filter(how_many_stories, "how_many_stories")

#: Which stories: what stands in the form -> what people read.
WHICH = {
    "machine": (
        "Only those that nobody has changed or checked",
        "They get the new words.",
    ),
    "all": (
        "All of them",
        "Words that a person has changed or checked stay as they are. You can look at the new ones beside them.",
    ),
}


class AgainForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """With which model."""

    model = StringField("Which speech model?", [DataRequired("Choose a speech model.")])


class ManyForm(AgainForm):
    """With which model, and which stories."""

    which = StringField("Which stories?", [AnyOf(WHICH, message="Choose one.")], default="machine")


@dataclass(frozen=True)
class Told:
    """How far a request is, for staff.

    Attributes:
        request: What was asked for.
        done: How many stories have new words.
        failed: For how many the model had none.
        runs: Whether the transcriber runs.
        waits: Whether new stories go first just now.
        trouble: What has ended it early.
    """

    request: Again
    done: int
    failed: int
    runs: bool
    waits: bool
    trouble: str


def told_of(asked: Again | None) -> Told | None:
    """Return how far a request is, or None if there is none."""
    if asked is None:
        return None
    folder = current_site().folder
    if asked.ended_at:
        trouble = asked.trouble.replace(f"{folder.root}/", "")
        return Told(asked, asked.done, asked.failed, runs=False, waits=False, trouble=trouble)
    progress = progress_of(folder, asked.mark) or Progress(mark=asked.mark, state="working", done=0, failed=0)
    runs = read_status(folder, "transcriber") is not None
    return Told(asked, progress.done, progress.failed, runs, progress.state == "waits", progress.trouble)


@again.app_template_global("written_again")
def written_again() -> Told | None:
    """Return how far the last request is, for the page of the station."""
    return told_of(current_site().archive.again.latest())


@again.route("/again", methods=["GET", "POST"])
@open_to(LEADS)
def many() -> Answer:
    """Ask for many stories: all, or those that were chosen in a list."""
    site, me = current_site(), sessions.me()
    choice, form = Choice(site.archive, me), ManyForm()
    if not choice.is_sound or choice.asked:
        abort(404)
    if request.method == "GET":
        return _many_page(form, choice)
    if not form.validate():
        return _many_page(form, choice), UNPROCESSABLE
    asking = site.archive.again
    try:
        model = asking.usable(form.model.data or "")
        stories = asking.stories_for(model.language, choice.wanted, also_peoples=form.which.data == "all")
        asking.ask(model.name, stories, by=me.id)
    except (NotAllowed, ArchiveError) as error:
        form.form_errors.append(str(error))
        return _many_page(form, choice), CONFLICT if isinstance(error, NotAllowed) else UNAVAILABLE
    flash("The computer begins as soon as no other story waits.")
    return redirect(url_for("again.many"), code=303)


@again.post("/again/stop")
@open_to(LEADS)
def stop() -> Response:
    """Let it end after the story that is being heard."""
    try:
        current_site().archive.again.stop(by=sessions.me().id)
        flash("It stops after the story that is being written down now.")
    except (NotAllowed, ArchiveError) as error:
        flash(str(error))
    return redirect(url_for("again.many"), code=303)


@again.post("/stories/<story_id>/again")
@open_to(STAFF)
def one(story_id: str) -> Answer:
    """Ask for one story."""
    entry, folder = find_story(story_id)
    form, asking = AgainForm(), current_site().archive.again
    if not form.validate():
        return _drafts_page(entry, folder, form), UNPROCESSABLE
    try:
        model = asking.usable(form.model.data or "")
        if why_not := asking.why_not(entry, model):
            raise NotAllowed(why_not)
        asking.ask(model.name, [story_id], by=sessions.me().id)
    except (NotAllowed, ArchiveError) as error:
        form.form_errors.append(str(error))
        return _drafts_page(entry, folder, form), CONFLICT if isinstance(error, NotAllowed) else UNAVAILABLE
    flash("The computer begins as soon as no other story waits. Come back to this page in a while.")
    return redirect(url_for("again.drafts", story_id=story_id), code=303)


@again.get("/stories/<story_id>/drafts")
@open_to(STAFF)
def drafts(story_id: str) -> str:
    """Show a story's drafts, two of them side by side."""
    entry, folder = find_story(story_id)
    return _drafts_page(entry, folder, AgainForm())


@again.post("/stories/<story_id>/drafts/<int:number>/use")
@open_to(STAFF)
def use(story_id: str, number: int) -> Response:
    """Take the words of another draft, as if the person had typed them: only where nobody has changed any yet."""
    find_story(story_id)
    texts, form = current_site().archive.texts, SeenForm()
    try:
        text = texts.get(story_id)
        if not form.validate() or (text and not text.is_draft):
            raise NotAllowed("Somebody has put the words right meanwhile. Nothing was changed.")
        words = texts.draft_words(story_id, number)
        texts.save(story_id, words, by=sessions.me().id, revision=form.seen)
        flash("These are the words now. The others are kept among the earlier versions.")
        return redirect(url_for("stories.story", story_id=story_id), code=303)
    except ChangedMeanwhile:
        flash("The words were changed a moment ago. Nothing was done; please look again.")
    except SaysoError as error:
        flash(str(error))
    return redirect(url_for("again.drafts", story_id=story_id), code=303)


def _many_page(form: ManyForm, choice: Choice) -> str:
    asking = current_site().archive.again
    usable = asking.models()
    told = {}
    # Most models are of one language: its stories are looked through once.
    for language in {model.language for model in usable}:
        machine, every = (len(asking.stories_for(language, choice.wanted, also_peoples=also)) for also in (False, True))
        told[language] = f"{how_many_stories(every)} in its language. Nobody has changed {machine} of them."
    models = {model.name: (model.name, told[model.language]) for model in usable}
    offered = offered_models(current_site().folder)
    broken = [model for model in offered or [] if model.trouble or not model.language]
    shown = {"form": form, "choice": choice, "models": models, "which": WHICH}
    return render_template("again.html", **shown, told=written_again(), away=offered is None, broken=broken)


def _drafts_page(entry: StoryEntry, folder: StoryFolder, form: AgainForm) -> str:
    site, found = current_site(), drafts_of(folder)
    text = site.archive.texts.get(entry.id)
    present = text.draft_number if text and text.is_draft else None
    with_words = [draft for draft in found if not draft.failed]
    pair = _pair(with_words, present)
    try:
        rows = side_by_side(*(site.archive.texts.draft_words(entry.id, each.number) for each in pair)) if pair else []
        trouble = ""
    except StoryDamaged as error:
        rows, trouble = [], str(error).replace(f"{site.folder.root}/", "")
    return render_template(
        "drafts.html",
        entry=entry,
        has_audio=folder.has_audio,
        drafts=found,
        with_words=with_words,
        pair=pair,
        present=present,
        revision=text.revision if text else 0,
        rows=rows,
        differ=differences(rows),
        trouble=trouble,
        form=form,
        models={
            model.name: (model.name, "") for model in site.archive.again.models() if model.language == spoken(entry)
        },
        away=offered_models(site.folder) is None,
        why_not=site.archive.again.why_not(entry),
        told=told_of(site.archive.again.running()),
        asked_again=site.archive.again.waits(entry.id),
    )


def _pair(found: list[Draft], present: int | None) -> tuple[Draft, Draft] | None:
    """Return the two drafts that were asked for, or the one that stands now beside the newest other one."""
    if len(found) < 2:
        return None
    by_number = {draft.number: draft for draft in found}
    one = by_number.get(request.args.get("one", -1, int)) or by_number.get(-1 if present is None else present)
    other = by_number.get(request.args.get("other", -1, int))
    one = one if one and one is not other else next(each for each in reversed(found) if each is not other)
    if other is None or other is one:
        other = next(each for each in reversed(found) if each is not one)
    return (one, other) if one.number < other.number else (other, one)
