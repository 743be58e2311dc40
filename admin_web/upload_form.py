"""The form that goes with a recording: what is known of it, and who agreed to what, when and how.

Nobody can say yes for the person who told it, and nothing here lets them.
"""

from datetime import date, datetime, time
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, Field, Form, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional, ValidationError

from admin_web import sessions
from admin_web.archive.keeping import is_past_keeping
from admin_web.archive.uploads import Told, now
from admin_web.forms import printable
from admin_web.site import current_site
from kiosk.stories.records import Answer, Uploaded

LONGEST_LINE, LONGEST_QUESTION = 80, 300
#: Nobody recorded anybody before.
_EARLIEST = date(1950, 1, 1)
#: Where nobody knows at what time it was.
_NOON = time(12)

#: What a teller answered, as people choose it and as a story keeps it.
_KEPT: dict[str, Answer] = {"yes": True, "no": False, "not asked": None}
WORDS = {
    "yes": ("Yes", "They said that others may read what they said."),
    "no": ("No", "They said no. Only staff read it."),
    "not asked": ("Nobody asked them", "Then only staff read it."),
}
VOICE = {
    "yes": ("Yes", "They said that others may hear their voice."),
    "no": ("No", "They said no. Only staff hear it."),
    "not asked": ("Nobody asked them", "Then only staff hear it."),
}
HOW = {
    "in person": ("In person", "Somebody asked them, and they said yes."),
    "in writing": ("In writing", "They wrote it, signed it, or sent it."),
}


class _DayField(DateField):
    """A day, with a plain sentence for what is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Choose a day.") from None


class _ClockField(TimeField):
    """A time of day, with a plain sentence for what is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Write the time as 14:30, or leave it empty.") from None


def _not_in_future(form: Form, field: Field) -> None:
    if field.data is None:
        # It is no day, which is said already.
        return
    if field.data > now().date():
        raise ValidationError("This day has not come yet.")
    if field.data < _EARLIEST:
        raise ValidationError("This is too long ago. Look at the year.")


def _line(label: str, missing: str) -> StringField:
    return StringField(
        label,
        [DataRequired(missing), Length(max=LONGEST_LINE, message="Use fewer words."), printable],
        filters=[lambda text: text.strip() if text else text],
    )


class UploadForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A recording and what is known of it."""

    file = FileField("The recording", [FileRequired("Choose a file.")])
    told_on = _DayField("On what day was it told?", [InputRequired("Choose a day."), _not_in_future])
    told_at = _ClockField("At what time?", [Optional()])
    place = _line("Where was it told?", "Write where it was.")
    language = SelectField("What language is it in?")
    question = TextAreaField(
        "What was asked?",
        [Length(max=LONGEST_QUESTION, message="Use fewer words.")],
        filters=[lambda text: " ".join(text.split()) if text else ""],
    )
    agreed = BooleanField(
        "May Sayso keep the story?",
        [InputRequired("Only they can say yes. If they have not, ask them first.")],
    )
    words = StringField("May others read the words?", [AnyOf(WORDS, message="Choose one.")])
    voice = StringField("May others hear the voice?", [AnyOf(VOICE, message="Choose one.")])
    how = StringField("How did they say yes?", [AnyOf(HOW, message="Choose one.")])
    asked_by = _line("Who asked them?", "Write who asked.")
    asked_on = _DayField("On what day were they asked?", [InputRequired("Choose a day."), _not_in_future])

    def validate_told_on(self, field: Field) -> None:
        """Refuse what would be deleted as soon as it was heard."""
        keeping = current_site().config.keeping
        if field.data is None:
            return
        told_at = datetime.combine(field.data, _NOON).astimezone()
        if is_past_keeping(told_at, keeping, now()):
            raise ValidationError(
                f"Stories are kept for {keeping.words_kept_months} months, and this one is older. A lead can ask for "
                "another time in the settings."
            )

    @property
    def told(self) -> Told:
        """What was filled in; the form was validated."""
        told_on, told_at, asked_on = self.told_on.data, self.told_at.data or _NOON, self.asked_on.data
        assert told_on and asked_on  # noqa: S101 - they are required
        return Told(
            at=datetime.combine(told_on, told_at).astimezone(),
            language=self.language.data,
            question=self.question.data or "",
            words=_KEPT[self.words.data or ""],
            voice=_KEPT[self.voice.data or ""],
            uploaded=Uploaded(
                by=sessions.me().id,
                at=now(),
                asked_by=self.asked_by.data or "",
                asked_on=asked_on,
                how="in writing" if self.how.data == "in writing" else "in person",
                place=self.place.data or "",
            ),
        )
