"""What a data folder holds, as one flat dict: the writer promises it, the promises are held against it.

Keys are a story's id (a dict of what people and the station said of it, or why it is gone for good), "note N" (a
document of a table of the test's own) and "log" (how many lines the audit log has).
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from admin_web.archive import Archive
from admin_web.archive.importing import clear_interrupted
from admin_web.intake import Intake
from kiosk.stories.folder import DataFolder
from kiosk.stories.recovery import recover

State = dict[str, Any]
NOTES = "notes"
#: A story as its folder alone makes it.
NEW = {
    "agreed": True, "present": True, "heard": "unheard", "tags": [], "revision": 1, "frozen": False, "withdrawn": False,
    "sound": True, "text": None, "versions": [], "flags": [], "quotes": [],
}  # fmt: skip


def after(state: State, *changes: Mapping[str, Any]) -> State:
    """Return the state with changes made one after the other; what becomes None is there no more."""
    for change in changes:
        state = {key: value for key, value in {**state, **change}.items() if value is not None}
    return state


def present(state: State) -> dict[str, dict[str, Any]]:
    """Return the stories that are there."""
    return {key: value for key, value in state.items() if isinstance(value, dict) and not key.startswith("note ")}


def mark(story_id: str, *, of: str) -> str:
    """Return a word that stands in every text of a story ("words") or in its samples ("sound"), and nowhere else.

    Its beginning is random, because FTS5 does not write the letters that a word shares with the one before it.
    """
    return hashlib.sha256(f"{of} {story_id}".encode()).hexdigest()[:16] + {"words": "zz", "sound": "qq"}[of]


def json_notes(folder: DataFolder) -> Path:
    """Return the file of a writer that keeps its notes as plain TinyDB does."""
    return folder.archive / "notes.json"


def next_start(folder: DataFolder) -> tuple[Archive, Intake, list[str]]:
    """Start kiosk and site as far as the disk is concerned; also return what they found and could not mend."""
    _, troubles = recover(folder)
    archive = Archive(folder)
    try:
        troubles += archive.deleting.finish()
        clear_interrupted(folder)
        intake = Intake(folder, archive)
        intake.look()
    except BaseException:
        archive.close()
        raise
    return archive, intake, troubles + [each.reason for each in intake.needing_a_look()]


def state_of(archive: Archive, notes: TinyDB | None = None) -> State:
    """Read the state, document by document; `notes`: where the notes are, if not in the archive's file."""
    # What belongs to no story (half of a change) shows as a story that nobody has promised.
    state: State = defaultdict(lambda: {"versions": [], "flags": [], "quotes": []})
    for story in archive.documents_of("stories"):
        state[story.doc_id] = _story(story)
    for text in archive.documents_of("texts"):
        state[text.doc_id]["text"] = [text["revision"], text["text"], text["by"]]
    for version in archive.documents_of("versions"):
        state[version["story"]]["versions"].append(version["revision"])
    for flag in archive.documents_of("flags"):
        state[flag["story"]]["flags"].append([flag["reason"], flag["outcome"]])
    for quote in archive.documents_of("quotes"):
        state[quote["story"]]["quotes"].append([quote["text"], quote["state"]])
    for tombstone in archive.documents_of("tombstones"):
        is_here = tombstone.doc_id in state
        state[tombstone.doc_id] = "gone and still here" if is_here else tombstone["why"]
    for note in notes.table(NOTES) if notes is not None else archive.documents_of(NOTES):
        state[f"note {note.doc_id}"] = dict(note)
    state["log"] = sum(1 for _ in archive.documents_of("log"))
    return dict(state)


def _story(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **NEW,
        **{name: document[name] for name in ("agreed", "present", "tags", "revision", "frozen")},
        "heard": document["state"],
        "withdrawn": document["withdrawn_at"] is not None,
        "sound": document["audio_deleted_at"] is None,
        **{name: [] for name in ("versions", "flags", "quotes")},
    }
