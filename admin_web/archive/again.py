"""Having stories written down again with another speech model, and taking in what comes of it.

The request is a file that the transcriber follows (`kiosk.stories.again`). A new draft takes the place of the words
only where those are a machine's too: whatever a person has put right, stood for, or taken words out of, stays as it is,
and the draft can be looked at beside it.
"""

import contextlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from admin_web.archive.arriving import read_arrival
from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import Filter
from admin_web.archive.log import Log
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.stories import Stories
from kiosk.errors import ArchiveNotWritten, NotAllowed, StoryDamaged
from kiosk.stories.again import Again, OfferedModel, offered_models, progress_of, read_again, write_again
from kiosk.stories.folder import DataFolder

#: How many stories are looked at in one round for whether they have a new draft.
_AT_ONCE = 50
_AWAY = (
    "Writing down does not run now, so nobody knows which speech models there are. Start the station, then ask again."
)
#: Nobody writes these down again: their words are still to come, their recording is gone, or they are frozen.
_MAY_BE = (
    f"{field('words')} <> 'waiting' AND {field('audio_deleted_at')} IS NULL AND {field('frozen')} = 0 "
    f"AND {field('asked_back_at')} IS NULL AND {field('withdrawn_at')} IS NULL"
)
_SPOKEN = f"(lower({field('language')}) = ? OR lower({field('language')}) LIKE ? || '-%')"
#: What a person has put right or stood for.
_PEOPLES = f"doc_stories.id IN (SELECT id FROM doc_texts WHERE {field('by')} <> '')"


