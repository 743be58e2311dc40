"""Which quotes somebody wants to see: read from the address, so that a list can be bookmarked."""

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from admin_web import sessions
from admin_web.archive import Archive, Filter, QuoteFilter
from admin_web.choosing import MAY, NO_QUESTION, Day, Pick, midnight

_STATES = {"proposed": "Nobody has decided yet", "approved": "May be used", "withdrawn": "Not to be used"}


class QuotesForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """Which quotes to show. It changes nothing, so it has no token."""

    class Meta:
        """Settings of the form."""

        csrf = False

    state = Pick("What was decided", _STATES)
    tag = Pick("Topic")
    question = Pick("Question")
    since = Day("Told from", [])
    until = Day("Told until", [])
    may = Pick("Permission", MAY)


class QuoteChoice:
    """What somebody chose.

    Attributes:
        form: As they filled it in, with what is wrong with it.
        is_sound: Whether nothing is.
    """

    def __init__(self, archive: Archive) -> None:
        """Read it from the address that is asked for."""
        self._seen = Filter.seen_by(sessions.me())
        self.form = QuotesForm(request.args)
        self._questions = {" ".join(each.split()) or NO_QUESTION: each for each in archive.quotes.questions(self._seen)}
        about = archive.tags.named(archive.quotes.topics(self._seen))
        self.form.tag.offer({topic.id: topic.words for topic in about})
        self.form.question.offer({key: each or "None: an open invitation" for key, each in self._questions.items()})
        self.is_sound = bool(self.form.validate())

    @cached_property
    def query(self) -> dict[str, str]:
        """All that was chosen, as it stands in the address."""
        return {name: value for name in self.form.data if (value := request.args.get(name, "").strip())}

    @property
    def wanted(self) -> QuoteFilter:
        """The quotes that fit, if it is sound."""
        chosen: dict[str, Any] = self.form.data
        stories = replace(
            self._seen,
            since=midnight(chosen["since"]) if chosen["since"] else None,
            before=midnight(chosen["until"] + timedelta(days=1)) if chosen["until"] else None,
            tags=(chosen["tag"],) if chosen["tag"] else (),
            question=self._questions.get(chosen["question"]),
            permission=chosen["may"] or None,
        )
        return QuoteFilter(stories, state=chosen["state"] or None)

    @property
    def approved(self) -> QuoteFilter:
        """Those of them that were approved."""
        return replace(self.wanted, state="approved", oldest_first=True)
