"""Which stories a list or a search shows."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from admin_web.archive.conditions import field
from admin_web.archive.records.accounts import Account
from admin_web.archive.records.kept import moment
from admin_web.archive.records.stories import State

_HAS_TAG = (
    f"EXISTS (SELECT 1 FROM story_tags AS other WHERE other.tag = ? AND other.listed_at = {field('listed_at')} "
    "AND other.story = doc_stories.number)"
)
#: Said in the statement, not as a parameter: so SQLite sees that an index of the unheard alone is enough.
_IN_STATE: dict[State, str] = {each: f"{field('state')} = '{each}'" for each in get_args(State)}
#: The shelves that somebody looks at, and those on which a story may be hidden from them.
_FOR_STAFF, _FOR_LEADS = "'staff'", "'staff','lead'"
_FOR_SOME_STAFF, _FOR_SOME_LEADS = "'some staff'", "'some staff','some leads'"
_HIDDEN = "SELECT number FROM story_hidden WHERE account = ?"


@dataclass(frozen=True)
class Filter:
    """Which stories a list shows. Every part that is given must fit.

    Attributes:
        lead: Also what leads alone may see: not agreed, taken back, or hidden from staff.
        viewer: Id of whoever looks. Without it also those stories are left out that are hidden from anybody: whoever
            forgets to say for whom a list is shows too little, never too much.
        state: How far people are with it.
        since: Told then or later.
        before: Told before then.
        tags: It has all of these.
        question: What was asked.
        station: Where it was told.
        feeling: How it feels to its teller, as people say.
        kind: What kind of story it is, as people say.
        speaker: Who told it, as people say.
        permission: What its teller allowed.
    """

    lead: bool = False
    viewer: str = ""
    state: State | None = None
    since: datetime | None = None
    before: datetime | None = None
    tags: tuple[str, ...] = ()
    question: str | None = None
    station: str | None = None
    feeling: str | None = None
    kind: str | None = None
    speaker: str | None = None
    permission: Literal["words", "voice"] | None = None

    @classmethod
    def seen_by(cls, account: Account) -> "Filter":
        """Return what this person may see."""
        return cls(lead=account.role == "lead", viewer=account.id)

    @property
    def is_narrow(self) -> bool:
        """Whether it lets few stories through, which an index finds: to list them all is little work."""
        return self.since is not None or self.before is not None or self.state == "unheard"

    def order(self, direction: Literal["ASC", "DESC"]) -> str:
        """Return how lists are sorted: by when stories were told. Of the unheard, those to hear first come first."""
        if self.state == "unheard":
            return f"{field('moves_up')} DESC, {field('listed_at')} {direction}, number {direction}"
        columns = ("story_tags.listed_at", "story_tags.story") if self.tags else (field("listed_at"), "number")
        return ", ".join(f"{column} {direction}" for column in columns)

    def sql(self) -> tuple[str, str, list[Any]]:
        """Return the tables, the condition and its parameters that list these stories."""
        if not self.tags:
            return "doc_stories", *self.test()
        # The index of tags is in the order of lists: a page of it is found without looking at any other story.
        first, *others = self.tags
        test, parameters = replace(self, tags=tuple(others))._test(
            "story_tags.listed_at", "story_tags.shelf", "story_tags.story"
        )
        joined = "story_tags JOIN doc_stories ON doc_stories.number = story_tags.story"
        return joined, f"story_tags.tag = ? AND {test}", [first, *parameters]

    def listed(self) -> tuple[str, str, list[Any]]:
        """Return the same to list them in their order."""
        if self.state == "unheard":
            # SQLite would take an index in another order, and sort all of the unheard.
            return "doc_stories INDEXED BY stories_inbox", *self.test()
        return self.sql()

    def counted(self) -> tuple[str, str, list[Any]]:
        """Return the same to count them."""
        tables, test, parameters = self.sql()
        others = [self.state, self.permission, *(value for _, value in self._plain())]
        by_tag_alone = len(self.tags) == 1 and all(each is None for each in others)
        return "story_tags" if by_tag_alone else tables, test, parameters

    def test(self) -> tuple[str, list[Any]]:
        """Return the condition on one row of the stories, and its parameters."""
        return self._test(field("listed_at"), field("shelf"), "doc_stories.number")

    def _plain(self) -> list[tuple[str, str | None]]:
        """Return the fields of a story that must be just as they are asked for."""
        return [(name, getattr(self, name)) for name in ("question", "station", "feeling", "kind", "speaker")]

    def _test(self, listed: str, shelf: str, number: str) -> tuple[str, list[Any]]:
        tests, parameters = [f"{shelf} IN ({_FOR_LEADS if self.lead else _FOR_STAFF})"], list[Any]()
        if self.viewer:
            # Few stories are on these shelves, so that the second question is rarely asked.
            others = f"{shelf} IN ({_FOR_SOME_LEADS if self.lead else _FOR_SOME_STAFF})"
            tests = [f"({tests[0]} OR ({others} AND {number} NOT IN ({_HIDDEN})))"]
            parameters.append(self.viewer)
        for test, value in (
            (f"{listed} >= ?", self.since and moment(self.since)),
            (f"{listed} < ?", self.before and moment(self.before)),
            *((f"{field(name)} = ?", value) for name, value in self._plain()),
            *((_HAS_TAG, tag) for tag in self.tags),
        ):
            if value is not None:
                tests.append(test)
                parameters.append(value)
        if self.state:
            tests.append(_IN_STATE[self.state])
        if self.permission:
            tests.append(f"{field('permissions', self.permission)} = 1")
        return " AND ".join(tests), parameters


#: What all staff may see: whoever asks for nothing else gets no more.
STAFF = Filter()
