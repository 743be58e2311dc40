"""Settings of the transcriber and of the staff site."""

import ipaddress
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from kiosk.config.section import Language, Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
#: No more than keeps a header line whole: mail servers know what an address is.
_MAIL, _MAIL_OR_NONE = r"^[!-?A-~]+@[!-?A-~]+$", r"^([!-?A-~]+@[!-?A-~]+)?$"


class TranscriberSettings(Section):
    """Speech to text."""

    model: str = Field(
        "auto",
        min_length=1,
        description="The speech model for the station's language. auto: the one chosen with 'sayso models use', until "
        "then the starter model (English only). Or the name of an installed one, the path of a Vosk model's folder, "
        "'starter', or 'none': people type the words.",
    )
    models: dict[Language, Annotated[str, Field(min_length=1)]] = Field(
        {},
        description='Models for other languages, each as above, as {cy="none", pl="vosk-model-small-pl-0.22"}. '
        "A story's own language decides; with no model its words are for people to type.",
    )
    nice: int = Field(
        10, ge=0, le=19, description="How far the transcriber steps back for other work: 0 not at all, 19 most."
    )


class AdminSettings(Section):
    """The staff site."""

    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address to listen on. 127.0.0.1: this machine alone. 0.0.0.0: the whole network.",
    )
    port: int = Field(8080, ge=1, le=65535, description="Port of the site: the number behind its address.")
    screen_display: str = Field(
        "",
        description="Address (as 192.168.1.20) of one other machine that may show the station screen without sign-in. "
        "Empty: this machine alone.",
    )
    session_hours: float = Field(8, gt=0, le=168, description="A sign-in ends after this time without use.")
    session_longest_hours: float = Field(
        12, gt=0, le=168, description="A sign-in ends after this time in any case: a working day."
    )

    upload_longest_min: float = Field(
        60, gt=0, le=600, description="The longest recording that can be uploaded, in minutes."
    )
    upload_largest_mb: int = Field(
        500,
        ge=1,
        le=4000,
        description="The largest file that can be uploaded, in megabytes: an hour of a phone has 60, of a CD 635.",
    )
    working_days: list[Day] = Field(
        ["mon", "tue", "wed", "thu", "fri"],
        min_length=1,
        description="Days on which somebody listens. A story that nobody has heard for more than one of them is shown "
        "on every page. Sayso does not know bank holidays.",
    )

    @model_validator(mode="after")
    def _an_address(self) -> "AdminSettings":
        if self.screen_display:
            try:
                ipaddress.ip_address(self.screen_display)
            except ValueError as error:
                raise ValueError(
                    f"screen_display is {self.screen_display!r}; it must be an address as 192.168.1.20"
                ) from error
        return self


class KeepingSettings(Section):
    """How long stories are kept. A frozen story is never deleted, nor is anything while the date is doubtful."""

    not_agreed_kept_h: float = Field(
        72, ge=0, le=8760, description="A story that nobody agreed to keep is deleted after these hours. 0: at once."
    )
    audio_kept_days: float = Field(
        30,
        ge=0,
        le=36500,
        description="A recording is deleted so many days after its words were checked, unless its teller allowed "
        "the voice to be played.",
    )
    voice_kept_months: int = Field(
        12,
        ge=0,
        le=1200,
        description="A recording that may be played is deleted so many months after its words were checked.",
    )
    words_kept_months: int = Field(
        24,
        ge=0,
        le=1200,
        description="A story is deleted so many months after it was told, if somebody has heard it.",
    )


class SafetySettings(Section):
    """How leads hear of a worry about safety when they are not on the site. Never a word of the story is sent."""

    webhook: str = Field(
        "",
        pattern=r"^(https?://[!-~]+)?$",
        description='An address that is told {"text": "..."} by POST, as chat programs take it. Empty: none.',
    )
    mail_host: str = Field(
        "",
        pattern=r"^[A-Za-z0-9.:-]*$",
        description="The mail server (SMTP) that takes our mail. Empty: no mail is sent.",
    )
    mail_port: int = Field(587, ge=1, le=65535, description="The port of that server.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line to it is made private. none: only for a server on this machine."
    )
    mail_user: str = Field("", description="The name to sign in with there. Empty: it wants none.")
    mail_password: str = Field("", description="The password there. Let nobody else read the settings file then.")
    mail_from: str = Field("", pattern=_MAIL_OR_NONE, description="From whom the mail comes.")
    mail_to: list[Annotated[str, Field(pattern=_MAIL)]] = Field(
        [], description='To whom it goes: the leads, as ["lead@example.org"].'
    )

    @model_validator(mode="after")
    def _whole(self) -> "SafetySettings":
        if self.mail_host and not (self.mail_from and self.mail_to):
            raise ValueError("mail_host is set; mail_from and mail_to are needed as well")
        return self
