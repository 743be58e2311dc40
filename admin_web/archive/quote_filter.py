"""Which quotes a list shows."""

from dataclasses import dataclass, field
from typing import Any

from admin_web.archive import conditions
from admin_web.archive.filters import Filter
from admin_web.archive.records.quotes import QuoteState

#: Fields of the quote where the story's are at hand as well.
_STORY = conditions.field("story").replace("(doc,", "(doc_quotes.doc,")
_STATE, _FROZEN = conditions.field("state"), conditions.field("frozen")
#: Those that the group has to decide on, or has decided on: not what was taken back before.
_FOR_GROUP = (
    f"({_STATE} <> 'withdrawn' OR EXISTS (SELECT 1 FROM json_each(doc_quotes.doc, '$.decisions') AS each "
    "WHERE json_extract(each.value, '$.role') = 'group'))"
)


@dataclass(frozen=True)
class QuoteFilter:
    """Which quotes a list shows. Every part that is given must fit.

    Attributes:
        stories: Of which stories.
        state: What was decided.
        decided: Whether anything was.
        for_group: Only what a group may see: of stories that are checked, permitted and not frozen.
        oldest_first: Whoever was proposed first comes first.
    """

    stories: Filter = field(default_factory=Filter)
    state: QuoteState | None = None
    decided: bool | None = None
    for_group: bool = False
    oldest_first: bool = False

    @property
    def order(self) -> str:
        """How the list is sorted: by when they were proposed."""
        return "ASC" if self.oldest_first else "DESC"

    def test(self) -> tuple[str, list[Any]]:
        """Return the condition on one row of the quotes, and its parameters."""
        about, parameters = self.stories.test()
        closed = f" AND {_FROZEN} = 0 AND {conditions.field('state')} = 'checked'" if self.for_group else ""
        tests = [f"EXISTS (SELECT 1 FROM doc_stories WHERE doc_stories.id = {_STORY} AND {about}{closed})"]
        if self.for_group:
            tests.append(_FOR_GROUP)
        if self.state:
            tests.append(f"{_STATE} = ?")
            parameters.append(self.state)
        if self.decided is not None:
            tests.append(f"{_STATE} {'<>' if self.decided else '='} 'proposed'")
        return " AND ".join(tests), parameters
