"""Accounts."""

from typing import Literal

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept

Role = Literal["staff", "lead", "group"]


class Link(Kept):
    """A one-time link, with which somebody chooses a password."""

    hash: str = Field(description="SHA-256 of the code in it, so that nobody finds the link itself here.")
    until: AwareDatetime


class Account(Kept):
    """Somebody who may sign in, or once could. It is kept when it ends: the log's ids lead to its name."""

    id: str = Field(description="Random, so that no cookie for an earlier account opens this one.")
    revision: int = 1
    name: str
    earlier_names: tuple[str, ...] = ()
    role: Role = "lead"
    password_hash: str = Field(default="", description="argon2id, with its salt and cost; empty: none is chosen yet.")
    link: Link | None = None
    made_at: AwareDatetime
    signed_in_at: AwareDatetime | None = Field(default=None, description="The last time.")
    generation: int = Field(default=1, description="A session of another one than this has ended.")
    signed_out: dict[str, AwareDatetime] = Field(
        default={}, description="Sessions that ended before their time, and when that would have been."
    )
    disabled_at: AwareDatetime | None = Field(default=None, description="Until it is enabled again it opens nothing.")
    ended_at: AwareDatetime | None = Field(default=None, description="From then on it opens nothing, for good.")

    @property
    def can_sign_in(self) -> bool:
        """Whether a password opens it now."""
        return bool(self.password_hash) and not self.disabled_at and not self.ended_at
