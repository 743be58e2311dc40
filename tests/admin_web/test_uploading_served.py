"""Uploads through the real server: what it takes from whom, and real words of a real recording."""

import io
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from admin_web.archive import Archive
from admin_web.credentials import Passwords
from kiosk.stories.folder import DataFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ, header
from tests.admin_web.making import NAME, PASSWORD, Admin, csrf_token
from tests.admin_web.uploads import FIELDS, PAGE, wav
from tests.sound_card import wait_until

MUCH = 50_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder.open(tmp_path_factory.mktemp("served") / "data")
    with Archive(folder) as archive:
        archive.people.make_first(NAME, Passwords(rounds=1, memory_kib=8).hash(PASSWORD))
    return folder


@pytest.fixture(scope="module")
def admin(data: DataFolder) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        yield admin


class Visitor:
    """Somebody with a browser that keeps cookies."""

    def __init__(self, admin: Admin) -> None:
        self._admin, self.cookies = admin, CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open

    def page(self, path: str) -> str:
        with self._open(self._admin.address + path, timeout=60) as answer:
            return str(answer.read().decode())

    def send(self, path: str, fields: dict[str, object]) -> tuple[str, str]:
        """Return where that led, and the page there."""
        token = csrf_token(self.page(path))
        boundary, body = encode_multipart({**fields, "csrf_token": token})
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        request = urllib.request.Request(self._admin.address + path, body, headers)
        with self._open(request, timeout=60) as answer:
            return answer.url, answer.read().decode()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self.cookies)


@pytest.fixture(scope="module")
def lead(admin: Admin) -> Visitor:
    visitor = Visitor(admin)
    visitor.send("/sign-in", {"name": NAME, "password": PASSWORD})
    return visitor


def answer_to_much(admin: Admin, path: str, cookie: str) -> str:
    """The first line that the server answers to the head of a request that announces much; its body never comes."""
    with socket.create_connection(("127.0.0.1", admin.port), timeout=60) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: {MUCH}"
        line.sendall(f"{head}\r\n\r\n".encode())
        return line.recv(200).split(b"\r\n")[0].decode()


def test_much_is_taken_for_uploads_alone_and_from_those_alone_who_may(admin: Admin, lead: Visitor) -> None:
    assert "413" in answer_to_much(admin, PAGE, "")
    assert "413" in answer_to_much(admin, PAGE, "sayso=forged")
    assert "413" in answer_to_much(admin, "/me/name", lead.cookie)
    assert "413" in answer_to_much(admin, "/nowhere", lead.cookie)


def test_a_large_file_comes_in_and_no_name_of_it_lies_about_meanwhile_or_after(lead: Visitor, data: DataFolder) -> None:
    second = wav(1.0)[HEADER_BYTES:]
    content = header(40 * SAMPLERATE_HZ) + 40 * second
    url, page = lead.send(PAGE, {**FIELDS, "file": _file(content)})
    assert "/stories/station-upload-" in url and "Upload 1" in page
    assert [path.name for path in (data.archive / "uploads").iterdir()] == ["sequence"]
    assert {path.name for path in data.archive.iterdir()} >= {"archive.sqlite", "uploads"}


def test_a_recording_from_elsewhere_is_written_down_by_itself(lead: Visitor, data: DataFolder, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    subprocess.run(
        ["espeak-ng", "-v", "en-gb", "-w", spoken, "The lunch is very good and the staff are kind."], check=True
    )
    before = set(os.listdir(data.stories))
    lead.send(PAGE, {**FIELDS, "file": _file(spoken.read_bytes())})
    (story,) = set(os.listdir(data.stories)) - before
    transcriber = subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "transcribe", "--data", data.root],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: "lunch" in lead.page(f"/stories/{story}/words"), "the words came", 240)
        assert "staff" in lead.page(f"/stories/{story}/words")
    finally:
        transcriber.terminate()
        transcriber.wait(60)


def _file(content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), "story.wav")
