"""What the site knows of each story beyond its folder: lists, the account, and later everything staff add.

Only this folder knows where and how it is kept; everybody else uses the verbs of `Archive`.
"""

from admin_web.archive.archive import Archive
from admin_web.archive.records import Account, StoryEntry, Words

__all__ = ["Account", "Archive", "StoryEntry", "Words"]
