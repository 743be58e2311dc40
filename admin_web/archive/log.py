"""The audit log: who did what to which story, append-only, each line sealed with a hash that covers the one before."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tinydb.table import Document

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.records.kept import moment
from admin_web.archive.records.log import LogEntry

#: How many lines are in memory at once while many are gone through.
_AT_ONCE = 500
#: A log that somebody has changed may be wrong in every line.
_MOST_FAULTS = 20


@dataclass(frozen=True)
class LogFilter:
    """Which lines of the log are wanted. Every part that is given must fit.

    Attributes:
        who: Who did it.
        whats: What was done: one of these.
        stories: Ids of stories: it was done to one of these.
        since: Done then or later.
        before: Done before then.
        viewer: Id of whoever looks: lines about stories that are hidden from them are left out.
    """

    who: str = ""
    whats: tuple[str, ...] = ()
    stories: tuple[str, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None
    viewer: str = ""

    def test(self) -> tuple[str, list[Any]]:
        """Return the condition on one row of the log, and its parameters."""
        tests, parameters = ["1"], list[Any]()
        for test, value in (
            (f"{field('who')} = ?", self.who or None),
            (f"{field('what')} IN (SELECT value FROM json_each(?))", json.dumps(self.whats) if self.whats else None),
            (
                f"{field('story')} IN (SELECT value FROM json_each(?))",
                json.dumps(self.stories) if self.stories is not None else None,
            ),
            (f"{field('at')} >= ?", self.since and moment(self.since)),
            (f"{field('at')} < ?", self.before and moment(self.before)),
            (f"{field('story')} NOT IN (SELECT story FROM story_hidden WHERE account = ?)", self.viewer or None),
        ):
            if value is not None:
                tests.append(test)
                parameters.append(value)
        return " AND ".join(tests), parameters


ALL = LogFilter()


@dataclass(frozen=True)
class Checked:
    """What a look at the whole log has found.

    Attributes:
        at: When.
        faults: Where a line is missing or changed, in a sentence each: the first of them.
    """

    at: datetime
    faults: tuple[str, ...]


class Log:
    """The log of an archive. Lines are added in the transaction of what they tell of.

    Attributes:
        last_check: What `check` has found last; None if it was not asked yet.
    """

    def __init__(self, documents: Documents) -> None:
        self.last_check: Checked | None = None
        self._documents = documents
        self._table = documents.table("log")

    def add(self, who: str, what: str, story: str = "", **details: str | int | bool) -> None:
        """Write a line; `details` are numbers and names, never a story's words."""
        with self._documents.transaction():
            last, number = self.last(), self._last_number() + 1
            line = {
                "number": number,
                "at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "who": who,
                "what": what,
                "story": story,
                "details": details,
                "previous": last.hash if last else "",
            }
            self._table.insert(Document({**line, "hash": _seal(line)}, doc_id=number))

    def last(self) -> LogEntry | None:
        """Return the newest line."""
        found = self._table.of_selected("SELECT id FROM doc_log ORDER BY id DESC LIMIT 1")
        return LogEntry.model_validate(found[0]) if found else None

    def page(self, page: int, per_page: int, wanted: LogFilter = ALL) -> list[LogEntry]:
        """Return a page of the log, newest first; pages count from 1, beyond the last they are empty."""
        tests, parameters = wanted.test()
        lines = self._table.of_selected(
            f"SELECT id FROM doc_log WHERE {tests} ORDER BY id DESC LIMIT ? OFFSET ?",
            [*parameters, per_page, (page - 1) * per_page],
        )
        return [LogEntry.model_validate(line) for line in lines]

    def lines(self, wanted: LogFilter = ALL) -> Iterator[LogEntry]:
        """Go through the lines, newest first, with few of them in memory. Others may write meanwhile."""
        tests, parameters = wanted.test()
        below = self._last_number() + 1
        while found := self._table.of_selected(
            f"SELECT id FROM doc_log WHERE {tests} AND id < ? ORDER BY id DESC LIMIT {_AT_ONCE}", [*parameters, below]
        ):
            yield from (LogEntry.model_validate(line) for line in found)
            below = found[-1].doc_id

    def add_once(self, who: str, what: str, story: str, *, within: timedelta) -> None:
        """Write a line, unless the same stands there already since less than `within`."""
        with self._documents.transaction():
            wanted = LogFilter(who=who, whats=(what,), stories=(story,), since=datetime.now(UTC) - within)
            if not self.page(1, 1, wanted):
                self.add(who, what, story)

    def check(self) -> Checked:
        """Go through the whole log, and remember what was found."""
        self.last_check = Checked(datetime.now(UTC), tuple(itertools.islice(self.faults(), _MOST_FAULTS)))
        return self.last_check

    def faults(self) -> Iterator[str]:
        """Go through the whole log and tell, in a sentence each, where a line is missing or changed."""
        previous, number = "", 0
        for document in self._table:
            line = dict(document)
            seal = line.pop("hash", "")
            if document.doc_id != number + 1:
                yield f"After line {number} of the log comes line {document.doc_id}: what was between is missing."
            elif line.get("previous") != previous:
                yield f"Line {document.doc_id} of the log does not follow line {number} as that was written."
            if seal != _seal(line) or line.get("number") != document.doc_id:
                yield f"Line {document.doc_id} of the log was changed after it was written."
            previous, number = seal, document.doc_id
        missing = self._last_number() - number
        if missing > 0:
            yield f"The last {missing} line(s) of the log are missing."

    def _last_number(self) -> int:
        """Return the highest number that was ever given. SQLite remembers it, also when that line was removed."""
        found = self._documents.database.read(
            "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'doc_log'), 0), "
            "coalesce((SELECT max(id) FROM doc_log), 0))"
        )
        return int(found[0][0])


def _seal(line: dict[str, object]) -> str:
    text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
