"""The site as a process of its own: `sayso admin`."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.admin_web.archive.told import label
from tests.admin_web.making import Admin, make_story, start_admin
from tests.sound_card import wait_until
from tests.station import free_port


def refusal(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and message of a start that is refused."""
    process = start_admin(data, *arguments)
    out, errors = process.communicate(timeout=240)
    assert out == ""
    assert "Traceback" not in errors
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_tells_how_to_get_in_and_ends_when_told(folder: DataFolder, number: int) -> None:
    with Admin(folder.root) as admin:
        assert f"Sayso's site: {admin.address}\n" in admin.told
        assert admin.code in admin.told
        assert "Anyone" not in admin.told
        assert admin.get("/healthz") == (200, "ok")
        status, page = admin.get("/")
        assert status == 200 and "Make your account" in page
        wait_until(lambda: read_status(folder, "admin"), "it says how it is")
        told = read_status(folder, "admin")
        assert told and told["state"] == "serving"
        assert (told["address"], told["pid"]) == (admin.address, admin.process.pid)
        assert admin.stop(number) == (0, "")
    told = read_status(folder, "admin")
    assert told and told["state"] == "stopped"


def test_a_forgotten_password_costs_the_accounts_and_nothing_else(folder: DataFolder) -> None:
    kept = make_story(folder)
    with Archive(folder) as archive:
        archive.stories.take_in([read_arrival(folder, kept.id)])
        label(archive, kept.id, "food")
        archive.people.make_first("Front Desk", "hash")
    with Admin(folder.root, "--end-accounts") as admin:
        assert admin.code
        assert "Make your account" in admin.get("/")[1]
    with Archive(folder) as archive:
        assert archive.people.everybody() == []
        entry = archive.stories.get(kept.id)
        assert entry and entry.tags == ("food",)
        assert archive.people.make_first("Front Desk", "other hash")


def test_it_ends_also_while_somebody_sends_slowly(folder: DataFolder) -> None:
    with Admin(folder.root) as admin, socket.create_connection(("127.0.0.1", admin.port)) as slow:
        slow.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nname=")
        assert admin.get("/healthz")[0] == 200
        assert admin.stop()[0] == 0


def test_it_answers_others_while_many_connections_say_nothing(folder: DataFolder) -> None:
    with Admin(folder.root) as admin:
        idle = [socket.create_connection(("127.0.0.1", admin.port)) for _ in range(30)]
        try:
            assert admin.get("/healthz") == (200, "ok")
        finally:
            for each in idle:
                each.close()


def test_killed_and_started_again_it_goes_on_where_it_was(folder: DataFolder) -> None:
    with Admin(folder.root) as admin:
        make_story(folder)
        admin.stop(signal.SIGKILL)
    with Admin(folder.root) as again:
        assert again.get("/healthz") == (200, "ok")
        assert again.stop()[0] == 0


def test_on_the_whole_network_it_says_what_that_means(folder: DataFolder) -> None:
    with Admin(folder.root, "--host", "0.0.0.0") as admin:
        assert f"Sayso's site: {admin.address}\n" in admin.told
        rest = admin.process.stdout
        assert rest
        assert "From other machines" in rest.readline()
        assert "Anyone on this network" in rest.readline()


def test_a_port_that_is_taken_is_named_with_what_to_do(folder: DataFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, message = refusal(folder.root, "--port", str(port))
    assert code == 1
    assert f"127.0.0.1 port {port}" in message and "in use" in message and "--port" in message


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(folder: DataFolder, host: str) -> None:
    code, message = refusal(folder.root, "--host", host)
    assert code == 1
    assert host in message and "--host" in message


def test_a_wrong_port_is_a_wrong_question(folder: DataFolder) -> None:
    assert refusal(folder.root, "--port", "0")[0] == 2
    assert refusal(folder.root, "--port", "http")[0] == 2


def test_a_second_one_on_the_same_folder_is_refused(folder: DataFolder) -> None:
    with Admin(folder.root) as admin:
        code, message = refusal(folder.root, "--port", str(free_port()))
        assert code == 1
        assert f"already running on {folder.root} (process {admin.process.pid})" in message


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("a file")
    code, message = refusal(data)
    assert code == 1
    assert str(data) in message and "--data" in message


def test_a_data_folder_that_cannot_be_written_is_refused(folder: DataFolder) -> None:
    # The archive's place is taken by something that no file can be put into, whoever runs this.
    (folder.archive / "secret-key").mkdir()
    code, message = refusal(folder.root, "--port", str(free_port()))
    assert code == 1
    assert "Cannot start the site" in message


@pytest.mark.parametrize(
    ("name", "content", "ways"),
    [
        ("archive.sqlite", b"garbage" * 1000, ["sayso archive check", "sayso restore", "sayso archive rebuild"]),
        ("archive.json", b'{"stories": {"half', ["sayso archive rebuild"]),
    ],
)
def test_a_damaged_archive_is_left_alone_and_the_way_out_works(
    folder: DataFolder, name: str, content: bytes, ways: list[str]
) -> None:
    kept = make_story(folder)
    path = folder.archive / name
    path.write_bytes(content)
    code, message = refusal(folder.root, "--port", str(free_port()))
    assert code == 1
    assert str(path) in message and all(f"'{way}'" in message for way in ways)
    assert path.read_bytes() == content
    rebuild = [sys.executable, "-m", "kiosk.cli", "archive", "rebuild", "--data", str(folder.root)]
    rebuilt = subprocess.run(rebuild, capture_output=True, text=True, check=True)
    assert "The archive holds 1 story." in rebuilt.stdout
    with Admin(folder.root) as admin:
        assert admin.code
    with Archive(folder) as archive:
        assert archive.stories.get(kept.id)


def test_wrong_settings_are_told_before_anything_is_begun(tmp_path: Path) -> None:
    settings = tmp_path / "sayso.toml"
    settings.write_text("[admin]\nport = 0\nsession_hours = -1\n")
    code, message = refusal(tmp_path / "data", "--config", str(settings))
    assert code == 2
    assert "admin.port" in message and "admin.session_hours" in message
    assert not (tmp_path / "data").exists()


def test_settings_give_the_port(tmp_path: Path) -> None:
    settings = tmp_path / "sayso.toml"
    port = free_port()
    settings.write_text(f"[admin]\nport = {port}\n")
    process = start_admin(tmp_path / "data", "--config", str(settings))
    with process:
        assert process.stdout
        assert process.stdout.readline() == f"Sayso's site: http://127.0.0.1:{port}\n"
        os.kill(process.pid, signal.SIGTERM)
    assert process.returncode == 0


def test_it_loads_nothing_of_the_kiosks_devices_or_the_models() -> None:
    script = "import sys, admin_web.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    foreign = {"vosk", "gpiozero", "sounddevice", "soundfile", "soxr", "numpy", "models", "playwright"}
    assert not foreign & set(loaded)
    # Of the kiosk itself the conversation alone, which is pure: it is followed for a visit in advance.
    pure = {"kiosk.conversation", "kiosk.rules", "kiosk.rows", "kiosk.table", "kiosk.flow", "kiosk.devices"}
    ours = {name for name in loaded if name.startswith("kiosk.")} - pure
    assert all(name.startswith(("kiosk.stories", "kiosk.config", "kiosk.errors", "kiosk.shown")) for name in ours), ours
