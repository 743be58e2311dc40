"""Devices on which somebody has signed in before. Their tries are not slowed down by what others guess (`throttle.py`).

A device has a signed cookie that names it and the accounts that signed in on it. It opens nothing: the password is
asked for as ever. When all sessions of an account end its devices are no longer known, for one of them may be stolen.
The idea is OWASP's "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets
from dataclasses import dataclass, field

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from admin_web.archive import Account

COOKIE = "sayso-device"
_YEAR_S = 365 * 24 * 3600
#: A tablet that everybody shares; of more people the last ones are known.
_ACCOUNTS = 30


@dataclass(frozen=True)
class Device:
    """A browser.

    Attributes:
        id: Random.
        generations: The accounts that signed in there, the last one last, each with its generation then.
    """

    id: str
    generations: dict[str, int] = field(default_factory=dict)

    def knows(self, account: Account) -> bool:
        """Say whether this person signed in here, and was not signed out everywhere since."""
        return self.generations.get(account.id) == account.generation


def this_device() -> Device:
    """Return the device that asks; a new one if it brings no cookie of ours."""
    try:
        told = _signer().loads(request.cookies.get(COOKIE, ""))
        return Device(str(told["id"]), {str(name): int(number) for name, number in told["accounts"].items()})
    except (BadSignature, KeyError, TypeError, ValueError, AttributeError):
        return Device(secrets.token_hex(16))


def remember_on_device(account: Account, answer: Response) -> Response:
    """Let the device know this account from now on, and return the answer that tells it so."""
    device = this_device()
    others = {name: number for name, number in device.generations.items() if name != account.id}
    kept = dict([*others.items(), (account.id, account.generation)][-_ACCOUNTS:])
    answer.set_cookie(
        COOKIE,
        _signer().dumps({"id": device.id, "accounts": kept}),
        max_age=_YEAR_S,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")
