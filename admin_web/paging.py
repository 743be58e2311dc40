"""Pages of lists that nobody counts."""

from collections.abc import Callable
from typing import TypeVar

from flask import abort

T = TypeVar("T")


def page_and_more(fetch: Callable[[int, int], list[T]], page: int, per_page: int) -> tuple[list[T], bool]:
    """Return one page of a list, and whether there is another; 404 beyond the last.

    Args:
        fetch: Returns a page of the list, by its number from 1 and how many it holds.
        page: Which page.
        per_page: How many it holds.
    """
    found = fetch(page, per_page)
    if page > 1 and not found:
        abort(404)
    return found, bool(fetch(page * per_page + 1, 1))
