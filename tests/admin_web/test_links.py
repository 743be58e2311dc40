"""One-time links: who was invited, or whose password was reset, chooses a password."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import Link, Role
from admin_web.credentials import CODE_LETTERS, LINK_CODE_GROUPS, LINK_LASTS, link_hash
from admin_web.site import Site
from kiosk.errors import ArchiveNotWritten
from tests.admin_web.making import NAME, PASSWORD, csrf_token, named, send, sign_in

OWN = "seven brown kettles sing"


def invite(lead: FlaskClient, name: str = "Ann", role: str = "staff") -> str:
    """Invite somebody, and return the path of the link."""
    answer = send(lead, "/people/invite", name=name, role=role)
    assert answer.status_code == 200
    return path_in(answer)


def path_in(answer: TestResponse) -> str:
    found = re.search(r"http://[^/<\s]+(/join/[a-z0-9-]+)", answer.text)
    assert found
    return found[1]


def follow(browser: FlaskClient, path: str) -> TestResponse:
    """Open a link and go where it leads."""
    assert browser.get(path).location == "/join"
    return browser.get("/join")


def choose(browser: FlaskClient, password: str = OWN, **more: str) -> TestResponse:
    token = csrf_token(browser.get("/join").text)
    return browser.post("/join", data={"password": password, "csrf_token": token, **more})


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """The browser of whoever got a link."""
    return app.test_client()


class TestInvited:
    @pytest.mark.parametrize(("role", "start"), [("staff", "/tour"), ("lead", "/tour"), ("group", "/groups")])
    def test_they_choose_a_password_and_are_in(
        self, client: FlaskClient, visitor: FlaskClient, site: Site, role: str, start: str
    ) -> None:
        path = invite(client, role=role)
        page = follow(visitor, path).text
        assert "Hello Ann" in page
        answer = choose(visitor)
        assert (answer.status_code, answer.location) == (303, start)
        assert visitor.get(start).status_code == 200
        assert named(site, "Ann").role == role
        send(visitor, "/sign-out")
        assert sign_in(visitor, "Ann", OWN).status_code == 303

    def test_password_managers_know_what_to_keep(self, client: FlaskClient, visitor: FlaskClient) -> None:
        page = follow(visitor, invite(client)).text
        assert re.search(r'value="Ann"[^>]* autocomplete="username"', page)
        assert re.search(r'<input[^>]* autocomplete="new-password"', page)

    def test_a_password_that_is_too_short_uses_nothing_up(self, client: FlaskClient, visitor: FlaskClient) -> None:
        follow(visitor, invite(client))
        answer = choose(visitor, "eleven char")
        assert answer.status_code == 422 and "12 characters or more" in answer.text
        assert choose(visitor).status_code == 303

    def test_looking_at_it_uses_nothing_up(self, client: FlaskClient, app: Flask, visitor: FlaskClient) -> None:
        path = invite(client)
        for _ in range(3):
            assert "Hello Ann" in follow(app.test_client(), path).text
        follow(visitor, path)
        assert choose(visitor).status_code == 303

    def test_it_can_be_typed_from_paper(self, client: FlaskClient, visitor: FlaskClient) -> None:
        code = invite(client).removeprefix("/join/")
        for typed in (code.upper().replace("-", ""), f"{code}.", f"{code})", f"{code}/", code.replace("-", "%20")):
            assert "Hello Ann" in follow(visitor, f"/join/{typed}").text, typed

    def test_whoever_was_signed_in_on_this_browser_is_not_any_more(self, client: FlaskClient, app: Flask) -> None:
        path = invite(client)
        copy = app.test_client()
        cookie = client.get_cookie("sayso")
        assert cookie
        copy.set_cookie("sayso", cookie.value)
        follow(client, path)
        assert choose(client).status_code == 303
        assert "Ann" in client.get("/").text
        assert copy.get("/").status_code == 303

    def test_the_link_is_shown_once_and_kept_as_its_hash(self, client: FlaskClient, site: Site) -> None:
        code = invite(client).removeprefix("/join/")
        account = named(site, "Ann")
        assert account.link and account.link.hash == link_hash(code)
        pages = [client.get(path).text for path in ("/people", f"/people/{account.id}", "/people/invite")]
        kept = b"".join(path.read_bytes() for path in site.folder.root.rglob("*") if path.is_file())
        for part in (code, code.replace("-", "").upper()):
            assert not [page for page in pages if part in page]
            assert part.encode() not in kept

    def test_it_cannot_be_guessed_and_lasts_some_days(self) -> None:
        assert len(CODE_LETTERS) ** (4 * LINK_CODE_GROUPS) > 2**110
        assert timedelta(days=1) <= LINK_LASTS <= timedelta(days=7)


class TestLinksThatOpenNothing:
    @pytest.fixture
    def gone(self, app: Flask) -> str:
        """The page for a link that nobody ever made, without what differs from browser to browser."""
        page = follow(app.test_client(), "/join/aaaa-aaaa-aaaa-aaaa-aaaa-aaaa")
        assert page.status_code == 410
        assert "This link does not work" in page.text
        return page.text

    def assert_gone(self, browser: FlaskClient, path: str, gone: str) -> None:
        page = follow(browser, path)
        assert page.status_code == 410
        assert page.text == gone
        assert browser.post("/join", data={"password": OWN}).status_code == 403

    def test_used(self, client: FlaskClient, app: Flask, visitor: FlaskClient, gone: str) -> None:
        path = invite(client)
        follow(visitor, path)
        choose(visitor)
        self.assert_gone(app.test_client(), path, gone)

    def test_used_meanwhile_by_somebody_else(self, client: FlaskClient, app: Flask, site: Site) -> None:
        path = invite(client)
        early, late = app.test_client(), app.test_client()
        token = csrf_token(follow(late, path).text)
        follow(early, path)
        choose(early)
        before = named(site, "Ann").password_hash
        assert late.post("/join", data={"password": OWN + "!", "csrf_token": token}).status_code == 410
        assert named(site, "Ann").password_hash == before
        assert late.get("/").status_code == 303

    def test_too_old(self, client: FlaskClient, visitor: FlaskClient, site: Site, gone: str) -> None:
        path = invite(client)
        code, account = path.removeprefix("/join/"), named(site, "Ann")
        old = Link(hash=link_hash(code), until=datetime.now(UTC) - timedelta(seconds=1))
        site.archive.people.reset(account.id, old, by=account.id, revision=account.revision)
        self.assert_gone(visitor, path, gone)
        assert "The link is too old now" in client.get("/people").text

    def test_replaced_by_a_newer_one(self, client: FlaskClient, visitor: FlaskClient, site: Site, gone: str) -> None:
        path, account = invite(client), named(site, "Ann")
        newer = path_in(send(client, f"/people/{account.id}/link", revision=account.revision))
        self.assert_gone(visitor, path, gone)
        assert "Hello Ann" in follow(visitor, newer).text

    @pytest.mark.parametrize("verb", ["disable", "remove"])
    def test_of_somebody_who_is_kept_out_or_removed(
        self, client: FlaskClient, visitor: FlaskClient, site: Site, gone: str, verb: str
    ) -> None:
        path, account = invite(client), named(site, "Ann")
        assert send(client, f"/people/{account.id}/{verb}", revision=account.revision).status_code == 303
        self.assert_gone(visitor, path, gone)

    def test_forged(self, client: FlaskClient, visitor: FlaskClient, gone: str) -> None:
        invite(client)
        for forged in ("x", "é", "..", "%2e%2e%2fkey", "a" * 3000, "%00", "%ff%fe", "<b>", "%0d%0aSet-Cookie:a=b"):
            answer = visitor.get(f"/join/{forged}")
            assert answer.status_code == 303 and answer.location in ("/join", "/sign-in"), forged
            assert visitor.get("/join").text == gone

    def test_the_hash_in_place_of_the_code(
        self, client: FlaskClient, visitor: FlaskClient, site: Site, gone: str
    ) -> None:
        invite(client)
        link = named(site, "Ann").link
        assert link
        self.assert_gone(visitor, f"/join/{link.hash}", gone)

    def test_none_at_all(self, visitor: FlaskClient, stranger: FlaskClient) -> None:
        assert visitor.get("/join").status_code == 410

    def test_another_persons_link_opens_that_persons_account_and_no_other(
        self, client: FlaskClient, visitor: FlaskClient, site: Site
    ) -> None:
        path = invite(client)
        invite(client, "Ben", "lead")
        ben, ruth = named(site, "Ben"), named(site)
        follow(visitor, path)
        more = {"name": "Ben", "username": "Ben", "account_id": ben.id, "role": "lead", "link": ben.link.hash}
        assert choose(visitor, **more).status_code == 303
        assert named(site, "Ben") == ben and named(site) == ruth
        assert named(site, "Ann").role == "staff"


class TestReset:
    def test_the_old_password_and_all_sessions_end_at_once(
        self, enter: Callable[[Role], FlaskClient], app: Flask, site: Site, visitor: FlaskClient
    ) -> None:
        lead, staff = enter("lead"), enter("staff")
        account = named(site, "A staff")
        assert staff.get("/").status_code == 200
        path = path_in(send(lead, f"/people/{account.id}/link", revision=account.revision))
        assert staff.get("/").status_code == 303
        assert sign_in(app.test_client(), "A staff", PASSWORD).status_code == 422
        follow(visitor, path)
        # Whoever was here before is not shown round again.
        assert choose(visitor).location == "/"
        assert sign_in(app.test_client(), "A staff", PASSWORD).status_code == 422
        assert sign_in(app.test_client(), "A staff", OWN).status_code == 303


class TestLeaks:
    def test_the_address_is_clean_before_anything_is_shown(self, client: FlaskClient, visitor: FlaskClient) -> None:
        path = invite(client)
        answer = visitor.get(path)
        code = path.removeprefix("/join/")
        assert (answer.status_code, answer.location) == (303, "/join")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "text/html" not in answer.content_type or code not in answer.text
        page = visitor.get("/join")
        assert code not in page.text and code not in str(page.headers) and code not in str(answer.headers)

    def test_no_fault_puts_it_into_a_log(
        self, client: FlaskClient, visitor: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        path = invite(client)
        code = path.removeprefix("/join/")

        def broken(*_: object, **__: object) -> None:
            raise ArchiveNotWritten("The disk is full.")

        with caplog.at_level(logging.DEBUG):
            for verb in ("get", "of_link", "everybody", "choose_password"):
                monkeypatch.setattr(site.archive.people, verb, broken)
            assert visitor.get(path).status_code == 303
            answer = visitor.get("/join")
        assert answer.status_code == 503 and "could not be kept" in answer.text
        assert "The disk is full" in caplog.text
        assert code not in caplog.text and link_hash(code) not in caplog.text

    def test_nor_does_the_audit_log_hold_it(self, client: FlaskClient, visitor: FlaskClient, site: Site) -> None:
        path = invite(client)
        follow(visitor, path)
        choose(visitor)
        code = path.removeprefix("/join/")
        lines = str([dict(line) for line in site.archive.documents_of("log")])
        assert "password chosen" in lines
        for secret in (code, code.replace("-", "").upper(), link_hash(code), OWN):
            assert secret not in lines


def test_on_this_machine_alone_it_says_so(client: FlaskClient) -> None:
    here = send(client, "/people/invite", name="Ann", role="staff")
    assert "works on this machine alone" in here.text
    token = csrf_token(client.get("/me").text)
    data = {"name": "Ben", "role": "staff", "csrf_token": token}
    cookie = client.get_cookie("sayso")
    assert cookie
    other = client.application.test_client()
    other.set_cookie("sayso", cookie.value, domain="station.lan")
    there = other.post("/people/invite", data=data, base_url="http://station.lan:8080")
    assert "http://station.lan:8080/join/" in there.text and "works on this machine alone" not in there.text
    assert NAME in there.text
