"""Makes what the site reads: story folders as the kiosk keeps them, words as the transcriber writes them."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import Account, Role
from admin_web.credentials import new_link
from admin_web.site import Site
from kiosk.stories import takes
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions, Transcript, Word
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import SAMPLERATE_HZ, WavWriter
from tests.station import free_port

NAME, PASSWORD = "Front Desk", "three calm wooden ducks"
WORD_S = 0.4


def tone(seconds: float) -> bytes:
    """Sound of which every second is different, so that a wrong part of it shows."""
    at = np.arange(int(seconds * SAMPLERATE_HZ))
    pitch_hz = 200 + at // 1600 % 40 * 20
    return (8000 * np.sin(2 * np.pi * pitch_hz * at / SAMPLERATE_HZ)).astype("<i2").tobytes()


def make_story(
    folder: DataFolder,
    text: str | None = "the lunch was warm and everybody sat together",
    *,
    seconds: float = 2.0,
    agreed: bool = True,
    sample: bool = False,
    station: str = "station",
    clock_quality: str = "ntp",
    **changed: Any,
) -> StoryFolder:
    """A kept story; `text` None: its words are still to come. `changed`: fields of story.json to be otherwise."""
    take = takes.begin(
        folder, station=station, language="en-GB", clock_quality=clock_quality, microphone="test", sample=sample
    )
    writer = WavWriter(take.audio)
    writer.append(tone(seconds))
    writer.close()
    recording = takes.Recording(writer.frames, 0, 0, "press", datetime.now(UTC))
    kept = takes.keep(take, recording, agreed=agreed)
    if changed:
        change_story(kept, **changed)
    if text is not None:
        write_words(kept, spread(text.split()))
    return kept


def take_in_cat_27(site: Site) -> str:
    """A story in the archive, of which the teller has a card and allowed the words, not the voice; its id."""
    kept = make_story(
        site.folder, "the lunch was warm", seconds=0.2, card="cat 27", permissions=Permissions(words=True, voice=False)
    )
    site.intake.look()
    return kept.id


def change_story(kept: StoryFolder, **changed: Any) -> None:
    write_whole(kept.path / "story.json", kept.story().model_copy(update=changed).to_bytes())


def spread(words: Sequence[str], *, word_s: float = WORD_S, conf: float = 1.0) -> list[Word]:
    """Words one after the other, each a little shorter than its place."""
    return [
        Word(word=word, start=round(n * word_s, 3), end=round(n * word_s + 0.8 * word_s, 3), conf=conf)
        for n, word in enumerate(words)
    ]


def write_words(kept: StoryFolder, words: Sequence[Word], *, failed: str | None = None) -> None:
    text = " ".join(word.word for word in words)
    transcript = Transcript(model="starter", text=text, words=tuple(words), seconds=2.0, failed=failed)
    write_whole(kept.transcript_path, transcript.to_bytes())


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found, "there is no form on this page"
    return found[1]


class Admin:
    """A real `sayso admin`, as a process of its own."""

    def __init__(self, data: Path, *arguments: str, port: int | None = None) -> None:
        self.data, self.port = DataFolder(data), port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = start_admin(data, "--port", str(self.port), *arguments)
        assert self.process.stdout
        self.told = ""
        # The last line is "Sign in as …", or what is said about the code.
        while "Sign in" not in self.told and "stopped" not in self.told:
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.told} {self.process.communicate()}"
            self.told += line

    @property
    def code(self) -> str:
        found = re.search(r"code: (\S+)", self.told)
        assert found
        return found[1]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code, and what it said on standard error."""
        os.kill(self.process.pid, number)
        try:
            _, errors = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, errors = self.process.communicate()
            raise
        return self.process.returncode, errors

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


def start_admin(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "admin", "--data", str(data), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sign_in(client: FlaskClient, name: str = NAME, password: str = PASSWORD, path: str = "/sign-in") -> TestResponse:
    token = csrf_token(client.get("/sign-in").text)
    return client.post(path, data={"name": name, "password": password, "csrf_token": token})


def add_person(site: Site, name: str, role: Role, password_hash: str) -> Account:
    """Somebody who was invited and has chosen a password."""
    (lead, *_) = site.archive.people.everybody()
    _, link = new_link()
    site.archive.people.invite(name, role, link, by=lead.id)
    account = site.archive.people.choose_password(link.hash, password_hash)
    assert account
    return account


def named(site: Site, name: str = NAME) -> Account:
    account = site.archive.people.named(name)
    assert account, name
    return account


def send(client: FlaskClient, path: str, /, **fields: object) -> TestResponse:
    """Press a button of a form on the person's own pages: with the token of their session."""
    return client.post(path, data={"csrf_token": csrf_token(client.get("/me").text), **fields})
