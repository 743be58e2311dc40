"""What to tell a person when something is wrong with the archive's file."""

import contextlib
import os
import re
import sqlite3
from pathlib import Path

from kiosk.errors import ArchiveBusy, ArchiveDamaged, ArchiveError, ArchiveNotWritten

#: With less room than this on its disk SQLite cannot work: the index of the log grows by 32 KiB.
_LEAST_ROOM = 64 * 1024
#: SQLite's lock of the one who writes to the log: this byte of the "-shm" file (SQLite, "WAL-mode File Format", 2.2).
_WRITE_LOCK_BYTE = 120
#: A line of /proc/locks that tells a lock somebody holds (one who waits has "->" in it).
_LOCK = re.compile(r"^\d+: POSIX +\S+ +WRITE (?P<pid>\d+) \S+:(?P<inode>\d+) (?P<first>\d+) (?P<last>\d+)$")

#: What SQLite says of a damaged schema or document, as it would of a statement that is wrong. Ours are right.
_DAMAGED = re.compile(
    "malformed JSON|JSON path|unsupported file format|(no such|unknown) (column|function|collation)|has no column"
)
_LOCKS = Path("/proc/locks")

_MEND = (
    "Sayso has not changed it. 'sayso archive check' says what is whole; "
    "'sayso restore' brings a backup back, and 'sayso archive rebuild' makes the archive anew from the story folders."
)


def explain(error: sqlite3.Error | UnicodeDecodeError, path: Path, wait_s: float) -> ArchiveError:
    """Return what to tell a person about SQLite's error.

    Raises:
        sqlite3.Error: The error itself, if it is our own mistake.
    """
    if isinstance(error, UnicodeDecodeError) or str(error).startswith("Could not decode to UTF-8"):
        # Without SQLite's words, which quote what somebody said.
        raise damaged(path, "a text in it is not UTF-8") from None
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return busy(path, wait_s, _holder(path))
    # The index of the log and a new file find no room as another error.
    if name.startswith("SQLITE_FULL") or (name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and _is_full(path)):
        return ArchiveNotWritten(
            f"The disk of {path} is full; nothing of this change was kept. "
            "Copy stories elsewhere and delete what is no longer needed, then try again."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return not_allowed(path, error)
    if name.startswith("SQLITE_IOERR"):
        return ArchiveNotWritten(
            f"The disk of {path} reports an error ({name}); nothing of this change was kept. "
            "Make a backup now ('sayso backup TO'), and replace the disk if it comes again."
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_TOOBIG")) or (
        name == "SQLITE_ERROR" and _DAMAGED.search(str(error))
    ):
        return damaged(path, error)
    raise error


def damaged(path: Path, reason: object) -> ArchiveDamaged:
    """Return what to raise when the file is not as Sayso wrote it."""
    return ArchiveDamaged(f"The archive {path} is damaged ({reason}). {_MEND}")


def foreign(path: Path) -> ArchiveDamaged:
    """Return what to raise when Sayso never wrote the file."""
    return ArchiveDamaged(f"{path} is not an archive of Sayso, but another program's. {_MEND}")


def not_allowed(path: Path, error: Exception) -> ArchiveNotWritten:
    """Return what to raise when the account may not write here."""
    return ArchiveNotWritten(
        f"The archive {path} cannot be opened for writing ({error}). "
        f"Give the account that runs Sayso the right to read and write {path.parent} and all in it."
    )


def busy(path: Path, wait_s: float, holder: str) -> ArchiveBusy:
    """Return what to raise when `holder` did not end in time."""
    return ArchiveBusy(
        f"The archive {path} is being written by {holder}, and was so for {wait_s:.0f} s. "
        "Try again in a moment; if it stays so, stop that process."
    )


def _is_full(path: Path) -> bool:
    with contextlib.suppress(OSError):
        left = os.statvfs(path.parent)
        return left.f_bavail * left.f_frsize < _LEAST_ROOM or (left.f_files > 0 and left.f_favail == 0)
    return False


def _holder(path: Path) -> str:
    """Return who writes to the file, from the kernel's list of locks (proc(5))."""
    # Never by opening the file: closing it again would drop every lock that this process has on it (fcntl(2)).
    with contextlib.suppress(OSError, ValueError):
        inode = path.with_name(f"{path.name}-shm").stat().st_ino
        for line in _LOCKS.read_text().splitlines():
            held = _LOCK.search(line)
            if held and int(held["inode"]) == inode and int(held["first"]) <= _WRITE_LOCK_BYTE <= int(held["last"]):
                command = (
                    Path(f"/proc/{held['pid']}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                return f"process {held['pid']} ({command.strip()})"
    return "another process"
