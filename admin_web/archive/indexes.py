"""What SQLite holds beside TinyDB's documents: indexes, triggers, and full-text search, as SQL.

Most of it stands in `STATEMENTS` alone; what an upgrade needs has a name.
"""

from admin_web.archive.conditions import field


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
TAGS = (
    "DROP TABLE IF EXISTS story_tags",
    *(f"DROP TRIGGER IF EXISTS tags_{change}" for change in ("insert", "delete", "update")),
    "CREATE TABLE story_tags (tag TEXT, listed_at TEXT, story INTEGER, shelf TEXT, "
    "PRIMARY KEY (tag, listed_at, story)) WITHOUT ROWID",
    f"CREATE TRIGGER tags_insert AFTER INSERT ON doc_stories BEGIN {_PUT_TAGS} END",
    f"CREATE TRIGGER tags_delete AFTER DELETE ON doc_stories BEGIN {_DROP_TAGS} END",
    f"CREATE TRIGGER tags_update AFTER UPDATE ON doc_stories WHEN {_changes('tags', 'listed_at', 'shelf')} "
    f"BEGIN {_DROP_TAGS} {_PUT_TAGS} END",
)
ALL_TAGS = (
    f"INSERT INTO story_tags SELECT each.value, {field('listed_at')}, number, {field('shelf')} "
    "FROM doc_stories, json_each(doc,'$.\"tags\"') AS each"
)

# From here on "IF NOT EXISTS": upgrades use these as well, and one from version 1 has made everything as it is now.

#: Which story is hidden from whom. A row stays when its story goes: the log's lines about it stay hidden as well.
_PUT_HIDDEN = "INSERT INTO story_hidden SELECT value, new.id, new.number FROM json_each(new.doc,'$.\"hidden_from\"');"
SAFETY = (
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
CHECKED_FILES = (
    f"CREATE INDEX IF NOT EXISTS stories_checked_file_due ON doc_stories ({field('checked_file_due')}) "
    f"WHERE {field('checked_file_due')} = 1"
)
RESTRICTION_FILES = (
    f"CREATE INDEX IF NOT EXISTS stories_restrictions_file_due ON doc_stories ({field('restrictions_file_due')}) "
    f"WHERE {field('restrictions_file_due')} = 1"
)
QUOTES_BY_STATE = f"CREATE INDEX IF NOT EXISTS quotes_by_state ON doc_quotes ({field('state')})"
REDACTIONS = (
    f"CREATE INDEX IF NOT EXISTS stories_redacted_files_due ON doc_stories ({field('redacted_files_due')}) "
    f"WHERE {field('redacted_files_due')} = 1",
    f"CREATE INDEX IF NOT EXISTS redactions_of ON doc_redactions ({field('story')})",
)
#: What a timer deletes, by when its time began: what goes when is counted without reading any story.
_SINCE, _RECORDING_SINCE = field("kept_since"), field("recording_kept_since")
KEEPING = (
    f"CREATE INDEX IF NOT EXISTS stories_kept_since ON doc_stories ({field('agreed')}, {_SINCE}, {field('shelf')}) "
    f"WHERE {_SINCE} IS NOT NULL",
    f"CREATE INDEX IF NOT EXISTS stories_recording_kept_since ON doc_stories "
    f"({field('permissions', 'voice')}, {_RECORDING_SINCE}, {_SINCE}, {field('shelf')}) "
    f"WHERE {_RECORDING_SINCE} IS NOT NULL",
    f"CREATE INDEX IF NOT EXISTS stories_staying ON doc_stories "
    f"({field('agreed')}, {field('frozen')}, {field('state')}, {field('clock_quality')}, {field('shelf')}) "
    f"WHERE {_SINCE} IS NULL",
)
NUMBERS = f"CREATE INDEX IF NOT EXISTS stories_of_number ON doc_stories ({field('number')})"
#: What filters ask for beside state, date and tags: with it in the index, stories are counted without reading any.
_ASKED_FOR = [
    *(field(name) for name in ("station", "question", "feeling", "kind", "speaker")),
    *(field("permissions", name) for name in ("words", "voice")),
]
_ANSWERS = ("question_kind", "question", "shelf", "frozen", "unsure", "sample", "state", "choice", "beginning")
#: Lists of one state, station or question, which of them there are, and how many; and who waits longest to be heard.
CHOICES = (
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
#: All of it, for a new archive.
STATEMENTS = (
    # The lists: newest or oldest first, all or of one state; whose shelf it is stands in the index as well.
    f"CREATE INDEX stories_listed ON doc_stories ({field('listed_at')}, {field('shelf')}, {field('state')})",
    # Few stories are ever waiting or gone, so that these stay small.
    f"CREATE INDEX stories_waiting ON doc_stories ({field('words')}) WHERE {field('words')} <> 'ready'",
    f"CREATE INDEX stories_gone ON doc_stories ({field('shelf')}) WHERE {field('shelf')} = 'gone'",
    f"CREATE INDEX stories_losing_audio ON doc_stories ({field('audio_going')}) WHERE {field('audio_going')} = 1",
    NUMBERS,
    CHECKED_FILES,
    RESTRICTION_FILES,
    QUOTES_BY_STATE,
    *REDACTIONS,
    *CHOICES,
    *KEEPING,
    f"CREATE INDEX versions_of ON doc_versions ({field('story')})",
    f"CREATE INDEX flags_of ON doc_flags ({field('story')})",
    f"CREATE INDEX quotes_of ON doc_quotes ({field('story')})",
    f"CREATE INDEX log_of ON doc_log ({field('story')})",
    f"CREATE INDEX tombstones_due ON doc_tombstones ({field('cleared')}) WHERE {field('cleared')} = 0",
    *TAGS,
    *SAFETY,
    # Full-text search over the current texts. It holds no copy of them: the words are in its index and in `texts`.
    f"CREATE VIEW searched AS SELECT number, {field('text')} AS text FROM doc_texts",
    "CREATE VIRTUAL TABLE search USING fts5(text, content='searched', content_rowid='number', "
    "tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER search_insert AFTER INSERT ON doc_texts BEGIN {_PUT_TEXT} END",
    f"CREATE TRIGGER search_delete AFTER DELETE ON doc_texts BEGIN {_DROP_TEXT} END",
    f"CREATE TRIGGER search_update AFTER UPDATE ON doc_texts WHEN {_changes('text')} "
    f"BEGIN {_DROP_TEXT} {_PUT_TEXT} END",
)
