"""The command line as a person meets it: real processes, real exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS
from kiosk.stories.folder import DataFolder
from tests.sound_card import SoundCard


def sayso(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **environment},
    )


def refused(result: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr


def test_help_names_every_command_and_loads_none() -> None:
    result = sayso("--help")
    assert result.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_with_its_place_options(command: str) -> None:
    result = sayso(command, "--help")
    assert result.returncode == 0
    assert "--data DIR" in result.stdout and "--config FILE" in result.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    refused(sayso("dance"), 2, "No such command 'dance'")


@pytest.mark.parametrize("command", ["run", "demo", "kiosk", "transcribe", "admin", "check"])
def test_every_command_refuses_broken_settings_before_it_does_anything(tmp_path: Path, command: str) -> None:
    settings = tmp_path / "sayso.toml"
    settings.write_text("[conversation]\nlongest_story_s = -5\n[admni]\nport = 1\n")
    result = sayso(command, "--config", settings, "--data", tmp_path / "data")
    refused(result, 2, "longest_story_s = -5", "Did you mean 'admin'?")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["run", "demo", "kiosk", "transcribe", "admin"])
def test_every_command_refuses_a_data_folder_that_cannot_be_written(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("a file")
    refused(sayso(command, "--data", tmp_path / "file"), 1, "Cannot use the data folder", "--data")
    assert (tmp_path / "file").read_text() == "a file"


def test_the_data_folder_may_come_before_or_after_the_command_or_from_the_environment(tmp_path: Path) -> None:
    for result in (
        sayso("--data", tmp_path / "a", "press", "green"),
        sayso("press", "green", "--data", tmp_path / "a"),
        sayso("press", "green", SAYSO_DATA=str(tmp_path / "a")),
    ):
        refused(result, 1, f"No station with simulated buttons runs on {tmp_path / 'a'}")


def test_a_second_kiosk_on_a_folder_is_refused(data: DataFolder) -> None:
    with data.lock("kiosk"):
        refused(sayso("kiosk", "--data", data.root, "--sample-story"), 1, "already running", str(os.getpid()))


def test_a_language_without_prompts_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "sayso.toml").write_text('[station]\nlanguage = "xx"\n')
    refused(sayso("kiosk", "--config", tmp_path / "sayso.toml", "--data", tmp_path / "d"), 2, "en-GB")


def test_settings_can_be_printed_into_a_file_that_works(tmp_path: Path) -> None:
    (tmp_path / "sayso.toml").write_text(sayso("settings").stdout)
    result = sayso("--config", tmp_path / "sayso.toml", "--data", tmp_path / "d", "press", "green")
    refused(result, 1, "No station")


def test_devices_lists_what_the_settings_can_name(card: SoundCard) -> None:
    result = sayso("devices")
    assert result.returncode == 0
    assert "microphone  virtmic" in result.stdout and "speaker     speaker" in result.stdout


def test_check_finds_all_well_on_a_whole_machine_and_measures_the_voice(
    card: SoundCard, data: DataFolder, short_wav: Path
) -> None:
    card.script.write_bytes(short_wav.read_bytes()[44:])
    settings = data.root / "sayso.toml"
    settings.write_text('[microphone]\nname = "testmic"\n')
    result = sayso("check", "--data", data.root, "--config", settings)
    assert result.returncode == 0, result.stdout
    assert "loud enough for speech" in result.stdout and "All is well." in result.stdout


def test_check_says_how_to_mend_a_muted_microphone_and_a_missing_model(card: SoundCard, data: DataFolder) -> None:
    card.script.write_bytes(b"")
    settings = data.root / "sayso.toml"
    settings.write_text('[microphone]\nname = "testmic"\n[transcriber]\nmodel = "/nowhere"\n[voice]\nname = "xx"\n')
    result = sayso("check", "--silent", "--data", data.root, "--config", settings)
    assert result.returncode == 1
    assert "gives only silence" in result.stdout and "muted" in result.stdout
    assert "/nowhere" in result.stdout and "espeak-ng --voices" in result.stdout
    assert "3 thing(s) to mend" in result.stdout


def test_a_mistake_in_any_thread_ends_the_kiosk_so_that_it_is_started_again(tmp_path: Path) -> None:
    script = (
        "import sys, kiosk.saver as s; s.Saver._try = lambda *_, **__: 1 / 0; from kiosk.cli import main\n"
        "from kiosk.station import Station; settle = Station._settle\n"
        "def broken(station): settle(station); station._telling._saver._jobs.put(object())\n"
        "Station._settle = broken; main()"
    )
    words = ["kiosk", "--sample-story", "--data", str(tmp_path / "data")]
    ended = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=240)
    assert ended.returncode == os.EX_SOFTWARE
    assert "ZeroDivisionError" in ended.stderr


def test_check_says_what_is_wrong_with_the_programme_and_changes_nothing(data: DataFolder) -> None:
    (data.programme / "programme.json").write_text('{"version": 2}')
    done = sayso("check", "--silent", "--data", data.root)
    line = next(line for line in done.stdout.splitlines() if " programme " in line)
    assert line.startswith("MEND") and "It is of version 2, and this Sayso knows version 1." in line
    assert not (data.cache / "programme.json").exists()
