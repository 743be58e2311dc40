"""The transcriber with several languages and with a choice that changes, one turn after the other or as a process."""

import contextlib
import json
import os
import signal
import time

import psutil
import pytest

from kiosk import config
from kiosk.stories.status import read_status
from models.attempts import Attempts
from models.choice import Choice
from models.installed import InstalledModels, _exchanged
from models.model_files import model_folder
from models.transcriber import Transcriber
from tests.models.helpers import SHORT, is_alive, open_files, right_words, wait_for, wait_transcript


@pytest.fixture
def installed(folder):
    """Install the starter model under a name, as a link: what is in it is of no interest here."""

    def installed(*names):
        for name in names:
            path = folder.models / name
            path.mkdir()
            for part in model_folder("starter").iterdir():
                (path / part.name).symlink_to(part)
        return InstalledModels(folder)

    return installed


@pytest.fixture
def working(folder):
    """A transcriber in this process, which works only while something is waited for."""
    running = []

    class Working:
        def __init__(self, language="en-GB", **transcriber):
            settings = {"station": {"language": language}, "transcriber": transcriber}
            self.transcriber = Transcriber(folder, Choice(folder, config.parse(settings, "settings")))
            running.append(self.transcriber)

        def until(self, what):
            return wait_for(lambda: (self.transcriber.turn() and False) or what(), within_s=240)

        def status(self):
            self.transcriber.turn()
            return read_status(folder, "transcriber") or {}

    yield Working
    for each in running:
        each.stop()
        each.run()  # ends its process


def keep(begin, pcm, language="en-GB"):
    return begin(language).tell(pcm).keep()


def workers():
    found = []
    for each in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it has just ended
            found += [each.pid] if "models.worker" in each.cmdline() else []
    return found


def test_a_story_in_a_language_without_a_model_is_for_people_and_waits_in_no_queue(working, begin, short):
    welsh, english = keep(begin, short, "cy"), keep(begin, short)
    working = working()
    working.until(lambda: welsh.transcript() and english.transcript())
    transcript = welsh.transcript()
    assert (transcript.model, transcript.words, transcript.seconds) == ("none", (), 0)
    assert transcript.failed == (
        "This station has no speech model that writes down Welsh. Please listen, and type the words."
    )
    assert right_words(SHORT, english.transcript().text) > 0.8
    status = working.until(lambda: (told := working.status()).get("state") == "waiting" and told["by_hand"] and told)
    assert (status["queue"], status["queued"], status["seconds_behind"], status["faults"]) == ([], 0, 0, [])
    assert [each["id"] for each in status["by_hand"]] == [welsh.id] and status["set_aside"] == []


def test_a_station_without_a_model_for_its_language_loads_none_and_has_no_fault(working, begin, short, folder):
    working = working("cy", models={"en": "none"})
    take = begin("cy").tell(short)
    status = working.until(lambda: (told := working.status()).get("state") == "waiting" and told)
    assert (status["model"], status["worker_pid"], status["faults"]) == ("none", None, [])
    story = take.keep()
    assert working.until(story.transcript).model == "none"
    english = keep(begin, short)
    assert "English" in working.until(english.transcript).failed
    assert workers() == []
    assert not any("audio.wav" in name for name in open_files(os.getpid()))


def test_when_a_model_is_chosen_for_it_later_what_people_had_not_typed_is_written_down(
    working, begin, short, installed
):
    models = installed("cymraeg")
    story = keep(begin, short, "cy-GB")
    working = working()
    working.until(story.transcript)
    models.use("cy", "cymraeg")
    transcript = working.until(lambda: (told := story.transcript()) and not told.failed and told)
    assert transcript.model == "cymraeg" and right_words(SHORT, transcript.text) > 0.8
    working.until(lambda: working.status().get("by_hand") == [])


def test_a_new_choice_is_taken_up_between_stories_and_never_in_the_middle_of_one(working, begin, short, installed):
    models = installed("one", "two")
    models.use("en", "one")
    working = working()
    take = begin().tell(short)
    working.until(lambda: take.tell(bytes(3200)) and working.status().get("working_on") == take.id and workers())
    working.until(lambda: working.status()["seconds_behind"] == 0)
    (worker,) = workers()
    models.use("en", "two")
    for _ in range(20):
        working.transcriber.turn()
        assert workers() == [worker]
    take.tell(short)
    story = take.keep()
    transcript = working.until(story.transcript)
    assert transcript.model == "one" and right_words(f"{SHORT} {SHORT}", transcript.text) > 0.8
    assert working.until(keep(begin, short).transcript).model == "two"
    assert not is_alive(worker)


def test_stories_in_two_languages_are_done_language_by_language_with_one_model_in_memory(
    working, begin, short, installed
):
    installed("english", "polski")
    stories = [keep(begin, short, language) for language in ("en", "pl", "en", "pl")]
    working = working(models={"en": "english", "pl": "polski"})
    most, seen = 0, []

    def all_done():
        nonlocal most
        most = max(most, len(workers()))
        seen.extend(pid for pid in workers() if pid not in seen)
        return all(story.transcript() for story in stories)

    working.until(all_done)
    assert most == 1 and len(seen) == 2
    assert [story.transcript().model for story in stories] == ["english", "polski"] * 2
    done = sorted(stories, key=lambda story: story.transcript_path.stat().st_mtime_ns)
    assert [story.transcript().model for story in done] == ["english"] * 2 + ["polski"] * 2
    # Nothing waits: the station's own model is brought back for the next visitor.
    working.until(lambda: working.status()["model"] == "english" and working.status()["state"] == "waiting")


