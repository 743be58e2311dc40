"""Stories written down again with another model, by the real transcriber, while it, its recogniser and the site die."""

import json
import os
import secrets
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.intake import Intake
from kiosk.config import Config
from kiosk.stories.again import Again, offered_models, progress_of, write_again
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript
from models.again import AgainQueue
from models.choice import Choice
from models.installed import InstalledModel
from models.work import Work
from tests.admin_web.making import Admin
from tests.models.helpers import SHORT, right_words, wait_for

MANY = 200


@pytest.fixture
def other(put, models):
    """Another model for English."""
    put("other")
    known = {"source": "a stick", "zip_sha256": "", "files": {}, "memory_mb": 1, "real_time_factor": 1}
    record = InstalledModel(name="other", language="en-GB", installed_at=datetime.now(UTC), **known)
    models.write_record(models.folder("other"), record)


def ask(folder, *stories, model="other", **changed):
    ids = tuple(story.id for story in stories)
    request = Again(
        mark=secrets.token_hex(4), model=model, stories=ids, of=len(ids), by="ann", asked_at=datetime.now(UTC)
    )
    write_again(folder, request.model_copy(update=changed))
    return request


def wait_over(folder, request):
    def over():
        progress = progress_of(folder, request.mark)
        return progress if progress and progress.state == "over" else None

    return wait_for(over, within_s=300)


def write_first_draft(story):
    write_whole(story.transcript_path, Transcript(model="starter", text="old", words=(), seconds=1.0).to_bytes())
    return story


def test_one_story_is_written_down_again_and_what_cannot_be_does_not_stop_the_others(
    start, begin, other, short, endless, folder
):
    told = (endless, short, short, short)
    crashing, silent, gone, good = (write_first_draft(begin().tell(pcm).keep()) for pcm in told)
    first = good.transcript_path.read_bytes()
    os.truncate(silent.audio, 20)
    shutil.rmtree(gone.path)
    request = ask(folder, crashing, silent, gone, good)
    transcriber = start()
    for _ in range(2):
        wait_for(lambda: progress_of(folder, request.mark) and progress_of(folder, request.mark).now == crashing.id)
        worker = transcriber.wait_worker()
        wait_for(lambda: any(crashing.id in name for name in open_audio(transcriber)))
        os.kill(worker, signal.SIGSEGV)
        wait_for(lambda pid=worker: transcriber.status().get("worker_pid") != pid)
    progress = wait_over(folder, request)
    assert (progress.done, progress.failed) == (1, 2)
    number, draft = good.newest_draft()
    assert (number, draft.model, draft.again) == (1, "other", request.mark)
    assert right_words(SHORT, draft.text) > 0.8
    assert good.transcript_path.read_bytes() == first
    assert "crashed twice" in crashing.draft(1).failed
    assert crashing.transcript().text == "old"
    assert sorted(path.name for path in silent.path.iterdir()) == ["audio.wav", "story.json", "transcript.json"]
    assert not gone.path.exists()


def open_audio(transcriber):
    folder = Path(f"/proc/{transcriber.process.pid}/fd")
    names = []
    for handle in folder.iterdir():
        try:
            names.append(str(handle.readlink()))
        except OSError:
            continue
    return names


def test_a_model_that_cannot_be_used_changes_nothing_and_ends_the_request(
    start, begin, other, put, short, models, folder
):
    put("lacking")
    (models.root / "lacking" / "am" / "final.mdl").unlink()
    os.truncate(models.root / "other" / "am" / "final.mdl", 4)  # which only loading it shows
    story = write_first_draft(begin().tell(short).keep())
    transcriber = start()
    offered = {each.name: each for each in wait_for(lambda: offered_models(folder))}
    assert {name: each.language for name, each in offered.items()} == {"starter": "en", "lacking": "", "other": "en"}
    assert [name for name, each in offered.items() if each.trouble] == ["lacking"]
    request = ask(folder, story)
    assert "cannot load the speech model" in wait_over(folder, request).trouble
    assert list(story.drafts()) == [0]
    # The station's own model is back for the next visitor.
    wait_for(lambda: transcriber.status()["model"] == "starter" and transcriber.status()["state"] == "waiting")


