from pathlib import Path

import pytest

from kiosk import config
from kiosk.errors import ConfigError


def test_an_empty_file_is_a_working_station(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    assert config.load(tmp_path / "empty.toml") == config.load(None)


def test_the_printed_settings_are_the_defaults_once_uncommented() -> None:
    import tomllib

    lines = [line.removeprefix("# ") for line in config.as_toml().splitlines() if " = " in line or line.startswith("[")]
    assert config.parse(tomllib.loads("\n".join(lines)), "defaults") == config.Config()


def test_every_fault_is_named_at_once_with_its_value_and_what_is_allowed() -> None:
    wrong = {
        "station": {"name": "Our Station"},
        "panel": {"green_button_pin": 40, "kind": "magic"},
        "conversation": {"longest_story_s": -5, "answer_wait_s": 10_000},
        "admin": {"port": "eighty"},
    }
    with pytest.raises(ConfigError) as raised:
        config.parse(wrong, "sayso.toml")
    message = str(raised.value)
    assert "sayso.toml has 6 wrong setting(s)" in message
    for part in (
        "station.name = 'Our Station'", "small letters",
        "panel.green_button_pin = 40", "less than or equal to 27",
        "panel.kind = 'magic'", "'auto', 'gpio' or 'simulated'",
        "conversation.longest_story_s = -5", "greater than or equal to 10",
        "conversation.answer_wait_s = 10000", "less than or equal to 120",
        "admin.port = 'eighty'", "valid integer",
    ):  # fmt: skip
        assert part in message


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"conversation": {"longest_storys": 60}}, "Did you mean 'longest_story_s'?"),
        ({"microphon": {}}, "Did you mean 'microphone'?"),
        ({"admin": {"xyz": 1}}, "There are: host, port"),
        ({"admin": 3}, "written as [admin]"),
        ({"panel": {"red_light_pin": 22}}, "green_light_pin and red_light_pin are both 22"),
        ({"transcriber": {"models": {"Welsh": "none"}}}, "transcriber.models.Welsh = 'Welsh'"),
        ({"transcriber": {"models": {"cy": ""}}}, "A story's own language decides"),
        ({"transcriber": {"models": "none"}}, "written as [transcriber.models]"),
    ],
)
def test_a_wrong_key_gets_a_hint(wrong: dict[str, object], hint: str) -> None:
    with pytest.raises(ConfigError, match="wrong setting") as raised:
        config.parse(wrong, "sayso.toml")
    assert hint in str(raised.value)


@pytest.mark.parametrize("content", [b"[station", b"\xff\xfe", b"a = 1 = 2"])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        config.load(file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml.*--config"):
        config.load(tmp_path / "none.toml")
