"""The form with which the whole programme is changed: its fields, and what may be in them."""

from collections.abc import Iterable
from datetime import time

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    StringField,
    TextAreaField,
    TimeField,
)  # fmt: skip
from wtforms.validators import AnyOf, InputRequired, Length, Optional, ValidationError

from admin_web.languages import languages
from admin_web.programmes import InForce
from admin_web.site import current_site
from kiosk.stories.programme import (
    FEWEST_CHOICES,
    LONGEST_TEXT,
    MOST_CHOICES,
    MOST_SAID,
    Hours,
    Kind,
    Programme,
    Question,
    Said,
)  # fmt: skip
from kiosk.stories.wording import MOST_WORDS, too_hard

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: How loud: decibels beside what the station is made for, in words.
VOLUMES = {-6.0: "Softer", 0.0: "As usual", 4.0: "Louder", 8.0: "Very loud"}
_ASKS, _RESTS = "yes", "no"
#: As people choose it, with what it means.
ASKING = {
    _ASKS: ("It asks", "Visitors can tell their stories."),
    _RESTS: ("It rests", "Its lights are off, and it takes no stories."),
}
#: How people answer a question, as people choose it.
KINDS: dict[Kind, str] = {
    "tell": "They tell as much as they like",
    "one-word": "With a word, or a few",
    "choose-one": "They choose one of some answers, and may say more",
}
_CHOOSE = "Choose one."
#: Proposed to whoever begins with hours.
_OPENS, _CLOSES = time(9), time(17)


