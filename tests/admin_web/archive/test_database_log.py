"""The write-ahead log after a kill, cut off or damaged anywhere: what was kept up to there, and never half a change."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admin_web.archive.documents import Documents
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.archive.others import Others, tell_pairs

#: How many times the log is cut off.
CUTS = 24
#: SQLite's log is a header and then frames, each a header and a page ("WAL-mode File Format", 1).
HEADER, FRAME = 32, 24 + 4096


class Left:
    """What a killed writer left: the file, its log and the log's index, and what it had told to be kept."""

    def __init__(self, folder: Path, told: int) -> None:
        self.told = told
        self.parts = {each.name: each.read_bytes() for each in folder.iterdir()}

    @property
    def log(self) -> bytes:
        return self.parts["archive.sqlite-wal"]

    def found(self, folder: Path, log: bytes, *, index: bool) -> int:
        """Open it with another log, and return up to which number all is there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in self.parts.items():
            if index or not name.endswith("-shm"):
                (folder / name).write_bytes(log if name.endswith("-wal") else content)
        with Documents(folder / "archive.sqlite") as documents:
            numbers = [each["number"] for each in documents]
            last = sum(each["number"] for each in documents.table("last"))
            # Three changes each: two documents, and the number of the last.
            assert numbers == [number for number in range(1, last + 1) for _ in "ab"]
            assert documents.database.read("PRAGMA integrity_check") == [("ok",)]
            # And it goes on from there.
            documents.insert({"number": "new"})
        with Documents(folder / "archive.sqlite") as documents:
            assert [each["number"] for each in documents] == [*numbers, "new"]
        return last


@pytest.fixture(scope="module")
def left(all_others: Others) -> Iterator[Left]:
    with folder_in_memory() as folder:
        other = all_others.start(tell_pairs, folder / "archive.sqlite")
        # Twice through the log, whose beginning is then newer than its end.
        told = 0
        while told < 450:
            told = other.hear()
        told = max([told, *other.kill()])
        yield Left(folder, told)


@pytest.mark.parametrize("index", [True, False], ids=["with its index", "without its index"])
def test_all_that_was_told_to_be_kept_is_there(left: Left, in_memory: Path, index: bool) -> None:
    assert len(left.log) > 50 * FRAME
    assert left.told <= left.found(in_memory / "copy", left.log, index=index) <= left.told + 1


@pytest.mark.parametrize("index", [True, False], ids=["with its index", "without its index"])
def test_a_log_that_is_cut_off_holds_what_was_kept_up_to_there(left: Left, in_memory: Path, index: bool) -> None:
    chance = random.Random(3)
    frames = len(left.log) // FRAME
    ends = {0, 1, HEADER - 1, HEADER, len(left.log) - 1, *(chance.randrange(len(left.log)) for _ in range(CUTS // 2))}
    ends |= {HEADER + chance.randrange(frames) * FRAME + chance.choice([-1, 0, 24]) for _ in range(CUTS // 2)}
    last = 0
    for end in sorted(ends):
        found = left.found(in_memory / "copy", left.log[:end], index=index)
        assert last <= found <= left.told + 1
        last = found
    assert last > 0


DAMAGES: dict[str, Callable[[bytes, int, random.Random], bytes]] = {
    "a bit": lambda log, at, chance: log[:at] + bytes([log[at] ^ 1 << chance.randrange(8)]) + log[at + 1 :],
    "another sector": lambda log, at, chance: log[: at - at % 512] + b"\x5a" * 512 + log[at - at % 512 + 512 :],
    "noise from here on": lambda log, at, chance: log[:at] + chance.randbytes(len(log) - at),
    "a part that was never written": lambda log, at, chance: log[:at] + log[at + 512 :],
}


@pytest.mark.parametrize("damaged", DAMAGES.values(), ids=DAMAGES)
def test_a_log_that_is_damaged_holds_what_was_kept_up_to_there(
    left: Left, in_memory: Path, damaged: Callable[[bytes, int, random.Random], bytes]
) -> None:
    chance = random.Random(5)
    places = sorted(chance.randrange(len(left.log)) for _ in range(CUTS // 3))
    found = [left.found(in_memory / "copy", damaged(left.log, at, chance), index=False) for at in places]
    # The later the damage, the more is there.
    assert found == sorted(found)
    assert found[0] < left.told


def test_kills_at_any_moment_leave_no_half_change(in_memory: Path, others: Others) -> None:
    chance = random.Random(9)
    for round_ in range(8):
        folder = in_memory / str(round_)
        folder.mkdir()
        other = others.start(tell_pairs, folder / "archive.sqlite")
        told = 0
        while told < chance.randrange(1, 60):
            told = other.hear()
        told = max([told, *other.kill()])
        left = Left(folder, told)
        assert told <= left.found(in_memory / "copy", left.log, index=True) <= told + 1
