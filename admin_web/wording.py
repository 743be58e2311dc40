"""Times and lengths as people say them."""

from datetime import date, datetime

_DAYS_BY_NAME = 7


def when(moment: datetime, now: datetime) -> str:
    """Return "today 14:05", "yesterday 14:05", "Monday 14:05", "3 March 14:05" or "3 March 2025 14:05".

    Args:
        moment: When it was; shown in the time zone of `now`.
        now: What "today" is measured by, with its time zone.
    """
    local = moment.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    if days == 0:
        day = "today"
    elif days == 1:
        day = "yesterday"
    elif 1 < days < _DAYS_BY_NAME:
        day = f"{local:%A}"
    else:
        day = f"{local.day} {local:%B}" if local.year == now.year else f"{local.day} {local:%B} {local.year}"
    return f"{day} {local:%H:%M}"


def length(seconds: float) -> str:
    """Return "12 s", "1 min 12 s" or "1 h 2 min"."""
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def hours(number: float) -> str:
    """Return "8 hours", "1 hour", "1 hour and 30 minutes" or "20 minutes"."""
    whole, minutes = divmod(round(number * 60), 60)
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((whole, "hour"), (minutes, "minute")) if count
    ]
    return " and ".join(parts) or "less than a minute"


def clock(seconds: float) -> str:
    """Return a place in a recording as a player shows it: "0:07", "12:30", "1:02:30"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day(date: date) -> str:
    """Return a day as "3 March 2025"."""
    return f"{date.day} {date:%B} {date.year}"
