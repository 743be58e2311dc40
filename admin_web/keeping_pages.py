"""How long stories are kept: what goes when, what would go now, and whether the date can be trusted."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import HiddenInput

from admin_web import sessions
from admin_web.archive import Filter, StoryEntry
from admin_web.archive.keeping import Due, due, goes, not_agreed, recording_goes
from admin_web.archive.records.stories import CLOCK_NEVER_SET
from admin_web.auth import Answer
from admin_web.forms import CONFLICT, WholeNumberField
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from kiosk.errors import NotAllowed
from kiosk.stories.clock import clock_quality, confirm_date
from kiosk.stories.records import ClockQuality

keeping = Blueprint("keeping", __name__, url_prefix="/keeping")

#: How many stories are named.
_NAMED = 50
#: Whoever confirms a date saw it on the page; a clock that was set since shows another one.
_OLDEST_PAGE_S = 12 * 3600

#: In the year 2242: far more than any clock shows.
_LATEST_S = 2**33

#: How the date is known, in words.
_KNOWN: dict[ClockQuality, str] = {
    "ntp": "This machine gets the date from the network.",
    "rtc": "A battery keeps this machine's clock.",
    "staff": "Somebody here has confirmed the date since this machine started.",
    "unknown": "This machine has no network and no battery to know the date by.",
}


class DateForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """The time that the person saw, in whole seconds since 1970."""

    seen = WholeNumberField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(0, _LATEST_S)])


@keeping.app_template_global()
def when_it_goes(entry: StoryEntry) -> Due | None:
    """Return when a story goes by itself; None while no timer deletes it."""
    return goes(entry, current_site().keeping)


@keeping.app_template_global()
def when_its_recording_goes(entry: StoryEntry) -> Due | None:
    """Return when a story's recording goes by itself; None while no timer deletes it."""
    return recording_goes(entry, current_site().keeping)


@keeping.get("")
@open_to(LEADS)
def show() -> str:
    """Show what goes when, and why something stays."""
    return _page()


@keeping.post("/date")
@open_to(LEADS)
def confirm() -> Answer:
    """Confirm the date: a person has compared it with their own."""
    form, now = DateForm(), datetime.now(UTC)
    if not form.validate():
        return _page("That could not be read. Please look at the date again."), CONFLICT
    if abs(now.timestamp() - (form.seen.data or 0)) > _OLDEST_PAGE_S:
        return _page("The clock has changed since you opened this page. Please look at the date again."), CONFLICT
    site = current_site()
    try:
        site.archive.clock.confirm(now, by=sessions.me().id)
    except NotAllowed as error:
        return _page(str(error)), CONFLICT
    confirm_date(site.folder, now)
    flash("Thank you. The date is confirmed. Stories go when their time is up.")
    return redirect(url_for("keeping.show"), code=303)


def _page(trouble: str = "") -> str:
    site, me, now = current_site(), sessions.me(), datetime.now(UTC)
    wanted, quality = Filter.seen_by(me), clock_quality(site.folder)
    # Where nothing could be deleted for long there may be thousands: no more are read than are shown, and one.
    going = _first(_NAMED + 1, due(site.archive, site.keeping, now))
    first = now.astimezone().date().replace(day=1)
    return render_template(
        "keeping.html",
        trouble=trouble,
        settings=site.keeping,
        now=now,
        doubt=site.archive.clock.doubt(now, quality),
        known=_KNOWN[quality],
        can_be_right=now >= CLOCK_NEVER_SET,
        form=DateForm(formdata=None, seen=int(now.timestamp())),
        going=going[:_NAMED],
        more_going=len(going) > _NAMED,
        not_agreed=sorted(_first(_NAMED, not_agreed(site.archive, site.keeping)), key=lambda each: each.since),
        months_ahead=[each for each in site.archive.ahead.months(site.keeping, wanted) if each.first >= first],
        staying=site.archive.ahead.staying(wanted),
    )


def _first(count: int, found: Iterator[Due]) -> list[Due]:
    """Return the first of them that whoever looks may see."""
    me = sessions.me()
    return list(itertools.islice((each for each in found if each.entry.is_seen_by(me)), count))
