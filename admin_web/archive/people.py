"""Who may sign in."""

import secrets
from datetime import UTC, datetime

from tinydb import where
from tinydb.queries import QueryInstance

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records import Account

_IN_FORCE: QueryInstance = where("ended_at") == None  # noqa: E711 - a query, not a comparison


class People:
    """The accounts of an archive."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("accounts", ids=str)

    def first(self) -> Account | None:
        """Return the account that was made with the set-up code, or None while there is none that is in force."""
        found = self._table.get(_IN_FORCE)
        return Account.model_validate(found) if found else None

    def make_first(self, name: str, password_hash: str) -> Account | None:
        """Make the first account, a lead's; durable on return. None if there is one: of two at once, one makes it.

        Raises:
            ArchiveNotWritten: There is no account.
        """
        with self._documents.transaction():
            if self._table.contains(_IN_FORCE):
                return None
            made = Account(id=secrets.token_hex(8), name=name, password_hash=password_hash, made_at=datetime.now(UTC))
            self._table.insert(named(made.model_dump(mode="json"), made.id))
            self._log.add(made.id, "account made", role=made.role)
            return made

    def end_all(self, *, by: str) -> int:
        """End every account, as when nobody knows a password any more, and return how many."""
        with self._documents.transaction():
            ended = self._table.update({"ended_at": datetime.now(UTC).isoformat()}, _IN_FORCE)
            for account_id in ended:
                self._log.add(by, "account ended", account=account_id)
            return len(ended)
