"""The audit log for leads: who did what, in words; to look through and to take along."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import DateField, Field, Form, StringField
from wtforms.validators import AnyOf, Length, Optional, ValidationError

from admin_web import sessions
from admin_web.archive import Archive, LogEntry, LogFilter
from admin_web.archive.export.csv_rows import BYTE_ORDER_MARK, csv_row, without_formula
from admin_web.auth import Answer
from admin_web.deeds import KINDS, details_of, in_words
from admin_web.forms import UNPROCESSABLE, card_number
from admin_web.lists import page_asked_for
from admin_web.paging import page_and_more
from admin_web.rights import LEADS, open_to
from admin_web.site import current_site
from kiosk.stories.story_folder import STORY_ID

logbook = Blueprint("logbook", __name__, url_prefix="/log")

PER_PAGE = 50
#: Who did something without an account.
_NOBODYS = {
    "station": "The station",
    "command line": "Somebody at the command line",
    "keeping rules": "Sayso by itself, because the time was up",
    "somebody": "Somebody who is not signed in",
    "": "The computer",
}


def _a_day_of_ours(form: Form, field: Field) -> None:
    # Time zones cannot be reckoned at the ends of the calendar.
    if field.data and not 1970 <= field.data.year < 9000:
        raise ValidationError("Type a year such as 2026.")


class LookForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Which lines are wanted. It changes nothing, and so needs no token."""

    class Meta:
        """Settings of the form."""

        csrf = False

    person = StringField("Who", [Length(max=60)])
    kind = StringField("What", [AnyOf(["", *KINDS], message="Choose one.")], filters=[lambda kind: kind or ""])
    story = StringField("Story", [Length(max=60, message="Type the number on the card.")])
    since = DateField("From", [Optional(), _a_day_of_ours])
    until = DateField("To", [Optional(), _a_day_of_ours])


@logbook.get("")
@open_to(LEADS)
def show() -> Answer:
    """Show the log, newest first."""
    form, page = LookForm(formdata=request.args), page_asked_for()
    if not form.validate():
        return _page(form, []), UNPROCESSABLE
    lines, more = page_and_more(partial(current_site().archive.log.page, wanted=_wanted(form)), page, PER_PAGE)
    return _page(form, lines, page, more)


@logbook.post("/export")
@open_to(LEADS)
def export() -> Answer:
    """Send the lines that were looked at as a table (CSV), and note that."""
    form = LookForm(formdata=request.form)
    if not form.validate():
        return _page(form, []), UNPROCESSABLE
    archive = current_site().archive
    wanted = _wanted(form)
    archive.log.add(sessions.me().id, "log exported")
    answer = Response(stream_with_context(_table(archive, wanted)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="sayso-log-{datetime.now():%Y-%m-%d}.csv"'
    return answer


@logbook.post("/check")
@open_to(LEADS)
def check() -> WerkzeugResponse:
    """Look now whether a line was removed or changed; Sayso does so once a day."""
    current_site().archive.log.check()
    flash("The whole log was checked just now.")
    return redirect(url_for("logbook.show"), code=303)


def _people() -> dict[str, str]:
    """Return everybody who may stand in the log, by id."""
    people = current_site().archive.people
    named = {each.id: each.name for each in people.everybody()}
    gone = {each.id: f"{each.name} (removed)" for each in people.removed()}
    return named | gone | {who: told for who, told in _NOBODYS.items() if who}


def _page(form: LookForm, lines: list[LogEntry], page: int = 1, more: bool = False) -> str:
    return render_template(
        "log.html",
        form=form,
        people=_people(),
        kinds={kind: kind for kind in KINDS},
        lines=[_told(line) for line in lines],
        page=page,
        more=more,
        asked={name: value for name, value in request.args.items() if name != "page" and value},
        check=current_site().archive.log.last_check,
    )


def _wanted(form: LookForm) -> LogFilter:
    story = (form.story.data or "").strip()
    return LogFilter(
        who=form.person.data or "",
        whats=KINDS.get(form.kind.data or "", ()),
        stories=_stories_of(story) if story else None,
        since=_midnight(form.since.data) if form.since.data else None,
        before=_midnight(form.until.data + timedelta(days=1)) if form.until.data else None,
        viewer=sessions.me().id,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone(UTC)


def _stories_of(typed: str) -> tuple[str, ...]:
    """Return the ids of the stories that somebody means: by the number of the card, or by the id itself."""
    number = None if STORY_ID.fullmatch(typed) else card_number(typed)
    if number is None:
        return (typed,)
    archive = current_site().archive
    known = [entry.id for entry in archive.stories.of_number(number)]
    return (*known, *(each.id for each in archive.deleting.tombstones() if each.number == number))


def _told(line: LogEntry) -> dict[str, object]:
    """Return a line as people read it."""
    archive = current_site().archive
    return {
        "at": line.at,
        "who": _who(archive, line.who),
        "what": in_words(line),
        "details": details_of(line, lambda account: _who(archive, account)),
        "story": line.story,
        "title": _title(archive, line.story),
        "there": archive.stories.is_known(line.story),
    }


def _who(archive: Archive, who: str) -> str:
    if who in _NOBODYS:
        return _NOBODYS[who]
    account, topic = archive.people.ever(who), archive.tags.get(who)
    return account.name if account else topic.words if topic else who


def _title(archive: Archive, story_id: str) -> str:
    if not story_id:
        return ""
    known = archive.stories.get(story_id) or archive.deleting.tombstone(story_id)
    return known.title if known else story_id


def _table(archive: Archive, wanted: LogFilter) -> Iterator[str]:
    """Go through a table of the lines, a piece at a time."""
    yield BYTE_ORDER_MARK + csv_row(["When", "Who", "What", "More", "Story", "Id of the story"])
    for line in archive.log.lines(wanted):
        more = details_of(line, lambda account: _who(archive, account))
        told = [_who(archive, line.who), in_words(line), more, _title(archive, line.story), line.story]
        yield csv_row([line.at.astimezone().isoformat(timespec="seconds"), *map(without_formula, told)])
