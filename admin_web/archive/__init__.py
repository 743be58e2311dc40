"""What the site knows of each story beyond its folder: lists, texts, tags, flags, quotes, people, and who did what.

Only this folder knows where and how it is kept (TinyDB's documents in an SQLite file); everybody else uses the verbs of
`Archive`.
"""

from admin_web.archive.archive import Archive
from admin_web.archive.filters import Filter
from admin_web.archive.inbox import MOST_COUNTED
from admin_web.archive.people import plain_name
from admin_web.archive.records import (
    Account,
    Link,
    Redaction,
    Role,
    State,
    StoryEntry,
    StoryFacts,
    Text,
    Version,
    Words,
)
from admin_web.archive.search import RANKED, Passage

__all__ = [
    "MOST_COUNTED",
    "RANKED",
    "Account",
    "Archive",
    "Filter",
    "Link",
    "Passage",
    "Redaction",
    "Role",
    "State",
    "StoryEntry",
    "StoryFacts",
    "Text",
    "Version",
    "Words",
    "plain_name",
]
