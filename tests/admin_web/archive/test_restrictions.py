"""No story is more open in an archive that was made anew, or at another station, than it was."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin_web.archive import Account, Archive, StoryEntry
from admin_web.archive.importing import import_stories
from admin_web.archive.permitted import why_not_voice, why_not_words
from admin_web.archive.rebuilding import rebuild
from admin_web.archive.schema import FILE
from admin_web.credentials import new_link
from admin_web.intake import Intake
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story

NO, YES = Permissions(words=False, voice=False), Permissions(words=True, voice=True)


@pytest.fixture
def story(folder: DataFolder, archive: Archive) -> StoryFolder:
    """A story that may be used in every way: the station's own record says so for ever."""
    kept = make_story(folder, seconds=0.1, permissions=YES)
    Intake(folder, archive).look()
    archive.texts.confirm(kept.id, by="ann", revision=0)
    archive.checked_files.write_due()
    assert (why_not_voice(archive.stories.known(kept.id)), kept.restrictions()) == ("", None)
    return kept


def people(archive: Archive) -> tuple[str, str]:
    """A lead, and somebody of the staff; both can sign in."""
    lead = archive.people.make_first("Ann", "hash")
    assert lead
    _, link = new_link()
    archive.people.invite("Ben", "staff", link, by=lead.id)
    other = archive.people.choose_password(link.hash, "hash")
    assert other
    return lead.id, other.id


def permit(archive: Archive, story: str, after: Permissions, *, unsure: bool = False) -> None:
    archive.permitting.change(story, after, unsure=unsure, reason="They said so.", by="ann", revision=1)


def worry(archive: Archive, story: str) -> None:
    archive.flags.raise_flag(story, reason="They were hit.", by="ann")


def worry_and_withdraw(archive: Archive, story: str) -> None:
    worry(archive, story)
    archive.deleting.withdraw(story, by="ann")


def hide_from_staff(archive: Archive, story: str) -> None:
    lead, _ = people(archive)
    worry(archive, story)
    archive.hiding.hide(story, [], from_staff=True, by=lead, revision=1)
    archive.flags.close(1, action="Asked.", outcome="Safe.", by=lead, revision=1)


def hide_from_somebody(archive: Archive, story: str) -> None:
    lead, other = people(archive)
    worry(archive, story)
    archive.hiding.hide(story, [other], from_staff=False, by=lead, revision=1)


DECIDED: dict[str, Callable[[Archive, str], object]] = {
    "their words and voice may not be used": lambda archive, story: permit(archive, story, NO),
    "nobody is sure that they understood": lambda archive, story: permit(archive, story, YES, unsure=True),
    "there is a worry": worry,
    "they want it back": lambda archive, story: archive.taking_back.ask(story, by="ben"),
    "it is taken back and frozen": worry_and_withdraw,
    "it is hidden from staff": hide_from_staff,
    "it is hidden from somebody": hide_from_somebody,
}
STAFF = Account(id="somebody", name="Cat", role="staff", made_at=datetime(2026, 1, 1, tzinfo=UTC))


def openness(entry: StoryEntry) -> tuple[bool, ...]:
    """In how many ways it may be used: none of them may become true."""
    return (
        not why_not_words(entry),
        not why_not_voice(entry),
        not entry.closed_because,
        not entry.frozen,
        entry.is_seen_by(STAFF) and not entry.hidden_from,
        entry.permissions.words is True,
        entry.permissions.voice is True,
        not entry.asked_back_at,
        not entry.withdrawn_at,
        not entry.unsure,
    )


def assert_no_more_open(before: StoryEntry, after: StoryEntry) -> None:
    assert not [now for was, now in zip(openness(before), openness(after), strict=True) if now and not was]


