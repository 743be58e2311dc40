import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from admin_web.archive.documents import Documents

REWRITE = """
import sys
from admin_web.archive.documents import Documents
with Documents(sys.argv[1]) as documents:
    documents.database.rewrite()
"""


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_rewriting_the_file_lays_what_people_said_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "it's the archive"
    folder.mkdir()
    with Documents(folder / "archive.sqlite") as documents:
        documents.table("texts").insert_multiple({"text": "said " * 500, "number": n} for n in range(500))
    calls = tmp_path / "calls"
    command = ["strace", "-f", "-qq", "-e", "trace=open,openat,creat", "-o", calls, sys.executable, "-c", REWRITE]
    traced = subprocess.run([*command, folder / "archive.sqlite"], capture_output=True, text=True)
    if "Operation not permitted" in traced.stderr:
        pytest.skip("This machine does not allow to trace a process.")
    assert traced.returncode == 0, traced.stderr
    made = [line for line in calls.read_text().splitlines() if "O_CREAT" in line and "= -1" not in line]
    assert made
    assert [line for line in made if str(folder) not in line] == []
    assert any("etilqs" in line for line in made), "SQLite made no file of its own: this test proves nothing"
