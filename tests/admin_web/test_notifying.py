"""Leads are told of a worry outside the site: by servers that are real, and that refuse, hang up or are away."""

import http.server
import json
import smtplib
import socket
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_string
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web import notifying
from admin_web.archive import Archive
from admin_web.notifying import TEXT, TITLE, Notifier
from admin_web.site import Site
from kiosk import config
from kiosk.config import SafetySettings
from kiosk.errors import ConfigError
from tests.admin_web.archive.told import WORDS, take_in, told
from tests.admin_web.making import send
from tests.sound_card import wait_until
from tests.station import nobody_there


class Webhook(http.server.ThreadingHTTPServer):
    """A chat program's address. It answers with `status` and keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.status, self.told = 200, list[tuple[str, Any]]()


class _Told(http.server.BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Mail(socketserver.ThreadingTCPServer):
    """A mail server (RFC 5321, as far as a mail needs it). It refuses recipients while `refuses`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mailed)
        self.refuses, self.mails = False, list[tuple[list[str], str]]()


class _Mailed(socketserver.StreamRequestHandler):
    server: Mail

    def handle(self) -> None:
        to: list[str] = []
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            match line.split(":")[0].split()[0].upper(), line:
                case "RCPT", _ if self.server.refuses:
                    self.say("550 nobody of that name")
                case "RCPT", _:
                    to.append(line.partition(":")[2].strip("<>"))
                    self.say("250 fine")
                case "DATA", _:
                    self.say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += self.rfile.readline()
                    self.server.mails.append((to, text.decode()))
                    self.say("250 taken")
                case "QUIT", _:
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 fine")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def served(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    yield from served(Webhook())


@pytest.fixture
def mail() -> Iterator[Mail]:
    yield from served(Mail())


def by_webhook(webhook: Webhook) -> SafetySettings:
    return SafetySettings(webhook=f"http://127.0.0.1:{webhook.server_port}/hook")


def by_mail(port: int, **changed: Any) -> SafetySettings:
    settings = {"mail_host": "127.0.0.1", "mail_port": port, "mail_security": "none", "mail_from": "sayso@example.org"}
    return SafetySettings(**{**settings, "mail_to": ["a@example.org", "b@example.org"], **changed})


@pytest.fixture
def archive(site: Site) -> Archive:
    """There is an open worry."""
    (story,) = take_in(site.archive, told(1))
    site.archive.flags.raise_flag(story, reason="secret-reason", words="secret-words", by="ann")
    return site.archive


def now_again(notifier: Notifier) -> None:
    """Let the time to wait after a failure be over."""
    for way in notifier._ways.values():
        way.next_at = float("-inf")


class TestSent:
    def test_a_webhook_is_told_once_and_nothing_of_the_story(self, archive: Archive, webhook: Webhook) -> None:
        notifier = Notifier(archive, by_webhook(webhook))
        for _ in range(3):
            notifier.look()
        assert webhook.told == [("application/json", {"text": TEXT})]
        assert notifier.troubles() == [] and notifier.ways == ("webhook",)

    def test_a_mail_goes_to_all_leads(self, archive: Archive, mail: Mail) -> None:
        notifier = Notifier(archive, by_mail(mail.server_address[1]))
        for _ in range(3):
            notifier.look()
        ((to, text),) = mail.mails
        read = message_from_string(text)
        assert to == ["a@example.org", "b@example.org"]
        assert (read["Subject"], read["From"]) == (TITLE, "sayso@example.org") and read["Date"]
        assert TEXT.split(".")[0] in text and "secret" not in text and WORDS not in text

    def test_a_new_worry_is_told_again_and_a_closed_one_never(self, archive: Archive, webhook: Webhook) -> None:
        notifier = Notifier(archive, by_webhook(webhook))
        archive.flags.close(1, action="", outcome="safe", by="lead", revision=1)
        notifier.look()
        assert webhook.told == []
        (story,) = take_in(archive, told(2))
        for _ in range(2):
            archive.flags.raise_flag(story, reason="another", by="ann")
        notifier.look()
        assert len(webhook.told) == 1, "two at once are one message"

    def test_after_a_restart_it_goes_on_where_it_was(self, archive: Archive, webhook: Webhook, mail: Mail) -> None:
        Notifier(archive, by_webhook(webhook)).look()
        both = by_mail(mail.server_address[1], webhook=by_webhook(webhook).webhook)
        Notifier(archive, both).look()
        assert (len(webhook.told), len(mail.mails)) == (1, 1)

    def test_without_settings_nothing_is_sent_and_no_thread_stays(self, archive: Archive) -> None:
        notifier = Notifier(archive, SafetySettings())
        notifier.run(threading.Event())
        assert notifier.ways == () and archive.flags.not_told("mail") == [1]


