"""What the site knows of each story beyond its folder: lists, texts, tags, flags, quotes, people, and who did what.

Only this folder knows where and how it is kept (TinyDB's documents in an SQLite file); everybody else uses the verbs of
`Archive`.
"""

from admin_web.archive.archive import Archive
from admin_web.archive.filters import Filter
from admin_web.archive.inbox import MOST_COUNTED
from admin_web.archive.log import LogFilter
from admin_web.archive.people import plain_name
from admin_web.archive.records import (
    Account,
    Flag,
    Link,
    LogEntry,
    Redaction,
    Role,
    State,
    StoryEntry,
    StoryFacts,
    Text,
    Tombstone,
    Version,
    Words,
    keepable,
)
from admin_web.archive.search import RANKED, Passage

__all__ = [
    "MOST_COUNTED",
    "RANKED",
    "Account",
    "Archive",
    "Filter",
    "Flag",
    "Link",
    "LogEntry",
    "LogFilter",
    "Passage",
    "Redaction",
    "Role",
    "State",
    "StoryEntry",
    "StoryFacts",
    "Text",
    "Tombstone",
    "Version",
    "Words",
    "keepable",
    "plain_name",
]
