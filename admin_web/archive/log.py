"""The audit log: who did what to which story, append-only, each line sealed with a hash that covers the one before."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from tinydb.table import Document

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.records import LogEntry


class Log:
    """The log of an archive. Lines are added in the transaction of what they tell of."""

    def __init__(self, documents: Documents) -> None:
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

    def page(self, page: int, per_page: int, *, story: str | None = None) -> list[LogEntry]:
        """Return a page of the log, newest first; of one story if it is named."""
        where, parameters = (f"WHERE {field('story')} = ?", [story]) if story is not None else ("", [])
        lines = self._table.of_selected(
            f"SELECT id FROM doc_log {where} ORDER BY id DESC LIMIT ? OFFSET ?",
            [*parameters, per_page, (page - 1) * per_page],
        )
        return [LogEntry.model_validate(line) for line in lines]

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
