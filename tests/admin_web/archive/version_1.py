"""An archive of version 1: one JSON file, as Sayso wrote it until it had SQLite."""

import json
import sqlite3
from typing import Any

from kiosk.stories.folder import DataFolder

ACCOUNT: dict[str, Any] = {
    "id": "0123456789abcdef",
    "name": "Front Desk",
    "password_hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "made_at": "2026-02-28T08:00:00.123456Z",
}


def entry_1(number: int, **changed: Any) -> dict[str, Any]:
    """A story as version 1 kept it."""
    return {
        "id": f"station-{number:06d}-abcdef",
        "sequence": number,
        "station": "station",
        "started_at": f"2026-03-01T09:{number:02d}:00.500000+01:00",
        "clock_quality": "ntp",
        "seconds": 61.5,
        "agreed": True,
        "sample": False,
        "words": "ready",
        "beginning": f"wörds {number} “quoted”",
        "failed": "",
        "taken_in_at": f"2026-03-01T08:{number:02d}:09.123456Z",
        "listed_at": f"2026-03-01T08:{number:02d}:00.500000+00:00",
        "present": True,
        **changed,
    }


def write_version_1(folder: DataFolder, *entries: dict[str, Any]) -> bytes:
    entries = entries or (entry_1(3), entry_1(1), entry_1(2, words="waiting", beginning=""))
    tables = {"stories": {each["id"]: each for each in entries}, "accounts": {ACCOUNT["id"]: ACCOUNT}}
    content = json.dumps(tables, ensure_ascii=False, separators=(",", ":")).encode()
    (folder.archive / "archive.json").write_bytes(content)
    return content


def version_of(folder: DataFolder) -> int:
    """The version that stands in an archive's file."""
    raw = sqlite3.connect(folder.archive / "archive.sqlite")
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    raw.close()
    return int(version)
