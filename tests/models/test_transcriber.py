"""The station's transcriber as a process, with real takes, real speech and real signals."""

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from kiosk.config import Config
from kiosk.stories.records import Transcript
from models.choice import Choice
from models.work import Work
from tests.models.helpers import (
    SHORT,
    is_alive,
    open_files,
    right_words,
    wait_for,
    wait_transcript,
)


def keep(begin, pcm):
    return begin().tell(pcm).keep()


def test_a_take_is_followed_while_it_grows_and_transcribed_right_after_it_is_kept(start, begin, short, speak):
    transcriber = start()
    transcriber.wait_state("waiting")
    take = begin().tell(short).tell_until(lambda: transcriber.status().get("working_on"))
    status = transcriber.status()
    assert (status["working_on"], status["state"]) == (take.id, "transcribing")
    wait_for(lambda: transcriber.status()["seconds_behind"] == 0)
    take.tell(speak("I want to cook my own dinner on Fridays."))
    transcript = wait_transcript(take.keep())
    assert right_words(SHORT + " I want to cook my own dinner on Fridays.", transcript.text) > 0.8
    assert transcript.text == " ".join(word.word for word in transcript.words)
    assert transcript.seconds == take.writer.frames / 16_000
    assert (transcript.model, transcript.failed) == ("starter", None)
    transcriber.wait_state("waiting")


