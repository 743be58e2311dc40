"""What people say that stories are about: topics, feeling, kind, who told it, whose view it is, and a strength."""

from datetime import UTC, datetime

from admin_web.archive.choices import choices, chosen
from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.records.labels import About
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories
from admin_web.archive.tags import Tags
from kiosk.errors import ChangedMeanwhile, NotAllowed

#: A story that is about everything is found under nothing.
MOST_TOPICS = 3
#: A few words.
LONGEST_STRENGTH = 200


class Labels:
    """What the archive's stories are about."""

    def __init__(self, documents: Documents, log: Log, stories: Stories, tags: Tags) -> None:
        self._documents, self._log, self._stories, self._tags = documents, log, stories, tags

    def put(self, story_id: str, about: About, *, by: str, revision: int) -> StoryEntry:
        """Say what a story is about, instead of what was said before; a topic that was merged counts as what it is now.

        A frozen story may be labelled as well: a flag freezes what its teller said and what becomes of that, and these
        are the notes of those who look after it.

        Raises:
            NotAllowed: There is no such story, topic or other choice, or there are more than three topics.
            ChangedMeanwhile: Somebody said something else after `revision`.
        """
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            fitting = self._fitting(about, entry)
            if fitting == entry.about:
                return entry
            changes = {
                **fitting.model_dump(),
                "tagged_by": by,
                "tagged_at": datetime.now(UTC),
                "revision": revision + 1,
            }
            if fitting.tags != entry.tags:
                # Somebody has looked at its topics as they are now: what they were before does not come back.
                changes["merged"] = ()
            changed = entry.model_copy(update=changes)
            if entry.revision != revision:
                raise ChangedMeanwhile(
                    "Somebody else said a moment ago what this story is about.", theirs=entry, yours=changed
                )
            self._stories.note(changed)
            self._log.add(by, "tagged", story_id, tags=len(changed.tags))
            return changed

    def _fitting(self, about: About, entry: StoryEntry) -> About:
        """Return what can be kept of it as it is meant. Raises NotAllowed where that is nothing."""
        known, strength = choices(), " ".join(about.strength.split())
        for options, option_id in (
            (known.feelings, about.feeling),
            (known.kinds, about.kind),
            (known.speakers, about.speaker),
            (known.views, about.view),
        ):
            if option_id and not chosen(options, option_id):
                raise NotAllowed("There is no such choice. Choose one of those that are shown.")
        if len(strength) > LONGEST_STRENGTH or not strength.isprintable():
            raise NotAllowed(f"Say it in a few words: at most {LONGEST_STRENGTH} letters.")
        return about.model_copy(update={"tags": self._fitting_tags(about, entry), "strength": strength})

    def _fitting_tags(self, about: About, entry: StoryEntry) -> tuple[str, ...]:
        found = {tag.id: tag for tag in map(self._tags.now, about.tags)}
        if len(found) > MOST_TOPICS:
            raise NotAllowed(f"Choose at most {MOST_TOPICS} topics: those that matter most in this story.")
        for tag in found.values():
            if tag.off and tag.id not in entry.tags:
                raise NotAllowed(f"“{tag.words}” is not offered any more. Choose another topic.")
        # In whatever order they come, the same topics are no change.
        return entry.tags if found.keys() == set(entry.tags) else tuple(found)
