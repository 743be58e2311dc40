"""Merging two topics into one, and taking them apart again.

All stories of the one get the other, in one transaction, and remember what they had: so a merge that was a mistake can
be undone, also after others were made. Frozen stories are among them: their labels are no words of their tellers, and
no story may refer to a topic that is not there any more.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.records.labels import Tag
from admin_web.archive.tags import Tags
from kiosk.errors import NotAllowed

_WITH_TAG = (
    "SELECT doc_stories.id FROM story_tags JOIN doc_stories ON doc_stories.number = story_tags.story "
    "WHERE story_tags.tag = ?"
)
#: Of these, those that had another topic in its place.
_ONCE_OTHER = (
    " AND EXISTS (SELECT 1 FROM json_each(doc_stories.doc,'$.\"merged\"') AS was "
    "WHERE json_extract(was.value,'$.\"tag\"') = ? AND json_extract(was.value,'$.\"into\"') = ?)"
)

StoryDocument = MutableMapping[str, Any]


class Merging:
    """Merges topics of an archive. What was merged is known by `Tag.merged_into`."""

    def __init__(self, documents: Documents, log: Log, tags: Tags) -> None:
        self._documents, self._log, self._tags = documents, log, tags
        self._stories = documents.table("stories", ids=str)

    def merge(self, tag_id: str, into: str, *, by: str, revision: int) -> int:
        """Make one topic of two: all stories about `tag_id` are about `into` from now on. Return how many those are.

        Raises:
            NotAllowed: One is not there or merged already, both are the same, or `into` is not offered.
            ChangedMeanwhile: Somebody changed the topic `tag_id` after `revision`.
        """
        with self._documents.transaction():
            known, other = self._tags.require_listed(tag_id), self._tags.require_listed(into)
            if known.id == other.id:
                raise NotAllowed("A topic cannot be merged with itself. Choose another one.")
            if other.off:
                raise NotAllowed(f"“{other.words}” is switched off. Switch it on again first.")
            self._tags.keep(known, "topic merged", {"merged_into": into}, by=by, revision=revision, into=into)
            return self._change(_WITH_TAG, [tag_id], lambda story: _merge(story, tag_id, into))

    def part(self, tag_id: str, *, by: str, revision: int) -> int:
        """Undo a merge: stories that had `tag_id` have it again, and the list does. Return how many stories those are.

        Stories whose topics somebody has chosen anew since then stay as they are.

        Raises:
            NotAllowed: It was not merged, what it became was merged itself, or another topic has its words now.
            ChangedMeanwhile: Somebody changed the topic after `revision`.
        """
        with self._documents.transaction():
            known = self._tags.known(tag_id)
            other = self._other_of(known)
            self._tags.require_free(known.words)
            if not known.off:
                self._tags.require_room()
            self._tags.keep(known, "topic parted", {"merged_into": ""}, by=by, revision=revision, into=other.id)
            asked = [other.id, tag_id, other.id]
            return self._change(_WITH_TAG + _ONCE_OTHER, asked, lambda story: _part(story, tag_id, other.id))

    def _other_of(self, known: Tag) -> Tag:
        if not known.merged_into:
            raise NotAllowed(f"“{known.words}” was not merged with another topic.")
        other = self._tags.known(known.merged_into)
        if other.merged_into:
            raise NotAllowed(f"“{other.words}” was merged itself since then. Take that apart first.")
        return other

    def _change(self, select: str, parameters: list[str], change: Callable[[StoryDocument], None]) -> int:
        # The documents as they are, since nothing else of them changes: 100,000 stories are read and written once.
        story_ids = [story_id for (story_id,) in self._documents.database.read(select, parameters)]
        self._stories.update(change, doc_ids=story_ids)
        return len(story_ids)


def _merge(story: StoryDocument, tag: str, into: str) -> None:
    tags, merged = story["tags"], story.get("merged", [])
    if into in tags and not any(each["into"] == into for each in merged):
        merged = [*merged, {"tag": into, "into": into}]
    story["merged"] = [*merged, {"tag": tag, "into": into}]
    story["tags"] = list(dict.fromkeys(into if each == tag else each for each in tags))
    story["revision"] += 1


def _part(story: StoryDocument, tag: str, into: str) -> None:
    merged = [each for each in story["merged"] if each != {"tag": tag, "into": into}]
    still = [each["tag"] for each in merged if each["into"] == into]
    if still == [into]:
        # It is nothing but itself: there is nothing to remember any more.
        merged.remove({"tag": into, "into": into})
    story["merged"] = merged
    parted = [into, tag] if still else [tag]
    story["tags"] = [new for each in story["tags"] for new in (parted if each == into else [each])]
    story["revision"] += 1
