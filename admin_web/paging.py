"""Pages of lists."""

from collections.abc import Callable
from typing import TypeVar

from flask import abort, request

T = TypeVar("T")

#: More pages than anybody has.
_MOST_DIGITS = 6


def page_asked_for() -> int:
    """Return the page that `?page=` asks for, counted from 1; 404 if that is no number of a page."""
    text = request.args.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
    return page if page >= 1 else abort(404)


def page_of(fetch: Callable[[int, int], list[T]], page: int, per_page: int) -> tuple[list[T], bool]:
    """Return one page of a list that nobody counts, and whether there is another; 404 beyond the last.

    Args:
        fetch: Returns a page of the list, by its number from 1 and how many it holds.
        page: Which page.
        per_page: How many it holds.
    """
    found = fetch(page, per_page)
    if page > 1 and not found:
        abort(404)
    return found, bool(fetch(page * per_page + 1, 1))
