"""A site that is killed while it brings a recording in: at every call that changes the disk."""

import subprocess
import sys
from pathlib import Path

#: Each child is killed at one more of its calls than the one before, until one gets through.
SCRIPT = """
import os, signal, sys
from datetime import date
from pathlib import Path
from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.uploads import Told, Uploads, now
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Uploaded
from kiosk.stories.wav import header

CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "sqlite3.connect"}
folder = DataFolder.open(Path(sys.argv[1]))
Archive(folder).close()


def record(path):
    path.write_bytes(header(100) + os.urandom(200))
    return 100


def bring_in(last):
    with Archive(folder) as archive:
        uploads = Uploads(folder, archive, "station")
        uploads.clear()
        calls = 0

        def counted(event, arguments):
            nonlocal calls
            if event in CHANGES:
                calls += 1
                if calls == last:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(counted)
        uploaded = Uploaded(by="ann", at=now(), asked_by="a", asked_on=date.today(), how="in person", place="b")
        uploads.add(Told(now(), "en-GB", "", True, None, uploaded), record)


killed, came_in = 0, 0
while True:
    before = set(os.listdir(folder.stories))
    child = os.fork()
    if child == 0:
        bring_in(killed + 1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    with Archive(folder) as archive:
        Uploads(folder, archive, "station").clear()
        assert set(os.listdir(folder.archive / "uploads")) <= {"sequence"}
        names = set(os.listdir(folder.stories))
        for name in names - before:
            arrival = read_arrival(folder, name)
            archive.stories.take_in([arrival])
            came_in += 1
        known = set(archive.stories.ids())
        assert known == names, (known, names)
    if status == 0:
        break
    assert os.WIFSIGNALED(status), status
    killed += 1
numbers = sorted(int(name.split("-")[2]) for name in names)
assert len(numbers) == len(set(numbers))
print(killed, came_in)
"""


def test_a_kill_at_any_moment_leaves_no_half_story_and_nothing_beside_it(in_memory: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT, in_memory / "data"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    killed, came_in = map(int, ran.stdout.split())
    assert killed >= 8 and came_in >= 1
