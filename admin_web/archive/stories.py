"""Stories: taking them in, lists of them, and what people note on them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from tinydb.queries import QueryLike

from admin_web.archive.arriving import Arrival, beginning_of
from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from admin_web.archive.filters import STAFF, Filter
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.records.flags import Flag
from admin_web.archive.records.stories import StoryEntry, StoryFacts, Words, story_document
from admin_web.archive.records.texts import UNKNOWN_TEXT, Redaction, Text
from admin_web.archive.redacted_words import without
from admin_web.archive.restrictions import flag_for, restricted, restrictions_of
from admin_web.archive.word_list import has_one, list_in
from kiosk.errors import NotAllowed
from kiosk.stories.records import CheckedWords, Restrictions

#: How many ids are in memory at once while all are gone through.
_IDS_AT_ONCE = 5000
#: Who put words right before the story came here: no account of this archive.
ELSEWHERE = "elsewhere"
#: The fields that the story's folder decides; people decide the others.
_FACTS = frozenset(StoryFacts.model_fields)


class Stories:
    """The archive's stories."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("stories", ids=str)
        self._texts = documents.table("texts", ids=str)
        self._redactions = Numbered(documents, "redactions", Redaction)
        self._tombstones = documents.table("tombstones", ids=str)
        self._flags = Numbered(documents, "flags", Flag)
        self._accounts = documents.table("accounts", ids=str)

    # Looking

    def get(self, story_id: str) -> StoryEntry | None:
        """Return what is known of one story, or None if it was never taken in or is gone for good."""
        document = self._table.of_id(story_id)
        return StoryEntry.model_validate(document) if document else None

    def is_known(self, story_id: str) -> bool:
        """Say whether a story was taken in and is not gone for good."""
        return self._table.contains(doc_id=story_id)

    def page(
        self, page: int, per_page: int, wanted: Filter = STAFF, *, order: Literal["newest", "oldest"] = "newest"
    ) -> list[StoryEntry]:
        """Return one page of a list; pages count from 1, beyond the last they are empty."""
        tables, tests, parameters = wanted.listed()
        found = self._table.of_selected(
            f"SELECT id FROM {tables} WHERE {tests} "
            f"ORDER BY {wanted.order('DESC' if order == 'newest' else 'ASC')} LIMIT ? OFFSET ?",
            [*parameters, per_page, (page - 1) * per_page],
        )
        return [StoryEntry.model_validate(document) for document in found]

    def count(self, wanted: Filter = STAFF) -> int:
        """Return how many stories a list shows on all its pages."""
        tables, tests, parameters = wanted.counted()
        count: int = self._documents.database.read(f"SELECT count(*) FROM {tables} WHERE {tests}", parameters)[0][0]
        return count

    def of_number(self, number: int) -> list[StoryEntry]:
        """Return the stories of a number: those on whose card it is, and those without a card that it counts.

        Several stations may have given the same number.
        """
        found = self._table.of_selected(
            f"SELECT id FROM doc_stories WHERE {field('number')} = ? ORDER BY number", [number]
        )
        return [StoryEntry.model_validate(document) for document in found]

    def matching(self, query: QueryLike) -> Iterator[StoryEntry]:
        """Go through the stories that match a TinyDB query: for rules within the archive's own folder."""
        return (StoryEntry.model_validate(document) for document in self._table.search(query))

    def of_ids(self, story_ids: Iterable[str]) -> Iterator[StoryEntry]:
        """Go through the stories of these ids, one read after the other; those that are gone meanwhile are left out."""
        return (entry for story_id in story_ids if (entry := self.get(story_id)))

    def ids(self, words: Iterable[Words] = ("waiting", "ready", "failed")) -> list[str]:
        """Return the ids of all stories whose folder is there and whose words are as far as one of `words`."""
        wanted = sorted(set(words))
        marks = ",".join("?" * len(wanted))
        # Said twice, so that SQLite sees that the index of the few that wait is enough.
        few = "" if "ready" in wanted else f"{field('words')} <> 'ready' AND "
        rows = self._documents.database.read(
            f"SELECT id FROM doc_stories WHERE {few}{field('words')} IN ({marks}) AND {field('shelf')} <> 'gone'",
            wanted,
        )
        return [story_id for (story_id,) in rows]

    # Following the folders

    def compare(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Compare with the names in the stories' folder: return those not known as present, and those missing."""
        gone = f"SELECT id FROM doc_stories WHERE {field('shelf')} = 'gone'"
        known_as_gone = {story_id for (story_id,) in self._documents.database.read(gone)}
        not_present, missing = set(names), []
        for story_id in self._all_ids():
            if story_id not in known_as_gone:
                if story_id in not_present:
                    not_present.remove(story_id)
                else:
                    missing.append(story_id)
        return sorted(not_present), missing

    def _all_ids(self) -> Iterator[str]:
        """Go through all ids in order, a portion at a time."""
        last = ""
        while found := self._documents.database.read(
            "SELECT id FROM doc_stories WHERE id > ? ORDER BY id LIMIT ?", [last, _IDS_AT_ONCE]
        ):
            yield from (story_id for (story_id,) in found)
            (last,) = found[-1]

    def take_in(self, arrivals: Iterable[Arrival]) -> None:
        """Keep what is new or changed; durable on return, and nothing is written if nothing changed.

        A story that is gone for good (it has a tombstone) does not come in again.

        Raises:
            ArchiveNotWritten: Nothing was kept. Give all of them again later.
        """
        changes = [arrival for arrival in arrivals if self._differs(arrival)]
        if changes:
            with self._documents.transaction():
                for arrival in changes:
                    self._take_in(arrival)

    def missing(self, story_ids: Iterable[str]) -> None:
        """Note that the folders of these stories are not there; they come back when their folders do."""
        with self._documents.transaction():
            for story_id in story_ids:
                # It may have been taken back a moment ago: then it is gone for good.
                if known := self.get(story_id):
                    self.note(known.model_copy(update={"present": False}))

    def _differs(self, arrival: Arrival) -> bool:
        known = self.get(arrival.facts.id)
        return known is None or _merged(known, arrival.facts) != known or self._is_new_draft(arrival)

    def _is_new_draft(self, arrival: Arrival) -> bool:
        """Say whether the machine has written words, and nobody has put right those that are there."""
        if arrival.draft is None:
            return False
        document = self._texts.of_id(arrival.facts.id)
        if document is None:
            return True
        text = Text.model_validate(document)
        same = (text.draft_number, text.text) == (arrival.draft_number, arrival.draft)
        # A flag freezes the words that gave cause; the newer draft can still be looked at beside them.
        known = self.get(arrival.facts.id)
        return text.is_draft and not same and not (known and known.frozen)

    def _take_in(self, arrival: Arrival) -> None:
        facts = arrival.facts
        if self._tombstones.contains(doc_id=facts.id):
            return
        known = self.get(facts.id)
        entry = _merged(known, facts) if known else self._placed(_new(arrival))
        if self._is_new_draft(arrival):
            before = self._texts.of_id(facts.id)
            # Whoever stands for words, or takes some out, must have seen these: what they saw is an earlier revision.
            entry = self.with_text(entry, _draft(arrival, before["revision"] + 1 if before else 0))
        if arrival.checked and not known:
            entry = self._as_checked(entry, arrival.checked)
        if known:
            self.note(entry)
        else:
            for redaction in _redactions(arrival):
                self._redactions.add(redaction)
            self._table.insert(named(story_document(entry), entry.id))
            if arrival.restrictions:
                self._restrict(entry, arrival.restrictions)

    def _restrict(self, entry: StoryEntry, told: Restrictions) -> None:
        """Let a story that has just come in be no more open than it was before."""
        known = {account for account in told.hidden_from if self._accounts.contains(doc_id=account)}
        if flag := flag_for(entry.id, told, by=ELSEWHERE):
            self._flags.add(flag)
        self.note(restricted(entry, told, known, by=ELSEWHERE))

    def _as_checked(self, entry: StoryEntry, checked: CheckedWords) -> StoryEntry:
        """Return a new story as somebody stood for it before it came here, with their words."""
        at = checked.checked_at or datetime.now(UTC)
        told = {"text": checked.text, "words": checked.words, "guessed": checked.guessed}
        text = Text(story=entry.id, revision=1, by=ELSEWHERE, at=at, **told)
        return self.with_text(entry, text).model_copy(update={"state": "checked", "checked_at": at, "heard_at": at})

    def _placed(self, entry: StoryEntry) -> StoryEntry:
        """Return `entry` with its place in lists.

        A station that does not know the time may begin again in 1970, and its newest story would be found on the last
        page, by nobody: it is listed no earlier than what the same station told before.
        """
        if entry.clock_quality != "unknown":
            return entry
        newest = self.page(1, 1, Filter(lead=True, station=entry.station))
        return entry.model_copy(update={"listed_at": max(entry.listed_at, newest[0].listed_at)}) if newest else entry

    # What people do

    def heard(self, story_id: str, *, by: str) -> None:
        """Note that somebody has heard the story; a story that was heard before stays as it is."""
        with self._documents.transaction():
            entry = self.known(story_id)
            self._log.add(by, "heard", story_id)
            if entry.state == "unheard":
                self.note(entry.model_copy(update={"state": "heard", "heard_at": datetime.now(UTC)}))

    def downloaded(self, story_id: str, *, by: str) -> None:
        """Note in the log that somebody has taken the recording away as a file, with all that is said in it."""
        with self._documents.transaction():
            self._log.add(by, "recording downloaded", story_id)

    def with_text(self, entry: StoryEntry, text: Text) -> StoryEntry:
        """Make these the words of a story, and return it with their beginning, to be noted: a part of a transaction."""
        self._texts.upsert(named(text.model_dump(mode="json"), text.story))
        has_word = has_one(text.text, list_in(self._documents).words)
        return entry.model_copy(update={"beginning": beginning_of(text.text), "has_word": has_word})

    def note(self, entry: StoryEntry) -> None:
        """Keep what was changed on a story: a part of the transaction of the verb that changed it.

        Where it is more or less open than before, its folder is to say so: no verb can forget that.
        """
        before = self.get(entry.id)
        if before and restrictions_of(before) != restrictions_of(entry):
            entry = entry.model_copy(update={"restrictions_file_due": True})
        self._table.update(story_document(entry), doc_ids=[entry.id])

    def known(self, story_id: str) -> StoryEntry:
        """Return a story that must be there. Raises NotAllowed if it is not."""
        entry = self.get(story_id)
        if entry is None:
            raise NotAllowed(f"There is no story {story_id}: it was taken back, or never was.")
        return entry


def _new(arrival: Arrival) -> StoryEntry:
    deleted_at = arrival.audio_deleted_at
    # Whether its recording is really gone, `Deleting.finish` sees.
    return StoryEntry(
        **arrival.facts.model_dump(),
        audio_deleted_at=deleted_at,
        audio_going=deleted_at is not None,
        redacted_files_due=bool(arrival.taken_out),
    )


def _draft(arrival: Arrival, revision: int) -> Text:
    """Return the machine's words; where some were taken out, without those, as if a person had saved them."""
    story, now = arrival.facts.id, datetime.now(UTC)
    if not arrival.taken_out:
        return Text(story=story, revision=revision, text=arrival.draft or "", at=now, draft_number=arrival.draft_number)
    words = list(arrival.words)
    for redaction in _redactions(arrival):
        words = without(words, redaction)
    text = " ".join(word.word for word in words)
    return Text(story=story, revision=1, text=text, words=tuple(words), by=ELSEWHERE, at=now)


def _redactions(arrival: Arrival) -> list[Redaction]:
    """Return what was taken out of a story before it came here."""
    elsewhere = {
        "story": arrival.facts.id,
        "text_revision": UNKNOWN_TEXT,
        "first_word": 0,
        "last_word": 0,
        "by": ELSEWHERE,
        "at": datetime.now(UTC),
    }
    return [Redaction.model_validate({**each.model_dump(), **elsewhere}) for each in arrival.taken_out]


def _merged(known: StoryEntry, facts: StoryFacts) -> StoryEntry:
    decided_here = {"listed_at", "taken_in_at"} | ({"permissions"} if known.permissions_changed_at else set())
    told = facts.model_dump(include=set(_FACTS - decided_here))
    return StoryEntry.model_validate({**known.model_dump(), **told})
