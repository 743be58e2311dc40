"""The words of stories: what people made of the machine's draft, and what they were before."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.records.texts import Redaction, Text, Version
from admin_web.archive.redacted_words import kept_out, may_hold, said_in, without
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
        self._versions = Numbered(documents, "versions", Version)
        self._redactions = Numbered(documents, "redactions", Redaction)

    def get(self, story_id: str) -> Text | None:
        """Return a story's words as they are now, or None while there are none."""
        document = self._table.of_id(story_id)
        return Text.model_validate(document) if document else None

    def save(self, story_id: str, words: Sequence[Word], *, by: str, revision: int, guessed: bool = False) -> Text:
        """Keep the words that somebody has put right; durable on return. Checked words are then to be confirmed anew.

        What was taken out of the story stays out, also where somebody had it on their page from before.

        Args:
            story_id: Whose words they are.
            words: All of them, with times.
            by: Id of the account.
            revision: Of the text that was put right; 0 where there was none.
            guessed: Nobody knows the times.

        Raises:
            ChangedMeanwhile: Somebody else saved first; both sides are `Text`s (`theirs` may be None).
            NotAllowed: The story is frozen or gone.
        """
        text = " ".join(word.word for word in words)
        with self._documents.transaction():
            before, after = self._before_and_after(story_id, text, words, by, revision, guessed=guessed)
            self._keep(before, after, version=before is not None and not _same_sitting(before, after))
        return after

    def replace(
        self, story_id: str, first_word: int, last_word: int, instead: Sequence[Word], *, by: str, revision: int
    ) -> Text:
        """Put other words in the place of some; what was there before stays as a version, whoever saved it last.

        Args:
            story_id: Whose words they are.
            first_word: Which is the first, in the order in which they are said.
            last_word: Which is the last.
            instead: What shall stand there.
            by: Id of the account.
            revision: Of the text.

        Raises:
            NotAllowed: There are no such words with times, or as `save` does.
            ChangedMeanwhile: As `save` does.
            StoryDamaged: They are the machine's draft, and its folder says something else by now.
        """
        with self._documents.transaction():
            words = self.words_of(story_id)
            if not 0 <= first_word <= last_word < len(words):
                raise NotAllowed("There are no such words in this story any more. Nothing was changed.")
            words[first_word : last_word + 1] = instead
            text = " ".join(word.word for word in words)
            before, after = self._before_and_after(story_id, text, words, by, revision)
            self._keep(before, after, version=True)
        return after

    def words_of(self, story_id: str, revision: int | None = None) -> list[Word]:
        """Return a story's words in the order in which they are said, as they are now or were in an earlier text.

        Returns:
            None of them if there is no such text.

        Raises:
            StoryDamaged: As `bring_back` does.
        """
        found = self.get(story_id)
        if found and revision not in (None, found.revision):
            found = next((each for each in self.versions(story_id) if each.revision == revision), None)
        return sorted(self._words_of(found), key=lambda word: word.start) if found else []

    def confirm(self, story_id: str, *, by: str, revision: int) -> None:
        """Note that somebody has listened and says that these words are right: they are no draft any more.

        Raises:
            ChangedMeanwhile: They are not the words that were looked at.
            NotAllowed: There are no words, or the story is frozen or gone.
            StoryDamaged: They are the machine's draft, and its folder says something else by now.
        """
        with self._documents.transaction():
            entry, text = self._thawed(story_id), self.get(story_id)
            if text is None:
                raise NotAllowed(f"The story {story_id} has no words yet.")
            if text.revision != revision:
                raise ChangedMeanwhile("Somebody else saved these words meanwhile.", theirs=text, yours=revision)
            if text.is_draft:
                # A person stands for them from now on: no newer draft takes their place, and they can be quoted.
                draft, text = self._before_and_after(story_id, text.text, self._words_of(text), by, revision)
                self._keep(draft, text, version=False)
            now = datetime.now(UTC)
            checked = {
                "state": "checked",
                "checked_at": now,
                "heard_at": entry.heard_at or now,
                "checked_file_due": True,
            }
            self._stories.note(entry.model_copy(update=checked))
            self._log.add(by, "words confirmed", story_id, revision=text.revision)

    def versions(self, story_id: str) -> list[Version]:
        """Return the earlier texts of a story, newest first."""
        return self._versions.of(story_id)[::-1]

    def draft_words(self, story_id: str, number: int) -> list[Word]:
        """Return the words of one of the machine's drafts, without what was taken out of the story since.

        Raises:
            NotAllowed: There is no such draft, or the machine had no words.
            StoryDamaged: It cannot be read.
        """
        draft = self._folder.story(story_id).draft(number)
        if draft is None or draft.failed:
            raise NotAllowed("There are no such words of the computer.")
        words = sorted(draft.words, key=lambda word: word.start)
        for redaction in self._redactions.of(story_id):
            words = without(words, redaction)
        return words

    def has_versions(self, story_id: str) -> bool:
        """Say whether a story has earlier texts."""
        return self._versions.has(story_id)

    def of_revision(self, story_id: str, revision: int) -> Text | None:
        """Return a story's text as it was at a revision: the present one, or an earlier version; None if not kept."""
        now = self.get(story_id)
        if now and now.revision == revision:
            return now
        return next((each for each in self.versions(story_id) if each.revision == revision), None)

    def bring_back(self, story_id: str, number: int, *, by: str, revision: int) -> Text:
        """Make an earlier text the current one again; what was current becomes a version.

        Raises as `save` does, and StoryDamaged if it is the machine's draft and that cannot be read any more.
        """
        with self._documents.transaction():
            self._thawed(story_id)
            wanted = next((each for each in self.versions(story_id) if each.number == number), None)
            if wanted is None:
                raise NotAllowed(f"The story {story_id} has no version {number}.")
            words, guessed = self._words_of(wanted), wanted.guessed
            if guessed and self._redactions.has(story_id):
                raise NotAllowed(
                    "Words were taken out of this story since. Nobody knows where they are in this earlier version, "
                    "because its times are a guess. Nothing was changed."
                )
            before, after = self._before_and_after(story_id, wanted.text, words, by, revision, guessed=guessed)
            self._keep(before, after, version=True)
        return after

    def _before_and_after(
        self, story_id: str, text: str, words: Sequence[Word], by: str, revision: int, *, guessed: bool = False
    ) -> tuple[Text | None, Text]:
        """Return the text as it is and as it shall be. Raises as `save` does."""
        self._thawed(story_id)
        now, before = datetime.now(UTC), self.get(story_id)
        if "\0" in text:
            text, words = keepable(text), [word.model_copy(update={"word": keepable(word.word)}) for word in words]
        text, words = self._kept_out(story_id, text, words)
        told = {"text": text, "words": tuple(words), "guessed": guessed}
        after = Text(story=story_id, revision=revision + 1, by=by, at=now, **told)
        if (before.revision if before else 0) != revision:
            raise ChangedMeanwhile("Somebody else saved these words first.", theirs=before, yours=after)
        return before, after

    def _kept_out(self, story_id: str, text: str, words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
        """Return a text without what was taken out of its story."""
        redactions = self._redactions.of(story_id)
        if not redactions or not text:
            return text, words
        if not words:
            raise NotAllowed("Words were taken out of this story, and this text has no times to find them by.")
        kept = list(words)
        redactions = [each for each in redactions if may_hold(kept, each)]
        earlier = [self._words_of_any(each) for each in self.versions(story_id)] if redactions else []
        for redaction in redactions:
            kept = kept_out(kept, redaction, said_in(redaction, earlier))
        return (text, words) if kept == list(words) else (" ".join(word.word for word in kept), kept)

    def _words_of_any(self, text: Text) -> Sequence[Word]:
        with contextlib.suppress(StoryDamaged):
            return self._words_of(text)
        return ()

    def _keep(self, before: Text | None, after: Text, *, version: bool) -> None:
        known = self._stories.known(after.story)
        # What somebody stood for is kept in any case: quotes were taken from it.
        if before and (version or known.state == "checked"):
            self._versions.add(Version(**before.model_dump()))
        entry = self._stories.with_text(known, after)
        if entry.state == "checked" and before and before.text != after.text:
            entry = entry.model_copy(update={"state": "heard", "checked_at": None, "checked_file_due": True})
        elif entry.state == "checked":
            # The same words with other times are still what somebody stands for.
            entry = entry.model_copy(update={"checked_file_due": True})
        self._stories.note(entry)
        self._log.add(after.by, "words saved", after.story, revision=after.revision, words=len(after.words))

    def _thawed(self, story_id: str) -> StoryEntry:
        entry = self._stories.known(story_id)
        if entry.frozen:
            raise NotAllowed(f"The story {story_id} is frozen by a safeguarding flag: its words may not be changed.")
        return entry

    def _words_of(self, text: Text) -> Sequence[Word]:
        """Return the words of a text with their times. Those of the machine's draft stand in the story's folder."""
        if text.words or not text.is_draft:
            return text.words
        transcript = self._folder.story(text.story).draft(text.draft_number)
        if transcript is None or keepable(transcript.text) != text.text:
            raise StoryDamaged(f"The machine's draft of {text.story} is not in its folder any more.")
        return transcript.words


def _same_sitting(before: Text, after: Text) -> bool:
    # A clock that went backward tells nothing of how long ago it was.
    lately = timedelta(0) <= after.at - before.at < SITTING
    much_is_gone = len(after.words) < MOSTLY * len(before.words)
    return before.by == after.by and lately and not much_is_gone
