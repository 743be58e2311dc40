"""The steps of a writer: what a station and its people do to a data folder, through the verbs that everybody uses.

Each step is told before it begins, in stages that are each whole or not at all, and again when its verb has returned:
from then on it is a promise.
"""

import contextlib
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tinydb import TinyDB, where

from admin_web.archive import About, choices
from admin_web.archive.documents import Documents
from admin_web.archive.importing import import_stories
from kiosk.stories import takes
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions, Transcript, Word
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import WavWriter
from tests.durability.state import NEW, NOTES, State, after, mark, next_start, present, state_of

#: With fewer stories it keeps some first, with more it deletes some.
FEWEST, MOST = 4, 10
Story = dict[str, Any]
#: Lines of the log, and what changes with them: whole or not at all.
Stage = tuple[int, State]


class NothingToDo(Exception):
    """No story is in a state that this step could be done to."""


def tell(line: dict[str, Any]) -> None:
    """Write a line to standard output at once."""
    os.write(1, json.dumps(line).encode() + b"\n")


class Writer:
    """One process that works on a data folder. Its methods without an underscore are steps."""

    def __init__(
        self, folder: DataFolder, stick: DataFolder, chance: random.Random, notes: TinyDB | None = None
    ) -> None:
        tell({"opening": str(folder.root)})
        self._folder, self._stick, self._chance = folder, stick, chance
        self._archive, self._intake, troubles = next_start(folder)
        assert not troubles, troubles
        self._notes = notes or Documents(self._archive.path)
        self._state = state_of(self._archive, notes)
        tell({"open": self._state})
        if any(stick.stories.iterdir()):
            # "After an interruption, run it again."
            self._import_stick()

    def go_on(self, steps: list[Callable[["Writer"], None]]) -> None:
        """Do steps in random order for ever, and see to it that there are neither too few stories nor too many."""
        while True:
            count = len(present(self._state))
            among = [Writer.keep] if count < FEWEST else [Writer.delete_two] if count > MOST else steps
            with contextlib.suppress(NothingToDo):
                self._chance.choice(among)(self)

    def play(self, steps: list[Callable[["Writer"], None]]) -> None:
        """Do these steps in this order."""
        for step in steps:
            step(self)

    @contextlib.contextmanager
    def _step(self, *stages: Stage) -> Iterator[None]:
        lines, told = self._state["log"], []
        for more_lines, changes in stages:
            lines += more_lines
            told.append({**changes, "log": lines})
        tell({"begin": told})
        yield
        tell({"done": len(told)})
        self._state = after(self._state, *told)

    def _pick(self, fits: Callable[[Story], object] = lambda _: True) -> tuple[str, Story]:
        fitting = [each for each in present(self._state).items() if fits(each[1])]
        if not fitting:
            raise NothingToDo
        return self._chance.choice(sorted(fitting, key=lambda each: each[0]))

    # What the station does.

    def keep(self) -> None:
        agreed = len(present(self._state)) < FEWEST or self._chance.random() < 0.5
        take = self._begin(self._folder)
        # Cut off while it is told, it becomes a story that nobody has agreed to.
        with self._step((0, {take.take.id: {**NEW, "agreed": False}}), (0, {take.take.id: {**NEW, "agreed": agreed}})):
            self._tell_and_keep(take, agreed=agreed)
        # Only now, and so in the others: what the archive syncs would bring the folder to the disk as well.
        self._intake.look()

    def discard(self) -> None:
        take = self._begin(self._folder)
        with self._step((0, {take.take.id: {**NEW, "agreed": False}}), (0, {take.take.id: None})):
            self._record(take)
            takes.throw_away(take)

    def write_down(self) -> None:
        story_id, story = self._pick(lambda story: story["text"] is None and story["sound"])
        with self._step((0, {story_id: {**story, "text": [0, _draft(story_id), ""]}})):
            _write_down(self._folder.story(story_id))
        self._intake.look()

    def import_two(self) -> None:
        for _ in range(2):
            kept = self._tell_and_keep(self._begin(self._stick), agreed=True)
            _write_down(kept)
        self._import_stick()

    # What people do.

    def hear(self) -> None:
        story_id, story = self._pick(lambda story: story["heard"] == "unheard")
        with self._step((1, {story_id: {**story, "heard": "heard"}})):
            self._archive.stories.heard(story_id, by="ann")

    def save(self) -> None:
        story_id, story = self._pick(lambda story: not story["frozen"])
        saved, text, by = self._saved(story_id, story)
        with self._step((1, {story_id: saved})):
            self._archive.texts.save(story_id, _words(text), by=by, revision=saved["text"][0] - 1)

    def confirm(self) -> None:
        story_id, story = self._pick(lambda story: story["text"] and story["text"][0] and not story["frozen"])
        with self._step((1, {story_id: {**story, "heard": "checked"}})):
            self._archive.texts.confirm(story_id, by="ann", revision=story["text"][0])

    def tag(self) -> None:
        story_id, story = self._pick()
        tags, about = self._about(mark(story_id, of="words"))
        with self._step((1, {story_id: {**story, "tags": tags, "revision": story["revision"] + 1}})):
            self._archive.labels.put(story_id, about, by="ann", revision=story["revision"])

    def raise_flag(self) -> None:
        story_id, story = self._pick(lambda story: not story["frozen"])
        reason = f"afraid: {mark(story_id, of='words')}"
        with self._step((1, {story_id: {**story, "frozen": True, "flags": [*story["flags"], [reason, ""]]}})):
            self._archive.flags.raise_flag(story_id, reason=reason, words=reason, by="ann")

    def close_flag(self) -> None:
        story_id, story = self._pick(lambda story: story["frozen"])
        n = next(n for n, (_, outcome) in enumerate(story["flags"]) if not outcome)
        flags = [[reason, "safe" if n == m else outcome] for m, (reason, outcome) in enumerate(story["flags"])]
        flag = self._archive.flags.of(story_id)[n]
        closed = {**story, "flags": flags, "frozen": any(not outcome for _, outcome in flags)}
        goes = story["withdrawn"] and not closed["frozen"]
        with self._step((2, {story_id: "withdrawn"}) if goes else (1, {story_id: closed})):
            self._archive.flags.close(flag.number, action="called", outcome="safe", by="ann", revision=flag.revision)
            self._require_cleared(story_id)

    def quote(self) -> None:
        story_id, story = self._pick(_is_quotable)
        quotes = [*story["quotes"], [mark(story_id, of="words"), "proposed"]]
        with self._step((1, {story_id: {**story, "quotes": quotes}})):
            self._archive.quotes.propose(story_id, 0, 0, by="ann")

    def decide(self) -> None:
        story_id, story = self._pick(lambda story: story["quotes"] and _is_quotable(story))
        n = self._chance.randrange(len(story["quotes"]))
        quote = self._archive.quotes.of(story_id)[n]
        state = "withdrawn" if quote.state == "approved" else "approved"
        quotes = [[text, state if n == m else old] for m, (text, old) in enumerate(story["quotes"])]
        with self._step((1, {story_id: {**story, "quotes": quotes}})):
            self._archive.quotes.decide(quote.number, state, by="ben", role="group", revision=quote.revision)

    def change_together(self) -> None:
        """Change several tables of two stories in one transaction, in which a part fails."""
        one_id, one = self._pick(lambda story: not story["frozen"])
        other_id, other = self._pick(lambda story: story is not one)
        one, text, by = self._saved(one_id, one)
        tags, about = self._about("both")
        one = {**one, "tags": tags, "revision": one["revision"] + 1}
        reason = f"both: {mark(other_id, of='words')}"
        tagged = {**other, "tags": tags, "revision": other["revision"] + 1}
        flagged = {**tagged, "frozen": True, "flags": [*other["flags"], [reason, ""]]}
        with self._step((4, {one_id: one, other_id: flagged})), self._archive.transaction():
            self._archive.labels.put(one_id, about, by="ann", revision=one["revision"] - 1)
            with contextlib.suppress(NothingToDo), self._archive.transaction():
                self._archive.labels.put(other_id, About(strength="never"), by="ann", revision=other["revision"])
                raise NothingToDo
            self._archive.labels.put(other_id, about, by="ann", revision=other["revision"])
            self._archive.flags.raise_flag(other_id, reason=reason, by="ann")
            self._archive.texts.save(one_id, _words(text), by=by, revision=one["text"][0] - 1)

    def withdraw(self, fits: Callable[[Story], object] = lambda _: True) -> None:
        story_id, story = self._pick(fits)
        open_quotes = sum(state != "withdrawn" for _, state in story["quotes"])
        quotes = [[text, "withdrawn"] for text, _ in story["quotes"]]
        kept = {**story, "quotes": quotes, "withdrawn": True}
        with self._step((open_quotes + 1, {story_id: kept if story["frozen"] else "withdrawn"})):
            self._archive.deleting.withdraw(story_id, by="ann")
            self._require_cleared(story_id)

    def withdraw_frozen(self) -> None:
        self.withdraw(lambda story: story["frozen"])

    def delete_two(self) -> None:
        one, _ = self._pick(lambda story: not story["frozen"])
        other, _ = self._pick(lambda story: not story["frozen"])
        gone = dict.fromkeys((one, other), "staff")
        with self._step(*((1, {story_id: why}) for story_id, why in gone.items())):
            self._archive.deleting.delete_all(gone, by="ann")
            self._require_cleared(*gone)

    def delete_sound(self) -> None:
        story_id, story = self._pick(lambda story: story["sound"] and not story["frozen"])
        with self._step((1, {story_id: {**story, "sound": False}})):
            self._archive.deleting.delete_audio(story_id, by="ann")
            assert not self._folder.story(story_id).audio.exists()

    # TinyDB's documents by themselves.

    def add_notes(self) -> None:
        last = self._last_note()
        notes = [{"n": last + n, "changed": 0, "text": "x" * self._chance.randrange(1500)} for n in (1, 2)]
        with self._step((0, {f"note {note['n']}": note for note in notes})):
            self._notes.table(NOTES).insert_multiple(notes)

    def change_notes(self) -> None:
        last, changed = self._last_note(), self._chance.randrange(10_000)
        notes = {key: note for key, note in self._state.items() if key.startswith("note ") and note["n"] > last - 5}
        with self._step((0, {key: {**note, "changed": changed} for key, note in notes.items()})):
            self._notes.table(NOTES).update({"changed": changed}, where("n") > last - 5)

    def remove_notes(self) -> None:
        last = self._last_note()
        old = [key for key, note in self._state.items() if key.startswith("note ") and note["n"] <= last - 10]
        with self._step((0, dict.fromkeys(old))):
            self._notes.table(NOTES).remove(where("n") <= last - 10)

    # Parts of steps.

    def _last_note(self) -> int:
        return max((note["n"] for key, note in self._state.items() if key.startswith("note ")), default=0)

    def _begin(self, folder: DataFolder) -> takes.TakeFolder:
        station = "station" if folder is self._folder else "other"
        return takes.begin(folder, station=station, language="en-GB", clock_quality="ntp", microphone="test")

    def _record(self, take: takes.TakeFolder) -> int:
        wav = WavWriter(take.audio)
        for _ in range(2):
            wav.append(mark(take.take.id, of="sound").encode() * 1000)
        wav.close()
        return wav.frames

    def _tell_and_keep(self, take: takes.TakeFolder, *, agreed: bool) -> StoryFolder:
        recording = takes.Recording(self._record(take), 0, 0, "press", datetime.now(UTC))
        return takes.keep(take, recording, agreed=agreed, permissions=Permissions(words=True, voice=True))

    def _import_stick(self) -> None:
        sources = sorted(self._stick.stories.iterdir())
        new = [source.name for source in sources if source.name not in self._state]
        stages = []
        for name in new:
            has_words = (self._stick.story(name)).transcript() is not None
            stages.append((0, {name: {**NEW, "text": [0, _draft(name), ""] if has_words else None}}))
        with self._step(*stages):
            imported = import_stories(self._folder, self._archive, sources)
            assert imported.new == new, imported
        for source in sources:
            shutil.rmtree(source)

    def _require_cleared(self, *story_ids: str) -> None:
        """A deletion promises that no byte is left only when its tombstone says so."""
        tombstones = [self._archive.deleting.tombstone(story_id) for story_id in story_ids]
        assert all(each.cleared for each in tombstones if each), self._archive.deleting.finish()

    def _about(self, word: str) -> tuple[list[str], About]:
        """Two topics, and with them something that nobody has said before."""
        tags = sorted(self._chance.sample([topic.id for topic in choices().topics], 2))
        return tags, About(tags=tuple(tags), strength=f"{word} {self._chance.randrange(10**9)}")

    def _saved(self, story_id: str, story: Story) -> tuple[Story, str, str]:
        revision, _, before_by = story["text"] or (0, "", "")
        # Somebody else each time: what was there before is then kept as a version.
        by = "ben" if before_by == "ann" else "ann"
        text = f"{mark(story_id, of='words')} the lunch was {self._chance.randrange(10_000)} {by}"
        versions = [*story["versions"], revision] if story["text"] else []
        # Checked words that are changed are to be checked anew.
        heard = "heard" if story["heard"] == "checked" else story["heard"]
        return {**story, "text": [revision + 1, text, by], "versions": versions, "heard": heard}, text, by