def test_the_model_of_the_next_visitor_stays_in_memory_for_a_minute_after_the_last_one(
    begin, other, short, models, folder
):
    work, again = Work(folder, Choice(folder, Config())), models.folder("other")
    own = work.wanted(None, set())
    work.look()
    assert own != again and work.wanted(own, set(), again) == again
    teller = begin().tell(short)
    work.look()
    assert work.wanted(again, set(), again) == own
    kept = write_first_draft(teller.keep())
    work.look()
    work.forget(kept.id)  # as once it is written down
    assert work.wanted(own, set(), again) == own
    work.lively_at -= 30
    assert work.wanted(own, set(), again) == own
    work.lively_at -= 30
    assert work.wanted(own, set(), again) == again
    work.close()


def test_it_stops_where_it_is_asked_to_and_lets_go_of_a_recording_that_is_deleted(begin, other, short, folder):
    stories = [write_first_draft(begin().tell(short).keep()) for _ in range(3)]
    request, queue = ask(folder, *stories), AgainQueue(folder)
    queue.look()
    job = queue.job
    assert job.id == stories[0].id and queue.begin(job)
    shutil.rmtree(stories[0].path)
    queue.look()
    assert queue.job.id == stories[1].id and job.recording is None
    queue.job.done = 32_000
    write_again(folder, request.model_copy(update={"stop": True}))
    queue.look()
    assert queue.job.id == stories[1].id
    queue.stored(failed=False)
    queue.look()
    assert (queue.model, queue.progress(others_first=False).state) == (None, "over")


def test_the_recogniser_ended_from_outside_again_and_again_does_not_hold_up_the_rest(begin, other, short, folder):
    heavy, light = (write_first_draft(begin().tell(short).keep()) for _ in range(2))
    ask(folder, heavy, light)
    queue = AgainQueue(folder)
    turns = []
    for _ in range(4):
        queue.look()
        turns.append(queue.job.id)
        if queue.job.id == heavy.id:
            queue.hold_up(queue.job)
        else:
            queue.stored(failed=False)
    assert turns == [heavy.id, light.id, heavy.id, heavy.id]
    assert "ended from outside three times" in queue.job.failed


def test_200_stories_survive_kills_of_transcriber_and_site_and_no_finished_one_is_done_again(
    start, begin, other, short, folder
):
    stories = copies(folder, begin().tell(short[:9600]).keep(), MANY)
    with Archive(folder) as archive:
        with Admin(folder.root) as site:
            assert wait_for(lambda: archive.stories.count() == MANY)
            peoples = [archive.texts.save(story.id, [], by="ann", revision=0) for story in stories[:2]]
            request = ask(folder, *stories)
            transcriber = start()
            wait_done(folder, request, 20)
            finished = made(stories, request)
            site.stop(signal.SIGKILL)
            transcriber.stop(signal.SIGKILL)
        transcriber = start()
        wait_done(folder, request, 90)
        finished |= made(stories, request)
        transcriber.stop(signal.SIGKILL)
        start()
        intake = Intake(folder, archive)  # as the site does that is started again
        wait_for(lambda: intake.look() or not archive.again.running(), within_s=300)
        ended = archive.again.latest()
        assert (ended.done, ended.failed, ended.trouble) == (MANY, 0, "")
        at_last = made(stories, request)
        assert {path: at_last[path] for path in finished} == finished
        assert len(at_last) == MANY
        assert not list(folder.stories.rglob("*.part"))
        texts = [archive.texts.get(story.id) for story in stories]
        assert texts[:2] == peoples
        assert {(text.draft_number, text.revision, text.by) for text in texts[2:]} == {(1, 1, "")}


def wait_done(folder, request, count):
    wait_for(lambda: (told := progress_of(folder, request.mark)) and told.done >= count, within_s=300)


def made(stories, request):
    """The drafts of a request, and when each was written."""
    paths = [story.draft_path(request.mark) for story in stories]
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}


def copies(folder: DataFolder, story, count):
    """That many stories of the same recording, each with a first draft."""
    write_first_draft(story)
    told = json.loads((story.path / "story.json").read_text())
    stories = [story]
    for number in range(2, count + 1):
        story_id = f"test-{number:06}-{number:06x}"
        aside = folder.takes / story_id
        shutil.copytree(story.path, aside)
        (aside / "story.json").write_text(json.dumps(told | {"id": story_id, "sequence": number}))
        aside.rename(folder.stories / story_id)
        stories.append(folder.story(story_id))
    return stories
