"""The power is cut while a writer works, on an ext4 that then plays its journal back: no promise is ever broken.

SAYSO_TEST_DURABILITY_CUTS sets how often; `make test-durability` takes 50.
"""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.disk import Disk
from tests.durability.promises import Promises
from tests.durability.running import Nursery, RunningWriter

IS_LONG = "SAYSO_TEST_DURABILITY_CUTS" in os.environ
CUTS = int(os.environ.get("SAYSO_TEST_DURABILITY_CUTS", "2"))
#: Cuts of one disk, before a new one is taken.
IN_A_ROW = 10
ROWS = [min(IN_A_ROW, CUTS - first) for first in range(0, CUTS, IN_A_ROW)]
#: Where syncing was left out, more than a third of all cuts show it.
CARELESS_CUTS = 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        disk = Disk(tmp_path)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"File systems in a file may not be mounted here: {getattr(error, 'stderr', error)}")
    try:
        yield disk
    finally:
        disk.remove()


@pytest.mark.timeout(3600 if IS_LONG else 300)
@pytest.mark.parametrize(("row", "cuts"), list(enumerate(ROWS)))
def test_when_the_power_fails_it_loses_nothing_that_was_acknowledged(
    tmp_path: Path, nursery: Nursery, disk: Disk, row: int, cuts: int
) -> None:
    promises = Promises(disk.root / "data", tmp_path / "stick")
    for cut in range(cuts):
        _work_and_cut(nursery, disk, promises, random.Random(100 * row + cut))
        promises.check(tmp_path / "copy")
    assert promises.steps > cuts


@pytest.mark.skipif(not IS_LONG, reason="It takes long: see `make test-durability`.")
@pytest.mark.parametrize("careless", ["unsynced", "json"])
def test_a_careless_writer_is_found_out(tmp_path: Path, nursery: Nursery, disk: Disk, careless: str) -> None:
    promises = Promises(disk.root / "data", tmp_path / "stick")
    with pytest.raises(AssertionError, match=r"promised|does not start"):
        for cut in range(CARELESS_CUTS):
            _work_and_cut(nursery, disk, promises, random.Random(cut), "--careless", careless)
            promises.check(tmp_path / "copy")


def _work_and_cut(nursery: Nursery, disk: Disk, promises: Promises, chance: random.Random, *arguments: str) -> None:
    writer = RunningWriter(nursery, promises.data, promises.stick, "--seed", str(chance.randrange(1 << 30)), *arguments)
    try:
        writer.run_for_a_while(chance)
        before = writer.told()
        disk.cut_power()
    finally:
        told = writer.kill()
    promises.hear(before)
    promises.hear(told[len(before) :], promised=False)
    disk.unmount()
    disk.mount()
