import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from kiosk import config

ROOT = Path(__file__).parent.parent.parent
PINS = ["requirements-build.txt", "requirements.txt", "requirements-tests.txt"]


def test_the_settings_file_in_deploy_is_what_the_command_prints() -> None:
    assert (ROOT / "deploy/sayso.toml").read_text() == config.as_toml()


def test_every_setting_says_what_it_means() -> None:
    for name in config.Config.model_fields:
        section = config.Config.model_fields[name].annotation
        assert section and section.__doc__
        for key, setting in section.model_fields.items():
            assert len(setting.description or "") > 20, f"{name}.{key}"


@pytest.mark.parametrize("name", ["runtime.txt", "tests.txt"])
def test_every_debian_package_is_there_for_a_reason(name: str) -> None:
    lines = [line for line in (ROOT / "deploy/apt" / name).read_text().splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    for line in lines:
        assert re.fullmatch(r"[a-z0-9.+-]+ +# \S.+", line), line


@pytest.mark.parametrize("name", PINS)
def test_every_python_package_is_pinned_by_hash_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    pins = re.findall(r"^(\S+==\S+)(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pins
    for pin, rest in pins:
        assert "--hash=sha256:" in rest, pin


def test_what_running_needs_is_what_pyproject_asks_for() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = (ROOT / "deploy/requirements.txt").read_text()
    for line in wanted:
        name = re.split(r"[>=;\s]", line)[0]
        assert re.search(rf"^{re.escape(name)}==", pinned, re.MULTILINE), name


@pytest.mark.parametrize("script", ["deploy/setup", "deploy/pin", ".ci/run"])
def test_shell_scripts_are_sound(script: str) -> None:
    subprocess.run(["shellcheck", ROOT / script], check=True)


def test_setup_refuses_what_it_does_not_know() -> None:
    asked = subprocess.run([ROOT / "deploy/setup", "everything"], capture_output=True, text=True)
    assert asked.returncode == 2 and "runtime" in asked.stderr
