"""Who may sign in."""

import secrets
from datetime import UTC, datetime

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records import Account


class People:
    """The accounts of an archive."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("accounts", ids=str)

    def first(self) -> Account | None:
        """Return the account that was made with the set-up code, or None while nobody has set the site up."""
        return next((Account.model_validate(document) for document in self._table), None)

    def make_first(self, name: str, password_hash: str) -> Account | None:
        """Make the first account, a lead's; durable on return. None if there is one: of two at once, one makes it.

        Raises:
            ArchiveNotWritten: There is no account.
        """
        with self._documents.transaction():
            if len(self._table):
                return None
            made = Account(id=secrets.token_hex(8), name=name, password_hash=password_hash, made_at=datetime.now(UTC))
            self._table.insert(named(made.model_dump(mode="json"), made.id))
            self._log.add(made.id, "account made", role=made.role)
            return made
