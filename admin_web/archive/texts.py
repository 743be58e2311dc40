"""The words of stories: what people made of the machine's draft, and what they were before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tinydb import where

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records import Text, Version
from admin_web.archive.stories import Stories
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Word

#: Somebody who saves again within this time is still at the same version: a page saves by itself every few seconds.
SITTING = timedelta(minutes=30)
#: Unless much of it has gone at once: what was there before is then kept, whoever did it.
MOSTLY = 0.8


class Texts:
    """The archive's texts."""

    def __init__(self, folder: DataFolder, documents: Documents, log: Log, stories: Stories) -> None:
        self._folder, self._documents, self._log, self._stories = folder, documents, log, stories
        self._table = documents.table("texts", ids=str)
        self._versions = documents.table("versions")

    def get(self, story_id: str) -> Text | None:
        """Return a story's words as they are now, or None while there are none."""
        document = self._table.of_id(story_id)
        return Text.model_validate(document) if document else None

    def save(self, story_id: str, words: Sequence[Word], *, by: str, revision: int) -> Text:
        """Keep the words that somebody has put right; durable on return.

        Args:
            story_id: Whose words they are.
            words: All of them, with times.
            by: Id of the account.
            revision: Of the text that was put right; 0 for the machine's draft or where there was none.

        Raises:
            ChangedMeanwhile: Somebody else saved first; `theirs` and `yours` are both `Text`s.
            NotAllowed: The story is frozen or gone.
        """
        return self._save(story_id, words, by, revision)

    def confirm(self, story_id: str, *, by: str, revision: int) -> None:
        """Note that somebody has listened and says that these words are right: they are no draft any more.

        Raises:
            ChangedMeanwhile: They are not the words that were looked at.
            NotAllowed: There are no words, or the story is gone.
        """
        with self._documents.transaction():
            entry, text = self._stories.known(story_id), self.get(story_id)
            if text is None:
                raise NotAllowed(f"The story {story_id} has no words yet.")
            if text.revision != revision:
                raise ChangedMeanwhile("Somebody else saved these words meanwhile.", theirs=text, yours=revision)
            now = datetime.now(UTC)
            heard_at = entry.heard_at or now
            self._stories.note(entry.model_copy(update={"state": "checked", "checked_at": now, "heard_at": heard_at}))
            self._log.add(by, "words confirmed", story_id, revision=revision)

    def versions(self, story_id: str) -> list[Version]:
        """Return the earlier texts of a story, newest first."""
        found = self._versions.search(where("story") == story_id)
        return [Version.model_validate({**document, "number": document.doc_id}) for document in reversed(found)]

    def bring_back(self, story_id: str, number: int, *, by: str, revision: int) -> Text:
        """Make an earlier text the current one again; what was current becomes a version.

        Raises as `save` does, and StoryDamaged if it is the machine's draft and that cannot be read any more.
        """
        with self._documents.transaction():
            wanted = next((each for each in self.versions(story_id) if each.number == number), None)
            if wanted is None:
                raise NotAllowed(f"The story {story_id} has no version {number}.")
            return self._save(story_id, self._words_of(wanted), by, revision, keep_before=True)

    def _save(self, story_id: str, words: Sequence[Word], by: str, revision: int, *, keep_before: bool = False) -> Text:
        with self._documents.transaction():
            entry = self._stories.known(story_id)
            if entry.frozen:
                raise NotAllowed(
                    f"The story {story_id} is frozen by a safeguarding flag: its words may not be changed."
                )
            now, text = datetime.now(UTC), " ".join(word.word for word in words)
            saved = Text(story=story_id, revision=revision + 1, text=text, words=tuple(words), by=by, at=now)
            before = self.get(story_id)
            if (before.revision if before else 0) != revision:
                raise ChangedMeanwhile("Somebody else saved these words first.", theirs=before, yours=saved)
            if before and (keep_before or not _same_sitting(before, saved)):
                self._versions.insert(before.model_dump(mode="json"))
            self._table.upsert(named(saved.model_dump(mode="json"), story_id))
            self._log.add(by, "words saved", story_id, revision=saved.revision, words=len(words))
            return saved

    def _words_of(self, text: Text) -> Sequence[Word]:
        if text.words or text.revision:
            return text.words
        transcript = self._folder.story(text.story).transcript()
        if transcript is None:
            raise StoryDamaged(f"The machine's draft of {text.story} is not in its folder any more.")
        return transcript.words


def _same_sitting(before: Text, after: Text) -> bool:
    much_is_gone = len(after.words) < MOSTLY * len(before.words)
    return before.by == after.by and after.at - before.at < SITTING and not much_is_gone
