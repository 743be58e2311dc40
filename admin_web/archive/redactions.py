"""Taking words out of stories: names above all. Others then neither read nor hear them, and staff still may.

In the text something broader stands in their place, in square brackets; in `redacted.wav` a tone covers their sound.
The recording itself, the machine's draft and the earlier texts stay as they are.
"""

from datetime import UTC, datetime
from typing import Literal

from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.quotes import Quotes
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.records.texts import UNKNOWN_TEXT, Redaction
from admin_web.archive.redacted_sound import require_recording
from admin_web.archive.redacted_words import heard_in, in_place, place_of
from admin_web.archive.stories import Stories
from admin_web.archive.texts import Texts
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Word

Edge = Literal["start", "end"]
#: How much more than the word the tone covers at either side, to begin with. Measured on 513 words of which the times
#: are known: the starter model is mostly wrong by 12 ms, and never let a word begin more than 81 ms late or end more
#: than 32 ms early.
MARGIN_S = 0.1
#: How far it may be moved: over the word, and half over its neighbour if that is further than this.
LEAST_MARGIN_S, MOST_MARGIN_S = -0.1, 0.4
#: A tone is never shorter: nobody would notice it.
SHORTEST_S = 0.1
LONGEST_ROLE = 40


class Redactions:
    """What was taken out of an archive's stories."""

    def __init__(
        self, folder: DataFolder, documents: Documents, log: Log, stories: Stories, texts: Texts, quotes: Quotes
    ) -> None:
        self._folder, self._documents, self._log = folder, documents, log
        self._stories, self._texts, self._quotes = stories, texts, quotes
        self._table = Numbered(documents, "redactions", Redaction)

    def of(self, story_id: str) -> list[Redaction]:
        """Return what was taken out of a story, in the order in which it was said."""
        return sorted(self._table.of(story_id), key=lambda each: (each.start, each.number))

    def redact(self, story_id: str, first_word: int, last_word: int, role: str, *, by: str, revision: int) -> Redaction:
        """Take words out of a story: of its text at once, of its sound as soon as `RedactedFiles` has written it.

        Every quote that holds them is withdrawn, and checked words are to be confirmed anew.

        Args:
            story_id: Which story.
            first_word: Which is the first, in the order in which they are said.
            last_word: Which is the last.
            role: What shall stand there, as "support worker".
            by: Id of the account.
            revision: Of the text in which they were chosen.

        Raises:
            ChangedMeanwhile: The text is another one by now.
            NotAllowed: There are no such words with times, `role` cannot stand there, or the story is frozen or gone.
            StoryDamaged: The recording or the machine's draft is damaged.
            OSError: The recording cannot be read.
        """
        role = _plain(role)
        folder = self._folder.story(story_id)
        if folder.audio.is_file():
            require_recording(folder.audio)
        with self._documents.transaction():
            self._require_times(story_id)
            words = self._texts.words_of(story_id, revision)[max(0, first_word) : last_word + 1]
            if not words or first_word < 0:
                self._require_same(story_id, revision)
                raise NotAllowed("There are no such words in this story. Nothing was taken out.")
            redaction = Redaction(
                story=story_id,
                role=role,
                text_revision=revision,
                first_word=first_word,
                last_word=last_word,
                word_start=words[0].start,
                word_end=max(word.end for word in words),
                before=MARGIN_S,
                after=MARGIN_S,
                by=by,
                at=datetime.now(UTC),
            )
            self._texts.replace(story_id, first_word, last_word, [in_place(redaction)], by=by, revision=revision)
            redaction = self._table.add(redaction)
            self._quotes.take_out(story_id, redaction.word_start, redaction.word_end, by=by)
            self._changed(self._stories.known(story_id), "words taken out", redaction, by=by)
        return redaction

    def nudge(self, story_id: str, number: int, edge: Edge, by_s: float, *, by: str, revision: int) -> Redaction:
        """Move one edge of the tone, as far as that makes sense.

        Args:
            story_id: Which story.
            number: Of the redaction.
            edge: Which edge.
            by_s: By how many seconds; later is positive.
            by: Id of the account.
            revision: Of the redaction.

        Raises:
            ChangedMeanwhile: Somebody else changed it first.
            NotAllowed: It cannot be moved so far, the recording is deleted, or there is no such redaction.
        """
        with self._documents.transaction():
            entry, known = self._thawed(story_id), self._known(story_id, number)
            margins = {"before": known.before - by_s} if edge == "start" else {"after": known.after + by_s}
            nudged = known.model_copy(update={name: round(margin, 3) for name, margin in margins.items()})
            nudged = nudged.model_copy(update={"revision": revision + 1})
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else moved this tone a moment ago.", theirs=known, yours=nudged)
            self._require_sound(entry)
            self._require_sensible(entry, nudged, edge)
            self._table.replace(nudged)
            self._changed(entry, "tone moved", nudged, by=by)
        return nudged

    def undo(self, story_id: str, number: int, *, by: str, revision: int) -> None:
        """Put the words back, in the text and for the ear. What people changed around them stays as it is.

        Raises:
            ChangedMeanwhile: Somebody else changed it first.
            NotAllowed: The recording or the words are gone, other words around them were taken out later, or there is
                no such redaction.
            StoryDamaged: The words are the machine's draft, and its folder says something else by now.
        """
        with self._documents.transaction():
            entry, known = self._thawed(story_id), self._known(story_id, number)
            if known.revision != revision:
                raise ChangedMeanwhile("Somebody else moved this tone a moment ago.", theirs=known, yours=None)
            self._require_sound(entry)
            if any(_hides(other, known) for other in self._table.of(story_id)):
                raise NotAllowed("More words around these were taken out later. Bring those back first.")
            words = self.words_under(known)
            if not words:
                raise NotAllowed("The words were taken out elsewhere, and nobody here knows them. Nothing was changed.")
            now, text = self._texts.words_of(story_id), self._texts.get(story_id)
            place = place_of(known, now)
            self._table.remove(number)
            # Where somebody wrote over it, their words stand: they have heard what is said there.
            if place is not None and text:
                self._texts.replace(story_id, place, place, words, by=by, revision=text.revision)
            self._changed(self._stories.known(story_id), "words brought back", known, by=by)

    def words_under(self, redaction: Redaction) -> list[Word]:
        """Return the words that were taken out, for those who may see earlier texts. Raises as `undo` does."""
        if redaction.text_revision == UNKNOWN_TEXT:
            draft = self._folder.story(redaction.story).transcript()
            return heard_in(redaction, draft.words) if draft else []
        words = self._texts.words_of(redaction.story, redaction.text_revision)
        return words[redaction.first_word : redaction.last_word + 1]

    def _changed(self, entry: StoryEntry, what: str, redaction: Redaction, *, by: str) -> None:
        self._stories.note(entry.model_copy(update={"redacted_files_due": True}))
        self._log.add(by, what, entry.id, redaction=redaction.number)

    def _known(self, story_id: str, number: int) -> Redaction:
        known = self._table.known(number)
        if known.story != story_id:
            raise NotAllowed(f"There is no redaction {number} in this story.")
        return known

    def _thawed(self, story_id: str) -> StoryEntry:
        entry = self._stories.known(story_id)
        if entry.frozen:
            raise NotAllowed(f"The story {story_id} is frozen by a safeguarding flag: nothing of it may be changed.")
        return entry

    def _require_same(self, story_id: str, revision: int) -> None:
        text = self._texts.get(story_id)
        if text and text.revision != revision:
            raise ChangedMeanwhile("Somebody else saved these words meanwhile.", theirs=text, yours=revision)

    def _require_times(self, story_id: str) -> None:
        text = self._texts.get(story_id)
        if text and text.guessed and self._folder.story(story_id).audio.is_file():
            raise NotAllowed("Nobody knows yet when these words are said. Set their times by tapping along first.")

    def _require_sound(self, entry: StoryEntry) -> None:
        if not self._folder.story(entry.id).audio.is_file():
            raise NotAllowed("The recording is not there any more, so nobody can hear what that would do.")

    def _require_sensible(self, entry: StoryEntry, nudged: Redaction, edge: Edge) -> None:
        earliest_s, latest_s = self._bounds(entry, nudged)
        within = earliest_s <= nudged.start if edge == "start" else nudged.end <= latest_s
        margin_s = nudged.before if edge == "start" else nudged.after
        if not within or margin_s < LEAST_MARGIN_S or nudged.end - nudged.start < SHORTEST_S:
            raise NotAllowed("The tone cannot be moved any further there. You can take out the next word as well.")

    def _bounds(self, entry: StoryEntry, redaction: Redaction) -> tuple[float, float]:
        """Return how far the tone may reach: half over the words next to it, or further if it is a long way there."""
        words = self._texts.words_of(entry.id)
        before = [word for word in words if word.end <= redaction.word_start]
        after = [word for word in words if word.start >= redaction.word_end]
        earliest_s, latest_s = redaction.word_start - MOST_MARGIN_S, redaction.word_end + MOST_MARGIN_S
        if before:
            earliest_s = min(redaction.word_start - MARGIN_S, max(earliest_s, _middle(before[-1])))
        if after:
            latest_s = max(redaction.word_end + MARGIN_S, min(latest_s, _middle(after[0])))
        return max(0.0, earliest_s), min(max(entry.seconds, redaction.word_end), latest_s)


def _hides(other: Redaction, redaction: Redaction) -> bool:
    """Say whether `other` was made later and took out what stood for `redaction` as well."""
    return (
        other.number > redaction.number
        and other.word_start <= redaction.word_start
        and redaction.word_end <= other.word_end
    )


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _plain(role: str) -> str:
    role = " ".join(role.split())
    if not role or len(role) > LONGEST_ROLE or not role.isprintable() or set(role) & set("[]"):
        raise NotAllowed(f"Say what shall stand there, in letters, with {LONGEST_ROLE} of them or fewer.")
    return role
