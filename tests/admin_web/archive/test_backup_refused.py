import hashlib
import re
from pathlib import Path

import pytest

from admin_web.archive.backup.back_up import back_up
from admin_web.archive.backup.check import check
from admin_web.archive.backup.folder import BackupFolder
from kiosk.errors import AlreadyRunning, BackupError, SaysoError
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.copies import backed_up, tell


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "stick"


REFUSALS = {
    "no disk": "There is no folder",
    "a file": "is a file, not a folder",
    "holds other files": "Give the backup a folder of its own",
    "another program's files": "Give the backup a folder of its own",
    "in the data folder": "one in the other",
    "around the data folder": "one in the other",
    "a newer one": "written by a newer Sayso (9.0)",
    "both manifests damaged": "Sayso changes nothing there",
    "another station's": "none of them is in",
    "no data folder": "is no data folder",
    "not restored to the end": "Run 'sayso restore",
}


@pytest.mark.parametrize("why", REFUSALS)
def test_what_is_refused_is_said_and_nothing_is_changed(data: DataFolder, to: Path, tmp_path: Path, why: str) -> None:
    tell(data, "the bus was late")
    root = data.root
    if why == "no disk":
        to = tmp_path / "no" / "stick"
    elif why == "a file":
        to.write_text("x")
    elif why == "holds other files":
        to.mkdir()
        (to / "holiday.jpg").write_text("x")
    elif why == "another program's files":
        (to / "files").mkdir(parents=True)
        (to / "files/holiday.jpg").write_text("x")
    elif why == "in the data folder":
        to = data.root / "stick"
    elif why == "around the data folder":
        to = data.root.parent
    elif why == "no data folder":
        root = tmp_path / "elsewhere"
        root.mkdir()
    elif why == "not restored to the end":
        (root / ".restoring").mkdir()
    else:
        backed_up(data, to)
        if why == "a newer one":
            rest = b'"version": 2, "sayso": "9.0", "things": []}'
            for name in ("backup.json", "backup.copy.json"):
                (to / name).write_bytes(b'{"sha256": "%s",\n' % hashlib.sha256(rest).hexdigest().encode() + rest)
            with pytest.raises(BackupError, match="newer"):
                check(to)
        elif why == "both manifests damaged":
            for name in ("backup.json", "backup.copy.json"):
                (to / name).write_bytes((to / name).read_bytes()[:-10])
        else:
            root = tmp_path / "other"
            tell(DataFolder.open(root), "another station")
    before = snapshot(tmp_path)
    with pytest.raises(SaysoError, match=re.escape(REFUSALS[why])):
        back_up(root, to)
    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but SQLite's own beside the archive."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "sqlite-" not in path.name}


def test_what_others_put_beside_a_backup_is_left_alone(data: DataFolder, to: Path) -> None:
    tell(data, "the bus was late")
    (to / "System Volume Information").mkdir(parents=True)
    (to / ".Trash-1000").mkdir()
    backed_up(data, to)
    others = [to / "holiday.jpg", to / ".unrelated.part", to / "files" / "ab" / "x", to / "files" / "notes.txt"]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    backed_up(data, to)
    assert all(path.exists() for path in others)


def test_two_backups_to_one_place_do_not_run_at_once(data: DataFolder, to: Path) -> None:
    tell(data, "the bus was late")
    backed_up(data, to)
    with BackupFolder(to).lock():
        for act in (lambda: back_up(data.root, to), lambda: check(to)):
            with pytest.raises(AlreadyRunning, match="Wait until it is done"):
                act()
    backed_up(data, to)
