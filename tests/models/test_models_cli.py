"""`sayso models` as a person runs it."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading

import psutil
import pytest

from kiosk.config import Place
from kiosk.errors import ModelError
from kiosk.stories.status import read_status
from models import install
from models.checks import look_at_model
from models.trial import Trial
from tests.models.helpers import ROOT, SHORT, right_words, wait_for, wait_transcript
from tests.models.publisher import NAME


def settings(tmp_path, content):
    path = tmp_path / "sayso.toml"
    path.write_text(content)
    return path


def test_the_list_shows_what_is_here_what_is_in_use_and_what_can_be_got_and_makes_no_folder(run, tmp_path):
    done = run("models", "list", data=tmp_path / "none")
    assert (done.returncode, done.stderr) == (0, "")
    assert "In use for English: starter (for trying things out, not for visitors)" in done.stdout
    assert "vosk-model-small-en-gb-0.15" in done.stdout and "vosk-model-small-pl" not in done.stdout
    assert "9.85 % (LibriSpeech test-clean)" in done.stdout and "not how well your visitors" in done.stdout.replace(
        "\n", " "
    )
    assert re.search(r"\d+ more for other languages: sayso models list --all", done.stdout)
    every = run("models", "list", "--all", data=tmp_path / "none").stdout
    assert "vosk-model-small-pl-0.22" in every
    assert "No listed model writes down Bengali, Panjabi, Romanian, Somali, Urdu, Welsh." in every
    assert not (tmp_path / "none").exists()


def test_a_station_of_a_language_without_models_is_told_so(run, tmp_path):
    done = run("models", "list", "--config", settings(tmp_path, '[station]\nlanguage = "cy"\n'))
    assert "In use for Welsh: none." in done.stdout
    assert "no other model for Welsh. People can type" in done.stdout


def test_get_use_list_check_remove_one_after_the_other(run, server, models, tmp_path):
    done = run("models", "get", NAME, "--publisher", server.address)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"sayso models use {NAME}" in done.stdout and "its graph can be adapted" in done.stdout
    assert models.in_use() == {}

    asked = len(server.asked)
    done = run("models", "get", NAME, "--publisher", server.address)
    assert done.returncode == 0 and "here already, and whole" in done.stdout
    assert len(server.asked) == asked

    assert run("models", "use", NAME).returncode == 0
    assert models.in_use() == {"en": NAME}
    listed = run("models", "list").stdout
    assert f"In use for English: {NAME}\n" in listed and "<- in use for English" in listed
    assert f"{NAME}  " not in listed.partition("Can be got")[2]

    done = run("models", "check")
    assert done.returncode == 0, done.stderr
    assert f"{NAME} works; its files are those that were installed." in done.stdout
    assert "Raspberry Pi 4 or 5 (2 GB)" in done.stdout and "Advice:" in done.stdout
    assert re.search(r"memory +\d+ MB", done.stdout) and re.search(r"speed +0\.\d+ s", done.stdout)

    done = run("models", "remove", NAME)
    assert done.returncode == 2 and "in use for English" in done.stderr
    assert run("models", "use", "starter").returncode == 0
    assert run("models", "remove", NAME).returncode == 0
    assert os.listdir(models.root) == ["in-use.json"]


def test_a_zip_on_a_stick_needs_no_network_and_a_language(run, tmp_path, zip_of, model, models, monkeypatch):
    def no_network(*_):
        raise AssertionError("it reached for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    (tmp_path / "stick.zip").write_bytes(zip_of(model, "our-own"))
    done = run("models", "get", tmp_path / "stick.zip")
    assert done.returncode == 0, done.stderr
    done = run("models", "use", "our-own")
    assert done.returncode == 2 and "--language" in done.stderr
    done = run("models", "use", "our-own", "--language", "cy-GB")
    assert done.returncode == 0 and "Stories in Welsh" in done.stdout and "own language is English" in done.stderr
    assert models.in_use() == {"cy": "our-own"}
    assert "in use for Welsh" in run("models", "remove", "our-own").stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["get", "/nowhere/x.zip"], 2, "Is the stick plugged in"),
        (["get", "vosk-model-small-en-us-0.16"], 2, "Did you mean"),
        (["get", NAME, "--publisher", "http://example.org"], 2, "https only"),
        (["get", NAME, "--publisher", "http://127.0.0.1:9"], 1, "USB stick"),
        (["use", NAME], 2, f"Get it first: sayso models get {NAME}"),
        (["use", "../stories"], 2, "is installed; there are: starter"),
        (["use", "starter", "--language", "English"], 2, "no language's code"),
        (["check", "nothing"], 2, "sayso models list"),
        (["remove", "starter"], 2, "stays"),
        (["remove", "../stories"], 2, "is installed"),
        (["remove", "in-use.json"], 2, "is installed"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(run, words, code, says):
    done = run("models", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_a_broken_model_is_not_put_into_use_and_check_names_the_file(run, put, models, folder):
    put("mine")
    models.use("en", "mine")
    put("broken")
    os.truncate(models.root / "broken" / "graph" / "disambig_tid.int", 4)  # Vosk dies of it
    done = run("models", "use", "broken", "--language", "en")
    assert done.returncode == 1 and "SIGSEGV" in done.stderr
    assert models.in_use() == {"en": "mine"}
    (models.root / "mine" / "am" / "final.mdl").unlink()
    done = run("models", "check")
    assert done.returncode == 1 and "am/final.mdl" in done.stderr
    with pytest.raises(ModelError, match=r"am/final\.mdl"):
        look_at_model(Place(folder.root))


def test_a_file_that_has_changed_since_it_was_installed_is_named(run, tmp_path, starter_zip, models, monkeypatch):
    monkeypatch.setattr(install, "try_out", lambda folder: Trial("yes", 50, 0.1))
    (tmp_path / "m.zip").write_bytes(starter_zip)
    assert run("models", "get", tmp_path / "m.zip").returncode == 0
    path = models.root / NAME / "MODEL_CARD.md"
    path.write_text(path.read_text() + " ")
    done = run("models", "check", NAME)
    assert done.returncode == 1 and "MODEL_CARD.md" in done.stderr and f"get --again {NAME}" in done.stderr


def test_what_the_settings_name_goes_first_and_is_not_removed(run, put, models, tmp_path):
    put("mine", "other")
    config = settings(tmp_path, '[transcriber]\nmodel = "mine"\nmodels = { pl = "other" }\n')
    done = run("models", "use", "other", "--language", "en", "--config", config)
    assert done.returncode == 0 and "the settings name 'mine'" in done.stderr
    assert "In use for English: mine, as the settings say" in run("models", "list", "--config", config).stdout
    for name, language in (("mine", "English"), ("other", "Polish")):
        done = run("models", "remove", name, "--config", config)
        assert done.returncode == 2 and f"in use for {language}" in done.stderr


def test_a_garbled_choice_is_said_everywhere_and_mended_by_choosing_again(run, put, models):
    put("mine")
    models.in_use_path.write_text("{")
    assert "In use for English: not known." in run("models", "list").stdout
    done = run("models", "remove", "mine")
    assert done.returncode == 1 and "sayso models use NAME" in done.stderr
    assert run("models", "check").returncode == 1
    assert run("models", "use", "mine", "--language", "en").returncode == 0
    assert models.in_use() == {"en": "mine"}


def test_only_one_installer_works_at_a_time(run, folder, put):
    put("mine")
    with folder.lock("installer"):
        done = run("models", "use", "mine", "--language", "en")
    assert done.returncode == 1 and "installer is already running" in done.stderr


def test_a_progress_bar_is_shown_on_a_terminal(server, folder):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "kiosk.cli", "models", "get", NAME, "--publisher", server.address]
    process = subprocess.Popen([*command, "--data", folder.root], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed: it has ended
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait() == 0
    assert re.search(rb"Fetching: +\d+%.*/\d", shown) and b"Unpacking:" in shown and b"Trying it out ..." in shown


def test_whoever_interrupts_fetching_is_told_that_it_goes_on(server, folder, models):
    asked_to_stop = threading.Event()
    server.before_piece = lambda at: at > len(server.content) // 2 and asked_to_stop.wait(30)
    command = [sys.executable, "-m", "kiosk.cli", "models", "get", NAME, "--publisher", server.address]
    process = subprocess.Popen([*command, "--data", folder.root], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    fetched = models.root / f".{NAME}.zip"
    wait_for(lambda: fetched.exists() and fetched.stat().st_size)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    asked_to_stop.set()
    assert "Run the same again: it goes on" in said
    assert process.returncode == 130
    assert fetched.stat().st_size and models.names() == []


def test_transcribing_a_file_uses_what_was_chosen(run, put, models, tmp_path, short, wav_of):
    put("mine")
    models.use("en", "mine")
    (tmp_path / "talk.wav").write_bytes(wav_of(short))
    told = json.loads(run("transcribe", "--format", "json", tmp_path / "talk.wav").stdout)
    assert told["model"] == "mine" and right_words(SHORT, told["text"]) > 0.8
    none = settings(tmp_path, '[transcriber]\nmodel = "none"\n')
    done = run("transcribe", tmp_path / "talk.wav", "--config", none)
    assert done.returncode == 1 and "No speech model is chosen for English" in done.stderr


def test_sayso_check_says_which_model_writes_down_what(folder, tmp_path, put, models):
    welsh = Place(folder.root, settings(tmp_path, '[station]\nlanguage = "cy"\n'))
    told = look_at_model(welsh)
    assert told == "None for Welsh: stories are recorded and kept, and people type the words."
    told = look_at_model(Place(folder.root))
    assert told.startswith("'starter' writes down English. It is for trying things out, not for visitors")
    put("mine")
    models.use("cy", "mine")
    assert look_at_model(welsh) == "'mine' writes down Welsh."
    models.in_use_path.write_text("{")
    with pytest.raises(ModelError, match="sayso models use NAME"):
        look_at_model(welsh)


# The station never reaches for the network by itself.

INTERNET = re.compile(r"AF_INET6?\b")


@pytest.fixture
def traced(folder, tmp_path):
    """Run a command and return every call of the kernel by which it, or what it starts, reaches for a network."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed (deploy/apt/tests.txt).")
    log = tmp_path / "calls.txt"

    def traced(*words, while_running=None):
        command = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=%network", "-o", log]
        command += [sys.executable, "-m", "kiosk.cli", *words, "--data", folder.root]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if while_running:
                while_running()
        finally:
            # strace lets no signal end it before what it watches has ended.
            for each in psutil.Process(process.pid).children() if while_running else ():
                each.terminate()
            said = process.communicate(timeout=120)
        calls = log.read_text().splitlines()
        return process.returncode, said, [call for call in calls if INTERNET.search(call)]

    return traced


def test_strace_would_see_it(traced):
    _, _, calls = traced("models", "get", NAME, "--publisher", "http://127.0.0.1:9")
    assert any("sin_port=htons(9)" in call for call in calls)


def test_list_use_check_and_remove_open_no_internet_connection(traced, put):
    put("mine", "other")
    for words in (["list", "--all"], ["use", "mine", "--language", "en"], ["check"], ["remove", "other"]):
        code, said, calls = traced("models", *words)
        assert (code, calls) == (0, []), said


def test_the_transcriber_opens_no_internet_connection(traced, begin, short):
    story = begin().tell(short).keep()
    _, said, calls = traced("transcribe", while_running=lambda: wait_transcript(story, within_s=100))
    assert calls == [], said


def test_the_kiosk_opens_no_internet_connection(traced, folder, tmp_path):
    def idle():
        wait_for(lambda: (read_status(folder, "kiosk") or {}).get("state") == "idle", within_s=100)

    config = settings(
        tmp_path, '[panel]\nkind = "simulated"\n[microphone]\nkind = "sample"\n[speaker]\nkind = "none"\n'
    )
    _, said, calls = traced("kiosk", "--config", config, while_running=idle)
    assert calls == [], said
