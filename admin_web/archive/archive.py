"""The archive: all that the site knows beyond the story folders, and the rules of what may be done with it."""

import contextlib
from collections.abc import Iterator

from tinydb.table import Document

from admin_web.archive.again import WritingAgain
from admin_web.archive.ahead import Ahead
from admin_web.archive.answers import Answers
from admin_web.archive.checked_files import CheckedFiles
from admin_web.archive.clock import Clock
from admin_web.archive.database import WAIT_S
from admin_web.archive.deleting import Deleting
from admin_web.archive.documents import Documents
from admin_web.archive.exports import Exports
from admin_web.archive.flags import Flags
from admin_web.archive.hiding import Hiding
from admin_web.archive.inbox import Inbox
from admin_web.archive.labels import Labels
from admin_web.archive.listening import Listening
from admin_web.archive.log import Log
from admin_web.archive.merging import Merging
from admin_web.archive.moving_up import MovingUp
from admin_web.archive.people import People
from admin_web.archive.permitting import Permitting
from admin_web.archive.quote_answers import QuoteAnswers
from admin_web.archive.quotes import Quotes
from admin_web.archive.redacted_files import RedactedFiles
from admin_web.archive.redactions import Redactions
from admin_web.archive.restriction_files import RestrictionFiles
from admin_web.archive.schema import FILE, prepare
from admin_web.archive.search import Search
from admin_web.archive.stories import Stories
from admin_web.archive.tags import Tags
from admin_web.archive.taking_back import TakingBack
from admin_web.archive.texts import Texts
from kiosk.errors import ArchiveDamaged
from kiosk.stories.folder import DataFolder


class Archive:
    """The archive of one data folder. Several threads and processes may use it at once.

    Attributes:
        stories: What is known of each story, and lists of them.
        inbox: What is to be done with them, and what lists can be cut by.
        answers: How often each answer was given, where a question asks for a word or offers some.
        moving_up: Which stories are heard first, by the centre's list of words.
        listening: What was played of each.
        texts: Their words, and what those were before.
        again: Has stories written down again, with another model.
        checked_files: Keeps the checked ones in the stories' folders as well.
        search: Finds words.
        flags: Safeguarding.
        hiding: From whom a flagged story is hidden.
        permitting: What tellers allow later.
        taking_back: What tellers ask staff for, until a lead deletes it.
        quotes: What may be taken into a review.
        quote_answers: What staff answer groups that decided on them.
        exports: What was handed out.
        redactions: What was taken out of them.
        restriction_files: What makes stories less open, in their folders.
        redacted_files: Their recordings without that.
        deleting: Taking back, and keeping no longer than agreed.
        tags: The topics that stories can be about.
        merging: Makes one topic of two, and two of one.
        labels: What each story is about.
        people: Who may sign in.
        log: Who did what.
        ahead: What goes when.
        clock: Whether this machine's date can be trusted.
    """

    def __init__(self, folder: DataFolder, *, wait_s: float = WAIT_S) -> None:
        """Open the archive of `folder`, make it, or bring an older one up to date.

        Args:
            folder: The data folder.
            wait_s: How long a change waits for somebody else's.

        Raises:
            ArchiveError: It cannot be opened; the message says why and what to do.
        """
        self.path = folder.archive / FILE
        self._documents = Documents(self.path, wait_s=wait_s)
        try:
            prepare(self._documents, folder.archive)
        except BaseException:
            self._documents.close()
            raise
        self.log = Log(self._documents)
        self.stories = Stories(self._documents, self.log)
        self.listening = Listening(self._documents, self.log, self.stories)
        self.inbox = Inbox(self._documents, self.stories)
        self.answers = Answers(self._documents)
        self.moving_up = MovingUp(self._documents, self.log, self.stories)
        self.texts = Texts(folder, self._documents, self.log, self.stories)
        self.again = WritingAgain(folder, self._documents, self.log, self.stories)
        self.checked_files = CheckedFiles(folder, self._documents, self.stories, self.texts)
        self.restriction_files = RestrictionFiles(folder, self._documents, self.stories)
        self.search = Search(self._documents)
        self.quotes = Quotes(self._documents, self.log, self.stories, self.texts)
        self.quote_answers = QuoteAnswers(self._documents, self.log, self.quotes)
        self.exports = Exports(self._documents, self.log)
        self.redactions = Redactions(folder, self._documents, self.log, self.stories, self.texts, self.quotes)
        self.redacted_files = RedactedFiles(folder, self._documents, self.stories)
        self.deleting = Deleting(folder, self._documents, self.log, self.stories, self.quotes, self.search)
        self.flags = Flags(self._documents, self.log, self.stories, self.deleting)
        self.tags = Tags(self._documents, self.log)
        self.merging = Merging(self._documents, self.log, self.tags)
        self.labels = Labels(self._documents, self.log, self.stories, self.tags)
        self.people = People(self._documents, self.log)
        self.hiding = Hiding(self._documents, self.log, self.stories, self.flags, self.people)
        self.permitting = Permitting(self._documents, self.log, self.stories, self.quotes)
        self.taking_back = TakingBack(self._documents, self.log, self.stories, self.quotes)
        self.clock = Clock(self._documents, self.log)
        self.ahead = Ahead(self._documents)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """All changes inside the block, or none of them; durable when it ends."""
        return self._documents.transaction()

    def integrity(self) -> list[str]:
        """Return what SQLite finds wrong with the file, page by page; empty if it is whole."""
        try:
            rows = self._documents.database.read("PRAGMA integrity_check")
        except ArchiveDamaged as error:
            return [str(error)]
        lines = [line for (text,) in rows for line in text.splitlines()]
        return [line for line in lines if line != "ok" and not line.startswith("***")]

    def damaged_ids(self, table: str) -> list[str | int]:
        """Return the ids of those documents of a table that are not as they were written: for checks."""
        return self._documents.table(table).damaged_ids()

    def documents_of(self, table: str) -> Iterator[Document]:
        """Go through a table's documents as they are kept: for checks."""
        return iter(self._documents.table(table))

    def close(self) -> None:
        """Close the file. What was acknowledged is safe without it."""
        self._documents.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