def _easy(form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError("Use letters, numbers and spaces only, in one line.")
    if found := too_hard(field.data or ""):
        raise ValidationError(" ".join(found))


def _sentence(label: str = "") -> StringField:
    return StringField(
        label,
        [Optional(), Length(max=LONGEST_TEXT, message=f"Use {MOST_WORDS} words or fewer."), _easy],
        filters=[lambda text: " ".join(text.split()) if text and text.isprintable() else text],
    )


class WordsForm(Form):
    """Sentences that a centre may say in words of its own; empty: as Sayso says them."""

    welcome = _sentence("When somebody comes")
    who_listens = _sentence("Who listens")
    no_names = _sentence("About names")
    take_back = _sentence("About taking a story back")
    thanks = _sentence("When a story was kept")
    thrown = _sentence("When a story was thrown away")
    goodbye = _sentence("When somebody goes")
    resting = _sentence("When the station rests")
    no_news = _sentence("When there is no news")


class DaysForm(Form):
    """The days of the week, in their order."""

    monday = BooleanField(DAYS[0])
    tuesday = BooleanField(DAYS[1])
    wednesday = BooleanField(DAYS[2])
    thursday = BooleanField(DAYS[3])
    friday = BooleanField(DAYS[4])
    saturday = BooleanField(DAYS[5])
    sunday = BooleanField(DAYS[6])

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the days; 0 is Monday."""
        return tuple(number for number, each in enumerate(self) if each.data)


class ProgrammeForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """The whole programme."""

    seen = HiddenField(validators=[InputRequired(), Length(max=40)])
    asking = StringField("Does the station ask?", [AnyOf(ASKING, message=_CHOOSE)])
    by_hours = BooleanField("Only at these hours")
    opens = TimeField("From", [Optional()])
    closes = TimeField("Until", [Optional()])
    days = FormField(DaysForm, "Days")
    questions = FieldList(_sentence(), min_entries=MOST_SAID, max_entries=MOST_SAID)
    kinds = FieldList(
        StringField("How do people answer?", [Optional(), AnyOf(KINDS, message=_CHOOSE)], default="tell"),
        min_entries=MOST_SAID, max_entries=MOST_SAID,
    )  # fmt: skip
    answers = FieldList(
        TextAreaField("Answers to choose from", [Optional()]), min_entries=MOST_SAID, max_entries=MOST_SAID
    )
    news = FieldList(_sentence(), min_entries=MOST_SAID, max_entries=MOST_SAID)
    prompts = FormField(WordsForm)
    volume_db = StringField("How loud does it speak?", [InputRequired(_CHOOSE)])
    language = StringField("What language do visitors speak?")

    def __init__(self, now: Programme, **values: object) -> None:
        """Offer the volume and the language that there are now, too: somebody may have written others into the file."""
        super().__init__(**values)
        volumes = VOLUMES if now.volume_db in VOLUMES else {now.volume_db: "As it is now", **VOLUMES}
        self.volumes = {f"{volume_db:g}": (told, "") for volume_db, told in volumes.items()}
        self.languages = _offered_languages(now)

    def validate_language(self, field: Field) -> None:
        """It is one of those that are offered."""
        if (field.data or "") not in self.languages:
            raise ValidationError(_CHOOSE)

    def validate_volume_db(self, field: Field) -> None:
        """It is one of those that are offered."""
        if field.data not in self.volumes:
            raise ValidationError(_CHOOSE)

    def validate_by_hours(self, field: Field) -> None:
        """Hours have a beginning and, later, an end, on some day."""
        if not field.data:
            return
        if not (self.opens.data and self.closes.data):
            raise ValidationError("Say from when until when, as 09:00 and 17:00.")
        if self.closes.data <= self.opens.data:
            raise ValidationError("It must end later than it begins.")
        if not self.days.form.chosen:
            raise ValidationError("Choose one day or more.")

    def validate_answers(self, field: "FieldList[TextAreaField]") -> None:
        """A question that offers answers has some, and each is easy to follow."""
        for entry, question, kind in zip(field, self.questions, self.kinds, strict=False):
            if kind.data == "choose-one" and (wrong := _wrong_answers(question.data or "", _lines(entry.data))):
                entry.errors = [wrong]
        if any(entry.errors for entry in field):
            raise ValidationError("Please look at the answers.")

    def programme(self, before: Programme) -> Programme:
        """Return what was asked for; the form was validated. Recordings that `before` names stay with their words."""
        wavs = {said.text: said.wav for said in before.said}

        def said(texts: Iterable[str | None]) -> tuple[Said, ...]:
            return tuple(Said(text=text, wav=wavs.get(text, "")) for text in texts if text)

        questions = tuple(
            Question(
                text=question.data,
                wav=wavs.get(question.data, ""),
                kind=kind.data or "tell",
                choices=said(_lines(answers.data)) if kind.data == "choose-one" else (),
            )
            for question, kind, answers in zip(self.questions, self.kinds, self.answers, strict=False)
            if question.data
        )

        hours = None
        if self.by_hours.data:
            hours = Hours(opens=self.opens.data, closes=self.closes.data, days=self.days.form.chosen)
        texts = current_site().voices.texts()
        return Programme(
            asking=self.asking.data == _ASKS,
            hours=hours,
            questions=questions,
            news=said(each.data for each in self.news),
            prompts={name: text for name, text in self.prompts.data.items() if text and text != texts.get(name)},
            volume_db=float(self.volume_db.data or 0),
            language=self.language.data or "",
        )


def _offered_languages(now: Programme) -> dict[str, str]:
    """Return the languages to choose from by their codes; the station's own, which goes first, has none."""
    config = current_site().config
    own = config.station.language
    known = languages(own, (*config.transcriber.models, *filter(None, [now.language])))
    return {"" if code == own else code: name for code, name in known}


def filled(now: InForce) -> ProgrammeForm:
    """Return the form with the programme that is in force."""
    kept, texts = now.programme, current_site().voices.texts()
    hours = kept.hours or Hours(opens=_OPENS, closes=_CLOSES, days=tuple(range(5)))
    return ProgrammeForm(
        kept,
        formdata=None,
        seen=now.seen,
        asking=_ASKS if kept.asking else _RESTS,
        by_hours=kept.hours is not None,
        opens=hours.opens,
        closes=hours.closes,
        days={name: number in hours.days for number, name in enumerate(DaysForm()._fields)},
        questions=_sentences(kept.questions),
        kinds=[*(each.kind for each in kept.questions), *["tell"] * (MOST_SAID - len(kept.questions))],
        answers=[
            *("\n".join(choice.text for choice in each.choices) for each in kept.questions),
            *[""] * (MOST_SAID - len(kept.questions)),
        ],
        news=_sentences(kept.news),
        prompts={name: kept.prompts.get(name, texts.get(name, "")) for name in WordsForm()._fields},
        volume_db=f"{kept.volume_db:g}",
        language="" if kept.language == current_site().config.station.language else kept.language,
    )


def _sentences(all_said: tuple[Said, ...]) -> list[str]:
    return [*(said.text for said in all_said), *[""] * (MOST_SAID - len(all_said))]


def _lines(text: str | None) -> list[str]:
    """Return the answers that somebody typed, a line each."""
    return list(filter(None, (" ".join(line.split()) for line in (text or "").splitlines())))


def _wrong_answers(question: str, lines: list[str]) -> str:
    """Return what is wrong with the answers that a question offers, for whoever typed them; empty if nothing is."""
    if not question:
        return "Write the question, too."
    if not FEWEST_CHOICES <= len(lines) <= MOST_CHOICES:
        return f"Write {FEWEST_CHOICES} to {MOST_CHOICES} answers, one in each line. There are {len(lines)} now."
    if len({line.casefold() for line in lines}) < len(lines):
        return "The same answer is there twice. Take one away."
    if any(len(line) > LONGEST_TEXT or not line.isprintable() for line in lines):
        return f"Use letters, numbers and spaces only, and at most {MOST_WORDS} words in an answer."
    return " ".join(f"“{line}”: {' '.join(found)}" for line in lines if (found := too_hard(line)))
