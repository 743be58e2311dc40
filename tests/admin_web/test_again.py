"""Writing stories down again: what is asked, what the new drafts change and what they never touch, side by side.

The transcriber is a status file here; the real one is in tests/models/test_again.py.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.archive.export.everything import _texts
from admin_web.drafts import side_by_side
from admin_web.site import Site
from kiosk.errors import ChangedMeanwhile
from kiosk.stories.files import write_whole
from kiosk.stories.records import Transcript
from kiosk.stories.status import StatusFile
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story, named, send, spread

Enter = Callable[[Role], FlaskClient]
FIRST, SECOND = "the lunch was worm and every body sat", "the lunch was warm and everybody sat"
MODELS = [
    {"name": "starter", "language": "en"},
    {"name": "big", "language": "en"},
    {"name": "polski", "language": "pl"},
    {"name": "unknown"},
    {"name": "broken", "language": "en", "trouble": "A file is missing."},
]


class Transcriber:
    """What the transcriber says, and what it writes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.say()

    def say(self, **told: Any) -> None:
        told = {"mark": self.mark, "state": "working", "done": 0, "failed": 0, **told} if self.mark else {}
        StatusFile(self.site.folder, "transcriber").show(state="waiting", models=MODELS, again=told or None)

    @property
    def mark(self) -> str:
        running = self.site.archive.again.running()
        return running.mark if running else ""

    def write(self, story: StoryFolder, text: str = SECOND, *, failed: str | None = None) -> None:
        words = () if failed else tuple(spread(text.split()))
        draft = Transcript(model="big", text="" if failed else text, words=words, seconds=2, failed=failed)
        write_whole(story.draft_path(self.mark), draft.model_copy(update={"again": self.mark}).to_bytes())
        self.site.archive.again.follow()

    def end(self, **told: Any) -> None:
        self.say(state="over", **told)
        self.site.archive.again.follow()


@pytest.fixture
def transcriber(site: Site) -> Transcriber:
    return Transcriber(site)


@pytest.fixture
def stories(site: Site) -> list[StoryFolder]:
    stories = [make_story(site.folder, FIRST, seconds=0.2) for _ in range(5)]
    site.intake.look()
    return stories


def text_of(site: Site, story: StoryFolder) -> str:
    text = site.archive.texts.get(story.id)
    assert text
    return text.text


