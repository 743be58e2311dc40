"""Worries about somebody's safety."""

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept


class Step(Kept):
    """What was written down about a flag at one time, before somebody wrote something else."""

    action: str = ""
    referral: str = ""
    by: str
    at: AwareDatetime


class Flag(Kept):
    """A worry about somebody's safety."""

    number: int = 0
    revision: int = 1
    story: str
    reason: str
    words: str = Field(default="", description="The words that gave cause.")
    by: str
    at: AwareDatetime
    action: str = ""
    referral: str = ""
    noted_by: str = Field(default="", description="Who wrote action and referral; empty: nobody yet.")
    noted_at: AwareDatetime | None = None
    history: tuple[Step, ...] = Field(default=(), description="What stood there before, oldest first.")
    outcome: str = Field(default="", description="What came of it. A flag without one is open.")
    closed_by: str = ""
    closed_at: AwareDatetime | None = None
    told: tuple[str, ...] = Field(default=(), description="The ways by which leads were told of it, outside the site.")
