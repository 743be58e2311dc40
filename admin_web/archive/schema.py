"""The archive's schema: its tables, its version, and how older archives become new ones.

Version 1 was one JSON file (`archive.json`), since version 2 it is this SQLite file; version 3 finds stories by the
number of their card; version 4 writes checked words into their folders, lists stories of one station or question, knows
which has waited longest to be heard and which to hear first, hides stories from named people, keeps what tellers allow
later, takes words out of stories, knows what was handed out, has the centre's own topics, and counts what goes when. A
change to what the documents hold, to an index or to a trigger is a new version and a new function in `_UPGRADES`.
"""

import json
from collections.abc import Callable
from pathlib import Path

from admin_web.archive import indexes
from admin_web.archive.choices import choices, take_up
from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from admin_web.archive.records.accounts import Account
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.stories import StoryEntry, story_document
from admin_web.archive.restrictions import restrictions_of
from admin_web.archive.word_list import TABLE as WORD_LIST
from admin_web.archive.word_list import take_up_words
from kiosk.errors import ArchiveDamaged
from kiosk.stories.files import UNFINISHED

#: Written into the file (PRAGMA user_version).
VERSION = 4
#: The archive's file, and that of version 1.
FILE = "archive.sqlite"
OLD_FILE = "archive.json"

#: Tables whose documents have names for ids, and tables whose documents are numbered.
NAMED = ("stories", "texts", "listening", "accounts", "tombstones", "tags", "clock", "word_list")
NUMBERED = ("versions", "flags", "quotes", "redactions", "permission_changes", "exports", "log")


def prepare(documents: Documents, folder: Path) -> None:
    """Bring the archive in `folder` to this version, whatever it is now; nothing or all of it.

    Raises:
        ArchiveDamaged: It is of a newer Sayso, or an older archive cannot be read.
    """
    _require_known(_version(documents), folder)
    if _version(documents) < VERSION:
        with documents.transaction():
            # Somebody else may have done it while we waited for our turn.
            version = _version(documents) or (1 if (folder / OLD_FILE).exists() else 0)
            _require_known(version, folder)
            if version == 0:
                _make(documents)
            for older in range(version or VERSION, VERSION):
                _UPGRADES[older](documents, folder)
            documents.database.write(f"PRAGMA user_version={VERSION}")
    take_up(documents, choices())
    take_up_words(documents)
    # Only now, when what it held is safe; and here, so that also after a kill in between nothing of it stays.
    for old in (folder / OLD_FILE, *folder.glob(f".{OLD_FILE}.*{UNFINISHED}")):
        old.unlink(missing_ok=True)


def _require_known(version: int, folder: Path) -> None:
    if version > VERSION:
        raise ArchiveDamaged(
            f"The archive in {folder} was written by a newer Sayso (version {version}, this one knows {VERSION}). "
            "Nothing was changed. Install the newer Sayso again, or 'sayso restore' an older backup."
        )


def _version(documents: Documents) -> int:
    version: int = documents.database.read("PRAGMA user_version")[0][0]
    return version


def _make(documents: Documents) -> None:
    for name in NAMED:
        documents.table(name, ids=str, persist_empty=True)
    for name in NUMBERED:
        documents.table(name, persist_empty=True)
    for statement in indexes.STATEMENTS:
        documents.database.write(statement)
    take_up(documents, choices())
    take_up_words(documents)


def _from_json(documents: Documents, folder: Path) -> None:
    """Take over the one JSON file of version 1: its account, and what its stories' folders do not say."""
    path = folder / OLD_FILE
    try:
        tables = json.loads(path.read_bytes())
        accounts = [Account.model_validate(each) for each in tables.get("accounts", {}).values()]
        entries = [StoryEntry.model_validate(each) for each in tables.get("stories", {}).values()]
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ArchiveDamaged(
            f"The archive {path} of an earlier Sayso cannot be read ({error}). Nothing was changed. "
            "'sayso archive rebuild' sets it aside and makes the archive anew from the story folders; "
            "then you make a new account with a set-up code."
        ) from error
    _make(documents)
    documents.table("accounts").insert_multiple(named(each.model_dump(mode="json"), each.id) for each in accounts)
    for entry in sorted(entries, key=lambda each: (each.listed_at, each.sequence, each.id)):
        # Version 1 kept nobody's words: as if they were still to come, so that each folder is read once more.
        entry = entry.model_copy(update={"words": "waiting", "beginning": keepable(entry.beginning)})
        documents.table("stories").insert(named(story_document(entry), entry.id))


def _with_cards(documents: Documents, _folder: Path) -> None:
    """Let version 2 learn the stories' cards, which their folders tell."""
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read("SELECT id FROM doc_stories"):
        # As if its words were still to come, so that its folder is read once more.
        entry = StoryEntry.model_validate(table.of_id(story_id)).model_copy(update={"words": "waiting"})
        table.update(story_document(entry), doc_ids=[story_id])
    for statement in (*indexes.TAGS, indexes.ALL_TAGS, indexes.NUMBERS):
        documents.database.write(statement)


def _with_safety(documents: Documents) -> None:
    """Let version 3 hide stories from named people, and keep what tellers allow later."""
    documents.table("clock", ids=str, persist_empty=True)
    documents.table("permission_changes", persist_empty=True)
    for statement in indexes.SAFETY:
        documents.database.write(statement)


def _with_checked_files(documents: Documents) -> None:
    """Let version 3 write what was checked before into the stories' folders."""
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read(f"SELECT id FROM doc_stories WHERE {field('state')} = 'checked'"):
        entry = StoryEntry.model_validate(table.of_id(story_id)).model_copy(update={"checked_file_due": True})
        table.update(story_document(entry), doc_ids=[story_id])
    documents.database.write(indexes.CHECKED_FILES)


def _with_choices(documents: Documents) -> None:
    """Let version 3 know who waits since when, which stations and questions there are, and what goes when.

    What was decided on stories before is written into their folders.
    """
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read("SELECT id FROM doc_stories"):
        entry = StoryEntry.model_validate(table.of_id(story_id))
        due = {"restrictions_file_due": restrictions_of(entry) is not None}
        table.update(story_document(entry.model_copy(update=due)), doc_ids=[story_id])
    for statement in (*indexes.CHOICES, *indexes.KEEPING, indexes.RESTRICTION_FILES):
        documents.database.write(statement)


def _with_redactions(documents: Documents) -> None:
    """Let version 3 take words out of stories."""
    documents.table("redactions", persist_empty=True)
    for statement in indexes.REDACTIONS:
        documents.database.write(statement)


def _with_exports(documents: Documents) -> None:
    """Let version 3 remember what was handed out, and list quotes by what was decided."""
    documents.table("exports", persist_empty=True)
    documents.database.write(indexes.QUOTES_BY_STATE)


def _with_topics(documents: Documents) -> None:
    """Give version 3 a list of topics."""
    documents.table("tags", ids=str, persist_empty=True)
    take_up(documents, choices())


def _with_word_list(documents: Documents) -> None:
    """Give version 3 the words to hear first; `MovingUp.look_on` then looks through its stories."""
    documents.table(WORD_LIST, ids=str, persist_empty=True)


def _to_4(documents: Documents, _folder: Path) -> None:
    stories, tables = (_with_checked_files, _with_choices), (_with_safety, _with_redactions, _with_exports)
    for bring_up_to_date in (*stories, *tables, _with_topics, _with_word_list):
        bring_up_to_date(documents)


_UPGRADES: dict[int, Callable[[Documents, Path], None]] = {1: _from_json, 2: _with_cards, 3: _to_4}
