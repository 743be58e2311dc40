"""Tables of records that have numbers: versions, flags, quotes and the like, each of a story; and exports."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from tinydb import where
from tinydb.table import Document

from admin_web.archive.documents import Documents
from admin_web.archive.records.exports import Export
from admin_web.archive.records.flags import Flag
from admin_web.archive.records.permissions import PermissionChange
from admin_web.archive.records.quotes import Quote
from admin_web.archive.records.texts import Redaction, Version
from kiosk.errors import NotAllowed

R = TypeVar("R", Version, Flag, Quote, PermissionChange, Redaction, Export)


class Numbered(Generic[R]):
    """One such table."""

    def __init__(self, documents: Documents, name: str, kind: type[R]) -> None:
        self._table = documents.table(name)
        self._kind: type[R] = kind

    def of(self, story_id: str) -> list[R]:
        """Return a story's records, oldest first."""
        return self.records(self._table.search(where("story") == story_id))

    def records(self, documents: Iterable[Document]) -> list[R]:
        """Return documents of this table as its records."""
        return [self._kind.model_validate({**document, "number": document.doc_id}) for document in documents]

    def get(self, number: int) -> R | None:
        """Return the record of a number, or None."""
        document = self._table.of_id(number)
        return self._kind.model_validate({**document, "number": number}) if document is not None else None

    def selected(self, select: str, parameters: Sequence[Any]) -> list[R]:
        """Return the records whose numbers an SQL SELECT gives, in its order."""
        return self.records(self._table.of_selected(select, parameters))

    def has(self, story_id: str) -> bool:
        """Say whether a story has any."""
        return self._table.contains(where("story") == story_id)

    def known(self, number: int) -> R:
        """Return the record of a number. Raises NotAllowed if there is none."""
        record = self.get(number)
        if record is None:
            raise NotAllowed(f"There is no {self._kind.__name__.lower()} {number}.")
        return record

    def add(self, record: R) -> R:
        """Keep a record, and return it with its number."""
        number: int = self._table.insert(_document(record))
        return record.model_copy(update={"number": number})

    def replace(self, record: R) -> None:
        """Keep what was changed of a record."""
        self._table.update(_document(record), doc_ids=[record.number])

    def remove(self, number: int) -> None:
        """Remove one record."""
        self._table.remove(doc_ids=[number])

    def remove_of(self, story_id: str) -> None:
        """Remove a story's records."""
        self._table.remove(where("story") == story_id)


def _document(record: BaseModel) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude={"number"})
