"""Lists of stories, page by page: what there is to listen to, to check, and all of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from flask import abort, request

from admin_web.archive import MOST_COUNTED, State

PER_PAGE = 25
#: More pages than anybody has.
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Way:
    """A way into the stories.

    Attributes:
        key: Its name in the address.
        title: Its name on the page.
        heading: The page's own title.
        state: How far people are with its stories; None: any.
        order: Which of them come first.
    """

    key: str
    title: str
    heading: str
    state: State | None
    order: Literal["newest", "oldest"]


WAYS = (
    # Whoever has waited longest comes first.
    Way("listen", "To listen to", "Stories to listen to", "unheard", "oldest"),
    Way("check", "To check", "Stories to check", "heard", "oldest"),
    Way("checked", "Checked", "Checked stories", "checked", "newest"),
    Way("all", "All", "All stories", None, "newest"),
)


@dataclass(frozen=True)
class Count:
    """How many stories there are, as far as it was counted."""

    number: int
    is_all: bool

    def __str__(self) -> str:
        """Return "1,234", or "10,000+" where nobody counted on."""
        return f"{self.number:,}" if self.is_all else f"{self.number:,}+"


@dataclass(frozen=True)
class Page:
    """Where somebody is in a list.

    Attributes:
        number: Which page it is; they count from 1.
        of: How many there are; None if nobody counted so far.
        has_next: Whether another one follows.
    """

    number: int
    of: int | None
    has_next: bool


def way_asked_for() -> Way:
    """Return the way that the address names; 404 if there is none of that name."""
    key = request.args.get("show") or WAYS[0].key
    return next((way for way in WAYS if way.key == key), None) or abort(404)


def page_asked_for() -> int:
    """Return the number of the page that the address names; 404 if it is none."""
    text = request.args.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
    return number or abort(404)


def counted(way: Way, counts: Mapping[State, int]) -> Count:
    """Return how many stories a way leads to."""
    parts = [counts[way.state]] if way.state else list(counts.values())
    return Count(sum(parts), all(each < MOST_COUNTED for each in parts))


def page_of(
    count: Count, number: int, is_there: Callable[[int], bool] = lambda _: False, *, per_page: int = PER_PAGE
) -> Page:
    """Return where somebody is in a list; 404 if it has no such page.

    Args:
        count: How many stories the list has.
        number: Which page is asked for.
        is_there: Says whether there is a page of a number, where nobody has counted.
        per_page: How many stories, or whatever it lists, are on a page.
    """
    last = max(1, -(-count.number // per_page))
    if number > last and (count.is_all or not is_there(number)):
        abort(404)
    if count.is_all:
        return Page(number, last, number < last)
    return Page(number, None, number < last or is_there(number + 1))
