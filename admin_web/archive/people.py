"""Who may sign in, as what, and what a lead may change about it.

Rules that hold whoever asks: no two people in force have the same name, there is always a lead who can sign in, and for
each story one who sees it. The log names accounts by their ids; an account that ends keeps its name for its readers.
"""

import hmac
import json
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from tinydb import where
from tinydb.queries import QueryInstance

from admin_web.archive.documents import Documents, named
from admin_web.archive.log import Log
from admin_web.archive.records.accounts import Account, Link, Role
from kiosk.errors import ChangedMeanwhile, NotAllowed

_IN_FORCE: QueryInstance = where("ended_at") == None  # noqa: E711 - a query, not a comparison
#: Signed-out sessions that an account remembers one by one; beyond these, all of its sessions end.
_SIGNED_OUT_REMEMBERED = 200


class People:
    """The accounts of an archive. A verb that changes one is durable on return, and stands in the log."""

    def __init__(self, documents: Documents, log: Log) -> None:
        self._documents, self._log = documents, log
        self._table = documents.table("accounts", ids=str)

    # Looking

    def everybody(self) -> list[Account]:
        """Return all accounts in force, by name; also those that are disabled or only invited."""
        found = [Account.model_validate(document) for document in self._table.search(_IN_FORCE)]
        return sorted(found, key=lambda account: (plain_name(account.name), account.id))

    def removed(self) -> list[Account]:
        """Return the accounts that were ended, the last one first."""
        found = [Account.model_validate(document) for document in self._table.search(where("ended_at") != None)]  # noqa: E711
        return sorted(found, key=lambda account: (account.ended_at or account.made_at, account.id), reverse=True)

    def get(self, account_id: str) -> Account | None:
        """Return an account in force, or None."""
        account = self.ever(account_id)
        return account if account and not account.ended_at else None

    def ever(self, account_id: str) -> Account | None:
        """Return an account, also one that was ended: its name is kept for the log. None if there never was one."""
        document = self._table.of_id(account_id)
        return Account.model_validate(document) if document else None

    def named(self, name: str) -> Account | None:
        """Return the account in force of a name, however that is typed."""
        plain = plain_name(name)
        # All are looked at, whichever fits: the time it takes tells nobody who is among them.
        fitting = [account for account in self.everybody() if plain_name(account.name) == plain]
        return fitting[0] if fitting else None

    def of_link(self, link_hash: str) -> Account | None:
        """Return the account that a one-time link opens now."""
        now = datetime.now(UTC)
        fitting = [
            account
            for account in self.everybody()
            if account.link
            and hmac.compare_digest(account.link.hash.encode(), link_hash.encode())
            and now < account.link.until
            and not account.disabled_at
        ]
        return fitting[0] if fitting else None

    def leads_who_can_sign_in(self) -> set[str]:
        """Return the ids of the leads whose passwords open their accounts now."""
        return {account.id for account in self.everybody() if account.role == "lead" and account.can_sign_in}

    # Coming in

    def make_first(self, name: str, password_hash: str) -> Account | None:
        """Make the first account, a lead's. None if there is one: of two at once, one makes it.

        Raises:
            ArchiveNotWritten: There is no account.
        """
        with self._documents.transaction():
            if self._table.contains(_IN_FORCE):
                return None
            made = Account(id=_new_id(), name=name, password_hash=password_hash, made_at=datetime.now(UTC))
            return self._add(made, made.id)

    def take_over(self, accounts: Iterable[Account]) -> None:
        """Keep the accounts of an archive that this one takes the place of, if one of them is a lead's who can sign in.

        Without a lead nobody could let anybody in, and a set-up code makes the first account anew. Links open nothing.
        """
        kept = [each.model_copy(update={"link": None}) for each in accounts]
        if any(each.role == "lead" and each.can_sign_in for each in kept):
            with self._documents.transaction():
                for each in kept:
                    self._table.upsert(named(each.model_dump(mode="json"), each.id))

    def invite(self, name: str, role: Role, link: Link, *, by: str) -> Account:
        """Make an account whose person chooses the password with a one-time link.

        Raises:
            NotAllowed: Somebody has this name.
        """
        with self._documents.transaction():
            self._require_free(name)
            return self._add(Account(id=_new_id(), name=name, role=role, link=link, made_at=datetime.now(UTC)), by)

    def reset(self, account_id: str, link: Link, *, by: str, revision: int) -> Account:
        """Give a new one-time link. The password that was, and a link that was, open nothing any more.

        Raises:
            ChangedMeanwhile: Somebody changed the account after `revision`.
            NotAllowed: There is no such account, it is disabled, or nobody could lead any more.
        """
        with self._documents.transaction():
            known = self._known(account_id)
            if known.disabled_at:
                raise NotAllowed(f"{known.name} may not sign in at the moment. Let them in again first.")
            changed = {"link": link, "password_hash": ""}
            return self._change(known, "link made", changed, by=by, revision=revision, ends_sessions=True)

    def choose_password(self, link_hash: str, password_hash: str) -> Account | None:
        """Set the password of whoever has this one-time link, and use the link up. None if it opens nothing (now)."""
        with self._documents.transaction():
            known = self.of_link(link_hash)
            if known is None:
                return None
            changed = {"link": None, "password_hash": password_hash}
            return self._change(
                known, "password chosen", changed, by=known.id, revision=known.revision, ends_sessions=True
            )

    # Changing. Each raises ChangedMeanwhile if somebody changed the account after `revision`, and NotAllowed if it is
    # there no more.

    def rename(self, account_id: str, name: str, *, by: str, revision: int) -> Account:
        """Change a name. Raises NotAllowed also if somebody else has it."""
        with self._documents.transaction():
            known = self._known(account_id)
            if name == known.name:
                return known
            self._require_free(name, but=known)
            earlier = tuple(dict.fromkeys((*known.earlier_names, known.name)))
            changed = {"name": name, "earlier_names": earlier}
            return self._change(known, "name changed", changed, by=by, revision=revision)

    def change_password(self, account_id: str, password_hash: str, *, by: str, revision: int) -> Account:
        """Change a password. All sessions end."""
        with self._documents.transaction():
            known, changed = self._known(account_id), {"password_hash": password_hash}
            return self._change(known, "password changed", changed, by=by, revision=revision, ends_sessions=True)

    def change_role(self, account_id: str, role: Role, *, by: str, revision: int) -> Account:
        """Make somebody staff, a lead or a group. Raises NotAllowed also if nobody could lead any more."""
        with self._documents.transaction():
            known = self._known(account_id)
            return self._change(
                known,
                "role changed",
                {"role": role},
                by=by,
                revision=revision,
                ends_sessions=True,
                before=known.role,
                now=role,
            )

    def disable(self, account_id: str, *, by: str, revision: int) -> Account:
        """Let somebody in no more, for now. Raises NotAllowed also if nobody could lead any more."""
        with self._documents.transaction():
            known, changed = self._known(account_id), {"disabled_at": datetime.now(UTC), "link": None}
            return self._change(known, "disabled", changed, by=by, revision=revision, ends_sessions=True)

    def enable(self, account_id: str, *, by: str, revision: int) -> Account:
        """Let somebody in again, with the password they had."""
        with self._documents.transaction():
            return self._change(self._known(account_id), "enabled", {"disabled_at": None}, by=by, revision=revision)

    def remove(self, account_id: str, *, by: str, revision: int) -> Account:
        """End an account for good; its name stays for the log. Raises NotAllowed also if nobody could lead any more."""
        with self._documents.transaction():
            known = self._known(account_id)
            return self._change(known, "account ended", _ended(), by=by, revision=revision, ends_sessions=True)

    def end_sessions(self, account_id: str, *, by: str) -> Account:
        """Sign somebody out everywhere. It overwrites nothing that anybody chose, so that it wants no revision."""
        with self._documents.transaction():
            known = self._known(account_id)
            return self._change(known, "signed out everywhere", {}, by=by, revision=known.revision, ends_sessions=True)

    def end_all(self, *, by: str) -> int:
        """End every account, as when nobody knows a password any more, and return how many."""
        with self._documents.transaction():
            ended = self.everybody()
            for account in ended:
                self._keep(account.model_copy(update=_ended()))
                self._log.add(by, "account ended", account=account.id)
            return len(ended)

    # Signing in and out: these change nothing that a person edits, and so no revision.

    def signed_in(self, account_id: str, address: str) -> None:
        """Note that somebody has signed in. Raises NotAllowed if the account was removed a moment ago."""
        with self._documents.transaction():
            self._keep(self._known(account_id).model_copy(update={"signed_in_at": datetime.now(UTC)}))
            self._log.add(account_id, "signed in", address=address)

    def sign_in_failed(self, account_id: str, address: str) -> None:
        """Note a wrong try. `account_id` is empty if nobody has the name; what was typed is kept nowhere."""
        self._log.add("somebody", "sign-in failed", account=account_id, address=address)

    def signed_out(self, account_id: str, session_id: str, until: datetime) -> None:
        """Note that a session ended before `until`, so that no copy of its cookie opens anything."""
        now = datetime.now(UTC)
        with self._documents.transaction():
            known = self._known(account_id)
            still = {each: end for each, end in known.signed_out.items() if end > now} | {session_id: until}
            changed: dict[str, object] = {"signed_out": still}
            if len(still) > _SIGNED_OUT_REMEMBERED:
                changed = {"signed_out": {}, "generation": known.generation + 1}
            self._keep(known.model_copy(update=changed))
            self._log.add(account_id, "signed out")

    def _known(self, account_id: str) -> Account:
        account = self.get(account_id)
        if account is None:
            raise NotAllowed("This account is not there any more. Somebody has removed it.")
        return account

    def _add(self, made: Account, by: str) -> Account:
        self._table.insert(named(made.model_dump(mode="json"), made.id))
        details = {} if by == made.id else {"account": made.id}
        self._log.add(by, "account made", role=made.role, **details)
        return made

    def _keep(self, account: Account) -> None:
        self._table.update(account.model_dump(mode="json"), doc_ids=[account.id])

    def _change(
        self,
        known: Account,
        what: str,
        changed: Mapping[str, object],
        *,
        by: str,
        revision: int,
        ends_sessions: bool = False,
        **details: str,
    ) -> Account:
        """Keep a change, if it was made to what is known now and the rules allow it: a part of a transaction."""
        now = known.model_copy(update={**changed, "revision": revision + 1})
        if ends_sessions:
            now = now.model_copy(update={"generation": known.generation + 1, "signed_out": {}})
        if known.revision != revision:
            raise ChangedMeanwhile(
                "Somebody else changed this account a moment ago. Look at it again first.", theirs=known, yours=now
            )
        self._require_a_lead(known, now)
        self._keep(now)
        self._log.add(by, what, account=known.id, **details)
        return now

    def _require_free(self, name: str, but: Account | None = None) -> None:
        other = self.named(name)
        if other and (but is None or other.id != but.id):
            raise NotAllowed(f"There is somebody named {other.name} already. Choose another name.")

    def _require_a_lead(self, known: Account, now: Account) -> None:
        leads = self.leads_who_can_sign_in()
        if known.id not in leads or (now.role == "lead" and now.can_sign_in):
            return
        if leads == {known.id} or self._is_hidden_from_all(leads - {known.id}):
            what = "who can sign in" if leads == {known.id} else "who sees a story that is hidden from others"
            raise NotAllowed(
                f"{known.name} is the only lead {what}. Make somebody else a lead first, and wait until they have "
                "chosen a password."
            )

    def _is_hidden_from_all(self, accounts: set[str]) -> bool:
        """Say whether there is a story that none of these would see."""
        found = self._documents.database.read(
            "SELECT 1 FROM story_hidden WHERE account IN (SELECT value FROM json_each(?)) "
            "AND number IN (SELECT number FROM doc_stories) GROUP BY number HAVING count(*) = ? LIMIT 1",
            [json.dumps(sorted(accounts)), len(accounts)],
        )
        return bool(found)


def plain_name(name: str) -> str:
    """Return a name as names are compared: "Reception" typed as "reception ", or an accent written in either way."""
    # Small letters may come in two ways again, so that both are made one before and after.
    small = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", small).split())


def _new_id() -> str:
    return secrets.token_hex(8)


def _ended() -> dict[str, object]:
    """Return what an account becomes when it ends: nothing of it can be used any more."""
    return {"ended_at": datetime.now(UTC), "password_hash": "", "link": None}