class TestNewDrafts:
    def test_take_the_place_of_a_machines_words_and_of_nobody_elses(
        self, site: Site, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        texts = site.archive.texts
        plain, corrected, checked, frozen, redacted = stories
        texts.save(corrected.id, spread(["my", "own", "words"]), by="ann", revision=0)
        texts.confirm(checked.id, by="ann", revision=0)
        made = site.archive.redactions.redact(redacted.id, 3, 3, "food", by="ann", revision=0)
        site.archive.stories.heard(plain.id, by="ann")
        site.archive.again.ask("big", [each.id for each in stories], by="ann")
        site.archive.flags.raise_flag(frozen.id, reason="a worry", by="ann")
        before = {each.id: texts.get(each.id) for each in stories}
        for each in stories:
            transcriber.write(each)
        assert {each.id: texts.get(each.id) for each in stories[1:]} == {
            each.id: before[each.id] for each in stories[1:]
        }
        text, entry = texts.get(plain.id), site.archive.stories.get(plain.id)
        assert text and entry
        assert (text.text, text.is_draft, text.draft_number, text.revision) == (SECOND, True, 1, 1)
        assert (entry.state, entry.beginning, site.archive.search.count("warm")) == ("heard", SECOND, 1)
        # What was taken out is found where it was, also beside a newer draft.
        assert [word.word for word in site.archive.redactions.words_under(made)] == ["worm"]
        assert [word.word for word in texts.draft_words(redacted.id, 1)][3] == "[food]"
        exported = {each["story"]: each for each in _texts(site.folder, site.archive, "")}
        assert [word["word"] for word in exported[plain.id]["words"]] == SECOND.split()
        assert (exported[plain.id]["draft"], exported[checked.id]["draft"]) == (True, False)
        transcriber.end(done=5)
        assert site.archive.again.running() is None
        latest = site.archive.again.latest()
        assert latest and (latest.done, latest.of, latest.stories) == (5, 5, ())

    def test_nobody_stands_for_words_or_takes_some_out_that_they_have_not_seen(
        self, site: Site, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        story, texts = stories[0], site.archive.texts
        site.archive.again.ask("big", [story.id], by="ann")
        transcriber.write(story)
        for late in (
            lambda: texts.confirm(story.id, by="ann", revision=0),
            lambda: texts.save(story.id, spread(["typed"]), by="ann", revision=0),
            lambda: site.archive.redactions.redact(story.id, 3, 3, "food", by="ann", revision=0),
        ):
            with pytest.raises(ChangedMeanwhile):
                late()
        assert text_of(site, story) == SECOND
        # Words taken out of the second draft are found there, also when a third has come.
        made = site.archive.redactions.redact(story.id, 3, 3, "food", by="ann", revision=1)
        transcriber.end()
        site.archive.again.ask("big", [story.id], by="ann")
        transcriber.write(story, "quite other words")
        assert [word.word for word in site.archive.redactions.words_under(made)] == ["warm"]
        site.archive.redactions.undo(story.id, made.number, by="ann", revision=made.revision)
        assert text_of(site, story) == SECOND

    def test_a_failure_keeps_the_old_words_and_a_first_success_brings_some(
        self, site: Site, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        wordless = make_story(site.folder, None, seconds=0.2)
        write_whole(
            wordless.transcript_path, Transcript(model="none", text="", words=(), seconds=0, failed="No.").to_bytes()
        )
        site.intake.look()
        site.archive.again.ask("big", [stories[0].id, wordless.id], by="ann")
        transcriber.write(stories[0], failed="It crashed twice.")
        transcriber.write(wordless)
        assert (text_of(site, stories[0]), text_of(site, wordless)) == (FIRST, SECOND)
        entry = site.archive.stories.get(wordless.id)
        assert entry and entry.words == "ready"

    def test_go_with_their_story(self, site: Site, transcriber: Transcriber, stories: list[StoryFolder]) -> None:
        site.archive.again.ask("big", [each.id for each in stories], by="ann")
        transcriber.write(stories[0], "a marmalade umbrella")
        transcriber.write(stories[1], "a marmalade umbrella")
        site.archive.deleting.withdraw(stories[0].id, by="ann")
        site.archive.deleting.withdraw(stories[1].id, by="ann")
        assert site.archive.deleting.finish() == []
        held = [path for path in site.folder.root.rglob("*") if path.is_file() and b"marmalade" in path.read_bytes()]
        assert held == []
        for each in stories[2:]:
            transcriber.write(each)
        transcriber.end(done=5)
        assert site.archive.again.running() is None


class TestAsking:
    def test_for_a_model_that_cannot_be_had(
        self, client: FlaskClient, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        for model, said in (
            ("nowhere", "There is no speech model “nowhere” here any more."),
            ("broken", "The speech model broken cannot be used."),
            ("unknown", "Nobody has said which language"),
            ("polski", "for another language than this story"),
            ("", "Choose a speech model."),
        ):
            answer = send(client, f"/stories/{stories[0].id}/again", model=model)
            assert answer.status_code in (409, 422) and said in answer.text, model
        assert not transcriber.site.folder.again.exists()

    def test_for_a_story_that_cannot_be_done(self, site: Site, client: FlaskClient, transcriber: Transcriber) -> None:
        waiting, silent = make_story(site.folder, None, seconds=0.2), make_story(site.folder, seconds=0.2)
        site.intake.look()
        silent.audio.unlink()
        for story, said in ((waiting, "for the first time"), (silent, "There is no recording of this story.")):
            answer = send(client, f"/stories/{story.id}/again", model="big")
            assert answer.status_code == 409 and said in answer.text
        assert not site.folder.again.exists()

    def test_while_the_transcriber_does_not_run(
        self, site: Site, client: FlaskClient, stories: list[StoryFolder]
    ) -> None:
        answer = send(client, f"/stories/{stories[0].id}/again", model="big")
        assert answer.status_code == 409 and "Writing down does not run now" in answer.text
        assert "Writing down does not run now" in client.get("/again").text

    def test_a_second_time_while_one_runs_and_stopping_it(
        self, site: Site, enter: Enter, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        lead, staff = enter("lead"), enter("staff")
        site.archive.texts.save(stories[1].id, spread(["typed"]), by="ann", revision=0)
        assert "5 stories in its language. Nobody has changed 4 of them." in lead.get("/again").text
        assert send(lead, "/again", model="big", which="machine").status_code == 303
        asked = site.folder.again.read_bytes()
        assert sorted(json.loads(asked)["stories"]) == sorted(each.id for each in stories if each != stories[1])
        transcriber.say(state="waits", done=1, failed=1)
        second = send(staff, f"/stories/{stories[1].id}/again", model="big")
        assert second.status_code == 409 and "still writing 4 stories down again" in second.text
        assert send(lead, "/again", model="big", which="all").status_code == 409
        assert site.folder.again.read_bytes() == asked
        page = staff.get("/station").text
        assert "<strong>1</strong> is done" in page and "New stories go first" in page and "Stop after" not in page
        assert "will write this story down again" in staff.get(f"/stories/{stories[0].id}").text
        assert send(lead, "/again/stop").status_code == 303
        transcriber.write(stories[0])
        transcriber.end(done=2, failed=1)
        page = lead.get("/again").text
        assert "2 of 4 stories were written down again" in page and "Somebody stopped it." in page
        assert "With 1 of them it could not." in page
        lines = [line.what for line in site.archive.log.page(1, 50) if "again" in line.what]
        assert lines == ["written down again", "stopped writing down again", "asked to write down again"]

    def test_for_those_that_were_chosen_in_a_list(
        self, site: Site, enter: Enter, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        lead = enter("lead")
        site.archive.stories.heard(stories[2].id, by="ann")
        assert 'href="/again?far=check"' not in lead.get("/").text
        assert send(lead, "/again?far=check", model="big", which="all").status_code == 303
        assert json.loads(site.folder.again.read_bytes())["stories"] == [stories[2].id]
        transcriber.end(done=1)
        assert lead.get("/again?since=nonsense").status_code == 404
        nothing = send(lead, "/again?far=checked", model="big", which="all")
        assert nothing.status_code == 409 and "There is no such story" in nothing.text

    def test_a_full_disk(
        self, site: Site, client: FlaskClient, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        site.folder.again.mkdir()
        answer = send(client, f"/stories/{stories[0].id}/again", model="big")
        assert answer.status_code == 503 and "cannot be written" in answer.text
        assert not [line for line in site.archive.log.page(1, 50) if "again" in line.what]


class TestSideBySide:
    def test_what_differs_is_marked_and_somebody_takes_the_other(
        self, site: Site, client: FlaskClient, transcriber: Transcriber, stories: list[StoryFolder]
    ) -> None:
        story = stories[0]
        site.archive.again.ask("big", [story.id], by="ann")
        transcriber.write(story)
        transcriber.end(done=1)
        page = client.get(f"/stories/{story.id}/drafts").text
        assert "They differ in 2 places" in page
        assert "<mark>worm</mark>" in page and "<mark>every body</mark>" in page and "<mark>everybody</mark>" in page
        late = send(client, f"/stories/{story.id}/drafts/0/use", revision=0)
        assert late.status_code == 303 and text_of(site, story) == SECOND
        assert send(client, f"/stories/{story.id}/drafts/7/use", revision=1).status_code == 303
        assert text_of(site, story) == SECOND
        send(client, f"/stories/{story.id}/drafts/0/use", revision=1)
        text = site.archive.texts.get(story.id)
        assert text and (text.text, text.by, text.revision) == (FIRST, named(site).id, 2)
        assert [each.text for each in site.archive.texts.versions(story.id)] == [SECOND]
        # From now on they are a person's.
        send(client, f"/stories/{story.id}/drafts/1/use", revision=2)
        assert text_of(site, story) == FIRST
        assert "Use the words" not in client.get(f"/stories/{story.id}/drafts?one=9&other=x").text

    def test_lines_begin_where_somebody_paused(self) -> None:
        words = spread(["so", "we", "went", "out", "by", "bus", "that", "day"])
        later = [word.model_copy(update={"start": word.start + 9, "end": word.end + 9}) for word in words]
        rows = side_by_side([*words, *later], [*words, *later[1:]])
        assert [(row.at, len(row.one)) for row in rows] == [("0:00", 1), ("0:09", 2)]
        assert side_by_side([], words)[0].other[0].differs
        assert side_by_side([], []) == []
