"""The audit log."""

from datetime import datetime

from pydantic import Field

from admin_web.archive.records.kept import Kept


class LogEntry(Kept):
    """A line of the audit log: who did what to which story. It holds no story's words."""

    number: int
    at: datetime
    who: str = Field(description='Id of an account, "station", "command line", or "somebody" who is not signed in.')
    what: str
    story: str = ""
    details: dict[str, str | int | bool] = Field(default={}, description="What else tells what was done.")
    previous: str = Field(description="Hash of the line before; empty in the first.")
    hash: str = Field(description="SHA-256 of all the rest as JSON.")
