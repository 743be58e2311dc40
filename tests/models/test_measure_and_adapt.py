"""`sayso models measure` and `adapt` as a person runs them, over stories of a centre that does not exist."""

import json
import shutil

import pytest

from kiosk.errors import ModelError
from models.adapting import adapter
from models.adapting.adapter import LEAST_STORIES, Adapter, judge
from models.measuring.references import checked_stories
from models.model_files import model_folder
from tests.models.centre import stories

WEIGHED = "checked stories"


def check(story, text):
    words = [{"word": word, "start": place, "end": place + 0.5, "conf": 1.0} for place, word in enumerate(text.split())]
    story.checked_path.write_text(json.dumps({"version": 1, "text": text, "words": words}))


@pytest.fixture
def centre(begin, folder, speak):
    """The stories of the centre, checked; two of them with a recording of what was said, the others' deleted."""

    def centre(told, recorded=2):
        kept = []
        for number, text in enumerate(told):
            story = begin().tell(speak(text) if number < recorded else bytes(3200)).keep()
            if number >= recorded:
                story.audio_deleted.write_bytes(b'{"version": 1}\n')
                story.audio.unlink()
            check(story, text)
            kept.append(story)
        return kept

    return centre


def test_a_model_is_measured_over_recordings_with_their_texts(run, put, tmp_path, short, wav_of):
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for name in ("one", "two"):
        (recordings / f"{name}.wav").write_bytes(wav_of(short))
        (recordings / f"{name}.txt").write_text("The staff at the day centre are kind, and help me with my lunch.")
    put("mine")
    picture = tmp_path / "measured.svg"
    done = run("models", "measure", "starter", "mine", "--recordings", recordings, "--plot", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert "| all (2) | starter |" in done.stdout and "| all (2) | mine |" in done.stdout
    assert "these recordings do not tell" in done.stdout
    assert picture.read_text().startswith("<svg") and ">mine</text>" in picture.read_text()


def test_a_model_is_measured_over_the_stations_own_checked_stories(run, centre):
    told = stories()[:2]
    kept = centre(told)
    done = run("models", "measure", "--stories")
    assert done.returncode == 0 and "| all (2) | starter |" in done.stdout
    assert " ms" in done.stdout, "checked words have times"
    kept[1].audio.write_bytes(b"")
    done = run("models", "measure")
    assert done.returncode == 0 and "| all (1) | starter |" in done.stdout
    assert kept[1].id in done.stderr and "passed over" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("measure",), "No story has been checked yet"),
        (("measure", "--recordings", "/nowhere"), "There is no folder /nowhere"),
        (("measure", "--recordings", "/tmp", "--stories"), "not over both"),
        (("measure", "--plot", "picture.png"), "call it picture.svg"),
        (("measure", "nothing"), "There is no model 'nothing'"),
        (("adapt", "nothing"), "No model 'nothing' is installed"),
        (("adapt", "--names", "/nowhere.txt"), "Cannot read the list of names /nowhere.txt"),
        (("adapt",), "0 checked stories are too few"),
        (("adapt", "--back"), "nothing to go back from"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(run, words, why):
    done = run("models", *words)
    assert done.returncode in (1, 2) and why in done.stderr


def test_adapting_is_kept_where_it_helps_and_one_command_goes_back(run, centre, models, folder, speak, tmp_path):
    told = stories()
    centre(told, recorded=0)
    folder.local_names.write_text("# our places\nRose Court\n")
    before = (model_folder("starter") / "graph" / "Gr.fst").read_bytes()
    done = run("models", "adapt")
    assert done.returncode == 0, done.stderr
    assert f"{len(told)} {WEIGHED}" in done.stdout and "It cannot write these words at all" in done.stdout
    assert models.in_use() == {"en": "starter-adapted"}
    assert (model_folder("starter") / "graph" / "Gr.fst").read_bytes() == before, "the model itself stays"
    record = models.record("starter-adapted")
    assert record and record.adapted_from == "starter" and not list(models.changed_files("starter-adapted"))
    assert run("models", "check").returncode == 0

    again = run("models", "adapt")
    assert again.returncode == 0 and models.names() == ["starter-adapted"], (
        "made from the starter again, not from itself"
    )

    done = run("models", "adapt", "--back")
    assert "starter is in use again" in done.stdout and models.in_use() == {"en": "starter"}
    assert models.names() == ["starter-adapted"]
    assert list(models.root.glob(".*")) == []


def test_recordings_put_aside_are_heard_by_both_models(centre, folder, tmp_path):
    told = stories()[:LEAST_STORIES]
    centre(told, recorded=4)
    references, _ = checked_stories(folder, "en")
    heard = []
    adapter = Adapter(model_folder("starter"))
    found = judge(model_folder("starter"), adapter, references, 0.3, tmp_path / "work", lambda: heard.append(1))
    assert found and found[1][0] <= found[0] <= found[1][1]
    assert len(heard) == 4, "two recordings, each by both"
    assert not (tmp_path / "work").exists()


def test_where_more_words_come_out_wrong_nothing_is_kept(run, centre, models, monkeypatch):
    centre(stories(), recorded=0)
    monkeypatch.setattr(adapter, "judge", lambda *_: (-0.02, (-0.05, 0.01)))
    done = run("models", "adapt")
    assert done.returncode == 0 and "That is more than before: starter stays as it is." in done.stdout
    assert models.in_use() == {} and models.names() == []


def test_stories_that_have_nothing_in_common_change_nothing(run, centre, models):
    words = sorted(word for word in _words() if word.isalpha() and len(word) > 3)
    centre([" ".join(words[place : place + 8]) for place in range(0, 96, 8)], recorded=0)
    done = run("models", "adapt")
    assert done.returncode == 0 and "no measurable help: starter stays as it is" in done.stdout
    assert models.in_use() == {} and models.names() == []


def _words():
    lines = (model_folder("starter") / "graph" / "words.txt").read_text().splitlines()
    return [line.split()[0] for line in lines]


def test_an_adapted_model_that_does_not_work_leaves_the_old_one_in_use(run, centre, models, monkeypatch):
    centre(stories(), recorded=0)

    def broken(folder):
        raise ModelError(f"{folder} hears nothing.")

    monkeypatch.setattr(adapter, "try_out", broken)
    done = run("models", "adapt")
    assert done.returncode == 1 and "hears nothing" in done.stderr
    assert models.in_use() == {} and models.names() == [] and list(models.root.glob(".*")) == []


def test_a_full_disk_is_said_before_anything_is_done(run, centre, models, monkeypatch):
    centre(stories(), recorded=0)
    monkeypatch.setattr(adapter.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    done = run("models", "adapt")
    assert done.returncode == 1 and "are kept for stories. Make room" in done.stderr
    assert models.in_use() == {} and models.names() == []


def test_a_damaged_graph_is_named(run, centre, models, put):
    centre(stories(), recorded=0)
    put("mine")
    path = models.root / "mine" / "graph" / "Gr.fst"
    path.write_bytes(path.read_bytes()[:1000])
    done = run("models", "adapt", "mine")
    assert done.returncode == 1 and "Gr.fst cannot be read as a graph of words" in done.stderr
    shutil.rmtree(models.root / "mine")
