"""Which quotes somebody wants to see: read from the address, so that a list can be bookmarked."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import DateField, Form, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from admin_web import sessions
from admin_web.archive import Archive, Filter, QuoteFilter

_ANY = SelectChoice("", "Any")
_STATES = [
    _ANY,
    SelectChoice("proposed", "Nobody has decided yet"),
    SelectChoice("approved", "May be used"),
    SelectChoice("withdrawn", "Not to be used"),
]
_MAY = [_ANY, SelectChoice("words", "Words may be used"), SelectChoice("voice", "Voice may be played")]
#: Stands in the address for an open invitation, where a question's own words stand otherwise.
_NO_QUESTION = "-"
#: A clock that was never set dates stories to 1970; beyond these years time zones cannot be reckoned.
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def _in_reach(form: Form, field: DateField) -> None:
    if field.data and not _FIRST_YEAR <= field.data.year <= _LAST_YEAR:
        raise ValidationError(f"Choose a year from {_FIRST_YEAR} to {_LAST_YEAR}.")


def _day(label: str) -> DateField:
    return DateField(label, [Optional(), _in_reach], format=["%Y-%m-%d", "%d/%m/%Y"])


class QuotesForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Which quotes to show. It changes nothing, so it has no token."""

    class Meta:
        """Settings of the form."""

        csrf = False

    state = SelectField("What was decided", choices=_STATES, default="")
    tag = SelectField("Topic", default="")
    question = SelectField("Question", default="")
    since = _day("Told from")
    until = _day("Told until")
    may = SelectField("Permission", choices=_MAY, default="")


class QuoteChoice:
    """What somebody chose.

    Attributes:
        form: As they filled it in, with what is wrong with it.
        is_sound: Whether nothing is.
    """

    def __init__(self, archive: Archive) -> None:
        """Read it from the address that is asked for."""
        self._seen = Filter(lead=sessions.me().role == "lead")
        self.form = QuotesForm(request.args)
        self._questions = {
            " ".join(each.split()) or _NO_QUESTION: each for each in archive.quotes.questions(self._seen)
        }
        self.form.tag.choices = [_ANY, *(SelectChoice(tag, tag) for tag in archive.quotes.topics(self._seen))]
        self.form.question.choices = [
            _ANY,
            *(SelectChoice(key, each or "None: an open invitation") for key, each in self._questions.items()),
        ]
        self.is_sound = bool(self.form.validate())

    @cached_property
    def query(self) -> dict[str, str]:
        """All that was chosen, as it stands in the address."""
        return {name: value for name in self.form.data if (value := request.args.get(name, "").strip())}

    @property
    def wanted(self) -> QuoteFilter:
        """The quotes that fit, if it is sound."""
        chosen: dict[str, Any] = self.form.data
        stories = Filter(
            lead=self._seen.lead,
            since=_midnight(chosen["since"]) if chosen["since"] else None,
            before=_midnight(chosen["until"] + timedelta(days=1)) if chosen["until"] else None,
            tags=(chosen["tag"],) if chosen["tag"] else (),
            question=self._questions.get(chosen["question"]),
            permission=chosen["may"] or None,
        )
        return QuoteFilter(stories, state=chosen["state"] or None)

    @property
    def approved(self) -> QuoteFilter:
        """Those of them that were approved."""
        return replace(self.wanted, state="approved", oldest_first=True)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()
