"""Of two who save at once exactly one wins, and the other has both texts at hand."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from admin_web.archive import Archive
from admin_web.archive.records.texts import Text
from kiosk.errors import ChangedMeanwhile
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import now_and_before, said, take_in, told

ROUNDS = 15


@pytest.fixture
def story(archive: Archive) -> str:
    return take_in(archive, told(1))[0]


def save_each_round(archive: Archive, story: str, by: str, step: Callable[[], object]) -> list[tuple[str, str]]:
    """Save once a round; return the text that won and the one that lost, as `by` has them."""
    seen = []
    for n in range(ROUNDS):
        step()
        known = archive.texts.get(story)
        step()
        text = f"round {n} {by}"
        try:
            archive.texts.save(story, said(text), by=by, revision=known.revision if known else 0)
            seen.append((text, ""))
        except ChangedMeanwhile as changed:
            assert isinstance(changed.theirs, Text) and isinstance(changed.yours, Text)
            seen.append((changed.theirs.text, changed.yours.text))
    return seen


def require_one_winner(ann: list[tuple[str, str]], ben: list[tuple[str, str]], now: list[str]) -> None:
    assert len(ann) == len(ben) == ROUNDS
    for n, ((one, lost_one), (other, lost_other)) in enumerate(zip(ann, ben, strict=True)):
        # The same text won for both, and who lost holds what was not kept.
        assert one == other
        assert sorted([lost_one, lost_other]) == ["", f"round {n} {'ben' if one.endswith('ann') else 'ann'}"]
    assert now[0] == ann[-1][0]


def test_of_two_threads_exactly_one_wins_each_round(archive: Archive, story: str) -> None:
    together = threading.Barrier(2, timeout=60)
    seen: dict[str, list[tuple[str, str]]] = {}

    def work(by: str) -> None:
        seen[by] = save_each_round(archive, story, by, together.wait)

    threads = [threading.Thread(target=work, args=(by,)) for by in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    require_one_winner(seen["ann"], seen["ben"], now_and_before(archive, story))


OTHER_PROCESS = """
import json, sys
from pathlib import Path
import pytest

from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.test_texts_at_once import save_each_round

def step():
    print("ready", flush=True)
    sys.stdin.readline()

with Archive(DataFolder(Path(sys.argv[1]))) as archive:
    print(json.dumps(save_each_round(archive, sys.argv[2], "ben", step)), flush=True)
"""


def test_of_two_processes_exactly_one_wins_each_round(folder: DataFolder, archive: Archive, story: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(folder.root), story],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        to, back = other.stdin, other.stdout
        assert to and back

        def step() -> None:
            assert back.readline() == "ready\n"
            to.write("go\n")
            to.flush()

        ann = save_each_round(archive, story, "ann", step)
        ben = [tuple(each) for each in json.loads(back.readline())]
    require_one_winner(ann, ben, now_and_before(archive, story))