NOTE_STEPS = [Writer.add_notes, Writer.change_notes, Writer.remove_notes]
#: Every step once, in an order in which each can be done.
SCRIPT = [
    Writer.keep, Writer.write_down, Writer.keep, Writer.discard, Writer.hear, Writer.save, Writer.save, Writer.confirm,
    Writer.quote, Writer.decide, Writer.tag, Writer.change_together, Writer.close_flag, Writer.raise_flag,
    Writer.import_two, Writer.delete_sound, Writer.withdraw_frozen, Writer.close_flag, Writer.withdraw,
    Writer.delete_two, *NOTE_STEPS,
]  # fmt: skip


def _is_quotable(story: Story) -> bool:
    is_held_back = story["frozen"] or story["withdrawn"] or not story["agreed"]
    return story["heard"] == "checked" and not is_held_back


def _draft(story_id: str) -> str:
    return f"{mark(story_id, of='words')} as the machine heard it"


def _words(text: str) -> list[Word]:
    return [Word(word=word, start=n, end=n + 1, conf=1) for n, word in enumerate(text.split())]


def _write_down(story: StoryFolder) -> None:
    text = _draft(story.id)
    transcript = Transcript(model="test", text=text, words=tuple(_words(text)), seconds=1)
    write_whole(story.transcript_path, transcript.to_bytes())
