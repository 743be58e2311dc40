"""What several forms ask for, in the same words."""

from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError
from wtforms.widgets import HiddenInput

from admin_web.credentials import LONGEST_PASSWORD, SHORTEST_PASSWORD

#: What a form with a fault is answered with, one that somebody else was quicker than, and one that came too soon after
#: too many others.
UNPROCESSABLE, CONFLICT, TOO_MANY = 422, 409, 429
LONGEST_NAME = 80
#: More than any revision that people will ever reach, and less than what the archive can keep.
HIGHEST_REVISION = 2**31


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


class ChangeForm(FlaskForm):  # type: ignore[misc] # flask_wtf comes without types
    """A change to something that others may change too: it tells which state of it the person saw."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(1, HIGHEST_REVISION)])

    @property
    def seen(self) -> int:
        """The revision that the person saw; the form was validated."""
        return int(self.revision.data or 0)


def printable(form: Form, field: Field) -> None:
    """Refuse what no keyboard types: a validator."""
    if not (field.data or "").isprintable():
        raise ValidationError("Use letters and spaces only.")