@pytest.mark.parametrize("how", ["from the folders alone", "while the old one can be read"])
@pytest.mark.parametrize("decided", DECIDED)
def test_a_new_archive_is_no_more_open(
    folder: DataFolder, archive: Archive, story: StoryFolder, decided: str, how: str
) -> None:
    DECIDED[decided](archive, story.id)
    before = archive.stories.known(story.id)
    if how == "from the folders alone":
        archive.restriction_files.write_due()
        assert story.restrictions() and story.restrictions_path.stat().st_mode & 0o077 == 0
        archive.close()
        (folder.archive / FILE).write_bytes(b"garbage" * 1000)
    else:
        # Nobody has written the file yet.
        assert not story.restrictions_path.exists()
        archive.close()
    assert rebuild(folder) == (1, {})
    with Archive(folder) as again:
        after = again.stories.known(story.id)
        assert_no_more_open(before, after)
        assert after.closed_because or after.permissions == NO
        # What hides a story from the log's and the lists' readers knows it as well.
        for account in after.hidden_from:
            assert again.hiding.from_account(account) == {story.id}
        if before.frozen or before.hidden_from_staff:
            (flag,) = again.flags.open_for("")
            assert "Find out" in flag.reason and "hit" not in flag.reason
            with pytest.raises(NotAllowed):
                again.quotes.propose(story.id, 0, 1, by="ann")
        Intake(folder, again).look()
        again.restriction_files.write_due()
        assert_no_more_open(after, again.stories.known(story.id))


def test_who_could_not_see_a_story_cannot_see_it_then(folder: DataFolder, archive: Archive, story: StoryFolder) -> None:
    hide_from_somebody(archive, story.id)
    archive.restriction_files.write_due()
    archive.close()
    rebuild(folder)
    with Archive(folder) as again:
        (ann, ben) = again.people.everybody()
        entry = again.stories.known(story.id)
        assert entry.hidden_from == (ben.id,) and not entry.hidden_from_staff and entry.is_seen_by(ann)
    raw = sqlite3.connect(folder.archive / FILE, isolation_level=None)
    raw.execute("UPDATE doc_accounts SET doc = replace(doc, 'Ann', 'Eve')")
    raw.close()
    rebuild(folder)
    with Archive(folder) as again:
        # An account that is not as it was written opens nothing, and nobody knows any more who Ben is.
        assert again.people.everybody() == []
        entry = again.stories.known(story.id)
        assert entry.hidden_from == () and entry.hidden_from_staff


@pytest.mark.parametrize("decided", ["their words and voice may not be used", "it is hidden from somebody"])
def test_another_station_takes_it_in_no_more_open(
    folder: DataFolder, archive: Archive, story: StoryFolder, decided: str, tmp_path: Path
) -> None:
    DECIDED[decided](archive, story.id)
    archive.restriction_files.write_due()
    other = DataFolder.open(tmp_path / "other")
    with Archive(other) as there:
        assert import_stories(other, there, [story.path]).refused == {}
        after = there.stories.known(story.id)
        assert_no_more_open(archive.stories.known(story.id), after)
        assert not (after.is_seen_by(STAFF) and "hidden" in decided)


def test_what_holds_no_more_is_not_there(archive: Archive, story: StoryFolder) -> None:
    archive.taking_back.ask(story.id, by="ben")
    archive.restriction_files.write_due()
    told = story.restrictions()
    assert told and told.asked_back_at and json.loads(story.restrictions_path.read_text())["version"] == 1
    archive.restriction_files.write_due()
    archive.taking_back.put_back(story.id, by="ann")
    archive.restriction_files.write_due()
    assert not story.restrictions_path.exists()
    assert not archive.stories.known(story.id).restrictions_file_due


def test_a_file_that_cannot_be_read_keeps_the_story_out(
    folder: DataFolder, archive: Archive, story: StoryFolder
) -> None:
    story.restrictions_path.write_text("{")
    archive.close()
    (folder.archive / FILE).unlink()
    count, refused = rebuild(folder)
    assert count == 0 and "restrictions.json" in refused[story.id]
