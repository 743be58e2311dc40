"""What somebody means ill by, tried on every route that there is: new routes are attacked as soon as they exist."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from admin_web import LARGEST_FORM_BYTES
from admin_web.archive import Role
from admin_web.site import Site
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import add_person, csrf_token, make_story, named, sign_in

SECRET = "what nobody may read from outside"
SCRIPT = "<script>alert(1)</script>"
#: What a path, an id or a number is not. The last ones reach Werkzeug as they would come over the line.
HOSTILE = [
    "..",
    "../../secret.txt",
    "....//....//secret.txt",
    "/etc/passwd",
    "file:///etc/passwd",
    "station-000001-abcdef/../../../secret.txt",
    "-1",
    "99999999999999999999",
    "1e9",
    SCRIPT,
    "' OR 1=1 --",
    "a\r\nSet-Cookie: sayso=mine",
    "\0",
    "\u202e\ufeff",
    "é" * 300,
    "x" * 5000,
]
FIELDS = (
    "q",
    "page",
    "next",
    "tag",
    "into",
    "feeling",
    "kind",
    "speaker",
    "state",
    "from",
    "to",
    "since",
    "before",
    "station",
    "question",
    "order",
    "number",
    "card",
    "person",
    "kind",
    "story",
    "until",
)
#: The station screen knows no session, and answers those alone who stand at the station (test_screen.py).
APART = {"screen"}


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint.split(".")[0] not in APART:
            yield rule


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    story = make_story(site.folder, "the bus was late")
    site.intake.look()
    return story


@pytest.fixture
def good(site: Site, kept: StoryFolder) -> dict[str, Any]:
    """A value that fits, for each gap in a route."""
    known = {"story_id": kept.id, "account_id": named(site).id, "tag_id": "food"}
    return {**known, "code": "x", "filename": "sayso.css", "button": "green", "name": "welcome"}


def address(rule: Rule, values: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda gap: quote(str(values.get(gap[1], 1)), safe=""), rule.rule)


def everything(site: Site) -> object:
    """All that people decide in the archive, and every file of the stories and of the programme."""
    folders = (site.folder.stories, site.folder.programme)
    files = {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    tables = ("stories", "texts", "accounts", "flags", "quotes", "redactions", "permission_changes", "exports", "tags")
    return {name: list(site.archive.documents_of(name)) for name in tables}, files


@pytest.fixture
def lead(enter: Callable[[Role], FlaskClient]) -> FlaskClient:
    return enter("lead")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_gap_of_a_route_leads_anywhere_else(
    app: Flask, site: Site, lead: FlaskClient, good: dict[str, Any], tmp_path: Path, method: str
) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    (site.folder.root / "secret.txt").write_text(SECRET)
    token, before = csrf_token(lead.get("/me").text), everything(site)
    tried = 0
    for rule in rules(app, method):
        for gap in rule.arguments:
            for value in HOSTILE:
                path = address(rule, {**good, gap: value})
                data = {"csrf_token": token} if method == "POST" else None
                with lead.open(path, method=method, data=data) as answer:
                    assert answer.status_code < 500, path
                    assert answer.status_code not in (200, 206), path
                    assert SECRET.encode() not in answer.data and b"root:" not in answer.data, path
                    assert SCRIPT.encode() not in answer.data, path
                    assert "mine" not in answer.headers.get("Set-Cookie", ""), path
                tried += 1
    assert tried >= len(HOSTILE)
    assert everything(site) == before
    assert (site.folder.root / "secret.txt").read_text() == SECRET


def test_no_question_in_an_address_breaks_a_page_or_comes_back_as_a_script(
    app: Flask, lead: FlaskClient, good: dict[str, Any]
) -> None:
    for rule in rules(app, "GET"):
        if rule.endpoint in {"static", "auth.sign_out"}:
            continue
        for value in HOSTILE:
            asked = {name: value for name in FIELDS}
            with lead.get(address(rule, good), query_string=asked) as answer:
                assert answer.status_code < 500, (rule.rule, value)
                assert SCRIPT.encode() not in answer.data, rule.rule
                assert "mine" not in answer.headers.get("Set-Cookie", ""), rule.rule
                location = answer.headers.get("Location", "")
                assert urlsplit(location).netloc in ("", "localhost"), location


@pytest.mark.parametrize("token", [None, "", "wrong", "of somebody else"])
def test_no_change_is_made_without_the_forms_own_token(
    app: Flask, site: Site, lead: FlaskClient, good: dict[str, Any], token: str | None, password_hash: str
) -> None:
    if token == "of somebody else":
        other = app.test_client()
        add_person(site, "Another lead", "lead", password_hash)
        sign_in(other, "Another lead")
        token = csrf_token(other.get("/me").text)
    before, log = everything(site), len(list(site.archive.documents_of("log")))
    for rule in rules(app, "POST"):
        data = {"revision": "1", "name": "Mine", "role": "lead", "text": "mine", "password": "x" * 20}
        data |= {} if token is None else {"csrf_token": token}
        answer = lead.post(address(rule, good), data=data, headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code in (400, 403), (rule.rule, answer.status)
    assert everything(site) == before
    assert len(list(site.archive.documents_of("log"))) == log
    assert lead.get("/me").status_code == 200, "nor was anybody signed out"


BODIES = {
    "too much": (b"text=" + b"x" * (LARGEST_FORM_BYTES + 1), "application/x-www-form-urlencoded"),
    "no text": (b"\xff\xfe\x00" * 100, "application/x-www-form-urlencoded"),
    "json": (b'{"revision": {"$gt": 0}, "text": ["a"]}', "application/json"),
    "broken json": (b'{"revision": ' + b"[" * 5000, "application/json"),
    "broken parts": (b'--x\r\nContent-Disposition: form-data; name="f"; filename="../x"', "multipart/form-data"),
    "no such kind": (b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>", "text/xml"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_no_body_breaks_a_page_or_changes_anything(
    app: Flask, site: Site, lead: FlaskClient, good: dict[str, Any], kind: str
) -> None:
    token, before = csrf_token(lead.get("/me").text), everything(site)
    data, content_type = BODIES[kind]
    for rule in rules(app, "POST"):
        # With a good token: what stands in the way is the body alone.
        headers = {"X-CSRFToken": token}
        if rule.endpoint in GOOD_WITHOUT_A_BODY:
            continue
        with lead.post(address(rule, good), data=data, content_type=content_type, headers=headers) as answer:
            assert answer.status_code < 500, (rule.rule, answer.status)
            assert b"root:" not in answer.data
        assert everything(site) == before, rule.rule


#: What is asked for by the address alone.
GOOD_WITHOUT_A_BODY = {
    *("auth.sign_out", "account.sign_out_everywhere", "editing.hear"),
    *("withdrawal.take_back", "withdrawal.put_back", "logbook.export", "logbook.check"),
}


def test_a_cookie_from_before_somebody_signed_in_opens_nothing(app: Flask, site: Site, stranger: FlaskClient) -> None:
    stranger.get("/sign-in")
    planted = stranger.get_cookie("sayso")
    assert planted
    assert sign_in(stranger).status_code == 303 and stranger.get("/me").status_code == 200
    attacker = app.test_client()
    attacker.set_cookie("sayso", planted.value)
    assert attacker.get("/me").status_code == 303
    after = stranger.get_cookie("sayso")
    assert after and after.value != planted.value
