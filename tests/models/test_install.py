"""Installing real models (the starter, zipped under another name) from a server on this machine and from files."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from kiosk.errors import DiskFull, DownloadError, ModelError
from kiosk.stories.folder import DataFolder
from models import install, installed
from models.catalogue import catalogue
from models.download import Publisher
from models.install import Installer
from models.installed import InstalledModels
from models.model_files import check_model, model_folder
from models.trial import Trial
from tests.models.helpers import ROOT, wait_for
from tests.models.publisher import NAME

LISTED = catalogue().require(NAME)


@pytest.fixture
def models(folder):
    return InstalledModels(folder)


@pytest.fixture
def installer(models):
    return Installer(models, reserve_bytes=0, show=lambda *_: None)


@pytest.fixture
def get(installer, server):
    return lambda: installer.get(LISTED, Publisher(server.address, tries=1))


@pytest.fixture
def get_zip(installer, tmp_path):
    def get_zip(content, name="stick.zip", language=None):
        (tmp_path / name).write_bytes(content)
        return installer.get_zip(tmp_path / name, language)

    return get_zip


@pytest.fixture
def untried(monkeypatch):
    """Models are not tried out: for what has nothing to do with that."""
    monkeypatch.setattr(install, "try_out", lambda folder: Trial("yes", 50, 0.1))


def left(models):
    return sorted(os.listdir(models.root))


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_model_is_fetched_tried_out_and_remembered(get, models, installer):
    record, trial = get()
    assert "staff are very kind" in trial.words
    assert left(models) == [NAME]
    starter = files_of(model_folder("starter"))
    assert {path: content for path, content in files_of(models.folder(NAME)).items() if path in starter} == starter
    assert record.files == {path: hashlib.sha256(content).hexdigest() for path, content in starter.items()}
    assert models.record(NAME) == record
    assert (record.language, record.source.startswith("http://127.0.0.1")) == ("en-GB", True)
    assert record.memory_mb > 10 and 0 < record.real_time_factor < 1
    assert installer.is_whole(NAME)


def test_a_file_that_changes_later_is_noticed(get, models, installer, untried):
    get()
    path = models.folder(NAME) / "am" / "final.mdl"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert list(models.changed_files(NAME)) == ["am/final.mdl"]
    assert not installer.is_whole(NAME)
    path.unlink()
    assert list(models.changed_files(NAME)) == ["am/final.mdl"]


def test_a_model_on_a_stick_is_installed_under_its_folders_name(get_zip, models, zip_of, model, untried):
    record, _ = get_zip(zip_of(model, "our-own-model"))
    assert (record.name, record.language, record.source) == ("our-own-model", None, "stick.zip")
    record, _ = get_zip(zip_of(model, NAME), "vosk-model (1).zip")
    assert (record.name, record.language) == (NAME, "en-GB")
    record, _ = get_zip(zip_of(model, "."), "plain.zip", "cy")
    assert (record.name, record.language) == ("plain", "cy")
    record, _ = get_zip(zip_of(model, "a/b/deep"))
    assert record.name == "deep" and set(record.files) == set(files_of(model))
    assert models.names() == ["deep", "our-own-model", "plain", NAME]
    assert left(models) == models.names()


@pytest.mark.parametrize("name", ["starter", "auto", "none", "with space", ".hidden", "-x", "x" * 101])
def test_a_name_that_cannot_be_a_models_is_refused(get_zip, models, zip_of, model, name):
    before = files_of(model_folder("starter"))
    with pytest.raises(ModelError, match="cannot be a model's name"):
        get_zip(zip_of(model, name))
    assert left(models) == []
    assert files_of(model_folder("starter")) == before


def damaged(model, how):
    graph = model / "graph"
    if how == "missing":
        (graph / "Gr.fst").unlink()
    elif how == "cut short":
        os.truncate(graph / "disambig_tid.int", 4)  # a segmentation fault in Vosk
    elif how == "cut short within":
        os.truncate(model / "am" / "final.mdl", 2_866_651)
    elif how == "swapped":
        (graph / "HCLr.fst").rename(graph / "x")
        (graph / "Gr.fst").rename(graph / "HCLr.fst")
        (graph / "x").rename(graph / "Gr.fst")


@pytest.mark.parametrize("how", ["missing", "cut short", "cut short within", "swapped"])
def test_a_damaged_model_is_refused_and_the_old_one_stays(get_zip, models, starter_zip, model, zip_of, how):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(install, "try_out", lambda folder: Trial("yes", 50, 0.1))
        get_zip(starter_zip)
    before = files_of(models.folder(NAME))
    damaged(model, how)
    with pytest.raises(ModelError):
        get_zip(zip_of(model))
    assert files_of(models.folder(NAME)) == before
    assert left(models) == [NAME]


def test_a_fetched_model_that_does_not_work_is_not_kept_as_a_zip(get, server, models, model, zip_of):
    damaged(model, "missing")
    server.publish(zip_of(model))
    with pytest.raises(ModelError, match=r"Gr\.fst"):
        get()
    assert left(models) == []


def test_an_english_model_that_hears_nothing_is_refused_and_another_is_not(get_zip, models, zip_of, model, monkeypatch):
    monkeypatch.setattr(install, "try_out", lambda folder: Trial("", 50, 0.1))
    with pytest.raises(ModelError, match="heard no word"):
        get_zip(zip_of(model))
    assert left(models) == []
    get_zip(zip_of(model, "vosk-model-small-te-0.42"))


def test_the_old_model_stays_until_the_new_one_has_passed(get, server, models, zip_of, model, monkeypatch, untried):
    get()
    before = files_of(models.folder(NAME))
    (model / "README.md").write_text("A newer one.")
    server.publish(zip_of(model))
    seen = []

    def try_out(folder):
        seen.append((files_of(models.folder(NAME)), (folder / "README.md").read_text()))
        return Trial("yes", 50, 0.1)

    monkeypatch.setattr(install, "try_out", try_out)
    get()
    assert seen == [(before, "A newer one.")]
    assert (models.folder(NAME) / "README.md").read_text() == "A newer one."
    assert left(models) == [NAME]


def test_where_the_disk_cannot_exchange_two_folders_the_old_one_comes_back_after_a_crash(
    get, server, models, zip_of, model, monkeypatch, untried
):
    monkeypatch.setattr(installed, "_exchanged", lambda *_: False)
    get()
    (model / "README.md").write_text("A newer one.")
    server.publish(zip_of(model))
    get()
    assert (models.folder(NAME) / "README.md").read_text() == "A newer one."
    assert left(models) == [NAME]
    # Killed between the two renames.
    models.folder(NAME).rename(models.root / f".{NAME}.replaced")
    models.unfinished(NAME).mkdir()
    models.tidy()
    assert left(models) == [NAME]
    check_model(models.folder(NAME))


def test_without_room_nothing_is_fetched(folder, models, server):
    free = shutil.disk_usage(folder.root).free
    installer = Installer(models, reserve_bytes=free - 1e6, show=lambda *_: None)
    with pytest.raises(DiskFull, match=r"The model needs \d+ MB.*kept for stories"):
        installer.get(LISTED, Publisher(server.address))
    assert [path for path, _ in server.asked] == ["/models/model-list.json"]


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", place]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("A small disk can be mounted by root only.")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_said_and_after_making_room_it_goes_on(small_disk, server, monkeypatch, untried):
    models = InstalledModels(DataFolder.open(small_disk / "data"))
    installer = Installer(models, reserve_bytes=0, show=lambda *_: None)
    with pytest.raises(DiskFull, match="kept for stories"):
        installer.get(LISTED, Publisher(server.address))
    # Somebody else fills the disk after we have looked.
    monkeypatch.setattr(Installer, "_require_room", lambda *_: None)
    with pytest.raises(DiskFull, match=r"No space left on device.*it goes on"):
        installer.get(LISTED, Publisher(server.address))
    fetched = server.sent
    part = models.root / f".{NAME}.zip"
    kept = part.stat().st_size
    assert 3e6 < kept <= fetched
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    # Now the zip fits, and what comes out of it does not.
    with pytest.raises(DiskFull, match=r"No space left on device.*Nothing was changed"):
        installer.get(LISTED, Publisher(server.address))
    assert server.asked[-1][1] == f"bytes={kept}-"
    assert left(models) == [part.name]
    subprocess.run(["mount", "-o", "remount,size=40m", small_disk], check=True)
    before = len(server.asked)
    installer.get(LISTED, Publisher(server.address))
    assert [path for path, _ in server.asked[before:]] == ["/models/model-list.json"]
    assert left(models) == [NAME]


def test_a_wrong_zip_is_not_kept(get, server, models, zip_of, tmp_path):
    server.publish(b"This is no zip. " * 1000)
    with pytest.raises(ModelError, match="is no zip"):
        get()
    assert left(models) == []


def test_a_broken_connection_keeps_what_was_fetched(get, server, models, untried):
    server.misbehaving = [lambda answer: answer.send_file(stop_after=1_000_000)]
    with pytest.raises(DownloadError, match="it goes on"):
        get()
    assert (models.root / f".{NAME}.zip").stat().st_size == 1_000_000
    get()
    assert server.asked[-1][1] == "bytes=1000000-"
    assert left(models) == [NAME]


def test_killed_at_any_moment_the_model_in_use_stays_whole_and_the_next_run_goes_on(
    get, server, folder, models, installer, zip_of, model, untried
):
    get()
    models.use("en", NAME)
    old = files_of(models.folder(NAME))
    (model / "README.md").write_text("A newer one.")
    server.publish(zip_of(model))
    server.before_piece = lambda _: time.sleep(0.002)  # slow enough to be interrupted, and nothing depends on it
    command = [sys.executable, "-m", "kiosk.cli", "models", "get", NAME, "--again", "--publisher", server.address]
    command += ["--data", folder.root]
    fetched, unpacking, chance = models.root / f".{NAME}.zip", models.unfinished(NAME), random.Random(3)
    moments = [
        lambda: fetched.exists() and fetched.stat().st_size > 1_000_000,
        lambda: fetched.exists() and fetched.stat().st_size > 4_000_000,
        unpacking.exists,
        (unpacking / NAME / "graph" / "words.txt").exists,
        (unpacking / NAME / "installed.json").exists,
    ]
    for moment in moments:
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        wait_for(lambda process=process, moment=moment: moment() or process.poll() is not None, within_s=240)
        time.sleep(chance.random() * 0.02)  # any moment will do
        process.send_signal(signal.SIGKILL)
        assert b"Traceback" not in process.communicate()[1]
        if files_of(models.folder(NAME)) != old:
            assert installer.is_whole(NAME)
            break
    # Killed in the middle of fetching, it went on there; killed later, it fetched nothing again.
    ranges = [asked for path, asked in server.asked if path.endswith(".zip")]
    assert ranges[:2] == [None, None] and all(ranges[2:]) and len(ranges) <= 4
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert installer.is_whole(NAME) and models.in_use() == {"en": NAME}
    assert (models.folder(NAME) / "README.md").read_text() == "A newer one."
    assert left(models) == ["in-use.json", NAME]
