"""What several forms ask for, in the same words."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError
from wtforms.widgets import HiddenInput

from admin_web.archive import keepable
from admin_web.credentials import LONGEST_PASSWORD, SHORTEST_PASSWORD
from kiosk.stories.records import number_on

#: What a form with a fault is answered with, one that somebody else was quicker than, and one that came too soon after
#: too many others.
UNPROCESSABLE, CONFLICT, TOO_MANY = 422, 409, 429
#: What a change is answered with that the archive could not keep just now.
UNAVAILABLE = 503
LONGEST_NAME = 80
#: More than any revision that people will ever reach, and less than what the archive can keep.
HIGHEST_REVISION = 2**31
_MOST_DIGITS = 15
#: More than any card or station counts to.
_HIGHEST_CARD = 10**12


def by_script() -> bool:
    """Say whether it is a page's own script that asks: it wants to know how to go on, and no page."""
    return request.accept_mimetypes.best == "application/json"


def name_field(label: str) -> StringField:
    """Return a field for the name somebody signs in with."""
    return StringField(
        label,
        [DataRequired("Type a name."), Length(max=LONGEST_NAME, message="Use a shorter name."), printable],
        # Kept without the spaces that a phone adds; a name of spaces alone is none.
        filters=[lambda name: name.strip() if name else name],
    )


def new_password_field(label: str) -> PasswordField:
    """Return a field for a password that somebody chooses."""
    return PasswordField(
        label,
        [
            InputRequired("Choose a password."),
            Length(min=SHORTEST_PASSWORD, message=f"Use {SHORTEST_PASSWORD} characters or more."),
            Length(max=LONGEST_PASSWORD, message=f"Use at most {LONGEST_PASSWORD} characters."),
        ],
    )


def present_password_field(label: str) -> PasswordField:
    """Return a field for a password that somebody has."""
    return PasswordField(label, [InputRequired("Type your password."), Length(max=LONGEST_PASSWORD)])


def card_number(typed: str) -> int | None:
    """Return the number of a card as somebody types it ("cat 27", "27"), or None where there is none."""
    number = number_on(typed.strip())
    return number if number and number <= _HIGHEST_CARD else None


def told_field(label: str, longest: int, missing: str = "") -> TextAreaField:
    """Return a field for what somebody writes down; `missing` says what to do where it must not be empty."""
    wanted = [DataRequired(missing)] if missing else []
    return TextAreaField(
        label,
        [*wanted, Length(max=longest, message=f"Use at most {longest:,} letters.")],
        # What the archive cannot keep, nobody has typed.
        filters=[lambda text: keepable(text).strip() if text else ""],
    )


class WholeNumberField(IntegerField):
    """A field for a whole number. WTForms' own validators break on one that no floating-point number can hold."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was sent.

        Raises:
            ValueError: It is no number, or one of more digits than anybody means.
        """
        if valuelist and len(valuelist[0]) > _MOST_DIGITS:
            raise ValueError(f"Use at most {_MOST_DIGITS} digits.")
        super().process_formdata(valuelist)


class ChangeForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A change to something that others may change too: it tells which state of it the person saw."""

    revision = WholeNumberField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1, HIGHEST_REVISION)])

    @property
    def seen(self) -> int:
        """The revision that the person saw; the form was validated."""
        return int(self.revision.data or 0)


def printable(form: Form, field: Field) -> None:
    """Refuse what no keyboard types: a validator."""
    if not (field.data or "").isprintable():
        raise ValidationError("Use letters and spaces only.")
