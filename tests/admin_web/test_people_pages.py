"""What a lead does about people."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web.site import Site
from tests.admin_web.making import NAME, add_person, csrf_token, named, send, sign_in

NASTY = "<script>alert('x')</script>\"'&"
ACTIONS = ["role", "link", "disable", "enable", "sign-out-everywhere", "remove"]


class TestList:
    def test_it_shows_everybody_with_role_and_last_sign_in(
        self, client: FlaskClient, site: Site, password_hash: str
    ) -> None:
        add_person(site, "Ann", "staff", password_hash)
        add_person(site, "Tuesday group", "group", password_hash)
        page = client.get("/people").text
        cards = dict(re.findall(r'<h2><a href="[^"]+">([^<]+)</a></h2>(.*?)</li>', page, re.DOTALL))
        assert list(cards) == ["Ann", NAME, "Tuesday group"]
        assert "Staff" in cards["Ann"] and "Has not signed in yet" in cards["Ann"]
        assert "Lead" in cards[NAME] and "this is you" in cards[NAME]
        assert re.search(r"Last signed in\s+<time[^>]*>today \d\d:\d\d<", cards[NAME])
        assert "Group" in cards["Tuesday group"] and "this is you" not in cards["Tuesday group"]

    def test_it_says_who_is_invited_kept_out_and_removed(
        self, client: FlaskClient, site: Site, password_hash: str
    ) -> None:
        send(client, "/people/invite", name="Ann", role="staff")
        for name, verb in (("Ben", "disable"), ("Cleo", "remove")):
            account = add_person(site, name, "staff", password_hash)
            assert send(client, f"/people/{account.id}/{verb}", revision=account.revision).status_code == 303
        page = client.get("/people").text
        assert "Invited, until" in page and "May not sign in" in page
        assert "People who were removed (1)" in page and "Cleo, staff, removed today" in page


class TestInviting:
    @pytest.mark.parametrize(
        ("name", "role", "code", "fault"),
        [
            ("", "staff", 422, "Type a name."),
            ("   ", "staff", 422, "Type a name."),
            ("n" * 81, "staff", 422, "Use a shorter name."),
            ("Ann\r\nSet-Cookie: a=b", "staff", 422, "Use letters and spaces only."),
            ("Ann\u202e", "staff", 422, "Use letters and spaces only."),
            ("Ann\0", "staff", 422, "Use letters and spaces only."),
            ("Ann", "admin", 422, "Choose one."),
            ("Ann", "", 422, "Choose one."),
            (" front DESK", "staff", 409, f"There is somebody named {NAME} already."),
        ],
    )
    def test_a_fault_is_told_and_makes_nobody(
        self, client: FlaskClient, site: Site, name: str, role: str, code: int, fault: str
    ) -> None:
        answer = send(client, "/people/invite", name=name, role=role)
        assert (answer.status_code, fault in answer.text) == (code, True)
        assert [each.name for each in site.archive.people.everybody()] == [NAME]
        assert "Set-Cookie: a=b" not in str(answer.headers)


class TestOnePerson:
    @pytest.fixture
    def ann(self, site: Site, stranger: FlaskClient, password_hash: str) -> str:
        return add_person(site, "Ann", "staff", password_hash).id

    def do(self, client: FlaskClient, site: Site, ann: str, action: str, **fields: str) -> int:
        account = site.archive.people.get(ann)
        assert account
        return send(client, f"/people/{ann}/{action}", revision=account.revision, **fields).status_code

    def test_kept_out_they_cannot_sign_in_and_then_again(
        self, client: FlaskClient, app: Flask, site: Site, ann: str
    ) -> None:
        theirs = app.test_client()
        assert sign_in(theirs, "Ann").status_code == 303
        assert self.do(client, site, ann, "disable") == 303
        assert theirs.get("/").location.startswith("/sign-in")
        refused = sign_in(app.test_client(), "Ann")
        assert refused.status_code == 422 and "do not fit together" in refused.text
        assert "may not sign in" in client.get(f"/people/{ann}").text
        assert self.do(client, site, ann, "enable") == 303
        assert sign_in(app.test_client(), "Ann").status_code == 303
        # What was open before stays closed.
        assert theirs.get("/").status_code == 303

    @pytest.mark.parametrize(
        ("action", "fields"), [("role", {"role": "lead"}), ("sign-out-everywhere", {}), ("remove", {})]
    )
    def test_open_sessions_end_at_the_next_request(
        self, client: FlaskClient, app: Flask, site: Site, ann: str, action: str, fields: dict[str, str]
    ) -> None:
        theirs = [app.test_client() for _ in range(2)]
        for each in theirs:
            sign_in(each, "Ann")
            assert each.get("/").status_code == 200
        assert self.do(client, site, ann, action, **fields) == 303
        for each in theirs:
            assert each.get("/").status_code == 303
            assert "You were signed out. Please sign in again." in each.get("/sign-in").text
        assert client.get("/people").status_code == 200

    def test_a_new_role_counts_when_they_sign_in_again(
        self, client: FlaskClient, app: Flask, site: Site, ann: str
    ) -> None:
        assert self.do(client, site, ann, "role", role="lead") == 303
        theirs = app.test_client()
        sign_in(theirs, "Ann")
        assert theirs.get("/people").status_code == 200

    def test_removed_they_are_not_there(self, client: FlaskClient, app: Flask, site: Site, ann: str) -> None:
        assert self.do(client, site, ann, "remove") == 303
        assert client.get(f"/people/{ann}").status_code == 404
        for action in ACTIONS:
            assert send(client, f"/people/{ann}/{action}", revision=9).status_code == 404
        assert sign_in(app.test_client(), "Ann").status_code == 422

    @pytest.mark.parametrize("action", [each for each in ACTIONS if each != "sign-out-everywhere"])
    def test_two_leads_do_not_overwrite_one_another(
        self, client: FlaskClient, site: Site, ann: str, action: str
    ) -> None:
        page = client.get(f"/people/{ann}").text
        seen = re.search(r'name="revision" value="(\d+)"', page)
        assert seen
        account = site.archive.people.get(ann)
        assert account
        other = site.archive.people.rename(ann, "Annie", by="another lead", revision=account.revision)
        answer = send(client, f"/people/{ann}/{action}", revision=seen[1], role="lead")
        assert answer.status_code == 409
        assert "Somebody else changed this account a moment ago" in answer.text and "Annie" in answer.text
        assert site.archive.people.get(ann) == other

    @pytest.mark.parametrize(
        ("action", "fields"), [("role", {"role": "staff"}), ("link", {}), ("disable", {}), ("remove", {})]
    )
    def test_the_last_lead_stays(
        self, client: FlaskClient, site: Site, ann: str, action: str, fields: dict[str, str]
    ) -> None:
        me = named(site)
        answer = send(client, f"/people/{me.id}/{action}", revision=me.revision, **fields)
        assert answer.status_code == 409
        assert "is the only lead who can sign in" in answer.text
        assert named(site) == me
        assert client.get("/people").status_code == 200

    def test_a_revision_that_is_none_changes_nothing(self, client: FlaskClient, site: Site, ann: str) -> None:
        before = site.archive.people.get(ann)
        for revision in ("", "x", "0", "-1", "1.5", "9" * 30, "1; DROP TABLE"):
            for action in ACTIONS:
                answer = send(client, f"/people/{ann}/{action}", revision=revision, role="lead")
                assert answer.status_code in (400, 422), (revision, action)
        assert site.archive.people.get(ann) == before

    def test_an_odd_id_is_not_there(self, client: FlaskClient) -> None:
        for odd in ("..", "../../etc/passwd", "..%2f..%2fsecret-key", "%00", "%ff", "é" * 300, "0" * 16, "'--", "<b>"):
            for answer in (client.get(f"/people/{odd}"), *(send(client, f"/people/{odd}/{each}") for each in ACTIONS)):
                assert answer.status_code in (404, 405, 308), odd
                assert "root:" not in answer.text and "<b>" not in answer.text


class TestNames:
    def test_a_script_in_a_name_is_text_on_every_page(
        self, client: FlaskClient, app: Flask, site: Site, password_hash: str
    ) -> None:
        nasty = add_person(site, NASTY, "lead", password_hash)
        theirs = app.test_client()
        assert sign_in(theirs, NASTY).status_code == 303
        pages = [theirs.get(path).text for path in ("/", "/me", "/people", f"/people/{nasty.id}", "/people/invite")]
        pages.append(client.get(f"/people/{nasty.id}").text)
        pages.append(send(client, f"/people/{nasty.id}/link", revision=nasty.revision).text)
        removed = named(site, NASTY)
        send(client, f"/people/{nasty.id}/remove", revision=removed.revision)
        pages.append(client.get("/people").text)
        for page in pages:
            assert "&lt;script&gt;" in page
            assert "<script>alert" not in page and "'x')</script>" not in page

    def test_it_is_text_to_whoever_is_invited_as_well(self, client: FlaskClient, app: Flask) -> None:
        answer = send(client, "/people/invite", name=NASTY, role="group")
        path = re.search(r"/join/[a-z0-9-]+", answer.text)
        assert path
        visitor = app.test_client()
        visitor.get(path[0])
        page = visitor.get("/join").text
        assert "Hello &lt;script&gt;" in page and "<script>alert" not in page

    def test_a_template_in_a_name_is_not_reckoned(self, client: FlaskClient) -> None:
        send(client, "/people/invite", name="{{ 7 * 7 }}{% x %}", role="staff")
        assert "{{ 7 * 7 }}{% x %}" in client.get("/people").text


@pytest.mark.parametrize("path", ["/people/invite", "/me/name", "/me/password", "/join", "/sign-in"])
def test_what_is_too_large_is_refused_and_changes_nothing(client: FlaskClient, site: Site, path: str) -> None:
    before = site.archive.people.everybody()
    token = csrf_token(client.get("/me").text)
    huge = client.post(path, data={"csrf_token": token, "name": "x" * 70_000})
    assert huge.status_code == 413 and "too much at once" in huge.text
    parts = {"csrf_token": token, **{f"f{n}": "" for n in range(1100)}}
    many = client.post(path, data=parts, content_type="multipart/form-data")
    assert many.status_code == 413
    assert site.archive.people.everybody() == before
