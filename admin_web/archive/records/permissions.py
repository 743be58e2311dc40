"""What tellers allowed after their stories were kept."""

from datetime import date

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept
from kiosk.stories.records import Permissions


class PermissionChange(Kept):
    """What a story's teller said about its use after it was kept, or that somebody is not sure they understood."""

    number: int = 0
    story: str
    before: Permissions
    after: Permissions
    unsure_before: bool
    unsure: bool
    reason: str
    asked_by: str = Field(default="", description="Who asked the teller; empty where nothing more was allowed.")
    asked_on: date | None = None
    by: str
    at: AwareDatetime
