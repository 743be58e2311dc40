"""The centre's topics: what people can choose from when they say what a story is about.

Staff, leads and groups may change the list: it is the groups' own, and staff work with it. Nothing here takes away what
could not be brought back, and the log says who did it. How many stories there are of each is not for groups: of few,
somebody might guess who told them.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired

from admin_web import sessions
from admin_web.archive import Archive, Tag, choices
from admin_web.archive.choices import LONGEST_WORDS
from admin_web.forms import CONFLICT, UNPROCESSABLE, ChangeForm
from admin_web.rights import SIGNED_IN, open_to
from admin_web.site import current_site
from kiosk.errors import ChangedMeanwhile, NotAllowed

tags = Blueprint("tags", __name__, url_prefix="/tags")

Answer = str | Response | tuple[str | Response, int]


class TagForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A topic as people see it. What may be in it is the archive's rule."""

    words = StringField("What is it called?", [InputRequired("Type what it is called.")])
    picture = StringField("Picture", [InputRequired("Choose a picture.")])


class ChangedTagForm(ChangeForm, TagForm):
    """Other words, or another picture."""


class MoveForm(FlaskForm):  # type: ignore[misc]
    """One place up or down."""

    to = StringField(validators=[AnyOf(("up", "down"))])


class MergeForm(ChangeForm):
    """What another topic is to become."""

    into = StringField(validators=[InputRequired()])


@tags.get("")
@open_to(SIGNED_IN)
def listing() -> str:
    """List all topics in their order, then those that are not offered any more."""
    everything = _archive().tags.everything()
    return render_template(
        "tags.html",
        offered=[tag for tag in everything if tag.is_offered],
        off=[tag for tag in everything if tag.off and not tag.merged_into],
        merged=[tag for tag in everything if tag.merged_into],
        now=_archive().tags.by_id(),
        counts=_counts(),
    )


@tags.route("/new", methods=["GET", "POST"])
@open_to(SIGNED_IN)
def new() -> Answer:
    """Make a topic."""
    form = TagForm()
    if request.method == "GET":
        return _new(form)
    if not form.validate():
        return _new(form), UNPROCESSABLE
    try:
        made = _archive().tags.add(form.words.data or "", form.picture.data or "", by=sessions.me().id)
    except NotAllowed as error:
        form.form_errors.append(str(error))
        return _new(form), CONFLICT
    flash(f"“{made.words}” is there now, at the end of the list.")
    return redirect(url_for("tags.listing", _anchor=f"tag-{made.id}"), code=303)


@tags.get("/<tag_id>")
@open_to(SIGNED_IN)
def tag(tag_id: str) -> str:
    """Show one topic, and what can be changed about it."""
    return _page(_find(tag_id))


@tags.post("/<tag_id>")
@open_to(SIGNED_IN)
def change(tag_id: str) -> Answer:
    """Give a topic other words or another picture."""
    known, form = _find(tag_id), ChangedTagForm()
    if not form.validate():
        return _page(known, form=form), UNPROCESSABLE
    try:
        changed = _archive().tags.change(
            tag_id,
            words=form.words.data or "",
            picture=form.picture.data or "",
            by=sessions.me().id,
            revision=form.seen,
        )
    except ChangedMeanwhile:
        # What was typed stays in the form, and is saved over theirs if that is meant.
        now = _find(tag_id)
        told = f"Somebody else changed this topic a moment ago: it is called “{now.words}” now. Nothing is lost. "
        return _page(now, f"{told}What you typed is below; save it, or leave it.", form), CONFLICT
    except NotAllowed as error:
        return _page(known, str(error), form), CONFLICT
    flash(f"Saved. All stories about it say “{changed.words}” now.")
    return redirect(url_for("tags.listing", _anchor=f"tag-{tag_id}"), code=303)


