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
#: What the station asks and says is the group's; a lead may change it too, staff may look.
OWNERS: frozenset[Visitor] = frozenset({"lead", "group"})
#: No account opens it: it is for whoever stands at the station (`screen.at_the_station`).
AT_THE_STATION: frozenset[Visitor] = frozenset()

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


def takes_up_to(most: int | Callable[[], int]) -> Callable[[View], View]:
    """Mark a view as one that is sent more than a form holds: so many bytes, or what a request's settings say."""

    def marked(view: View) -> View:
        setattr(view, _MOST, most)
        return view

    return marked


def most_bytes_for(view: Callable[..., object] | None) -> int | None:
    """Return how much may be sent to a view; None: what a form holds."""
    most: int | Callable[[], int] | None = getattr(view, _MOST, None)
    return most() if callable(most) else most


_MARK, _MOST = "open_to", "takes_up_to"
