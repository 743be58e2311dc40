"""What somebody chose to see of all stories: read from the address, checked, and said back to them.

All of it stands in the address, so that a list can be bookmarked and sent to a colleague.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import DateField, Form, StringField
from wtforms.form import BaseForm
from wtforms.validators import Length, Optional, ValidationError

from admin_web.archive import Account, Archive, Filter, State, choices
from admin_web.wording import day

LONGEST_SEARCH = 200
#: A clock that was never set dates stories to 1970; beyond these years time zones cannot be reckoned.
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
#: An open invitation, where a question's own words stand otherwise.
NO_QUESTION = "-"
#: How far people are with a story, as the address says it.
STATES: dict[str, State] = {"listen": "unheard", "check": "heard", "checked": "checked"}
_FAR = {"listen": "Not heard yet", "check": "Heard, not checked", "checked": "Checked"}
MAY = {"words": "Words may be used", "voice": "Voice may be played"}


class Day(DateField):
    """A day as browsers send it, or as people here write it."""

    def __init__(self, label: str, validators: list[Any], **more: Any) -> None:
        super().__init__(label, [Optional(), _in_reach, *validators], format=["%Y-%m-%d", "%d/%m/%Y"], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it. Raises ValueError with a message for whoever typed it."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("This is not a day. Write it as 31/1/2026.") from error


class Pick(StringField):
    """One of several; empty: any.

    Attributes:
        options: What stands in the address -> what people read.
    """

    def __init__(self, label: str, options: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(label, default="", **more)
        self.offer(options or {})

    def offer(self, options: Mapping[str, str]) -> None:
        """Let people pick one of these."""
        self.options = {"": "Any", **options}

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what cannot be picked. Raises ValidationError with a message for whoever asks."""
        if self.data not in self.options:
            raise ValidationError("There is no such choice any more. Pick another one.")


def _in_reach(form: Form, field: DateField) -> None:
    if field.data and not _FIRST_YEAR <= field.data.year <= _LAST_YEAR:
        raise ValidationError(f"Choose a year from {_FIRST_YEAR} to {_LAST_YEAR}.")


def _not_before_since(form: Form, field: DateField) -> None:
    since = form["since"].data
    if since and field.data and field.data < since:
        raise ValidationError("The last day is before the first one. Change one of them.")


class ChoosingForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Words to look for, and which stories to look at. It changes nothing, so it has no token."""

    class Meta:
        """Settings of the form."""

        csrf = False

    q = StringField("Search", [Length(max=LONGEST_SEARCH, message="That is too long. Use fewer words.")], default="")
    since = Day("From", [])
    until = Day("To", [_not_before_since])
    tag = Pick("Topic")
    feeling = Pick("Feeling")
    kind = Pick("Kind of story")
    speaker = Pick("Who told it")
    question = Pick("Question")
    station = Pick("Station")
    may = Pick("Permission", MAY)
    far = Pick("How far", _FAR)


@dataclass(frozen=True)
class Label:
    """Something that was chosen.

    Attributes:
        text: What, for whoever chose it.
        without: What is left in the address when it is taken away.
    """

    text: str
    without: Mapping[str, Any]


class Choice:
    """What somebody chose.

    Attributes:
        form: As they filled it in, with what is wrong with it.
        is_sound: Whether nothing is.
    """

    def __init__(self, archive: Archive, viewer: Account, *, one_way: bool = False) -> None:
        """Read it from the address that is asked for.

        Args:
            archive: What there is to choose from.
            viewer: Who asks.
            one_way: How far people are with the stories is not to be chosen: the list itself says it.
        """
        self._viewer = viewer
        self.form = ChoosingForm(request.args)
        if one_way:
            del self.form.far
        self._fill(archive)
        self.is_sound = bool(self.form.validate())

    def _fill(self, archive: Archive) -> None:
        """Offer what there is to pick from."""
        self.form.tag.offer(self._topics(archive))
        known = choices()
        for name, options in (("feeling", known.feelings), ("kind", known.kinds), ("speaker", known.speakers)):
            self.form[name].offer({option.id: option.words for option in options})
        self._questions = {" ".join(each.split()) or NO_QUESTION: each for each in archive.inbox.questions()}
        self.form.question.offer(
            {key: each or "None: people said what they liked" for key, each in self._questions.items()}
        )
        self.form.station.offer({each: each for each in archive.inbox.stations()})

    def _topics(self, archive: Archive) -> dict[str, str]:
        """Return the topics that stories are about: what stands in the address, and what people call it."""
        known = archive.tags.by_id()
        if asked_for := known.get(self.form.tag.data or ""):
            # An address from before two topics were merged goes on to work.
            self.form.tag.data = asked_for.id
        there = {*archive.inbox.tags(), self.form.tag.data}
        return {each.id: each.words for each in known.values() if each.id in there}

    @property
    def asked(self) -> str:
        """The words to look for; empty if none."""
        return (self.form.q.data or "").strip()

    @cached_property
    def query(self) -> dict[str, Any]:
        """All that was chosen, as it stands in the address."""
        return {name: value for name in self.form.data if (value := request.args.get(name, "").strip())}

    @cached_property
    def filters(self) -> dict[str, Any]:
        """The same without the words to look for."""
        return {name: value for name, value in self.query.items() if name != "q"}

    @cached_property
    def wanted(self) -> Filter:
        """The stories that fit, if it is sound."""
        data = self.form.data
        return replace(
            Filter.seen_by(self._viewer),
            state=STATES.get(data.get("far", "")),
            since=midnight(data["since"]) if data["since"] else None,
            before=midnight(data["until"] + timedelta(days=1)) if data["until"] else None,
            tags=(data["tag"],) if data["tag"] else (),
            feeling=data["feeling"] or None,
            kind=data["kind"] or None,
            speaker=data["speaker"] or None,
            question=self._questions.get(data["question"]),
            station=data["station"] or None,
            permission=data["may"] or None,
        )

    @property
    def labels(self) -> list[Label]:
        """What was chosen beside words, each to be taken away again."""
        return [
            Label(text, {other: value for other, value in self.query.items() if other != name})
            for name, text in self._told()
        ]

    def _told(self) -> Iterator[tuple[str, str]]:
        for name, words in (("since", "From"), ("until", "To")):
            if self.form[name].data:
                yield name, f"{words} {day(self.form[name].data)}"
        for name in ("tag", "feeling", "kind", "speaker", "question", "station", "may", "far"):
            if picked := self.form.data.get(name):
                told = self.form[name].options.get(picked, picked)
                yield name, told if name in ("may", "far") else f"{self.form[name].label.text}: {told}"


def midnight(day: date) -> datetime:
    """Return when a day begins, in this machine's time zone."""
    return datetime.combine(day, time()).astimezone()
