"""Sessions: how they end, and what is noted of signing in."""

import re
import time
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from admin_web import create_app
from admin_web.site import Site
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import NAME, PASSWORD, add_person, csrf_token, make_story, named, send, sign_in


class TestEnds:
    def test_it_ends_when_it_was_not_used(self, client: FlaskClient, site: Site) -> None:
        with client.session_transaction() as session:
            session["used_at"] -= site.settings.session_hours * 3600 + 1
        assert client.get("/").location == "/sign-in"

    def test_using_it_keeps_it_going(self, client: FlaskClient) -> None:
        with client.session_transaction() as session:
            session["used_at"] -= 3600
        assert client.get("/").status_code == 200
        with client.session_transaction() as session:
            assert time.time() - session["used_at"] < 60

    def test_a_page_that_asks_by_itself_does_not_keep_it_going(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, None)
        site.intake.look()
        with client.session_transaction() as session:
            session["used_at"] = before = session["used_at"] - 3600
        assert client.get(f"/stories/{kept.id}/words").status_code == 200
        with client.session_transaction() as session:
            assert session["used_at"] == before

    def test_signing_out_ends_it_also_for_a_copy_of_the_cookie(self, app: Flask, client: FlaskClient) -> None:
        cookie = client.get_cookie("sayso")
        assert cookie
        thief = app.test_client()
        thief.set_cookie("sayso", cookie.value)
        assert thief.get("/").status_code == 200
        token = csrf_token(client.get("/").text)
        assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
        assert client.get("/").status_code == 303
        assert thief.get("/").status_code == 303

    def test_signing_out_by_get_is_refused(self, client: FlaskClient) -> None:
        answer = client.get("/sign-out")
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]
        assert client.get("/").status_code == 200

    def test_a_garbled_or_foreign_cookie_opens_nothing(self, app: Flask, client: FlaskClient) -> None:
        for value in ("", "garbage", "eyJpZCI6IjEifQ.Zz.zz"):
            other = app.test_client()
            other.set_cookie("sayso", value)
            assert other.get("/").status_code == 303

    def test_the_key_of_the_cookies_is_kept_and_private(self, folder: DataFolder) -> None:
        keys = {create_app(folder).secret_key for _ in range(2)}
        path = folder.archive / "secret-key"
        assert len(keys) == 1
        assert path.stat().st_mode & 0o777 == 0o600
        path.write_bytes(b"short")
        assert create_app(folder).secret_key not in keys | {b"short"}

    def test_they_end_after_the_longest_time_however_much_they_are_used(self, client: FlaskClient, site: Site) -> None:
        with client.session_transaction() as session:
            session["began_at"] -= site.settings.session_longest_hours * 3600 + 1
        assert client.get("/").location == "/sign-in"

    def test_one_that_lacks_a_part_or_has_a_wrong_one_is_none(self, app: Flask, client: FlaskClient) -> None:
        with client.session_transaction() as session:
            whole = dict(session)
        wrong = [{**whole, field: value} for field in ("began_at", "used_at") for value in (None, "x", 10**12, -1)]
        lacking = [{name: whole[name] for name in whole if name != field} for field in whole if field[0] != "_"]
        for parts in (*wrong, *lacking, {**whole, "_user_id": "0" * 16}, {**whole, "generation": 9}):
            other = app.test_client()
            with other.session_transaction() as session:
                session.update(parts)
            assert other.get("/").status_code == (200 if set(whole) - set(parts) == {"csrf_token"} else 303), parts

    def test_a_signed_out_one_stays_so_after_a_restart(self, client: FlaskClient, site: Site) -> None:
        cookie = client.get_cookie("sayso")
        assert cookie
        send(client, "/sign-out")
        again = create_app(site.folder).test_client()
        again.set_cookie("sayso", cookie.value)
        assert again.get("/").status_code == 303


class TestNoted:
    def test_signing_in_is_noted(self, client: FlaskClient, app: Flask, site: Site) -> None:
        me = named(site)
        assert me.signed_in_at and me.signed_in_at > datetime.now(UTC) - timedelta(minutes=5)
        sign_in(app.test_client(), NAME, "wrong wrong wrong")
        sign_in(app.test_client(), "Nobody there", "wrong wrong wrong")
        send(client, "/sign-out")
        lines = [(line.who, line.what, line.details) for line in reversed(site.archive.log.page(1, 99))]
        assert lines[1:] == [
            (me.id, "signed in", {"address": "127.0.0.1"}),
            ("somebody", "sign-in failed", {"account": me.id, "address": "127.0.0.1"}),
            ("somebody", "sign-in failed", {"account": "", "address": "127.0.0.1"}),
            (me.id, "signed out", {}),
        ]

    def test_who_is_not_there_gets_the_same_answer_as_who_is(
        self, client: FlaskClient, app: Flask, site: Site, password_hash: str
    ) -> None:
        """A wrong password, no such name, only invited, kept out, removed: nothing tells them apart."""
        send(client, "/people/invite", name="Invited", role="staff")
        for name, verb in (("Out", "disable"), ("Gone", "remove")):
            account = add_person(site, name, "staff", password_hash)
            send(client, f"/people/{account.id}/{verb}", revision=account.revision)
        tries = [(NAME, "wrong wrong wrong"), *((name, PASSWORD) for name in ("Nobody", "Invited", "Out", "Gone"))]
        answers, noted = [], []
        for name, password in tries:
            before = len(site.archive.log.page(1, 999))
            answer = sign_in(app.test_client(), name, password)
            noted.append(len(site.archive.log.page(1, 999)) - before)
            shown = re.sub(r'(name="csrf_token"[^>]*|name="name"[^>]*) value="[^"]*"', "", answer.text)
            headers = [(key, value) for key, value in answer.headers if key not in ("Set-Cookie", "Content-Length")]
            answers.append((answer.status_code, shown, headers))
        assert all(answer == answers[0] for answer in answers)
        assert noted == [1] * len(tries)
