"""An export from its first file to its last: a README that explains it, what it holds, a manifest that proves it."""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from admin_web.archive.archive import Archive
from admin_web.archive.export.everything import TABLES, all_stories, everything
from admin_web.archive.export.parts import Part, Progress, Wish
from admin_web.archive.export.readme import readme
from admin_web.archive.export.shared import shared, shared_stories
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder

MANIFEST = "manifest.json"


def contents(
    folder: DataFolder, archive: Archive, wish: Wish, told: Progress = lambda done, of: None
) -> Iterator[Part]:
    """Go through the files of an export. Each is to be read to its end before the next.

    The station and the site go on meanwhile. A story that is taken back before its turn comes does not go out. Which
    stories go is remembered, and stands in the log, before any of them does.

    Args:
        folder: The data folder.
        archive: Its archive.
        wish: What goes out, and why.
        told: Called after each story.

    Raises:
        NotAllowed: There is no reason. (Before anything is read or logged.)
        OSError: A file cannot be read.
        ArchiveError: The archive cannot be read or written.
    """
    if not wish.reason.strip():
        raise NotAllowed("Write what the export is for.")
    return _all(folder, archive, wish, told)


def _all(folder: DataFolder, archive: Archive, wish: Wish, told: Progress) -> Iterator[Part]:
    made_at = datetime.now(UTC)
    story_ids = all_stories(archive, wish.by) if wish.what == "everything" else shared_stories(archive)
    export = archive.exports.begin_stories(story_ids, kind=wish.what, reason=wish.reason, by=wish.by)
    if wish.what == "everything":
        parts = everything(folder, archive, story_ids, wish.by, told)
    else:
        parts = shared(archive, story_ids, told)
    files: list[dict[str, object]] = []
    yield from _counted([Part("README.txt", [readme(wish.what, made_at, TABLES).encode()])], files)
    yield from _counted(parts, files)
    manifest = {
        "version": 1,
        "made_at": made_at.isoformat(timespec="seconds"),
        "made_by": wish.name,
        "what": wish.what,
        "reason": wish.reason.strip(),
        "export": export.number,
        "sayso": importlib.metadata.version("sayso"),
        "stories": len(story_ids),
        "files": files,
    }
    yield Part(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"])
    archive.exports.finish_stories(export.number)


def _counted(parts: Iterable[Part], files: list[dict[str, object]]) -> Iterator[Part]:
    """Hand the parts on, and note of each its size and its SHA-256 once it was read."""
    for part in parts:
        digest, size = hashlib.sha256(), [0]
        yield Part(part.name, _read(part.pieces, digest, size), part.packed)
        files.append({"name": part.name, "bytes": size[0], "sha256": digest.hexdigest()})


def _read(pieces: Iterable[bytes], digest: "hashlib._Hash", size: list[int]) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        size[0] += len(piece)
        yield piece