class TestFailing:
    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
    def test_an_answer_that_is_no_yes(self, archive: Archive, webhook: Webhook, status: int) -> None:
        webhook.status = status
        notifier = Notifier(archive, by_webhook(webhook))
        notifier.look()
        (trouble,) = notifier.troubles()
        assert (trouble.way, f"it answered {status}" in trouble.reason) == ("webhook", True)
        assert "leads-not-told" in {fault.code for fault in notifier.faults()}
        notifier.look()
        assert len(webhook.told) == 1, "not again at once, and nowhere else"
        webhook.status = 204
        now_again(notifier)
        notifier.look()
        assert len(webhook.told) == 2 and notifier.troubles() == [] and archive.flags.not_told("webhook") == []

    def test_nobody_is_there(self, archive: Archive) -> None:
        with nobody_there() as port:
            for settings in (SafetySettings(webhook=f"http://127.0.0.1:{port}"), by_mail(port)):
                notifier = Notifier(archive, settings)
                notifier.look()
                assert "refused" in notifier.troubles()[0].reason

    def test_whoever_listens_and_says_nothing_does_not_hold_it_for_ever(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notifying, "_ANSWER_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            for settings in (SafetySettings(webhook=f"http://127.0.0.1:{port}"), by_mail(port)):
                notifier = Notifier(archive, settings)
                notifier.look()
                assert "timed out" in notifier.troubles()[0].reason

    def test_a_mail_server_that_refuses_or_is_not_private(self, archive: Archive, mail: Mail) -> None:
        mail.refuses = True
        notifier = Notifier(archive, by_mail(mail.server_address[1]))
        notifier.look()
        assert "nobody of that name" in notifier.troubles()[0].reason
        mail.refuses = False
        # It knows no STARTTLS: then nothing is sent in the open.
        private = Notifier(archive, by_mail(mail.server_address[1], mail_security="starttls"))
        private.look()
        assert mail.mails == [] and private.troubles()
        now_again(notifier)
        notifier.look()
        assert len(mail.mails) == 1 and notifier.troubles() == []

    def test_the_waits_grow_to_an_hour(self, archive: Archive) -> None:
        waits = list[float]()
        with nobody_there() as port:
            notifier = Notifier(archive, SafetySettings(webhook=f"http://127.0.0.1:{port}"))
            for _ in range(9):
                waits.append(notifier._ways["webhook"].wait_s)
                now_again(notifier)
                notifier.look()
        assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]

    def test_one_way_that_fails_holds_up_no_other(self, archive: Archive, mail: Mail) -> None:
        with nobody_there() as port:
            Notifier(archive, by_mail(mail.server_address[1], webhook=f"http://127.0.0.1:{port}")).look()
        assert len(mail.mails) == 1

    def test_leads_see_it_and_so_does_the_heartbeat(
        self, site: Site, archive: Archive, client: FlaskClient, webhook: Webhook
    ) -> None:
        webhook.status = 500
        site.notifier = Notifier(archive, by_webhook(webhook))
        assert "leads are told by their chat program" not in client.get("/safety").text
        site.notifier.look()
        page = client.get("/safety").text
        assert "Leads cannot be told by their chat program, since today" in page and "it answered 500" in page
        assert "Nothing is sent anywhere" not in page
        assert [fault.code for fault in site.faults()] == ["leads-not-told"]


def test_it_runs_by_itself_as_soon_as_a_worry_is_raised(
    site: Site, client: FlaskClient, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.admin_web.making import make_story

    monkeypatch.setattr(notifying, "LOOK_S", 0.01)
    kept = make_story(site.folder, seconds=0.1)
    site.intake.look()
    stop, notifier = threading.Event(), Notifier(site.archive, by_webhook(webhook))
    thread = threading.Thread(target=notifier.run, args=(stop,))
    thread.start()
    try:
        assert send(client, f"/stories/{kept.id}/worry", reason="worried").status_code == 303
        wait_until(lambda: webhook.told, "somebody is told")
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("wrong", "told_"),
    [
        ({"webhook": "file:///etc/passwd"}, "safety.webhook"),
        ({"webhook": "chat.example.org"}, "safety.webhook"),
        ({"webhook": "http://a b"}, "safety.webhook"),
        ({"mail_host": "mail.example.org"}, "mail_from and mail_to are needed"),
        ({"mail_host": "a\nb"}, "safety.mail_host"),
        ({"mail_from": "a@b.org\nBcc: c@d.org"}, "safety.mail_from"),
        ({"mail_to": ["a@b.org", "Ann"]}, "safety.mail_to.1"),
        ({"mail_security": "maybe"}, "safety.mail_security"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], told_: str) -> None:
    with pytest.raises(ConfigError, match="wrong setting") as raised:
        config.parse({"safety": wrong}, "sayso.toml")
    assert told_ in str(raised.value)


def test_smtplib_still_says_what_we_catch() -> None:
    """What it raises is an OSError, or a failure would end the thread's round instead of being told."""
    assert issubclass(smtplib.SMTPException, OSError)
