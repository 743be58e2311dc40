"""Who may ask for what. Each view says so itself with `@open_to(...)`; a view that says nothing is closed to all.

The whole table stands in README.md; a test walks every route as each kind of visitor and compares.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

Visitor = Literal["nobody", "staff", "group", "lead"]
View = TypeVar("View", bound=Callable[..., object])

EVERYBODY: frozenset[Visitor] = frozenset({"nobody", "staff", "group", "lead"})
SIGNED_IN: frozenset[Visitor] = frozenset({"staff", "group", "lead"})
STAFF: frozenset[Visitor] = frozenset({"staff", "lead"})
LEADS: frozenset[Visitor] = frozenset({"lead"})
GROUPS: frozenset[Visitor] = frozenset({"group"})

#: Where each kind of person begins: endpoints.
START: dict[Visitor, str] = {
    "nobody": "auth.sign_in",
    "staff": "stories.listing",
    "lead": "stories.listing",
    "group": "groups.start",
}


def open_to(visitors: frozenset[Visitor]) -> Callable[[View], View]:
    """Mark a view as one that these may ask for. It goes below the route's own decorator."""

    def marked(view: View) -> View:
        setattr(view, _MARK, visitors)
        return view

    return marked


def visitors_of(view: Callable[..., object] | None) -> frozenset[Visitor]:
    """Return who may ask for a view."""
    return getattr(view, _MARK, frozenset())


_MARK = "open_to"
