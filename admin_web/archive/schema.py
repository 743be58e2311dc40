"""The archive's schema: what SQLite holds beside TinyDB's documents, and how older archives become new ones.

Version 1 was one JSON file (`archive.json`), since version 2 it is this SQLite file; version 3 finds stories by the
number of their card; version 4 writes checked words into their folders, lists stories of one station or question, knows
which has waited longest to be heard and which to hear first, hides stories from named people, keeps what tellers allow
later, takes words out of stories, knows what was handed out, has the centre's own topics, and counts what goes when. A
change to what the documents hold, to an index or to a trigger is a new version and a new function in `_UPGRADES`.
"""

import json
from collections.abc import Callable
from pathlib import Path

from admin_web.archive.choices import choices, take_up
from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents, named
from admin_web.archive.records import Account, StoryEntry, keepable, moment
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


def _of(row: str, name: str) -> str:
    """Return a field of the row that a trigger is about ("old" or "new")."""
    return field(name).replace("(doc,", f"({row}.doc,")


def _tags(row: str, *more: str) -> str:
    columns = ", ".join(["value", _of(row, "listed_at"), f"{row}.number", *(_of(row, name) for name in more)])
    return f"SELECT {columns} FROM json_each({row}.doc,'$.\"tags\"')"


def _changes(*names: str) -> str:
    return " OR ".join(f"{_of('old', name)} IS NOT {_of('new', name)}" for name in names)


_PUT_TAGS = f"INSERT INTO story_tags {_tags('new', 'shelf')};"
_DROP_TAGS = f"DELETE FROM story_tags WHERE (tag, listed_at, story) IN ({_tags('old')});"
_PUT_TEXT = f"INSERT INTO search (rowid, text) VALUES (new.number, {_of('new', 'text')});"
# FTS5 is told what to take out of the index ("External Content Tables" in its manual).
_DROP_TEXT = f"INSERT INTO search (search, rowid, text) VALUES ('delete', old.number, {_of('old', 'text')});"

#: Which story has which tag, in the order of lists, and whose shelf it is on: a list of them looks at no other story,
#: and their count at none at all. SQLite keeps it true by itself, as it does an index.
_TAGS = (
    "DROP TABLE IF EXISTS story_tags",
    *(f"DROP TRIGGER IF EXISTS tags_{change}" for change in ("insert", "delete", "update")),
    "CREATE TABLE story_tags (tag TEXT, listed_at TEXT, story INTEGER, shelf TEXT, "
    "PRIMARY KEY (tag, listed_at, story)) WITHOUT ROWID",
    f"CREATE TRIGGER tags_insert AFTER INSERT ON doc_stories BEGIN {_PUT_TAGS} END",
    f"CREATE TRIGGER tags_delete AFTER DELETE ON doc_stories BEGIN {_DROP_TAGS} END",
    f"CREATE TRIGGER tags_update AFTER UPDATE ON doc_stories WHEN {_changes('tags', 'listed_at', 'shelf')} "
    f"BEGIN {_DROP_TAGS} {_PUT_TAGS} END",
)
_ALL_TAGS = (
    f"INSERT INTO story_tags SELECT each.value, {field('listed_at')}, number, {field('shelf')} "
    "FROM doc_stories, json_each(doc,'$.\"tags\"') AS each"
)
#: From here on also for an upgrade from version 1, which has made everything as it is now.

