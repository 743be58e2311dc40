"""Taking a story back because its teller asks for it, by the number on their card.

Whoever is there can do it: from that moment nobody uses the story, and staff do not find it any more. Where a lead does
it, or finishes what staff were asked for, it is deleted for good (`archive/taking_back.py` says why).
"""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin_web import sessions
from admin_web.archive import Filter, StoryEntry
from admin_web.forms import UNPROCESSABLE, card_number
from admin_web.lists import page_asked_for
from admin_web.paging import page_and_more
from admin_web.rights import LEADS, STAFF, open_to
from admin_web.site import current_site
from admin_web.stories import find_entry
from kiosk.errors import ArchiveError

withdrawal = Blueprint("withdrawal", __name__, url_prefix="/withdraw")

PER_PAGE = 25
#: More than any card has.
_LONGEST_CARD = 60


@withdrawal.app_template_global()
def waiting_to_go() -> int:
    """Return how many stories wait for a lead to finish taking them back, of those this lead may see."""
    try:
        return current_site().archive.taking_back.count_waiting(Filter.seen_by(sessions.me()))
    except ArchiveError:
        return 0


@withdrawal.get("")
@open_to(STAFF)
def find() -> str | tuple[str, int]:
    """Ask for the number on the card, and show which stories have it: where, when and how long, and no word."""
    site, me, card = current_site(), sessions.me(), request.args.get("card", "").strip()[:_LONGEST_CARD]
    number, is_lead = card_number(card), me.role == "lead"
    page = page_asked_for()
    gone, more = (
        page_and_more(partial(site.archive.deleting.withdrawn, me.id), page, PER_PAGE) if is_lead else ([], False)
    )
    answer = render_template(
        "withdraw.html",
        card=card,
        number=number,
        found=_of_number(number) if number else [],
        waiting=site.archive.taking_back.waiting(Filter.seen_by(me)) if is_lead else [],
        gone=gone,
        page=page,
        more=more,
    )
    return (answer, UNPROCESSABLE) if card and not number else answer


@withdrawal.post("/<story_id>")
@open_to(STAFF)
def take_back(story_id: str) -> Response:
    """Take the story back: a lead for good, staff for a lead to finish."""
    entry, me = find_entry(story_id), sessions.me()
    archive = current_site().archive
    if me.role != "lead":
        archive.taking_back.ask(entry.id, by=me.id)
        flash(f"{entry.title} is taken back. Nobody can use it any more. A lead deletes it for good.")
    elif archive.deleting.withdraw(entry.id, by=me.id):
        flash(f"{entry.title} is deleted for good. A backup loses it at its next run.")
        tombstone = archive.deleting.tombstone(entry.id)
        if tombstone and not tombstone.cleared:
            flash("Some traces are still on the disk. Sayso tries again every hour to remove them.")
    else:
        flash(
            f"{entry.title} is taken back, and nobody can use it any more. There is an open worry about safety, so a "
            "copy stays for the leads. It is deleted for good when the worry is closed."
        )
    return redirect(url_for("withdrawal.find"), code=303)


@withdrawal.post("/<story_id>/put-back")
@open_to(LEADS)
def put_back(story_id: str) -> Response:
    """Undo what staff did by mistake, as with a wrong card."""
    entry = find_entry(story_id)
    current_site().archive.taking_back.put_back(entry.id, by=sessions.me().id)
    flash(f"{entry.title} is back. Its quotes stay withdrawn.")
    return redirect(url_for("withdrawal.find"), code=303)


def _of_number(number: int) -> list[StoryEntry]:
    me = sessions.me()
    # One that is taken back already is among those that wait, and is told to nobody else.
    return [
        entry
        for entry in current_site().archive.stories.of_number(number)
        if entry.is_seen_by(me) and not entry.withdrawn_at and not entry.asked_back_at
    ]
