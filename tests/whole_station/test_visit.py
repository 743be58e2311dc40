"""From the press to the page, as a user starts it."""

import difflib
import os
import re
import signal
import subprocess
import sys
import wave
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from kiosk.demo import _words_on
from kiosk.flow import State
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.conftest import STORY
from tests.sound_card import SoundCard, wait_until
from tests.station import StationUnderTest, free_port


def pcm_of(wav: bytes | Path) -> bytes:
    with wave.open(BytesIO(wav) if isinstance(wav, bytes) else str(wav)) as file:
        return file.readframes(file.getnframes())


def part_right(said: str, heard: str) -> float:
    """Return which part of the said words stands in the heard text, in order."""
    words, found = re.findall(r"[a-z']+", said.lower()), re.findall(r"[a-z']+", heard.lower())
    matches = difflib.SequenceMatcher(None, words, found, autojunk=False).get_matching_blocks()
    return sum(match.size for match in matches) / len(words)


def test_a_story_told_into_the_microphone_is_read_and_heard_on_the_site(
    station: StationUnderTest, card: SoundCard, story_wav: Path
) -> None:
    said = pcm_of(story_wav)
    # The visitor waits for the tone.
    card.script.write_bytes(bytes(32_000 * 8) + said)
    wait_until(lambda: card.listeners() == 0, "the microphone is closed")
    station.press("green", State.BEFORE)
    assert card.listeners() == 0
    station.walk(State.TELLING)
    assert card.listeners() == 1
    wait_until(lambda: (station.status()["seconds"] or 0) > 8 + len(said) / 32_000, "all was told", 240)
    station.press("red", State.HEAR_IT)
    wait_until(lambda: card.listeners() == 0, "the microphone is closed")
    station.answer(None)
    story_id = station.status()["last_story"]
    story = station.data.story(story_id)
    wait_until(story.transcript, "the transcript is there", 240)
    site = station.site()
    site.make_account()
    site.find(story_id, station.data)
    page = _words_on(site.get(f"/stories/{story_id}").decode())
    assert part_right(STORY, page) >= 0.8
    heard = pcm_of(site.get(f"/stories/{story_id}/audio"))
    before, _, after = heard.partition(said)
    assert said in heard and set(before + after) <= {0}
    assert story.story().overflows == 0


def test_a_story_spoken_live_to_the_sound_server_is_written_down(
    card: SoundCard, tmp_path: Path, story_wav: Path
) -> None:
    station = StationUnderTest(tmp_path / "station", card, microphone="virtmic")
    station.start()
    try:
        station.walk(State.TELLING)
        assert card.say(story_wav).wait(120) == 0
        station.keep()
        story = station.data.story(station.status()["last_story"])
        wait_until(story.transcript, "the transcript is there", 240)
        transcript = story.transcript()
        assert transcript and part_right(STORY, transcript.text) >= 0.8
    finally:
        station.stop()


def sayso(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "kiosk.cli", *map(str, words)]


#: What changes files, as strace writes it: the call, and the path that it names.
WRITES = re.compile(r'(?:open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)|'
                    r'(?:mkdir|rename|unlink|symlink|link|truncate)(?:at2?)?\((?:AT_FDCWD, )?"([^"]+)")')  # fmt: skip
#: Sound libraries of the system keep notes of their own (libjack, libpulse); Sayso has no part in those.
NOT_OURS = ("/dev/", "/proc/", str(Path.home() / ".config/pulse"), "/run/user/")


def test_the_demonstration_ends_well_leaves_nothing_and_writes_nowhere_else(tmp_path: Path) -> None:
    calls = "trace=open,openat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink,link,truncate"
    trace = ["strace", "-f", "-qq", "-e", calls, "-e", "status=successful", "-o", str(tmp_path / "trace")]
    demo = sayso("demo", "--once", "--data", tmp_path / "data")
    # Python's own cache of compiled modules belongs to the installation (deploy/setup fills it).
    done = subprocess.run(
        [*trace, *demo], capture_output=True, text=True, timeout=280, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert part_right("I have been coming to the day centre for two years", done.stdout.split("heard")[1]) >= 0.8
    assert "Found on the site" in done.stdout
    assert [name for name in os.listdir(tmp_path / "data") if name.startswith("demo")] == []
    touched = {one or other for one, other in WRITES.findall((tmp_path / "trace").read_text(errors="replace"))}
    ours = {path for path in touched if path.startswith(str(tmp_path / "data"))}
    assert len(ours) > 20
    elsewhere = {path for path in touched - ours if path.startswith("/") and not path.startswith(NOT_OURS)}
    assert elsewhere == set()


def test_the_demonstration_fails_when_nothing_can_be_written_down(tmp_path: Path) -> None:
    settings = tmp_path / "sayso.toml"
    settings.write_text('[transcriber]\nmodel = "/nowhere"\n')
    demo = sayso("demo", "--once", "--data", tmp_path / "data", "--config", settings)
    done = subprocess.run(demo, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "/nowhere" in done.stderr and "Traceback" not in done.stderr


def test_the_first_run_tells_a_story_by_itself_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    settings, printed = tmp_path / "sayso.toml", tmp_path / "printed.txt"
    tables = {"microphone": 'kind = "sample"', "speaker": 'kind = "none"', "admin": f"port = {free_port()}"}
    settings.write_text("\n".join(f"[{name}]\n{line}" for name, line in tables.items()))
    with printed.open("wb") as output:
        command = sayso("run", "--data", tmp_path / "data", "--config", settings)
        run = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: "Ctrl-C ends it." in printed.read_text() or run.poll() is not None, "it runs", 240)
        text = printed.read_text()
        assert "A visitor presses the green button" in text and "set-up code: " in text
        assert re.search(r"screen.* http://\S+/screen Its buttons can be pressed there\.", text)
        assert part_right("The staff are very kind and helpful", text.split("heard")[1]) >= 0.8
        family = psutil.Process(run.pid).children(recursive=True)
        assert len(family) >= 4
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 0
        wait_until(lambda: not any(process.is_running() for process in family), "every process has ended")
    finally:
        run.kill()
        run.wait()
    data = DataFolder(tmp_path / "data")
    assert len(data.story_folders()) == 1
    status = read_status(data, "kiosk")
    assert status is None or status["state"] == "stopped"


def test_a_port_in_use_stops_the_whole_run_with_a_way_out(station: StationUnderTest, tmp_path: Path) -> None:
    port = station.status("admin")["address"].rsplit(":", 1)[1]
    settings = tmp_path / "other.toml"
    settings.write_text(f"[admin]\nport = {port}\n")
    run = sayso("run", "--no-visit", "--data", tmp_path / "other", "--config", settings)
    refused = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1
    assert port in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize("model", ["/nowhere", "."])
def test_without_a_model_stories_are_kept_and_wait_and_the_reason_is_shown(
    card: SoundCard, tmp_path: Path, short_wav: Path, model: str
) -> None:
    station = StationUnderTest(tmp_path / "station", card, settings={"transcriber": {"model": model}})
    station.start(until=lambda: station.status("transcriber").get("state") == "no model")
    try:
        station.reach(State.IDLE)
        card.script.write_bytes(pcm_of(short_wav) * 5)
        station.walk(State.TELLING)
        wait_until(lambda: (station.status()["seconds"] or 0) >= 3, "something was told")
        station.keep()
        status = station.status("transcriber")
        assert status["state"] == "no model" and status["faults"][0]["fix"]
        wait_until(lambda: station.status("transcriber")["queue"], "the story waits")
        assert len(station.data.story_folders()) == 1
    finally:
        station.stop()
