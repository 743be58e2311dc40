"""The audit log: append-only, sealed line by line, and without a word of any story."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from admin_web.archive import About, Archive, Link, LogFilter
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.opening import change_behind_its_back
from tests.admin_web.archive.told import check_words, said, take_in, told

Change = Callable[[sqlite3.Connection], object]


@pytest.fixture
def five(archive: Archive) -> Archive:
    """An archive with five lines in its log."""
    for n in range(1, 6):
        archive.log.add("ann", "heard", f"story {n % 2}", number=n)
    return archive


def test_lines_follow_each_other(five: Archive) -> None:
    lines = five.log.page(1, 9)
    assert [line.number for line in lines] == [5, 4, 3, 2, 1]
    assert [line.previous for line in lines] == [*(line.hash for line in lines[1:]), ""]
    assert [line.details for line in lines] == [{"number": n} for n in (5, 4, 3, 2, 1)]
    assert five.log.last() == lines[0]
    assert list(five.log.faults()) == []


def test_it_is_read_by_pages_and_by_stories(five: Archive) -> None:
    assert [line.number for line in five.log.page(2, 2)] == [3, 2]
    assert five.log.page(4, 2) == []
    assert [line.number for line in five.log.page(1, 9, LogFilter(stories=("story 1",)))] == [5, 3, 1]
    assert [line.number for line in five.log.page(2, 2, LogFilter(stories=("story 1",)))] == [1]
    assert five.log.page(1, 9, LogFilter(stories=("",))) == []


def test_an_empty_log_has_no_faults(archive: Archive) -> None:
    assert list(archive.log.faults()) == []
    assert archive.log.last() is None
    assert archive.log.page(1, 9) == []


def _with(line: int, /, **changed: object) -> str:
    sets = ", ".join(f"'$.{name}', json('{json.dumps(value)}')" for name, value in changed.items())
    return f"UPDATE doc_log SET doc = json_set(doc, {sets}) WHERE id = {line}"


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["DELETE FROM doc_log WHERE id = 3"], ["After line 2 of the log comes line 4"]),
        (["DELETE FROM doc_log WHERE id = 1"], ["After line 0 of the log comes line 2"]),
        (["DELETE FROM doc_log WHERE id = 5"], ["The last 1 line(s) of the log are missing."]),
        (["DELETE FROM doc_log WHERE id > 2"], ["The last 3 line(s)"]),
        (["DELETE FROM doc_log"], ["The last 5 line(s)"]),
        ([_with(2, who="ben")], ["Line 2 of the log was changed"]),
        ([_with(2, story="")], ["Line 2 of the log was changed"]),
        ([_with(2, details={"number": 7})], ["Line 2 of the log was changed"]),
        ([_with(2, extra=1)], ["Line 2 of the log was changed"]),
        ([_with(5, hash="0" * 64)], ["Line 5 of the log was changed"]),
        ([_with(3, hash="0" * 64)], ["Line 3 of the log was changed", "Line 4 of the log does not follow line 3"]),
        ([_with(4, previous="")], ["Line 4 of the log does not follow line 3", "Line 4 of the log was changed"]),
        ([_with(4, number="four")], ["Line 4 of the log was changed"]),
        ([_with(4, number=None)], ["Line 4 of the log was changed"]),
        (
            ["UPDATE doc_log SET doc = '{}' WHERE id = 5"],
            ["Line 5 of the log does not", "Line 5 of the log was changed"],
        ),
        (
            [
                "UPDATE doc_log SET id = 9 WHERE id = 2",
                "UPDATE doc_log SET id = 2 WHERE id = 3",
                "UPDATE doc_log SET id = 3 WHERE id = 9",
            ],
            [
                "Line 2 of the log does not follow line 1",
                "Line 2 of the log was changed",
                "Line 3 of the log does not follow line 2",
                "Line 3 of the log was changed",
                "Line 4 of the log does not follow line 3",
            ],
        ),
    ],
)
def test_every_line_that_was_removed_changed_or_moved_is_told(
    five: Archive, statements: list[str], told: list[str]
) -> None:
    change_behind_its_back(five.path, *statements)
    found = list(five.log.faults())
    assert len(found) == len(told), found
    for fault, beginning in zip(found, told, strict=True):
        assert fault.startswith(beginning)


def test_a_last_line_that_was_removed_shows_also_when_others_were_written_since(five: Archive) -> None:
    change_behind_its_back(five.path, "DELETE FROM doc_log WHERE id = 5")
    five.log.add("ann", "heard")
    last = five.log.last()
    assert last and last.number == 6
    assert list(five.log.faults()) == ["After line 4 of the log comes line 6: what was between is missing."]


def test_a_log_whose_count_was_taken_away_can_still_be_written(five: Archive) -> None:
    change_behind_its_back(five.path, "DELETE FROM sqlite_sequence WHERE name = 'doc_log'")
    five.log.add("ann", "heard")
    assert list(five.log.faults()) == []


def test_lines_of_a_transaction_that_fails_are_not_written(five: Archive) -> None:
    with pytest.raises(ZeroDivisionError), five.transaction():
        five.log.add("ann", "heard")
        raise ZeroDivisionError
    five.log.add("ann", "heard")
    assert list(five.log.faults()) == []
    assert len(five.log.page(1, 99)) == 6


WRITER = """
import sys
from pathlib import Path
from admin_web.archive import Archive, Link
from kiosk.stories.folder import DataFolder

