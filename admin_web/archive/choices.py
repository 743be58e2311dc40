"""What a story can be labelled with, as Sayso brings it along: `tags.toml`, and how an archive takes up its topics."""

import functools
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from admin_web.archive.explaining import damaged
from admin_web.archive.people import plain_name
from admin_web.archive.records.labels import Tag

#: What a centre may call a topic: it stands on a button.
LONGEST_WORDS = 60
_NAME = r"^[a-z]+(-[a-z]+)*$"


class Choice(NamedTuple):
    """Something to choose, as people see it."""

    id: str
    words: str
    picture: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Option(_Row):
    """A row of the file: one feeling, one kind of story."""

    id: str = Field(pattern=_NAME)
    words: str = Field(min_length=1, max_length=LONGEST_WORDS)
    picture: str = Field(pattern=_NAME)

    @property
    def choice(self) -> Choice:
        """The same as a choice."""
        return Choice(self.id, self.words, self.picture)


class Topic(Option):
    """A topic; `since`: the file's version that brought it."""

    since: PositiveInt = 1


class Choices(_Row):
    """Everything in `tags.toml`.

    Attributes:
        version: The file's own: it grows when topics come to it.
        topics: What a new archive begins with.
        feelings: How the story feels to its teller.
        kinds: What sort of story it is.
        speakers: Who told it.
        views: Whose view it is.
        pictures: Name of each picture that a topic can have -> what is on it.
    """

    version: PositiveInt
    topics: list[Topic]
    feelings: list[Option]
    kinds: list[Option]
    speakers: list[Option]
    views: list[Option]
    pictures: dict[str, str]

    @model_validator(mode="after")
    def _whole(self) -> "Choices":
        faults: list[str] = []
        for name in ("topics", "feelings", "kinds", "speakers", "views"):
            rows: list[Option] = getattr(self, name)
            faults += [f"{name}: the id {each!r} is there twice" for each in _doubles(row.id for row in rows)]
            faults += [f"{name}: {each!r} is there twice" for each in _doubles(plain_name(row.words) for row in rows)]
        faults += [f"the topic {row.id} has no picture of [pictures]" for row in self.topics if not self._has(row)]
        if self.version != max((row.since for row in self.topics), default=1):
            faults.append("the version is not that of the newest topic (its `since`)")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _has(self, row: Option) -> bool:
        return row.picture in self.pictures


def _doubles(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def chosen(options: Sequence[Option], option_id: str) -> Choice | None:
    """Return the option of an id; None if there is none, as for what nobody has chosen yet (an empty id)."""
    return next((each.choice for each in options if each.id == option_id), None)


def read_choices(text: str) -> Choices:
    """Read such a file. Raises ValueError, which names every fault."""
    return Choices.model_validate(tomllib.loads(text))


@functools.cache
def choices() -> Choices:
    """Return what Sayso brings along."""
    return read_choices(Path(__file__).with_name("tags.toml").read_text("utf-8"))


def take_up(documents: Documents, brought: Choices) -> None:
    """Put topics into an archive that it does not have because they are newer; all of them into a new one.

    What a centre made of the others stays. Where it has a topic of the same words by now, the new one is that.

    Raises:
        ArchiveDamaged: Topics of the archive cannot be read.
    """
    version = _taken_up(documents)
    if version < brought.version:
        with documents.transaction():
            # Somebody else may have done it while we waited for our turn.
            version = _taken_up(documents)
            try:
                _insert(documents, [topic for topic in brought.topics if topic.since > version])
            except ValueError as error:
                raise damaged(documents.database.path, f"topics are not as they were written: {error}") from error


def _taken_up(documents: Documents) -> int:
    found = documents.database.read(f"SELECT max({field('since')}) FROM doc_tags")
    return found[0][0] or 0


def _insert(documents: Documents, topics: Iterable[Topic]) -> None:
    table = documents.table("tags", ids=str)
    there = [Tag.model_validate(document) for document in table]
    words = {plain_name(tag.words): tag.id for tag in there if not tag.merged_into}
    first = 1 + max((tag.place for tag in there), default=0)
    for place, topic in enumerate(topics, first):
        same = words.get(plain_name(topic.words), "")
        made = Tag(**topic.model_dump(), place=place, merged_into=same)
        table.insert(named(made.model_dump(mode="json"), made.id))
