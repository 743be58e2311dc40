"""What a story's teller allows: changed when they say something else, and held back when somebody is not sure.

There is no way here for anybody to say yes on a teller's behalf.
"""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import DateField, StringField
from wtforms.validators import AnyOf, Length, Optional

from admin_web import sessions
from admin_web.archive import StoryEntry
from admin_web.archive.permitting import Asked, is_wider
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, LONGEST_NAME, UNPROCESSABLE, ChangeForm, told_field
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_story
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.records import Permissions, Story
from kiosk.stories.story_folder import StoryFolder

permissions = Blueprint("permissions", __name__)

YES_NO = {"yes": ("Yes", ""), "no": ("No", "")}
UNDERSTOOD = {"yes": ("Yes", "As far as we know."), "no": ("We are not sure", "Nobody uses the story meanwhile.")}
_LONGEST_REASON = 2000


class PermissionForm(ChangeForm):
    """What the teller says now."""

    words = StringField("May we use the words?", [AnyOf(YES_NO, message="Choose one.")])
    voice = StringField("May we play the voice?", [AnyOf(YES_NO, message="Choose one.")])
    understood = StringField("Did the teller understand what we asked?", [AnyOf(UNDERSTOOD, message="Choose one.")])
    reason = told_field("Why does it change?", _LONGEST_REASON, "Write why it changes.")
    asked_by = StringField("Who asked the teller?", [Length(max=LONGEST_NAME, message="Use a shorter name.")])
    asked_on = DateField("On which day?", [Optional()])

    @property
    def after(self) -> Permissions:
        """What may be done from now on; the form was validated."""
        return Permissions(words=self.words.data == "yes", voice=self.voice.data == "yes")

    @property
    def unsure(self) -> bool:
        """Whether somebody is not sure that the teller understood."""
        return bool(self.understood.data == "no")

    @property
    def asked(self) -> Asked | None:
        """Who asked the teller, if that is told."""
        who = (self.asked_by.data or "").strip()
        return Asked(who, self.asked_on.data) if who and self.asked_on.data else None


@permissions.route("/stories/<story_id>/permissions", methods=["GET", "POST"])
@open_to(STAFF)
def change(story_id: str) -> Answer:
    """Show what the teller allows, and change it with a reason. To allow more is for a lead."""
    entry, folder = find_story(story_id)
    if request.method == "GET":
        return _page(entry, folder, _form_of(entry))
    form = PermissionForm()
    if not form.validate():
        return _page(entry, folder, form), UNPROCESSABLE
    if not _is_different(entry, form):
        form.form_errors.append("This is what counts already. Nothing was changed.")
        return _page(entry, folder, form), UNPROCESSABLE
    if is_wider(entry, form.after, unsure=form.unsure) and not _may_widen(form):
        return _page(entry, folder, form), UNPROCESSABLE
    try:
        current_site().archive.permitting.change(
            story_id,
            form.after,
            unsure=form.unsure,
            reason=form.reason.data or "",
            asked=form.asked,
            by=sessions.me().id,
            revision=form.seen,
        )
    except (NotAllowed, ChangedMeanwhile) as error:
        entry, folder = find_story(story_id)
        form.form_errors.append(str(error))
        return _page(entry, folder, form), CONFLICT
    flash("Kept. It counts from now on.")
    return redirect(url_for("stories.story", story_id=story_id), code=303)


def _is_different(entry: StoryEntry, form: PermissionForm) -> bool:
    now = (entry.permissions.words is True, entry.permissions.voice is True, entry.unsure)
    return now != (form.after.words, form.after.voice, form.unsure)


def _may_widen(form: PermissionForm) -> bool:
    """Say whether this person may allow more with what they wrote; if not, the form says why."""
    if sessions.me().role != "lead":
        form.form_errors.append("Only a lead can allow more than before. You can allow less at any time.")
        return False
    if not (form.asked_by.data or "").strip():
        form.asked_by.errors = ["To allow more, write who asked the teller."]
    elif not form.asked_on.data:
        form.asked_on.errors = ["To allow more, write on which day."]
    elif form.asked_on.data > date.today():
        form.asked_on.errors = ["This day is still to come."]
    return not (form.asked_by.errors or form.asked_on.errors)


def _form_of(entry: StoryEntry) -> PermissionForm:
    return PermissionForm(
        formdata=None,
        words="yes" if entry.permissions.words else "no",
        voice="yes" if entry.permissions.voice else "no",
        understood="no" if entry.unsure else "yes",
    )


def _page(entry: StoryEntry, folder: StoryFolder, form: PermissionForm) -> str:
    told: Story | None
    try:
        told = folder.story()
    except StoryDamaged:
        told = None
    return render_template(
        "permissions.html",
        entry=entry,
        form=form,
        told=told,
        changes=current_site().archive.permitting.changes(entry.id)[::-1],
        today=date.today(),
        yes_no=YES_NO,
        understood=UNDERSTOOD,
    )