with Archive(DataFolder(Path(sys.argv[1]))) as archive:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(60):
        archive.log.add("other process", "heard", number=n)
"""


def test_two_processes_never_give_the_same_number(folder: DataFolder, archive: Archive) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdin
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()
        for n in range(60):
            archive.log.add("this process", "heard", number=n)
        assert other.wait() == 0
    lines = archive.log.page(1, 999)
    assert [line.number for line in lines] == list(range(120, 0, -1))
    for who in ("this process", "other process"):
        assert [line.details["number"] for line in lines if line.who == who] == list(range(59, -1, -1))
    assert list(archive.log.faults()) == []


def use_every_verb_of_people(archive: Archive, mark: str) -> None:
    people = archive.people
    lead = people.make_first(f"{mark} name", f"{mark} hash")
    assert lead
    link = Link(hash=f"{mark} link", until=datetime.now(UTC) + timedelta(hours=1))
    made = people.invite(f"{mark} other", "staff", link, by=lead.id)
    people.choose_password(link.hash, f"{mark} chosen")
    people.signed_in(made.id, "10.0.0.1")
    people.sign_in_failed(made.id, "10.0.0.1")
    people.signed_out(made.id, "session", datetime.now(UTC))
    made = people.end_sessions(made.id, by=lead.id)
    made = people.rename(made.id, f"{mark} new name", by=lead.id, revision=made.revision)
    made = people.change_password(made.id, f"{mark} new", by=lead.id, revision=made.revision)
    made = people.change_role(made.id, "group", by=lead.id, revision=made.revision)
    made = people.reset(made.id, link, by=lead.id, revision=made.revision)
    made = people.disable(made.id, by=lead.id, revision=made.revision)
    made = people.enable(made.id, by=lead.id, revision=made.revision)
    people.remove(made.id, by=lead.id, revision=made.revision)


def use_every_verb_of_topics(archive: Archive, mark: str) -> None:
    """What people call a topic may be a person's name as well."""
    made = archive.tags.add(f"{mark} topic", "bus", by="ann")
    archive.tags.change(made.id, words=f"{mark} other", picture="cup", by="ann", revision=1)
    archive.tags.switch(made.id, off=True, by="ann", revision=2)
    archive.tags.switch(made.id, off=False, by="ann", revision=3)
    archive.tags.move(made.id, -1, by="ann")
    archive.merging.merge(made.id, "food", by="ann", revision=4)
    archive.merging.part(made.id, by="ann", revision=5)


def test_no_verb_writes_a_word_of_a_story_into_it(archive: Archive) -> None:
    """Every verb is given words that bear a mark; in the log is none."""
    mark = "zqxmark"
    one, two, three = take_in(archive, *(told(n, f"{mark} draft", question=f"{mark} question") for n in (1, 2, 3)))
    use_every_verb_of_people(archive, mark)
    for story in (one, two):
        archive.stories.heard(story, by="ann")
        archive.labels.put(story, About(tags=("food",), strength=f"{mark} strength"), by="ann", revision=1)
        text = check_words(archive, story, f"{mark} words are right")
        quote = archive.quotes.propose(story, 0, 2, note=f"{mark} note", by="ann")
        archive.quotes.decide(quote.number, "approved", by="ann", role="group", revision=1)
        archive.texts.save(story, said(f"{mark} other"), by="ben", revision=text.revision)
        archive.texts.bring_back(story, archive.texts.versions(story)[0].number, by="ann", revision=text.revision + 1)
        flag = archive.flags.raise_flag(story, reason=f"{mark} reason", words=f"{mark} words", by="ann")
        archive.deleting.withdraw(story, by="ann")
        archive.flags.close(
            flag.number, action=f"{mark} action", referral=f"{mark} to", outcome=f"{mark} out", by="lead", revision=1
        )
    archive.deleting.delete_audio(three, by="ann")
    archive.deleting.delete(three, why="staff", by="ann")
    use_every_verb_of_topics(archive, mark)
    archive.people.end_all(by="ann")
    lines = [str(dict(line)) for line in archive.documents_of("log")]
    assert len(lines) > 20
    assert not [line for line in lines if "zqx" in line]
    verbs = {line.what for line in archive.log.page(1, 99)}
    assert verbs == {
        "account made", "account ended", "link made", "password chosen", "password changed", "name changed",
        "role changed", "disabled", "enabled", "signed out everywhere", "signed in", "sign-in failed", "signed out",
        "heard", "tagged", "words saved", "words confirmed", "quote proposed",
        "quote approved", "quote withdrawn", "flag raised", "flag closed", "withdrawn", "recording deleted", "deleted",
        "topic added", "topic changed", "topic moved", "topic switched off", "topic switched on", "topic merged",
        "topic parted",
    }  # fmt: skip
