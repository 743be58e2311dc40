"""Every route asked as each kind of visitor, and compared with the table in admin_web/README.md."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import admin_web
from admin_web.archive import Role
from admin_web.archive.export import Wish
from admin_web.rights import START, Visitor, visitors_of
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story, named, send

README = Path(admin_web.__file__).parent / "README.md"
ELSEWHERE = "192.0.2.7"
#: There when something was done before: a link followed, a sentence recorded, a microphone tested.
NOTHING_YET = {"/join", "/station/test.wav", "/station/voices/<name>/sound", "/station/voices/<name>/tried"}
VISITORS: list[Visitor] = ["nobody", "staff", "group", "lead"]
Table = dict[tuple[str, str], dict[Visitor, bool]]


def table() -> Table:
    """Who may ask for what, as the README says: by method and route."""
    lines = README.read_text().splitlines()
    first = lines.index("| route | method | nobody | staff | group | lead | what |") + 2
    found: Table = {}
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        route, methods, *marks = [cell.strip() for cell in line.strip("|").split("|")]
        assert set(marks[:4]) <= {"yes", "no"}, line
        for method in methods.split(", "):
            may = {visitor: mark == "yes" for visitor, mark in zip(VISITORS, marks, strict=False)}
            assert found.setdefault((method, route.strip("`")), may) is may, f"twice in the table: {line}"
    return found


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def is_refused(answer: TestResponse) -> bool:
    """As nobody is refused, or somebody whose account may not."""
    if answer.status_code == 303 and answer.location.startswith("/sign-in"):
        return True
    if answer.status_code == 302 and answer.request.path == "/" and answer.location in {"/groups"}:
        return True
    return answer.status_code == 403 and "This is not for you" in answer.text


def test_every_route_is_in_the_table_and_nothing_else_is(app: Flask) -> None:
    assert routes(app) == set(table())


def test_each_view_says_itself_what_the_table_says(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            said = {visitor: visitor in visitors_of(app.view_functions[rule.endpoint]) for visitor in VISITORS}
            assert said == table()[method, rule.rule], (method, rule.rule)


@pytest.fixture
def kept(site: Site, stranger: FlaskClient) -> StoryFolder:
    """A story that may be used, and a quote of it; of another story there is a worry, number 1."""
    story, other = make_story(site.folder, permissions=Permissions(words=True, voice=True)), make_story(site.folder)
    site.intake.look()
    site.archive.texts.confirm(story.id, by=named(site).id, revision=0)
    assert site.archive.quotes.propose(story.id, 1, 3, by=named(site).id).number == 1
    site.archive.flags.raise_flag(other.id, reason="a worry", by="ann")
    return story


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_route_answers_as_the_table_says(
    visitor: Visitor, site: Site, stranger: FlaskClient, enter: Callable[[Role], FlaskClient], kept: StoryFolder
) -> None:
    browser = stranger if visitor == "nobody" else enter(visitor)
    gaps = {
        "story_id": kept.id,
        "account_id": named(site).id,
        "code": "x",
        "tag_id": "food",
        "int:number": "1",
        "button": "green",
    }
    gaps |= {"path:filename": "sayso.css", "name": "welcome"}
    site.under_way.ask(Wish("shared", "to be asked for", "x", "X"), datetime.now(UTC))
    before = site.archive.people.everybody()
    for (method, route), may in sorted(table().items()):
        path = re.sub(r"<([^>]+)>", lambda gap: gaps[gap[1]], route)
        # From elsewhere: whoever stands at the station sees its screen without any account.
        with browser.open(path, method=method, environ_overrides={"REMOTE_ADDR": ELSEWHERE}) as answer:
            assert is_refused(answer) != may[visitor], (method, path, answer.status)
            assert answer.status_code < 500
            # What may be asked for is there; a change without a token is not made, and an empty link opens nothing.
            if may[visitor] and method == "GET" and route not in NOTHING_YET:
                assert answer.status_code in (200, 302, 303), (path, answer.status)
    assert site.archive.people.everybody() == before


@pytest.mark.parametrize("visitor", VISITORS)
def test_what_is_not_there_and_what_works_otherwise_is_told_to_those_alone_who_are_signed_in(
    visitor: Visitor, stranger: FlaskClient, enter: Callable[[Role], FlaskClient]
) -> None:
    browser = stranger if visitor == "nobody" else enter(visitor)
    for path, method, code in (("/nowhere", "GET", 404), ("/sign-out", "GET", 405), ("/me", "DELETE", 405)):
        answer = browser.open(path, method=method)
        assert answer.status_code == (303 if visitor == "nobody" else code), path


@pytest.mark.parametrize("visitor", VISITORS)
def test_a_view_that_does_not_say_is_closed_to_all(
    visitor: Visitor,
    app: Flask,
    stranger: FlaskClient,
    enter: Callable[[Role], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgotten() -> str:
        return "secret"

    monkeypatch.setitem(app.view_functions, "people.listing", forgotten)
    browser = stranger if visitor == "nobody" else enter(visitor)
    answer = browser.get("/people")
    assert is_refused(answer)
    assert "secret" not in answer.text


def test_everybody_begins_where_they_may_be(enter: Callable[[Role], FlaskClient], app: Flask) -> None:
    for visitor, endpoint in START.items():
        assert visitor in visitors_of(app.view_functions[endpoint])
    group = enter("group")
    assert group.get("/").location == "/groups"
    page = group.get("/groups").text
    assert "You say which may be used" in page and "A group" in page and "People" not in page
    assert 'href="/me"' in page


class TestNotAgreed:
    def test_staff_do_not_find_them_anywhere(self, site: Site, enter: Callable[[Role], FlaskClient]) -> None:
        shown = make_story(site.folder, "this one may be heard")
        hidden = make_story(site.folder, "not to be kept", agreed=False)
        site.intake.look()
        staff = enter("staff")
        page = staff.get("/").text
        assert shown.id in page and "1 story" in page
        assert hidden.id not in page and "not to be kept" not in page
        for part in ("", "/words", "/audio"):
            with staff.get(f"/stories/{hidden.id}{part}") as answer:
                assert answer.status_code == 404, part
                assert b"not to be kept" not in answer.data
            with staff.get(f"/stories/{shown.id}{part}") as answer:
                assert answer.status_code == 200, part

    def test_a_lead_does(self, site: Site, enter: Callable[[Role], FlaskClient]) -> None:
        hidden = make_story(site.folder, "not to be kept", agreed=False)
        site.intake.look()
        lead = enter("lead")
        assert "not to be kept" in lead.get("/").text
        for part in ("", "/words", "/audio"):
            with lead.get(f"/stories/{hidden.id}{part}") as answer:
                assert answer.status_code == 200, part

    def test_what_was_taken_back_and_is_frozen_is_for_leads_as_well(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        kept = make_story(site.folder)
        site.intake.look()
        site.archive.flags.raise_flag(kept.id, reason="a worry", by=named(site).id)
        site.archive.deleting.withdraw(kept.id, by=named(site).id)
        staff, lead = enter("staff"), enter("lead")
        assert kept.id not in staff.get("/").text
        assert staff.get(f"/stories/{kept.id}").status_code == 404
        assert lead.get(f"/stories/{kept.id}").status_code == 200

    def test_a_lead_who_becomes_staff_loses_them_at_the_next_request(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        hidden = make_story(site.folder, agreed=False)
        site.intake.look()
        lead, other = enter("lead"), named(site)
        assert lead.get(f"/stories/{hidden.id}").status_code == 200
        account = named(site, "A lead")
        site.archive.people.change_role(account.id, "staff", by=other.id, revision=account.revision)
        assert lead.get(f"/stories/{hidden.id}").status_code == 303


@pytest.mark.parametrize("role", ["staff", "group"])
def test_no_field_makes_anybody_a_lead(site: Site, enter: Callable[[Role], FlaskClient], role: Role) -> None:
    browser = enter(role)
    me, other = named(site, f"A {role}"), named(site)
    extra = {"role": "lead", "generation": "9", "account_id": other.id, "id": other.id, "password_hash": "x"}
    answer = send(browser, "/me/name", name="Renamed", revision=me.revision, **extra)
    assert answer.status_code == 303
    after = named(site, "Renamed")
    assert (after.id, after.role, after.generation) == (me.id, role, me.generation)
    assert named(site) == other
    for path in ("role", "link", "disable", "enable", "remove", "sign-out-everywhere"):
        for account in (after, other):
            refused = send(browser, f"/people/{account.id}/{path}", role="lead", revision=account.revision)
            assert is_refused(refused), path
    assert is_refused(send(browser, "/people/invite", name="Mine", role="lead"))
    assert {each.name: each.role for each in site.archive.people.everybody()} == {"Renamed": role, "Front Desk": "lead"}