#: Which story is hidden from whom. A row stays when its story goes: the log's lines about it stay hidden as well.
_PUT_HIDDEN = "INSERT INTO story_hidden SELECT value, new.id, new.number FROM json_each(new.doc,'$.\"hidden_from\"');"
_SAFETY = (
    "CREATE TABLE IF NOT EXISTS story_hidden (account TEXT, story TEXT, number INTEGER, PRIMARY KEY (account, number)) "
    "WITHOUT ROWID",
    f"CREATE TRIGGER IF NOT EXISTS hidden_update AFTER UPDATE ON doc_stories WHEN {_changes('hidden_from')} "
    f"BEGIN DELETE FROM story_hidden WHERE number = old.number; {_PUT_HIDDEN} END",
    # Few of each: open flags, stories that wait for a lead to finish taking them back, stories taken back.
    f"CREATE INDEX IF NOT EXISTS flags_open ON doc_flags ({field('story')}) WHERE {field('closed_at')} IS NULL",
    f"CREATE INDEX IF NOT EXISTS stories_asked_back ON doc_stories ({field('asked_back_at')}) "
    f"WHERE {field('asked_back_at')} IS NOT NULL",
    f"CREATE INDEX IF NOT EXISTS tombstones_withdrawn ON doc_tombstones (number) WHERE {field('why')} = 'withdrawn'",
    f"CREATE INDEX IF NOT EXISTS permission_changes_of ON doc_permission_changes ({field('story')})",
    f"CREATE INDEX IF NOT EXISTS log_at ON doc_log ({field('at')})",
    f"CREATE INDEX IF NOT EXISTS log_who ON doc_log ({field('who')})",
)
_CHECKED_FILES = (
    f"CREATE INDEX IF NOT EXISTS stories_checked_file_due ON doc_stories ({field('checked_file_due')}) "
    f"WHERE {field('checked_file_due')} = 1"
)
_RESTRICTION_FILES = (
    f"CREATE INDEX IF NOT EXISTS stories_restrictions_file_due ON doc_stories ({field('restrictions_file_due')}) "
    f"WHERE {field('restrictions_file_due')} = 1"
)
_QUOTES_BY_STATE = f"CREATE INDEX IF NOT EXISTS quotes_by_state ON doc_quotes ({field('state')})"
_REDACTIONS = (
    f"CREATE INDEX IF NOT EXISTS stories_redacted_files_due ON doc_stories ({field('redacted_files_due')}) "
    f"WHERE {field('redacted_files_due')} = 1",
    f"CREATE INDEX IF NOT EXISTS redactions_of ON doc_redactions ({field('story')})",
)
#: What a timer deletes, by when its time began: what goes when is counted without reading any story.
_SINCE, _RECORDING_SINCE = field("kept_since"), field("recording_kept_since")
_KEEPING = (
    f"CREATE INDEX IF NOT EXISTS stories_kept_since ON doc_stories ({field('agreed')}, {_SINCE}, {field('shelf')}) "
    f"WHERE {_SINCE} IS NOT NULL",
    f"CREATE INDEX IF NOT EXISTS stories_recording_kept_since ON doc_stories "
    f"({field('permissions', 'voice')}, {_RECORDING_SINCE}, {_SINCE}, {field('shelf')}) "
    f"WHERE {_RECORDING_SINCE} IS NOT NULL",
    f"CREATE INDEX IF NOT EXISTS stories_staying ON doc_stories "
    f"({field('agreed')}, {field('frozen')}, {field('state')}, {field('clock_quality')}, {field('shelf')}) "
    f"WHERE {_SINCE} IS NULL",
)
_NUMBERS = f"CREATE INDEX IF NOT EXISTS stories_of_number ON doc_stories ({field('number')})"
#: What filters ask for beside state, date and tags: with it in the index, stories are counted without reading any.
_ASKED_FOR = [
    *(field(name) for name in ("station", "question", "feeling", "kind", "speaker")),
    *(field("permissions", name) for name in ("words", "voice")),
]
_ANSWERS = ("question_kind", "question", "shelf", "frozen", "unsure", "sample", "state", "choice", "beginning")
#: Lists of one state, station or question, which of them there are, and how many; and who waits longest to be heard.
_CHOICES = (
    "DROP INDEX IF EXISTS stories_by_state",
    *(
        f"CREATE INDEX IF NOT EXISTS stories_by_{name} ON doc_stories "
        f"({', '.join([field(name), field('listed_at'), field('shelf'), *more])})"
        for name, more in (("state", _ASKED_FOR), ("station", []), ("question", []))
    ),
    f"CREATE INDEX IF NOT EXISTS stories_unheard_since ON doc_stories ({field('waits_since')}, {field('shelf')}) "
    f"WHERE {field('state')} = 'unheard'",
    # In the order in which they are to be heard.
    f"CREATE INDEX IF NOT EXISTS stories_inbox ON doc_stories ({field('moves_up')} DESC, {field('listed_at')}, "
    f"{', '.join([field('shelf'), *_ASKED_FOR])}) WHERE {field('state')} = 'unheard'",
    # Answers are counted without reading a story, words by the beginning of each.
    f"CREATE INDEX IF NOT EXISTS stories_answers ON doc_stories ({', '.join(map(field, _ANSWERS))}, "
    f"{field('permissions', 'words')}) WHERE {field('question_kind')} IN ('one-word', 'choose-one')",
)
_STATEMENTS = (
    # The lists: newest or oldest first, all or of one state; whose shelf it is stands in the index as well.
    f"CREATE INDEX stories_listed ON doc_stories ({field('listed_at')}, {field('shelf')}, {field('state')})",
    # Few stories are ever waiting or gone, so that these stay small.
    f"CREATE INDEX stories_waiting ON doc_stories ({field('words')}) WHERE {field('words')} <> 'ready'",
    f"CREATE INDEX stories_gone ON doc_stories ({field('shelf')}) WHERE {field('shelf')} = 'gone'",
    f"CREATE INDEX stories_losing_audio ON doc_stories ({field('audio_going')}) WHERE {field('audio_going')} = 1",
    _NUMBERS,
    _CHECKED_FILES,
    _RESTRICTION_FILES,
    _QUOTES_BY_STATE,
    *_REDACTIONS,
    *_CHOICES,
    *_KEEPING,
    f"CREATE INDEX versions_of ON doc_versions ({field('story')})",
    f"CREATE INDEX flags_of ON doc_flags ({field('story')})",
    f"CREATE INDEX quotes_of ON doc_quotes ({field('story')})",
    f"CREATE INDEX log_of ON doc_log ({field('story')})",
    f"CREATE INDEX tombstones_due ON doc_tombstones ({field('cleared')}) WHERE {field('cleared')} = 0",
    *_TAGS,
    *_SAFETY,
    # Full-text search over the current texts. It holds no copy of them: the words are in its index and in `texts`.
    f"CREATE VIEW searched AS SELECT number, {field('text')} AS text FROM doc_texts",
    "CREATE VIRTUAL TABLE search USING fts5(text, content='searched', content_rowid='number', "
    "tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER search_insert AFTER INSERT ON doc_texts BEGIN {_PUT_TEXT} END",
    f"CREATE TRIGGER search_delete AFTER DELETE ON doc_texts BEGIN {_DROP_TEXT} END",
    f"CREATE TRIGGER search_update AFTER UPDATE ON doc_texts WHEN {_changes('text')} "
    f"BEGIN {_DROP_TEXT} {_PUT_TEXT} END",
)


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
    for statement in _STATEMENTS:
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


