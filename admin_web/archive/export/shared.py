"""What may be given to others: stories whose tellers allowed it, checked by a person, without what was taken out.

Whether a story may go out is asked anew for each of its files: one that is taken back or frozen meanwhile stays here.
"""

from collections.abc import Iterator
from typing import Any

from admin_web.archive.archive import Archive
from admin_web.archive.export.parts import Part, Progress, lines, of_file, table
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.sharing import shared_sound, shared_words
from kiosk.errors import NotAllowed, StoryDamaged
from kiosk.stories.records import Word

_COLUMNS = ("id", "told_in", "language", "question", "choice", "seconds", "tags", "sound", "text")


def shared_stories(archive: Archive) -> list[str]:
    """Return the ids of the stories that may go out now."""
    return [story_id for story_id, _ in _told(archive, archive.stories.ids())]


def shared(archive: Archive, story_ids: list[str], told: Progress) -> Iterator[Part]:
    """Go through the files. Raises as `contents` does."""
    yield Part("stories.jsonl", lines(_stories(archive, story_ids)))
    yield Part("stories.csv", table(_COLUMNS, (_record(*each) for _, each in _told(archive, story_ids))))
    for done, story_id in enumerate(story_ids, start=1):
        try:
            sound = shared_sound(archive, story_id)
        except (NotAllowed, StoryDamaged):
            # Of most stories only the words may go out. What a damaged one needs, the list of stories says.
            pass
        else:
            yield Part(f"sound/{story_id}.wav", of_file(sound), packed=False)
        told(done, len(story_ids))


def _stories(archive: Archive, story_ids: list[str]) -> Iterator[dict[str, Any]]:
    for _, (entry, words) in _told(archive, story_ids):
        timed = [word.model_dump(mode="json", exclude={"conf"}) for word in words]
        yield {**_record(entry, words), "words": timed}


def _told(archive: Archive, story_ids: list[str]) -> Iterator[tuple[str, tuple[StoryEntry, tuple[Word, ...]]]]:
    """Go through those of the stories that may go out now, each with its words."""
    for story_id in story_ids:
        try:
            words, entry = shared_words(archive, story_id), archive.stories.known(story_id)
        except NotAllowed:
            continue
        if not entry.sample:
            yield story_id, (entry, words)


def _record(entry: StoryEntry, words: tuple[Word, ...]) -> dict[str, Any]:
    # Neither the number, which is for the teller alone, nor the day and the place: they may tell who it was.
    return {
        "id": entry.id,
        "told_in": f"{entry.started_at:%Y-%m}",
        "language": entry.language,
        "question": entry.question,
        "choice": entry.choice,
        "seconds": round(entry.seconds, 2),
        "tags": list(entry.tags),
        "sound": "yes" if entry.permissions.voice and not entry.audio_deleted_at else "no",
        "text": " ".join(word.word for word in words),
    }