def test_a_story_that_was_followed_has_the_same_words_as_one_of_the_backlog(start, begin, short, speak):
    pcm = short + bytes(64_000) + speak("I want to cook my own dinner on Fridays.")
    backlog = keep(begin, pcm)
    take = begin()
    start().wait_state("waiting")
    for third in range(0, len(pcm), len(pcm) // 6 * 2):
        take.tell(pcm[third : third + len(pcm) // 6 * 2])
        time.sleep(0.1)  # as a visitor does; nothing depends on it
    assert wait_transcript(take.keep()).words == wait_transcript(backlog).words


def test_a_take_that_is_thrown_away_leaves_nothing(start, begin, folder, long):
    transcriber = start()
    transcriber.wait_state("waiting")
    take = begin().tell(long)
    transcriber.wait_working_on(take.id)
    take.throw_away()
    transcriber.wait_state("waiting")
    wait_for(lambda: take.id not in json.dumps(transcriber.status()))
    assert not any("audio.wav" in name for name in open_files(transcriber.process.pid))
    assert [path.name for path in folder.takes.iterdir()] == ["sequence"]
    assert list(folder.stories.iterdir()) == []


def test_old_stories_without_a_transcript_are_done_in_the_order_they_were_told(start, begin, short, long):
    stories = [keep(begin, pcm) for pcm in (long * 3, short, short, short)]
    transcriber = start()
    status = transcriber.wait_state("transcribing")
    assert status["working_on"] == stories[0].id
    assert status["queue"] == [story.id for story in stories[1:]]
    assert (status["queued"], status["seconds_behind"] > 100) == (3, True)
    for story in stories:
        wait_transcript(story)
    written = [story.transcript_path.stat().st_mtime_ns for story in stories]
    assert written == sorted(written)
    assert right_words(SHORT, stories[1].transcript().text) > 0.8


def test_a_visitor_goes_before_the_backlog(start, begin, short, long):
    old = keep(begin, long * 2)
    transcriber = start()
    transcriber.wait_working_on(old.id)
    new = keep(begin, short)
    take = begin().tell(short).tell_until(lambda: transcriber.status()["working_on"] != old.id)
    assert transcriber.status()["working_on"] == take.id
    stories = [take.keep(), old, new]
    for story in stories:
        wait_transcript(story)
    written = [story.transcript_path.stat().st_mtime_ns for story in stories]
    assert written == sorted(written)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked_with_exit_code_0(start, begin, endless, number):
    transcriber = start()
    story = keep(begin, endless)
    worker = transcriber.wait_working_on(story.id)
    assert transcriber.stop(number) == 0
    assert not is_alive(worker)
    assert story.transcript() is None


def test_it_stops_when_asked_while_idle(start):
    transcriber = start()
    transcriber.wait_state("waiting")
    assert transcriber.stop() == 0


def test_only_one_transcriber_works_on_a_data_folder(start, sayso, folder):
    start().wait_state("waiting")
    second = sayso("transcribe", "--data", folder.root)
    assert second.returncode == 1
    assert "already running" in second.stderr


def test_without_a_model_stories_wait_and_work_begins_when_it_appears(start, begin, model, short):
    elsewhere = model.rename(model.with_name("aside"))
    story = keep(begin, short)
    transcriber = start("--model", model)
    status = transcriber.wait_state("no model")
    assert str(model) in status["faults"][0]["message"]
    assert status["queue"] == [story.id]
    elsewhere.rename(model)
    assert wait_transcript(story).model == "model"
    assert transcriber.wait_state("waiting")["faults"] == []


@pytest.mark.parametrize("name", ["graph/disambig_tid.int", "am/final.mdl"])
def test_a_model_that_is_cut_short_is_shown_and_works_once_it_is_mended(start, begin, model, short, name):
    whole = (model / name).read_bytes()
    os.truncate(model / name, 4)
    story = keep(begin, short)
    transcriber = start("--model", model)
    fault = transcriber.wait_state("no model")["faults"][0]
    assert fault["code"] == "no-model"
    assert story.transcript() is None
    (model / name).write_bytes(whole)
    assert wait_transcript(story).failed is None


def test_a_word_list_that_is_cut_short_stops_the_work_and_writes_no_empty_words(start, begin, model, short):
    words = (model / "graph" / "words.txt").read_text().splitlines()
    (model / "graph" / "words.txt").write_text("\n".join(words[: len(words) // 3 * 2]))
    story = keep(begin, short)
    transcriber = start("--model", model)
    assert "words.txt" in transcriber.wait_fault("no-model")["message"]
    assert story.transcript() is None


def test_a_damaged_story_is_shown_and_left_alone_and_done_once_it_is_mended(start, begin, short):
    stories = [keep(begin, short) for _ in range(3)]
    (stories[0].path / "story.json").write_text("{garbled")
    whole = (stories[1].path / "story.json").read_bytes()
    (stories[1].path / "story.json").unlink()
    transcriber = start()
    wait_transcript(stories[2])
    status = transcriber.wait_status(lambda told: len(told["damaged"]) == 2)
    assert {each["id"] for each in status["damaged"]} == {stories[0].id, stories[1].id}
    assert {fault["code"] for fault in status["faults"]} == {"story-damaged"}
    assert not stories[0].transcript_path.exists()
    (stories[1].path / "story.json").write_bytes(whole)
    wait_transcript(stories[1])
    shutil.rmtree(stories[0].path)
    wait_for(lambda: transcriber.status()["damaged"] == [])


def test_a_recording_that_is_no_sound_fails_with_the_reason(start, begin, short):
    story, good = keep(begin, short), keep(begin, short)
    story.audio.write_bytes(b"not sound" + bytes(len(short) + 44))
    start()
    assert "not a WAV" in wait_transcript(story).failed
    assert wait_transcript(good).failed is None


def test_a_recording_without_a_single_frame_has_no_words_and_has_not_failed(start, begin):
    story = keep(begin, b"")
    start()
    assert wait_transcript(story) == Transcript(model="starter", text="", words=(), seconds=0)


def test_a_garbled_transcript_is_written_anew_and_a_good_one_never(start, begin, short):
    garbled, good = keep(begin, short), keep(begin, short)
    garbled.transcript_path.write_text('{"version": 1, "text"')
    mine = Transcript(model="other", text="mine", words=(), seconds=1)
    good.transcript_path.write_bytes(mine.to_bytes())
    transcriber = start()
    wait_for(lambda: b"the" in garbled.transcript_path.read_bytes())
    transcriber.wait_state("waiting")
    assert good.transcript() == mine


def test_what_one_model_failed_at_is_done_again_with_another(start, begin, short, model):
    story = keep(begin, short)
    failed = Transcript(model="starter", text="", words=(), seconds=0, failed="It crashed.")
    story.transcript_path.write_bytes(failed.to_bytes())
    transcriber = start()
    assert transcriber.wait_fault("stories-set-aside")
    transcriber.stop()
    start("--model", model)
    transcript = wait_for(lambda: story.transcript().failed is None and story.transcript())
    assert transcript.model == "model"


def test_a_story_that_is_deleted_while_it_is_transcribed_is_forgotten(start, begin, endless):
    story = keep(begin, endless)
    transcriber = start()
    transcriber.wait_working_on(story.id)
    shutil.rmtree(story.path)
    transcriber.wait_state("waiting")
    assert not any("audio.wav" in name for name in open_files(transcriber.process.pid))
    assert not story.path.exists()


def test_when_the_disk_takes_no_transcript_the_words_are_kept_and_written_later(start, begin, short):
    story = keep(begin, short)
    # A folder of this name stands for a disk that refuses: the rename fails, as root may write anywhere.
    story.transcript_path.mkdir()
    transcriber = start()
    fault = transcriber.wait_fault("transcript-not-written")
    assert story.id in fault["message"]
    story.transcript_path.rmdir()
    assert right_words(SHORT, wait_transcript(story).text) > 0.8
    wait_for(lambda: transcriber.status()["faults"] == [])


def test_of_ten_thousand_finished_stories_none_is_looked_into_twice(begin, short, folder):
    done = keep(begin, short)
    content = Transcript(model="starter", text="yes", words=(), seconds=1).to_bytes()
    done.transcript_path.write_bytes(content)
    for number in range(2, 10_002):
        path = folder.stories / f"test-{number:06d}-abcdef"
        path.mkdir()
        (path / "transcript.json").write_bytes(content)
    work = Work(folder, Choice(folder, Config()))
    work.look()
    while work.check_one():
        pass
    touched = []
    watching = True
    mine = threading.get_ident()

    def note(event, args):
        if watching and event in ("open", "os.listdir") and threading.get_ident() == mine:
            touched.append(args[0])

    sys.addaudithook(note)
    for _ in range(100):
        work.look()
        assert not work.check_one() and work.next(None) is None and work.wanted(None, set())
    watching = False
    # A folder whose time of change is of this very moment is listed once more: the clock may not have ticked.
    assert {Path(str(path)) for path in touched} <= {folder.takes, folder.stories}
    assert len(touched) <= 4
    work.close()


def test_the_transcriber_steps_back_for_other_work(start):
    transcriber = start()
    worker = transcriber.wait_worker()
    # Other than whoever started it: the tests themselves may be told to step back.
    nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in (transcriber.process.pid, worker)] == [nice, nice]


def test_a_story_whose_recording_was_deleted_on_purpose_is_passed_over(begin, short, folder):
    kept = keep(begin, short)
    kept.audio_deleted.write_bytes(b'{"version": 1}\n')
    kept.audio.unlink()
    work = Work(folder, Choice(folder, Config()))
    work.look()
    job = work.next(work.wanted(None, set()))
    assert job and job.id == kept.id and not work.begin(job)
    assert work.in_hand() == [] and work.damaged.why == {} and work.wanted(None, set())
    work.look()
    assert work.in_hand() == []
    work.close()
