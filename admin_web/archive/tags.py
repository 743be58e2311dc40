"""The centre's topics: the list that people choose from, and what may be changed about it.

Stories refer to topics by their ids. So a topic can get other words or another picture, be offered no more, or be
merged with another one, and every story still says what its people meant.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Literal

from admin_web.archive.choices import LONGEST_WORDS, Choice, choices
from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.people import plain_name
from admin_web.archive.records.labels import Tag
from kiosk.errors import ChangedMeanwhile, NotAllowed

#: More than this nobody looks through to find the one that fits.
MOST_OFFERED = 60


class Tags:
    """The topics of an archive. A verb that changes one is durable on return, and stands in the log."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("tags", ids=str)

    # Looking

    def everything(self) -> list[Tag]:
        """Return all topics in their order; also those that are not offered any more, and those that were merged."""
        return sorted((Tag.model_validate(document) for document in self._table), key=lambda tag: (tag.place, tag.id))

    def offered(self) -> list[Choice]:
        """Return what people can choose from, in its order."""
        return [choice_of(tag) for tag in self.everything() if tag.is_offered]

    def by_id(self) -> dict[str, Choice]:
        """Return what each id that was ever given stands for now, in the order of the list."""
        tags = {tag.id: tag for tag in self.everything()}
        return {tag.id: choice_of(_now(tag, tags)) for tag in tags.values()}

    def named(self, tag_ids: Iterable[str]) -> list[Choice]:
        """Return what these ids stand for now, each topic once, in the order of the ids. Unknown ids are left out."""
        known = self.by_id()
        return list(dict.fromkeys(known[tag_id] for tag_id in tag_ids if tag_id in known))

    def get(self, tag_id: str) -> Tag | None:
        """Return a topic, or None if there never was one of this id."""
        document = self._table.of_id(tag_id)
        return Tag.model_validate(document) if document else None

    def known(self, tag_id: str) -> Tag:
        """Return a topic. Raises NotAllowed if there is none."""
        tag = self.get(tag_id)
        if tag is None:
            raise NotAllowed("There is no such topic.")
        return tag

    def now(self, tag_id: str) -> Tag:
        """Return what a topic is now: itself, or what it was merged into. Raises NotAllowed if there is none."""
        tag = self.known(tag_id)
        return self.now(tag.merged_into) if tag.merged_into else tag

    def counts(self, *, lead: bool = False) -> dict[str, int]:
        """Return how many stories are about each topic, of those that staff (or a lead) find in lists."""
        shelves = "('staff','lead')" if lead else "('staff')"
        sql = f"SELECT tag, count(*) FROM story_tags WHERE shelf IN {shelves} GROUP BY tag"
        return dict(self._documents.database.read(sql))

    # Changing. Each raises NotAllowed if there is no such topic, or a rule is against it.

    def add(self, words: str, picture: str, *, by: str) -> Tag:
        """Put a new topic at the end of the list."""
        with self._documents.transaction():
            made = Tag(
                id=f"own-{secrets.token_hex(4)}",
                words=self._fitting(words),
                picture=_known_picture(picture),
                place=1 + max((tag.place for tag in self.everything()), default=0),
            )
            self.require_room()
            self._table.insert(named(made.model_dump(mode="json"), made.id))
            self._log.add(by, "topic added", tag=made.id)
            return made

    def change(self, tag_id: str, *, words: str, picture: str, by: str, revision: int) -> Tag:
        """Give a topic these words and this picture. Raises ChangedMeanwhile if it was changed after `revision`."""
        with self._documents.transaction():
            known = self.require_listed(tag_id)
            if (words, picture) == (known.words, known.picture):
                return known
            changed = {"words": self._fitting(words, but=tag_id), "picture": _known_picture(picture)}
            return self.keep(known, "topic changed", changed, by=by, revision=revision)

    def switch(self, tag_id: str, *, off: bool, by: str, revision: int) -> Tag:
        """Offer a topic no more, or again. Raises ChangedMeanwhile if it was changed after `revision`."""
        with self._documents.transaction():
            known = self.require_listed(tag_id)
            if known.off and not off:
                self.require_room()
            what = "topic switched off" if off else "topic switched on"
            return self.keep(known, what, {"off": off}, by=by, revision=revision)

    def move(self, tag_id: str, by_places: Literal[-1, 1], *, by: str) -> Tag:
        """Let a topic change places with the one before or after it; the first and the last stay where they are.

        It is a step from wherever the topic is now, and overwrites nothing that anybody wrote: it wants no revision.
        """
        with self._documents.transaction():
            known = self.known(tag_id)
            offered = [tag for tag in self.everything() if tag.is_offered]
            if known not in offered:
                raise NotAllowed(f"“{known.words}” is not offered, so that it has no place.")
            index = offered.index(known) + by_places
            if not 0 <= index < len(offered):
                return known
            other = offered[index]
            self._put(other.model_copy(update={"place": known.place}))
            moved = known.model_copy(update={"place": other.place})
            self._put(moved)
            self._log.add(by, "topic moved", tag=tag_id)
            return moved

    # Parts of a transaction, also of merging topics

    def keep(
        self, known: Tag, what: str, changed: Mapping[str, object], *, by: str, revision: int, **details: str
    ) -> Tag:
        """Keep a change to what is known now. Raises ChangedMeanwhile if that is newer than `revision`."""
        now = known.model_copy(update={**changed, "revision": revision + 1})
        if known.revision != revision:
            raise ChangedMeanwhile("Somebody else changed this topic a moment ago.", theirs=known, yours=now)
        self._put(now)
        self._log.add(by, what, tag=known.id, **details)
        return now

    def require_listed(self, tag_id: str) -> Tag:
        """Return a topic that was not joined with another one. Raises NotAllowed if it was, or there is none."""
        known = self.known(tag_id)
        if known.merged_into:
            raise NotAllowed(f"“{known.words}” was merged with another topic. Take them apart first.")
        return known

    def require_free(self, words: str, *, but: str = "") -> None:
        """Raise NotAllowed if another topic of the list has these words."""
        for tag in self.everything():
            if plain_name(tag.words) == plain_name(words) and tag.id != but and not tag.merged_into:
                again = " It is switched off, and can be switched on again." if tag.off else ""
                raise NotAllowed(f"There is a topic “{tag.words}” already.{again}")

    def require_room(self) -> None:
        """Raise NotAllowed if one more topic would be too many."""
        if len(self.offered()) >= MOST_OFFERED:
            raise NotAllowed(f"There are {MOST_OFFERED} topics already. Switch one off, or merge two, before this.")

    def _put(self, tag: Tag) -> None:
        self._table.update(tag.model_dump(mode="json"), doc_ids=[tag.id])

    def _fitting(self, words: str, *, but: str = "") -> str:
        fitting = " ".join(words.split())
        if not 0 < len(fitting) <= LONGEST_WORDS or not fitting.isprintable():
            raise NotAllowed(f"Call a topic something of 1 to {LONGEST_WORDS} letters.")
        self.require_free(fitting, but=but)
        return fitting


def choice_of(tag: Tag) -> Choice:
    """Return a topic as people see it."""
    return Choice(tag.id, tag.words, tag.picture)


def _now(tag: Tag, tags: dict[str, Tag]) -> Tag:
    """Return what a topic is now: itself, or what it was merged into."""
    while tag.merged_into:
        tag = tags[tag.merged_into]
    return tag


def _known_picture(picture: str) -> str:
    if picture not in choices().pictures:
        raise NotAllowed("There is no such picture. Choose one of those that are shown.")
    return picture