@tags.post("/<tag_id>/move")
@open_to(SIGNED_IN)
def move(tag_id: str) -> Answer:
    """Let a topic go one place up or down."""
    _find(tag_id)
    form = MoveForm()
    if not form.validate():
        abort(400)
    step: Literal[-1, 1] = -1 if form.to.data == "up" else 1
    _archive().tags.move(tag_id, step, by=sessions.me().id)
    return redirect(url_for("tags.listing", _anchor=f"tag-{tag_id}"), code=303)


@tags.post("/<tag_id>/off")
@open_to(SIGNED_IN)
def switch_off(tag_id: str) -> Answer:
    """Offer a topic no more."""
    known = _find(tag_id)
    return _do(
        known,
        lambda revision: _archive().tags.switch(tag_id, off=True, by=sessions.me().id, revision=revision),
        f"“{known.words}” is not offered any more. Stories that have it keep it.",
    )


@tags.post("/<tag_id>/on")
@open_to(SIGNED_IN)
def switch_on(tag_id: str) -> Answer:
    """Offer a topic again."""
    known = _find(tag_id)
    return _do(
        known,
        lambda revision: _archive().tags.switch(tag_id, off=False, by=sessions.me().id, revision=revision),
        f"“{known.words}” is offered again.",
    )


@tags.get("/<tag_id>/merge")
@open_to(SIGNED_IN)
def ask_merge(tag_id: str) -> str:
    """Ask with which other topic to merge one; with that, say what will happen."""
    known = _find(tag_id)
    others = {each.id: each for each in _archive().tags.offered() if each.id != tag_id}
    into = request.args.get("into", "")
    if known.merged_into or (into and into not in others):
        abort(404)
    return render_template("tag_merge.html", tag=known, others=others.values(), into=others.get(into), counts=_counts())


@tags.post("/<tag_id>/merge")
@open_to(SIGNED_IN)
def merge(tag_id: str) -> Answer:
    """Make one topic of two."""
    known, form = _find(tag_id), MergeForm()
    if not form.validate():
        abort(400)
    into = _find(form.into.data or "")
    return _do(
        known,
        lambda revision: _archive().merging.merge(tag_id, into.id, by=sessions.me().id, revision=revision),
        f"All stories about “{known.words}” are about “{into.words}” now.",
    )


@tags.post("/<tag_id>/part")
@open_to(SIGNED_IN)
def part(tag_id: str) -> Answer:
    """Undo a merge."""
    known = _find(tag_id)
    return _do(
        known,
        lambda revision: _archive().merging.part(tag_id, by=sessions.me().id, revision=revision),
        f"“{known.words}” is back, and its stories have it again.",
    )


def _do(known: Tag, verb: Callable[[int], object], done: str) -> Answer:
    """Do what was asked for to the topic as its page showed it, or show it as it is now."""
    form = ChangeForm()
    if not form.validate():
        abort(400)
    try:
        verb(form.seen)
    except (NotAllowed, ChangedMeanwhile) as error:
        return _page(_find(known.id), f"{error} Nothing was changed."), CONFLICT
    flash(done)
    return redirect(url_for("tags.listing", _anchor=f"tag-{known.id}"), code=303)


def _new(form: TagForm) -> str:
    return render_template("tag_new.html", form=form, pictures=choices().pictures, longest=LONGEST_WORDS)


def _page(known: Tag, trouble: str = "", form: TagForm | None = None) -> str:
    now = _archive().tags.by_id()[known.id]
    return render_template(
        "tag.html",
        tag=known,
        now=now,
        form=form or ChangedTagForm(formdata=None, words=known.words, picture=known.picture),
        trouble=trouble,
        count=_counts().get(now.id, 0),
        pictures=choices().pictures,
        longest=LONGEST_WORDS,
    )


def _find(tag_id: str) -> Tag:
    found = _archive().tags.get(tag_id)
    if not found:
        abort(404)
    return found


def _counts() -> Mapping[str, int]:
    role = sessions.me().role
    return {} if role == "group" else _archive().tags.counts(lead=role == "lead")


def _archive() -> Archive:
    return current_site().archive