class WritingAgain:
    """The request of an archive's data folder: there is one at a time."""

    def __init__(self, folder: DataFolder, documents: Documents, log: Log, stories: Stories) -> None:
        self._folder, self._documents, self._log, self._stories = folder, documents, log, stories
        self._known: tuple[object, Again | None] = (), None
        #: The request that is followed: its mark, the stories whose draft is not yet taken in, and how many are.
        self._mark, self._left, self._made = "", dict[str, None](), 0

    # Asking

    def models(self) -> list[OfferedModel]:
        """Return the models that can be asked for: whole, and of a language that is known; none while nobody knows."""
        offered = offered_models(self._folder) or []
        return [model for model in offered if model.language and not model.trouble]

    def usable(self, name: str) -> OfferedModel:
        """Return the model of that name.

        Raises:
            NotAllowed: There is none, it cannot be used, or nobody knows.
        """
        offered = offered_models(self._folder)
        if offered is None:
            raise NotAllowed(_AWAY)
        model = next((each for each in offered if each.name == name), None)
        if model is None:
            raise NotAllowed(f"There is no speech model “{name}” here any more. Choose another one.")
        if model.trouble:
            raise NotAllowed(f"The speech model {name} cannot be used. Choose another one. ({model.trouble})")
        if not model.language:
            raise NotAllowed(
                f"Nobody has said which language the speech model {name} writes down. Ask whoever looks after the "
                "station, or choose another one."
            )
        return model

    def stories_for(self, language: str, wanted: Filter, *, also_peoples: bool) -> list[str]:
        """Return the ids of the stories that can be written down again, newest first.

        Args:
            language: What is spoken in them, as "en".
            wanted: Which stories.
            also_peoples: Also those whose words a person has put right; they keep them.
        """
        tables, tests, parameters = wanted.sql()
        rows = self._documents.database.read(
            f"SELECT doc_stories.id FROM {tables} WHERE {tests} AND {_MAY_BE} AND {_SPOKEN}"
            f"{'' if also_peoples else f' AND NOT {_PEOPLES}'} ORDER BY {wanted.order('DESC')}",
            [*parameters, language.lower(), language.lower()],
        )
        return [story_id for (story_id,) in rows]

    def why_not(self, entry: StoryEntry, model: OfferedModel | None = None) -> str:
        """Return why a story cannot be written down again (with a model), in a sentence; empty: it can."""
        other_language = model is not None and model.language != spoken(entry)
        reasons = (
            (other_language, "This speech model is for another language than this story."),
            (entry.words == "waiting", "The computer is still writing this story down for the first time."),
            (entry.audio_deleted_at, "The recording of this story is deleted, so nothing can be heard again."),
            (not self._folder.story(entry.id).has_audio, "There is no recording of this story."),
            (entry.frozen, "This story is frozen by a safeguarding flag. Its words stay as they are."),
            (entry.asked_back_at or entry.withdrawn_at, "The teller of this story has taken it back."),
        )
        return next((reason for applies, reason in reasons if applies), "")

    def ask(self, model: str, stories: Sequence[str], *, by: str) -> Again:
        """Ask the transcriber to write stories down again; durable on return.

        Args:
            model: Name of a model.
            stories: Their ids, in the order in which they shall be done.
            by: Id of the account.

        Raises:
            NotAllowed: There is no such model, or it cannot be used; there is no such story; an earlier request is not
                over. Nothing was changed.
            ArchiveNotWritten: The disk does not take it.
        """
        self.usable(model)
        if not stories:
            raise NotAllowed("There is no such story that could be written down again. Nothing was changed.")
        with self._documents.transaction():
            if running := self.running():
                raise NotAllowed(
                    f"The computer is still writing {how_many_stories(running.of)} down again with the speech model "
                    f"{running.model}. Wait until it has finished, or ask a lead to stop it. Nothing was changed."
                )
            asked = Again(
                mark=secrets.token_hex(4),
                model=model,
                stories=tuple(stories),
                of=len(stories),
                by=by,
                asked_at=datetime.now(UTC),
            )
            story = stories[0] if len(stories) == 1 else ""
            self._log.add(by, "asked to write down again", story, model=model, stories=len(stories))
            self._write(asked)
        return asked

    def stop(self, *, by: str) -> None:
        """Let it end after the story that is being heard. What was written down until then stays.

        Raises:
            NotAllowed: There is nothing to stop.
            ArchiveNotWritten: The disk does not take it.
        """
        with self._documents.transaction():
            running = self.running()
            if running is None:
                raise NotAllowed("There is nothing to stop: the computer writes no story down again.")
            if not running.stop:
                self._log.add(by, "stopped writing down again", model=running.model)
                self._write(running.model_copy(update={"stop": True}))

    # How far it is

    def latest(self) -> Again | None:
        """Return the last request, which may be over; None: there never was one, or nobody can read it."""
        try:
            stat = self._folder.again.stat()
        except OSError:
            return None
        seen = stat.st_mtime_ns, stat.st_ino, stat.st_size
        if self._known[0] != seen:
            request = None
            with contextlib.suppress(StoryDamaged):
                request = read_again(self._folder)
            self._known = seen, request
        return self._known[1]

    def running(self) -> Again | None:
        """Return the request that is not over, or None."""
        latest = self.latest()
        return latest if latest and not latest.ended_at else None

    def waits(self, story_id: str) -> Again | None:
        """Return the request in which a story's turn is still to come, or None."""
        running = self.running()
        if running is None or story_id not in running.stories:
            return None
        return None if self._folder.story(story_id).draft_path(running.mark).exists() else running

    # Taking in

    def follow(self) -> None:
        """Take in the drafts that were made since the last call, and note when the request is over.

        Raises:
            ArchiveError: The archive cannot be written; call again later.
        """
        request = self.running()
        if request is None:
            self._mark, self._left = "", {}
            return
        if self._mark != request.mark:
            self._mark, self._left, self._made = request.mark, dict.fromkeys(request.stories), 0
        # First this and then the folders: when it says that all is over, every draft is there.
        progress = progress_of(self._folder, request.mark)
        over = progress.state == "over" if progress else request.stop
        looked_at = list(islice(self._left, _AT_ONCE))
        made = [story_id for story_id in looked_at if self._has_draft(story_id, request.mark)]
        self._take_in(made)
        self._made += len(made)
        for story_id in looked_at if over else made:
            del self._left[story_id]
        if over and not self._left:
            done, failed = (progress.done, progress.failed) if progress else (self._made, 0)
            trouble = progress.trouble if progress else ""
            ended = {"ended_at": datetime.now(UTC), "done": done, "failed": failed, "trouble": trouble, "stories": ()}
            with self._documents.transaction():
                self._log.add("station", "written down again", model=request.model, stories=done)
                self._write(request.model_copy(update=ended))

    def _has_draft(self, story_id: str, mark: str) -> bool:
        with contextlib.suppress(StoryDamaged):
            return self._folder.story(story_id).draft_path(mark).exists()
        return False

    def _take_in(self, story_ids: Sequence[str]) -> None:
        arrivals = []
        for story_id in story_ids:
            # Damaged, or deleted a moment ago: the intake finds out.
            with contextlib.suppress(StoryDamaged):
                arrivals.append(read_arrival(self._folder, story_id))
        self._stories.take_in(each for each in arrivals if self._stories.is_known(each.facts.id))

    def _write(self, request: Again) -> None:
        try:
            write_again(self._folder, request)
        except OSError as error:
            raise ArchiveNotWritten(
                f"The request cannot be written: {error.strerror}. Make room on the disk, then ask again."
            ) from error


def spoken(entry: StoryEntry) -> str:
    """Return the language of a story without its country: "en" for "en-GB". Models are chosen by that."""
    return entry.language.split("-")[0].lower()


def how_many_stories(count: int) -> str:
    """Return a number of stories in words."""
    return "1 story" if count == 1 else f"{count:,} stories"