def test_a_visitors_language_goes_before_the_backlog_of_another(working, begin, short, installed):
    installed("polski")
    old = keep(begin, short * 6)
    working = working(models={"pl": "polski"})
    working.until(lambda: working.status().get("working_on") == old.id)
    take = begin("pl").tell(short)
    working.until(lambda: take.tell(bytes(3200)) and working.status().get("working_on") == take.id)
    # While the visitor thinks about the answer the model stays, so that the words come at once.
    working.until(lambda: working.status()["seconds_behind"] == len(short * 6) // 32_000)
    worker = workers()
    for _ in range(20):
        working.transcriber.turn()
        assert workers() == worker
    assert working.until(take.keep().transcript).model == "polski"
    assert old.transcript() is None
    assert working.until(old.transcript).model == "starter"


def test_a_missing_model_of_one_language_holds_up_no_other(working, begin, short, installed):
    polish, english = keep(begin, short, "pl"), keep(begin, short)
    working = working(models={"pl": "polski"})
    working.until(english.transcript)
    status = working.until(lambda: (told := working.status())["state"] == "transcribing" and told["faults"] and told)
    assert status["queue"] == [polish.id] and "polski" in status["faults"][0]["message"]
    installed("polski")
    assert working.until(polish.transcript).model == "polski"
    working.until(lambda: working.status()["faults"] == [])


def test_a_choice_that_cannot_be_read_lets_stories_wait_and_says_so(working, begin, short, installed):
    models = installed("mine")
    models.in_use_path.write_text("{garbled")
    story = keep(begin, short)
    working = working()
    status = working.until(lambda: (told := working.status()).get("state") == "no model" and told)
    assert "sayso models use NAME" in status["faults"][0]["message"]
    assert (status["queue"], story.transcript()) == ([story.id], None)
    models.use("en", "mine")
    assert working.until(story.transcript).model == "mine"
    working.until(lambda: working.status()["faults"] == [])


def test_a_model_that_was_installed_anew_is_loaded_anew(working, begin, short, installed, folder):
    models = installed("mine", "newer")
    models.use("en", "mine")
    working = working()
    worker = working.until(lambda: working.status().get("state") == "waiting" and workers())
    assert _exchanged(folder.models / "newer", folder.models / "mine")
    working.until(lambda: (now := workers()) and now != worker)
    assert working.until(keep(begin, short).transcript).model == "mine"


def test_a_crash_counts_for_the_model_that_crashed(working, begin, short, installed):
    story = keep(begin, short * 6)
    working = working()
    for _ in range(2):
        working.until(
            lambda: working.status().get("working_on") == story.id and working.status()["worker_pid"] in workers()
        )
        worker = working.status()["worker_pid"]
        os.kill(worker, signal.SIGSEGV)
        working.until(lambda worker=worker: not is_alive(worker))
    working.until(lambda: (told := story.transcript()) and "crashed twice" in told.failed)
    installed("better").use("en", "better")
    assert working.until(lambda: not story.transcript().failed and story.transcript()).model == "better"


def test_crashes_of_one_model_are_not_held_against_another(tmp_path):
    attempts = Attempts(tmp_path / "attempts.json")
    attempts.crashed("story", "one")
    attempts.crashed("story", "two")
    assert not attempts.used_up("story", "one") and not attempts.used_up("story", "two")
    attempts.crashed("story", "two")
    again = Attempts(tmp_path / "attempts.json")
    assert again.used_up("story", "two") and not again.used_up("story", "one")
    again.forget("story")
    assert Attempts(tmp_path / "attempts.json").ids() == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"model": "starter", "crashes": {"story": 2}}', b'{"crashes": 3}'])
def test_a_garbled_or_older_count_of_crashes_begins_anew(tmp_path, content):
    (tmp_path / "attempts.json").write_bytes(content)
    assert Attempts(tmp_path / "attempts.json").ids() == []


def test_a_running_station_takes_up_what_sayso_models_use_says(start, begin, short, installed, sayso, folder):
    installed("mine")
    transcriber = start()
    transcriber.wait_state("waiting")
    assert wait_transcript(keep(begin, short)).model == "starter"
    done = sayso("models", "use", "mine", "--language", "en", "--data", folder.root)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: transcriber.status().get("model") == "mine" and transcriber.status()["state"] == "waiting")
    assert wait_transcript(keep(begin, short)).model == "mine"


def test_a_language_that_cannot_be_read_is_the_stations_own(working, begin, short):
    story = keep(begin, short)
    record = json.loads((story.path / "story.json").read_text())
    (story.path / "story.json").write_text(json.dumps(record | {"language": 3}))
    other = keep(begin, short)
    working = working()
    working.until(other.transcript)
    assert story.transcript() is None and working.status()["damaged"][0]["id"] == story.id
    (story.path / "story.json").write_text(json.dumps(record | {"language": "cy"}))
    os.utime(story.path, (time.time(), time.time()))
    assert working.until(story.transcript).model == "none"
