import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from argon2 import extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web import create_app
from admin_web.credentials import CODE_LETTERS, Passwords, SetUpCode
from admin_web.rights import visitors_of
from admin_web.site import Site, site_of
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import NAME, PASSWORD, csrf_token, sign_in


def paths(app: Flask) -> list[tuple[str, str, str]]:
    """Every route as (endpoint, method, path), with something sensible in its gaps."""
    return [
        (rule.endpoint, method, re.sub(r"<int:[^>]+>", "1", re.sub(r"<[^>:]+>", "station-000001-abcdef", rule.rule)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def set_up(client: FlaskClient, code: str, name: str = NAME, password: str = PASSWORD) -> TestResponse:
    token = csrf_token(client.get("/setup").text)
    return client.post("/setup", data={"code": code, "name": name, "password": password, "csrf_token": token})


#: Another machine: on the station's own one the screen is open without sign-in (test_screen.py).
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


class TestWithoutSignIn:
    def test_every_route_leads_to_the_sign_in_page(self, app: Flask, stranger: FlaskClient) -> None:
        walked = [each for each in paths(app) if "nobody" not in visitors_of(app.view_functions[each[0]])]
        assert len(walked) >= 5
        for _, method, path in walked:
            answer = stranger.open(path, method=method, environ_overrides=ELSEWHERE)
            assert answer.status_code == 303, path
            assert answer.location.startswith("/sign-in"), path

    def test_what_is_not_there_looks_like_what_is(self, stranger: FlaskClient) -> None:
        assert stranger.get("/nowhere").location.startswith("/sign-in")

    def test_health_says_ok_and_nothing_else(self, stranger: FlaskClient) -> None:
        answer = stranger.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok")
        assert "Set-Cookie" not in answer.headers

    def test_style_and_scripts_can_be_loaded(self, stranger: FlaskClient) -> None:
        with stranger.get("/static/sayso.css") as answer:
            assert answer.status_code == 200


class TestSetUp:
    def test_while_nobody_has_an_account_every_route_leads_to_set_up(self, app: Flask) -> None:
        client = app.test_client()
        for endpoint, method, path in paths(app):
            if endpoint not in ("health", "auth.set_up"):
                answer = client.open(path, method=method, environ_overrides=ELSEWHERE)
                assert (answer.status_code, answer.location) == (302, "/setup"), path
        assert client.get("/healthz").text == "ok"

    def test_the_code_makes_one_account_and_signs_in(self, app: Flask, site: Site) -> None:
        assert site.set_up_code
        code = site.set_up_code.text
        client = app.test_client()
        assert set_up(client, code).location == "/tour"
        assert NAME in client.get("/").text
        other = app.test_client()
        assert other.get("/setup").location == "/sign-in"
        answer = other.post("/setup", data={"code": code, "name": "Mallory", "password": PASSWORD})
        assert answer.status_code in (302, 403)
        (account,) = site.archive.people.everybody()
        assert account.name == NAME

    def test_small_letters_spaces_and_missing_hyphens_do_not_matter(self) -> None:
        code = SetUpCode()
        assert code.fits(code.text)
        assert code.fits(f" {code.text.lower().replace('-', ' ')} ")
        assert not code.fits(code.text[:-1])
        assert not code.fits("")
        assert not code.fits("é" * 16)

    def test_the_code_cannot_be_guessed_or_misread(self) -> None:
        codes = {SetUpCode().text for _ in range(50)}
        assert len(codes) == 50
        assert all(re.fullmatch(f"[{CODE_LETTERS}]{{4}}(-[{CODE_LETTERS}]{{4}}){{3}}", code) for code in codes)
        assert len(CODE_LETTERS) ** 16 >= 2**60
        assert not set("0O1IL") & set(CODE_LETTERS)

    def test_a_wrong_code_makes_no_account(self, app: Flask, site: Site) -> None:
        answer = set_up(app.test_client(), "3333-3333-3333-3333")
        assert answer.status_code == 422
        assert "not the set-up code" in answer.text
        assert site.archive.people.everybody() == []

    @pytest.mark.parametrize(
        ("name", "password", "fault"),
        [
            (NAME, "eleven char", "12 characters or more"),
            ("   ", PASSWORD, "Type a name"),
            ("a\x1b[2Jb", PASSWORD, "letters and spaces"),
            ("n" * 81, PASSWORD, "shorter name"),
            (NAME, "p" * 1001, "at most 1000"),
        ],
    )
    def test_a_form_with_a_fault_says_which(self, app: Flask, site: Site, name: str, password: str, fault: str) -> None:
        assert site.set_up_code
        answer = set_up(app.test_client(), site.set_up_code.text, name, password)
        assert answer.status_code == 422
        assert fault in answer.text
        assert password not in answer.text
        assert site.archive.people.everybody() == []

    def test_of_two_at_once_one_gets_the_account(self, app: Flask, site: Site) -> None:
        assert site.set_up_code
        code = site.set_up_code.text
        clients = [app.test_client() for _ in range(8)]
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: set_up_or_none(clients[n], code, f"Person {n}"), range(8)))
        (account,) = site.archive.people.everybody()
        signed_in = [n for n, answer in enumerate(answers) if answer and answer.location == "/tour"]
        assert [f"Person {n}" for n in signed_in] == [account.name]

    def test_the_code_is_new_at_each_start_and_gone_once_there_is_an_account(self, folder: DataFolder) -> None:
        first, second = (site_of(create_app(folder)) for _ in range(2))
        assert first.set_up_code and second.set_up_code
        assert first.set_up_code.text != second.set_up_code.text
        second.archive.people.make_first(NAME, "x")
        assert site_of(create_app(folder)).set_up_code is None


def set_up_or_none(client: FlaskClient, code: str, name: str) -> TestResponse | None:
    try:
        return set_up(client, code, name)
    except AssertionError:
        # The others were quicker: there is no set-up page any more.
        return None


class TestSignIn:
    def test_the_right_name_and_password_open_the_list(self, stranger: FlaskClient) -> None:
        answer = sign_in(stranger, " front DESK ")
        assert (answer.status_code, answer.location) == (303, "/")
        assert stranger.get("/").status_code == 200
        assert stranger.get("/sign-in").location == "/"

    def test_an_accent_may_be_typed_in_either_way(self, app: Flask, site: Site) -> None:
        site.archive.people.make_first("Zoe\u0308", site.passwords.hash("cafe\u0301 cafe\u0301 x"))
        site.set_up_code = None
        assert sign_in(app.test_client(), "Zo\u00eb", "caf\u00e9 caf\u00e9 x").status_code == 303

    def test_a_wrong_name_and_a_wrong_password_are_answered_alike(self, stranger: FlaskClient) -> None:
        answers = [sign_in(stranger, NAME, "wrong wrong wrong"), sign_in(stranger, "Nobody", PASSWORD)]
        texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
        assert {answer.status_code for answer in answers} == {422}
        assert len(texts) == 1
        assert "do not fit together" in texts.pop()
        assert stranger.get("/").status_code == 303

    def test_the_password_is_reckoned_also_for_a_wrong_name(
        self, stranger: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reckoned: list[str] = []
        fits = site.passwords.fits

        def counted(password_hash: str, password: str) -> bool:
            reckoned.append(password)
            return fits(password_hash, password)

        monkeypatch.setattr(site.passwords, "fits", counted)
        assert sign_in(stranger, "Nobody", PASSWORD).status_code == 422
        assert reckoned == [PASSWORD]

    def test_no_ones_password_is_reckoned_at_the_same_cost(self) -> None:
        passwords = Passwords()
        assert extract_parameters(passwords.no_ones) == extract_parameters(passwords.hash(PASSWORD))
        assert not passwords.fits(passwords.no_ones, PASSWORD)
        assert not passwords.fits("", PASSWORD) and not passwords.fits("", "")

    def test_the_password_is_kept_as_argon2id(self, stranger: FlaskClient, site: Site) -> None:
        (account,) = site.archive.people.everybody()
        assert account.password_hash.startswith("$argon2id$")
        assert not Passwords().fits("not a hash at all", PASSWORD)

    def test_password_managers_are_told_which_field_is_which(self, stranger: FlaskClient) -> None:
        page = stranger.get("/sign-in").text
        assert 'autocomplete="username"' in page
        assert 'autocomplete="current-password"' in page
        assert "onpaste" not in page

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "/\t/evil.example/",
            " //evil.example",
            "javascript:alert(1)",
            "http:evil.example",
            "http://[",
            "/nowhere",
            "/?page=2\r\nSet-Cookie: a=b",
            "/sign-out",
            "stories/station-000001-abcdef",
        ],
    )
    def test_next_leads_nowhere_else(self, stranger: FlaskClient, elsewhere: str) -> None:
        assert sign_in(stranger, path=f"/sign-in?next={quote(elsewhere)}").location == "/"

    def test_next_leads_to_the_page_that_was_asked_for(self, stranger: FlaskClient) -> None:
        path = stranger.get("/?page=2").location
        assert sign_in(stranger, path=path).location == "/?page=2"

    def test_a_session_cannot_be_fixed_beforehand(self, stranger: FlaskClient) -> None:
        stranger.get("/sign-in")
        with stranger.session_transaction() as session:
            session["planted"] = "by somebody else"
            before = session["csrf_token"]
        sign_in(stranger)
        with stranger.session_transaction() as session:
            assert "planted" not in session
            assert session.get("csrf_token") != before

    def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(self, stranger: FlaskClient) -> None:
        cookie = sign_in(stranger).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie

    def test_the_cookie_travels_by_https_only_where_the_site_is_reached_so(self, stranger: FlaskClient) -> None:
        answer = stranger.get("/sign-in", base_url="https://localhost")
        assert "Secure" in answer.headers["Set-Cookie"]


class TestCsrf:
    def test_every_change_without_a_token_is_refused(self, app: Flask, client: FlaskClient) -> None:
        # The screen has no session; what its presses want instead: test_screen.py.
        changes = [
            path for endpoint, method, path in paths(app) if method == "POST" and endpoint.split(".")[0] != "screen"
        ]
        assert changes
        for path in changes:
            answer = client.post(path)
            assert answer.status_code == 403, path
            assert "open too long" in answer.text
        assert client.get("/").status_code == 200

    def test_a_token_of_another_session_is_refused(self, app: Flask, client: FlaskClient) -> None:
        token = csrf_token(app.test_client().get("/sign-in").text)
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 403

    def test_set_up_and_sign_in_want_one_too(self, app: Flask, site: Site) -> None:
        assert site.set_up_code
        data = {"code": site.set_up_code.text, "name": NAME, "password": PASSWORD}
        assert app.test_client().post("/setup", data=data).status_code == 403
        assert site.archive.people.everybody() == []
