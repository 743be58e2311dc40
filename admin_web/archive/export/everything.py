"""Everything that there is: for moving away, or to have it safe elsewhere. Originals, names and worries included."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinydb.table import Document

from admin_web.archive.archive import Archive
from admin_web.archive.export.parts import Part, Progress, lines, of_file, table
from admin_web.archive.records.accounts import Account
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.records.texts import Text
from admin_web.archive.schema import NAMED, NUMBERED
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import STORY_ID

#: Of people, what says who they are; nothing that lets anybody in.
_OF_PEOPLE = {"id", "name", "earlier_names", "role", "made_at", "signed_in_at", "disabled_at", "ended_at"}
#: Tables that have a file of their own name; the others are put together with more, or with less.
TABLES = tuple(name for name in (*NAMED, *NUMBERED) if name not in {"stories", "texts", "accounts"})
_COLUMNS = (
    *("id", "title", "station", "started_at", "seconds", "language", "question", "choice", "agreed"),
    *("words_permission", "voice_permission", "state", "tags", "frozen", "withdrawn_at", "uploaded", "sample", "text"),
)


def all_stories(archive: Archive, by: str) -> list[str]:
    """Return the ids of all stories but those that are hidden from this account."""
    return [str(document.doc_id) for document in _seen(archive, "stories", by)]


def everything(folder: DataFolder, archive: Archive, story_ids: list[str], by: str, told: Progress) -> Iterator[Part]:
    """Go through the files, with nothing of stories that are hidden from whoever asks. Raises as `contents` does."""
    yield Part("stories.jsonl", lines(_stories(archive, story_ids, by)))
    yield Part("stories.csv", table(_COLUMNS, _rows(archive, story_ids, by)))
    yield Part("texts.jsonl", lines(_texts(folder, archive, by)))
    yield Part("people.jsonl", lines(_people(archive)))
    for name in TABLES:
        yield Part(f"{name}.jsonl", lines(_documents(archive, name, by)))
    yield from _files_in(folder.programme, "programme")
    for done, story_id in enumerate(story_ids, start=1):
        if _entry(archive, story_id, by) and STORY_ID.fullmatch(story_id):
            yield from _files_in(folder.story(story_id).path, f"stories/{story_id}")
        told(done, len(story_ids))


def _entry(archive: Archive, story_id: str, by: str) -> StoryEntry | None:
    """Return a story as it is now; None if it was taken back or hidden a moment ago."""
    entry = archive.stories.get(story_id)
    return entry if entry and by not in entry.hidden_from else None


def _stories(archive: Archive, story_ids: list[str], by: str) -> Iterator[dict[str, Any]]:
    for story_id in story_ids:
        if entry := _entry(archive, story_id, by):
            yield {**entry.model_dump(mode="json"), "title": entry.title}


def _rows(archive: Archive, story_ids: list[str], by: str) -> Iterator[dict[str, Any]]:
    for story_id in story_ids:
        if entry := _entry(archive, story_id, by):
            text = archive.texts.get(story_id)
            yield {
                # What only orders the inbox is no fact about a story.
                **entry.model_dump(mode="json", exclude={"has_word"}),
                "title": entry.title,
                "words_permission": answer(entry.permissions.words),
                "voice_permission": answer(entry.permissions.voice),
                "text": text.text if text else "",
            }


def answer(given: bool | None) -> str:
    """Return a permission as people read it."""
    return "not asked" if given is None else "yes" if given else "no"


def _texts(folder: DataFolder, archive: Archive, by: str) -> Iterator[dict[str, Any]]:
    for document in _seen(archive, "texts", by):
        text = Text.model_validate(document)
        words = _drafted(folder, text) if text.is_draft else [word.model_dump(mode="json") for word in text.words]
        yield {**text.model_dump(mode="json"), "words": words, "draft": text.is_draft}


def _drafted(folder: DataFolder, text: Text) -> list[dict[str, Any]]:
    """Return the words of a machine's draft, which stand in the story's folder."""
    try:
        transcript = folder.story(text.story).draft(text.draft_number)
    except StoryDamaged:
        return []
    return [word.model_dump(mode="json") for word in transcript.words] if transcript else []


def _people(archive: Archive) -> Iterator[dict[str, Any]]:
    for document in archive.documents_of("accounts"):
        yield Account.model_validate(document).model_dump(mode="json", include=_OF_PEOPLE)


def _documents(archive: Archive, name: str, by: str) -> Iterator[dict[str, Any]]:
    for document in _seen(archive, name, by):
        yield {"id": document.doc_id, **document}


def _seen(archive: Archive, name: str, by: str) -> Iterator[Document]:
    """Go through a table, but for what belongs to stories that are hidden from this account."""
    hidden = archive.hiding.from_account(by)
    for document in archive.documents_of(name):
        if not {document.doc_id, document.get("story")} & hidden:
            yield document


def _files_in(top: Path, name: str) -> Iterator[Part]:
    """Go through the files of a folder, and of those in it. Links are passed over, and what is not finished."""
    for path, folders, files in os.walk(top):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for each in sorted(files):
            file = Path(path, each)
            if not each.startswith(".") and file.is_file() and not file.is_symlink():
                inside = file.relative_to(top).as_posix().encode(errors="replace").decode()
                yield Part(f"{name}/{inside}", of_file(file), packed=file.suffix in {".json", ".txt", ".toml"})
