"""What was handed out: which quotes of which stories, by whom and why: also of stories that are taken back since."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.log import Log
from admin_web.archive.numbered import Numbered
from admin_web.archive.quotes import Standing
from admin_web.archive.records.exports import Export, Exported
from admin_web.archive.records.kept import keepable
from admin_web.archive.records.stories import title_of
from kiosk.errors import NotAllowed

#: Stories whose lines go into the log in one transaction.
_LOGGED_AT_ONCE = 200
_STORY = "json_extract(part.value, '$.story')"
_PARTS = "doc_exports, json_each(doc_exports.doc, '$.parts') AS part"


@dataclass(frozen=True)
class TakenBack:
    """A part of an export whose story was taken back: whoever has it should be asked to delete it.

    Attributes:
        part: The part.
        title: What people call its story.
    """

    part: Exported
    title: str


class Exports:
    """The archive's memory of what was handed out."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._exports = Numbered(documents, "exports", Export)

    def of(self, story_id: str) -> list[Export]:
        """Return the exports that a story went into, oldest first; also of a story that is gone for good."""
        return self._exports.selected(
            f"SELECT DISTINCT doc_exports.id FROM {_PARTS} WHERE {_STORY} = ? ORDER BY doc_exports.id", [story_id]
        )

    def of_quote(self, number: int) -> list[Export]:
        """Return the exports that a quote went into, oldest first."""
        return self._exports.selected(
            f"SELECT DISTINCT doc_exports.id FROM {_PARTS} "
            "WHERE json_extract(part.value, '$.quote') = ? ORDER BY doc_exports.id",
            [number],
        )

    def taken_back(self, number: int, viewer: str = "") -> list[TakenBack]:
        """Return those parts of an export whose stories were taken back, whether or not they are gone for good yet.

        Args:
            number: Of the export.
            viewer: Id of whoever looks: stories that are hidden from them are left out.
        """
        card, uploaded, why, sequence, withdrawn_at, asked_back_at = (
            field(name).replace("(doc,", "(gone.doc,")
            for name in ("card", "uploaded", "why", "sequence", "withdrawn_at", "asked_back_at")
        )
        found = []
        for table, test in (
            ("doc_tombstones", f"{why} = 'withdrawn'"),
            ("doc_stories", f"coalesce({withdrawn_at}, {asked_back_at}) IS NOT NULL"),
        ):
            found += self._documents.database.read(
                f"SELECT json_extract(part.value, '$.quote'), {_STORY}, {sequence}, {card}, {uploaded} "
                f"FROM {_PARTS} JOIN {table} AS gone ON gone.id = {_STORY} WHERE doc_exports.id = ? AND {test} "
                f"AND {_STORY} NOT IN (SELECT story FROM story_hidden WHERE account = ?)",
                [number, viewer],
            )
        return [
            TakenBack(Exported(quote=quote, story=story), title_of(card, sequence, uploaded=bool(uploaded)))
            for quote, story, sequence, card, uploaded in sorted(found)
        ]

    def page(self, page: int, per_page: int) -> list[Export]:
        """Return one page of all exports, newest first; pages count from 1."""
        return self._exports.selected(
            "SELECT id FROM doc_exports ORDER BY id DESC LIMIT ? OFFSET ?", [per_page, (page - 1) * per_page]
        )

    def count(self) -> int:
        """Return how many there are."""
        count: int = self._documents.database.read("SELECT count(*) FROM doc_exports")[0][0]
        return count

    def begin(self, quotes: Iterable[Standing], *, voice: bool, reason: str, by: str) -> Export:
        """Remember what is about to be handed out, before any of it is; durable on return.

        Args:
            quotes: What may be handed out now (`Quotes.ready`).
            voice: Also the sound of those whose teller allowed it.
            reason: What it is for.
            by: Id of the account.

        Raises:
            NotAllowed: There is no reason, or nothing to hand out.
        """
        if not reason.strip():
            raise NotAllowed("Write what it is for.")
        with self._documents.transaction():
            parts = tuple(Exported(quote=each.quote.number, story=each.quote.story) for each in quotes)
            if not parts:
                raise NotAllowed("There is no quote that may be handed out.")
            export = self._exports.add(
                Export(
                    what=("words", "voice") if voice else ("words",),
                    reason=keepable(reason).strip(),
                    parts=parts,
                    by=by,
                    at=datetime.now(UTC),
                )
            )
            self._log.add(by, "quotes exported", export=export.number, quotes=len(parts), voice=voice)
            for story_id in dict.fromkeys(part.story for part in parts):
                self._log.add(by, "exported", story_id, export=export.number)
            return export

    def begin_stories(self, story_ids: Sequence[str], *, kind: str, reason: str, by: str) -> Export:
        """Remember which whole stories are about to go out, before any of them does; durable on return."""
        parts = tuple(Exported(story=story_id) for story_id in story_ids)
        with self._documents.transaction():
            export = self._exports.add(
                Export(
                    what=("words", "voice"), reason=keepable(reason).strip(), parts=parts, by=by, at=datetime.now(UTC)
                )
            )
            self._log.add(by, "stories exported", export=export.number, stories=len(parts), kind=kind)
        # Nobody else can write in a transaction: not all of a large archive at once.
        for first in range(0, len(story_ids), _LOGGED_AT_ONCE):
            with self._documents.transaction():
                for story_id in story_ids[first : first + _LOGGED_AT_ONCE]:
                    self._log.add(by, "exported", story_id, export=export.number)
        return export

    def finish_stories(self, number: int) -> None:
        """Remember that everything went out to its end."""
        with self._documents.transaction():
            export = self._exports.known(number)
            self._exports.replace(export.model_copy(update={"finished_at": datetime.now(UTC)}))

    def finish(self, number: int, went: Collection[int]) -> None:
        """Remember which quotes went out in the end: fewer, if a story was taken back or frozen meanwhile."""
        with self._documents.transaction():
            export = self._exports.known(number)
            parts = tuple(part for part in export.parts if part.quote in went)
            self._exports.replace(export.model_copy(update={"parts": parts, "finished_at": datetime.now(UTC)}))
