"""Your account: what everybody may change about themselves."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.credentials import SHORTEST_PASSWORD
from admin_web.site import Site
from admin_web.throttle import OWN, Throttle
from tests.admin_web.making import NAME, PASSWORD, add_person, named, send, sign_in

NEW = "seven brown kettles sing"


class TestOwnAccount:
    @pytest.mark.parametrize("role", ["staff", "lead", "group"])
    def test_everybody_changes_their_own_password_and_goes_on(
        self, enter: Callable[[Role], FlaskClient], app: Flask, role: Role
    ) -> None:
        browser, elsewhere = enter(role), app.test_client()
        sign_in(elsewhere, f"A {role}")
        with browser.session_transaction() as session:
            before = session["id"]
        answer = send(browser, "/me/password", present=PASSWORD, password=NEW, revision=2)
        assert (answer.status_code, answer.location) == (303, "/me")
        assert "Your new password is kept" in browser.get("/me").text
        with browser.session_transaction() as session:
            assert session["id"] != before
        assert elsewhere.get("/me").status_code == 303
        assert sign_in(app.test_client(), f"A {role}", PASSWORD).status_code == 422
        assert sign_in(app.test_client(), f"A {role}", NEW).status_code == 303

    @pytest.mark.parametrize(
        ("present", "password", "fault"),
        [
            ("", NEW, "Type your password."),
            ("wrong wrong wrong", NEW, "This is not your password."),
            (PASSWORD, "p" * (SHORTEST_PASSWORD - 1), "12 characters or more"),
            (PASSWORD, "p" * 1001, "at most 1000"),
        ],
    )
    def test_a_fault_is_told_and_changes_nothing(
        self, client: FlaskClient, site: Site, present: str, password: str, fault: str
    ) -> None:
        before = named(site)
        answer = send(client, "/me/password", present=present, password=password, revision=before.revision)
        assert answer.status_code == 422 and fault in answer.text
        assert named(site) == before
        assert password not in answer.text and (not present or present not in answer.text)

    def test_whoever_finds_the_screen_open_does_not_guess_for_long(self, client: FlaskClient, site: Site) -> None:
        site.throttle = Throttle(lambda: 0.0)
        fields = {"present": "wrong wrong wrong", "password": NEW, "revision": 1}
        codes = [send(client, "/me/password", **fields).status_code for _ in range(OWN.free + 1)]
        assert codes == [422] * OWN.free + [429]

    def test_a_new_name_is_the_one_to_sign_in_with(self, client: FlaskClient, app: Flask, site: Site) -> None:
        answer = send(client, "/me/name", name=" Ruth  Bell ", revision=1)
        assert answer.status_code == 303
        assert "Ruth" in client.get("/").text
        assert sign_in(app.test_client(), NAME).status_code == 422
        assert sign_in(app.test_client(), "ruth bell").status_code == 303
        assert named(site, "Ruth Bell").earlier_names == (NAME,)

    def test_the_name_of_somebody_else_is_refused(self, client: FlaskClient, site: Site, password_hash: str) -> None:
        add_person(site, "Ann", "staff", password_hash)
        answer = send(client, "/me/name", name="ann", revision=1)
        assert answer.status_code == 409 and "There is somebody named Ann already" in answer.text

    def test_another_tab_that_is_older_overwrites_nothing(self, client: FlaskClient, site: Site) -> None:
        assert send(client, "/me/name", name="Ruth", revision=1).status_code == 303
        name = send(client, "/me/name", name="Older", revision=1)
        password = send(client, "/me/password", present=PASSWORD, password=NEW, revision=1)
        assert (name.status_code, password.status_code) == (409, 409)
        assert "changed this account a moment ago" in name.text and "changed this account" in password.text
        assert named(site, "Ruth").revision == 2

    def test_signing_out_everywhere_means_here_too(self, client: FlaskClient, app: Flask) -> None:
        elsewhere = app.test_client()
        sign_in(elsewhere)
        assert send(client, "/me/sign-out-everywhere").location == "/sign-in"
        assert client.get("/").status_code == 303 and elsewhere.get("/").status_code == 303
        assert sign_in(client).status_code == 303

    def test_password_managers_are_told_which_field_is_which(self, client: FlaskClient) -> None:
        page = client.get("/me").text
        for kind in ("username", "current-password", "new-password"):
            assert f'autocomplete="{kind}"' in page
