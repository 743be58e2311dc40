"""What a backup holds: the manifest in its folder.

It comes from a disk that anybody may have had in their hands: its own hash shows what a failing stick did to it, and
every path in it is checked before it is followed.
"""

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import BackupError
from kiosk.stories.records import Record
from kiosk.stories.story_folder import STORY_ID

#: Where the archive's snapshot belongs in the data folder.
ARCHIVE_PATH = "archive/archive.sqlite"
_SUM = re.compile(rb'\{"sha256": "([0-9a-f]{64})",\n')


def _plain_path(path: str) -> str:
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise ValueError("it is no plain path")
    story = len(parts) > 2 and parts[0] == "stories" and STORY_ID.fullmatch(parts[1])
    if not (story or (len(parts) > 1 and parts[0] == "programme") or path == ARCHIVE_PATH):
        raise ValueError("it lies where no backup puts anything")
    return path


def _each_once(entries: "tuple[Entry, ...]") -> "tuple[Entry, ...]":
    if len({entry.path for entry in entries}) < len(entries):
        raise ValueError("a path is named twice")
    return entries


class Entry(BaseModel):
    """A file as it was copied. Its path is safe to follow, whoever wrote the manifest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    path: Annotated[str, AfterValidator(_plain_path)] = Field(description="In the data folder.")
    size: int = Field(ge=0, description="In bytes.")
    mtime_ns: int = Field(ge=-(2**63), lt=2**63, description="When the source was changed last.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def part(self) -> str:
        """What it belongs to: a story's id, "programme" or "archive"."""
        first, second, *_ = self.path.split("/")
        return second if first == "stories" else first


class Manifest(Record):
    """What a backup holds."""

    made_at: AwareDatetime
    sayso: str = Field(description="The version that made it.")
    entries: Annotated[tuple[Entry, ...], AfterValidator(_each_once)]
    withdrawn: tuple[str, ...] = Field(description="Ids of stories that were deleted and must not come back.")

    @property
    def stories(self) -> set[str]:
        """The ids of the stories in it."""
        return {entry.part for entry in self.entries if entry.path.startswith("stories/")}

    def to_bytes(self) -> bytes:
        """Return the file's content: JSON whose first line holds the hash of all others."""
        rest = self.model_dump_json()[1:].encode() + b"\n"
        return b'{"sha256": "%s",\n' % hashlib.sha256(rest).hexdigest().encode() + rest


class _Made(BaseModel):
    """What every manifest says, also one of a version to come."""

    version: int
    sayso: str


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Return the manifest in a file's content.

    Args:
        content: What the file holds.
        path: Where it is, for the message.

    Raises:
        ValueError: It is damaged.
        BackupError: It was made by a newer Sayso.
    """
    head = _SUM.match(content)
    rest = content[head.end() :] if head else b""
    if not head or hashlib.sha256(rest).hexdigest().encode() != head[1]:
        raise ValueError("its hash is another one")
    try:
        return Manifest.model_validate_json(b"{" + rest)
    except ValidationError:
        with contextlib.suppress(ValidationError):
            made = _Made.model_validate_json(b"{" + rest)
            if made.version > 1:
                raise BackupError(
                    f"{path} was written by a newer Sayso ({made.sayso}). Install that one, and run the command again."
                ) from None
        raise
