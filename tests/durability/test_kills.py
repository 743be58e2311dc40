"""A writer is killed again and again, and goes on with what is left: no promise is ever broken.

SAYSO_TEST_DURABILITY_KILLS sets how often at random moments (`make test-durability` takes 1000); where it is set, a
writer is also killed before each single call that changes a file.
"""

import itertools
import os
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.durability.promises import Promises
from tests.durability.running import NotTraced, Nursery, RunningWriter, killed_before

IS_LONG = "SAYSO_TEST_DURABILITY_KILLS" in os.environ
KILLS = int(os.environ.get("SAYSO_TEST_DURABILITY_KILLS", "12"))
#: Kills of one data folder, before a new one is begun.
IN_A_ROW = 100
ROWS = [min(IN_A_ROW, KILLS - first) for first in range(0, KILLS, IN_A_ROW)]

#: What changes files, by the kernel's names ("?": not on every processor) -> about how often a script does it.
CALLS = {
    "write": 70,
    "pwrite64": 600,
    "fsync": 75,
    "fdatasync": 60,
    "ftruncate": 8,
    "truncate": 12,
    "?rename,?renameat,?renameat2": 28,
    "?unlink,unlinkat": 28,
    "?mkdir,mkdirat": 22,
    "?rmdir": 6,
}


@pytest.mark.timeout(3600 if IS_LONG else 300)
@pytest.mark.parametrize(("row", "kills"), list(enumerate(ROWS)))
def test_killed_at_random_moments_it_loses_nothing_that_was_acknowledged(
    tmp_path: Path, nursery: Nursery, row: int, kills: int
) -> None:
    data, stick = tmp_path / "data", tmp_path / "stick"
    chance, promises = random.Random(row), Promises(data, stick)
    for kill in range(kills):
        writer = RunningWriter(nursery, data, stick, "--seed", str(1000 * row + kill))
        writer.run_for_a_while(chance)
        promises.hear(writer.kill())
        assert not writer.errors
        promises.check(tmp_path / "copy")
    assert promises.steps > kills


@pytest.mark.timeout(3600 if IS_LONG else 300)
@pytest.mark.parametrize("call", CALLS)
def test_killed_before_any_call_that_changes_a_file_it_is_whole(tmp_path: Path, nursery: Nursery, call: str) -> None:
    data, stick, broken = tmp_path / "data", tmp_path / "stick", []
    for n in _numbers(call):
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(stick, ignore_errors=True)
        promises, writer = Promises(data, stick), RunningWriter(nursery, data, stick, "--script", "--stopped")
        try:
            with killed_before(call, n, writer):
                promises.hear(writer.wait())
        except NotTraced as why:
            writer.kill()
            pytest.skip(str(why))
        assert not writer.errors
        try:
            promises.check(tmp_path / "copy")
        except AssertionError as error:
            broken.append(f"killed before {call} number {n}: {error}")
        if not promises.was_killed:
            assert n > 1, f"the script never calls {call}"
            break
    assert not broken, "\n".join(broken)


def _numbers(call: str) -> Iterable[int]:
    """Return before which calls to kill: in the long run every one, until there is none left to kill it before."""
    return itertools.count(1) if IS_LONG else random.Random(call).sample(range(2, CALLS[call]), 1)