def story_document(entry: StoryEntry) -> dict[str, object]:
    """Return a story as its document: with its shelf, which lists are cut by, and with what it is found by."""
    moments = {"listed_at": moment(entry.listed_at), "waits_since": moment(entry.waits_since)}
    # Once it is heard, nothing tells any more that it came first.
    order = {"has_word": entry.has_word and entry.state == "unheard", "moves_up": entry.moves_up}
    # The days, where it was told and checked: what goes when is counted by them.
    since, recording_since = entry.kept_since, entry.recording_kept_since
    kept = {
        "kept_since": since and since.date().isoformat(),
        "recording_kept_since": recording_since and recording_since.date().isoformat(),
    }
    found_by = {"shelf": entry.shelf, "number": entry.number, **order, **moments, **kept}
    return {**entry.model_dump(mode="json"), **found_by}


def _with_cards(documents: Documents, _folder: Path) -> None:
    """Let version 2 learn the stories' cards, which their folders tell."""
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read("SELECT id FROM doc_stories"):
        # As if its words were still to come, so that its folder is read once more.
        entry = StoryEntry.model_validate(table.of_id(story_id)).model_copy(update={"words": "waiting"})
        table.update(story_document(entry), doc_ids=[story_id])
    for statement in (*_TAGS, _ALL_TAGS, _NUMBERS):
        documents.database.write(statement)


def _with_safety(documents: Documents) -> None:
    """Let version 3 hide stories from named people, and keep what tellers allow later."""
    documents.table("clock", ids=str, persist_empty=True)
    documents.table("permission_changes", persist_empty=True)
    for statement in _SAFETY:
        documents.database.write(statement)


def _with_checked_files(documents: Documents) -> None:
    """Let version 3 write what was checked before into the stories' folders."""
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read(f"SELECT id FROM doc_stories WHERE {field('state')} = 'checked'"):
        entry = StoryEntry.model_validate(table.of_id(story_id)).model_copy(update={"checked_file_due": True})
        table.update(story_document(entry), doc_ids=[story_id])
    documents.database.write(_CHECKED_FILES)


def _with_choices(documents: Documents) -> None:
    """Let version 3 know who waits since when, which stations and questions there are, and what goes when.

    What was decided on stories before is written into their folders.
    """
    table = documents.table("stories", ids=str)
    for (story_id,) in documents.database.read("SELECT id FROM doc_stories"):
        entry = StoryEntry.model_validate(table.of_id(story_id))
        due = {"restrictions_file_due": restrictions_of(entry) is not None}
        table.update(story_document(entry.model_copy(update=due)), doc_ids=[story_id])
    for statement in (*_CHOICES, *_KEEPING, _RESTRICTION_FILES):
        documents.database.write(statement)


def _with_redactions(documents: Documents) -> None:
    """Let version 3 take words out of stories."""
    documents.table("redactions", persist_empty=True)
    for statement in _REDACTIONS:
        documents.database.write(statement)


def _with_exports(documents: Documents) -> None:
    """Let version 3 remember what was handed out, and list quotes by what was decided."""
    documents.table("exports", persist_empty=True)
    documents.database.write(_QUOTES_BY_STATE)


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
