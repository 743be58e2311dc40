"""The recogniser and the transcriber crash, and are killed, with real signals; no story is lost over it."""

import os
import signal
import time

from kiosk.config import Config
from kiosk.stories.status import read_status
from models.choice import Choice
from models.transcriber import Transcriber
from tests.models.helpers import (
    SHORT,
    is_alive,
    right_words,
    wait_for,
    wait_transcript,
)


def keep(begin, pcm):
    return begin().tell(pcm).keep()


def test_a_story_that_crashes_the_recogniser_once_is_retried_and_that_is_shown(start, begin, long):
    story = keep(begin, long)
    transcriber = start()
    worker = transcriber.wait_working_on(story.id)
    os.kill(worker, signal.SIGSEGV)
    assert "SIGSEGV" in transcriber.wait_fault("recogniser-died")["message"]
    assert wait_transcript(story).failed is None


def crash_twice(transcriber, story_id):
    first = transcriber.wait_working_on(story_id)
    os.kill(first, signal.SIGSEGV)
    second = transcriber.wait_working_on(story_id, worker_other_than=first)
    os.kill(second, signal.SIGABRT)
    return second


def test_a_story_that_crashes_the_recogniser_twice_is_set_aside_and_shown_and_the_others_go_on(
    start, begin, short, endless
):
    bad, good = keep(begin, endless), keep(begin, short)
    transcriber = start()
    crash_twice(transcriber, bad.id)
    transcript = wait_transcript(bad)
    assert "crashed twice" in transcript.failed
    assert (transcript.words, transcript.text) == ((), "")
    assert wait_transcript(good).failed is None
    assert bad.id in transcriber.wait_fault("stories-set-aside")["message"]
    assert transcriber.status()["set_aside"][0]["id"] == bad.id
    transcriber.stop()
    # It stays so with the same model, also after a restart.
    assert bad.id in start().wait_fault("stories-set-aside")["message"]
    assert bad.transcript() == transcript


def test_a_take_that_crashes_the_recogniser_twice_is_set_aside_only_when_it_is_kept(start, begin, short, endless):
    transcriber = start()
    transcriber.wait_state("waiting")
    take = begin().tell(endless)
    worker = crash_twice(transcriber, take.id)
    transcriber.wait_worker(other_than=worker)
    transcriber.wait_state("waiting")
    assert sorted(path.name for path in take.take.path.iterdir()) == ["audio.wav", "take.json"]
    assert "crashed twice" in wait_transcript(take.keep()).failed
    assert wait_transcript(keep(begin, short)).failed is None


def test_crashes_are_counted_over_a_restart_of_the_transcriber(start, begin, endless):
    story = keep(begin, endless)
    transcriber = start()
    os.kill(transcriber.wait_working_on(story.id), signal.SIGSEGV)
    transcriber.wait_fault("recogniser-died")
    transcriber.stop(signal.SIGKILL)
    os.kill(start().wait_working_on(story.id), signal.SIGSEGV)
    assert "crashed twice" in wait_transcript(story).failed


def worker_on(story_id, folder):
    status = read_status(folder, "transcriber")
    return status["worker_pid"] if status["working_on"] == story_id else None


def test_a_crash_between_two_pieces_of_a_recording_counts_too(folder, begin, long, model):
    story = keep(begin, long)
    transcriber = Transcriber(folder, Choice(folder, Config(), str(model)))
    crashed = set[int]()
    for _ in range(2):
        # What was said of the one before stands there until the new one is at work.
        wait_for(lambda: transcriber.turn() and worker_on(story.id, folder) not in {None, *crashed})
        worker = worker_on(story.id, folder)
        crashed.add(worker)
        os.kill(worker, signal.SIGSEGV)
        wait_for(lambda pid=worker: not is_alive(pid))
    wait_for(lambda: transcriber.turn() and story.transcript())
    assert "crashed twice" in story.transcript().failed
    transcriber.stop()
    transcriber.run()  # ends its process


def test_being_killed_from_outside_is_never_held_against_a_story(start, begin, long):
    story = keep(begin, long * 3)
    transcriber = start()
    worker = None
    for number in (signal.SIGKILL, signal.SIGTERM):
        worker = transcriber.wait_working_on(story.id, worker_other_than=worker)
        os.kill(worker, number)
        wait_for(lambda name=number.name: name in transcriber.wait_fault("recogniser-died")["message"])
    assert wait_transcript(story).failed is None


def test_others_go_before_a_story_during_which_the_recogniser_is_killed(start, begin, short, long):
    heavy, light = keep(begin, long * 3), keep(begin, short)
    transcriber = start()
    os.kill(transcriber.wait_working_on(heavy.id), signal.SIGKILL)
    for story in (heavy, light):
        wait_transcript(story)
    assert light.transcript_path.stat().st_mtime_ns < heavy.transcript_path.stat().st_mtime_ns


def test_the_recogniser_killed_while_nothing_is_asked_of_it_comes_back(start, begin, short):
    transcriber = start()
    transcriber.wait_state("waiting")
    worker = transcriber.wait_worker()
    os.kill(worker, signal.SIGSEGV)
    transcriber.wait_worker(other_than=worker)
    assert wait_transcript(keep(begin, short)).failed is None


def test_the_transcriber_killed_at_any_moment_loses_nothing_and_leaves_no_orphan(start, begin, short, folder):
    stories = [keep(begin, short) for _ in range(5)]
    pause_s = 0.0
    while not all(story.transcript() for story in stories):
        transcriber = start()
        worker = transcriber.wait_worker()
        time.sleep(pause_s)  # any moment will do
        transcriber.stop(signal.SIGKILL)
        wait_for(lambda pid=worker: not is_alive(pid))
        pause_s += 0.1
    assert {story.transcript().text for story in stories} == {stories[0].transcript().text}
    start().wait_state("waiting")
    assert not [path.name for path in folder.root.rglob("*.part")]


def test_a_take_goes_on_untouched_while_the_recogniser_and_the_transcriber_are_killed(start, begin, short):
    transcriber = start()
    worker = transcriber.wait_worker()
    take = begin().tell(short)
    os.kill(worker, signal.SIGKILL)
    take.tell(short)
    transcriber.stop(signal.SIGKILL)
    story = take.tell(short).keep()
    assert story.audio.read_bytes()[44:] == short * 3
    start()
    assert right_words(SHORT, wait_transcript(story).text) > 0.8
