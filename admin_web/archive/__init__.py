"""What the site knows of each story beyond its folder: lists, texts, tags, flags, quotes, people, and who did what.

Only this folder knows where and how it is kept (TinyDB's documents in an SQLite file); everybody else uses the verbs of
`Archive`.
"""

from admin_web.archive.archive import Archive
from admin_web.archive.choices import Choice, Choices, choices
from admin_web.archive.filters import Filter
from admin_web.archive.inbox import MOST_COUNTED
from admin_web.archive.log import LogFilter
from admin_web.archive.people import plain_name
from admin_web.archive.quote_filter import QuoteFilter
from admin_web.archive.quotes import Standing
from admin_web.archive.records.accounts import Account, Link, Role
from admin_web.archive.records.exports import Export
from admin_web.archive.records.flags import Flag
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.labels import About, Tag
from admin_web.archive.records.log import LogEntry
from admin_web.archive.records.quotes import Quote, QuoteState
from admin_web.archive.records.stories import State, StoryEntry, StoryFacts, Tombstone, Words
from admin_web.archive.records.texts import Redaction, Text, Version
from admin_web.archive.records.word_list import WordList
from admin_web.archive.search import RANKED, Passage

__all__ = [
    "MOST_COUNTED",
    "RANKED",
    "About",
    "Account",
    "Archive",
    "Choice",
    "Choices",
    "Export",
    "Filter",
    "Flag",
    "Link",
    "LogEntry",
    "LogFilter",
    "Passage",
    "Quote",
    "QuoteFilter",
    "QuoteState",
    "Redaction",
    "Role",
    "Standing",
    "State",
    "StoryEntry",
    "StoryFacts",
    "Tag",
    "Text",
    "Tombstone",
    "Version",
    "WordList",
    "Words",
    "choices",
    "keepable",
    "plain_name",
]
