"""Guessing is slowed down; a whole centre and the person guessed at are not."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.devices import COOKIE
from admin_web.site import Site
from admin_web.throttle import (
    ADDRESS,
    DEVICE,
    NAME,
    OWN,
    PAIR,
    Counts,
    Limit,
    Throttle,
    known_devices_try,
    network_of,
    strangers_try,
)
from tests.admin_web import making
from tests.admin_web.making import add_person, named, sign_in

WRONG = "wrong wrong wrong"
DAY_S = 24 * 3600.0


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def throttle(clock: Time) -> Throttle:
    return Throttle(clock)


def guess_for(throttle: Throttle, clock: Time, counts: Callable[[int], Counts], seconds: float) -> int:
    """Somebody guesses as fast as they are heard; return how many tries that were. `counts` of the n-th try."""
    heard, end = 0, clock.now + seconds
    while clock.now < end:
        wait_s = throttle.attempt(counts(heard))
        if wait_s:
            clock.now += wait_s
        else:
            heard += 1
    return heard


class TestWaits:
    @pytest.mark.parametrize("limit", [PAIR, DEVICE, NAME, ADDRESS, OWN], ids=lambda limit: limit.kind)
    def test_after_the_free_tries_each_wait_is_longer_up_to_the_longest(
        self, throttle: Throttle, clock: Time, limit: Limit
    ) -> None:
        counts = [(limit, "x")]
        for _ in range(limit.free):
            assert throttle.attempt(counts) == 0
        waits = []
        for _ in range(12):
            waits.append(round(throttle.attempt(counts), 3))
            clock.now += waits[-1] + 0.001
            assert throttle.attempt(counts) == 0
        assert waits[0] == 1
        assert waits == sorted(waits)
        assert waits[-1] == limit.longest_wait_s
        assert throttle.attempt([(limit, "another")]) == 0

    def test_a_try_that_has_to_wait_does_not_count(self, throttle: Throttle, clock: Time) -> None:
        counts = strangers_try("10.0.0.1", "ann")
        while not throttle.attempt(counts):
            pass
        wait_s = throttle.attempt(counts)
        for _ in range(1000):
            assert throttle.attempt(counts) == wait_s
        clock.now += wait_s
        assert throttle.attempt(counts) == 0

    def test_failures_are_forgotten_with_time(self, throttle: Throttle, clock: Time) -> None:
        counts = strangers_try("10.0.0.1", "ann")
        guess_for(throttle, clock, lambda n: counts, DAY_S)
        clock.now += PAIR.forgotten_s * 40
        for _ in range(PAIR.free):
            assert throttle.attempt(counts) == 0

    def test_many_names_do_not_fill_the_memory(
        self, throttle: Throttle, clock: Time, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("admin_web.throttle.REMEMBERED", 100)
        for n in range(300):
            clock.now += 60
            throttle.attempt(strangers_try("10.0.0.1", str(n)))
        assert len(throttle._counts) == 100


class TestWhoWaits:
    def test_a_guesser_at_one_name_gets_about_sixty_tries_an_hour(self, throttle: Throttle, clock: Time) -> None:
        assert guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", "ann"), DAY_S) <= 24 * 60 + 20

    def test_a_guesser_at_all_names_gets_no_more_than_the_readme_says(self, throttle: Throttle, clock: Time) -> None:
        assert guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", f"name {n}"), 3600) <= 420
        assert guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", f"other {n}"), 3600) <= 420

    def test_nor_do_all_together_at_one_name(self, throttle: Throttle, clock: Time) -> None:
        def from_everywhere(n: int) -> Counts:
            return strangers_try(f"10.{n // 60000}.{n // 250 % 240}.{n % 250}", "ann")

        for _ in range(3):
            assert guess_for(throttle, clock, from_everywhere, 3600) <= 420

    def test_the_person_guessed_at_does_not_wait_at_another_address(self, throttle: Throttle, clock: Time) -> None:
        for _ in range(24):
            guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", "ann"), 3600)
            hers = strangers_try("10.0.0.2", "ann")
            assert throttle.attempt(hers) == 0
            throttle.succeeded(hers)

    def test_nor_do_others_at_the_guessers_address(self, throttle: Throttle, clock: Time) -> None:
        for hour in range(24):
            guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", "ann"), 3600)
            assert throttle.attempt(strangers_try("10.0.0.1", f"colleague {hour}")) == 0

    def test_a_centre_behind_one_address_may_mistype(self, throttle: Throttle) -> None:
        for person in range(16):
            for _ in range(3):
                assert throttle.attempt(strangers_try("10.0.0.1", f"person {person}")) == 0

    def test_a_known_device_waits_for_nobody_but_itself(self, throttle: Throttle, clock: Time) -> None:
        guess_for(throttle, clock, lambda n: strangers_try("10.0.0.1", f"name {n}"), 3600)
        guess_for(throttle, clock, lambda n: strangers_try(f"10.0.1.{n % 250}", "ann"), 3600)
        throttle.attempt(strangers_try("10.0.2.1", "ann"))
        assert throttle.attempt(strangers_try("10.0.3.1", "ann")) > 0
        assert throttle.attempt(known_devices_try("device", "ann's id")) == 0
        # Whoever has stolen it does not guess more quickly than anybody else.
        assert guess_for(throttle, clock, lambda n: known_devices_try("device", "ann's id"), DAY_S) <= 24 * 60 + 20

    def test_signing_in_between_does_not_let_a_guesser_go_on(self, throttle: Throttle, clock: Time) -> None:
        mine, heard = strangers_try("10.0.0.1", "me"), 0
        for n in range(5000):
            if throttle.attempt(mine) == 0:
                throttle.succeeded(mine)
            heard += throttle.attempt(strangers_try("10.0.0.1", f"name {n % 500}")) == 0
        assert heard <= ADDRESS.free

    def test_success_takes_back_its_own_try_alone(self, throttle: Throttle) -> None:
        counts = strangers_try("10.0.0.1", "ann")
        for _ in range(200):
            assert throttle.attempt(counts) == 0
            throttle.succeeded(counts)

    @pytest.mark.parametrize(
        ("address", "place"),
        [
            ("192.168.1.7", "192.168.1.7"),
            ("::ffff:192.168.1.7", "192.168.1.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("::1", "::/64"),
            ("", ""),
            ("a socket", "a socket"),
        ],
    )
    def test_one_customer_is_one_place(self, address: str, place: str) -> None:
        assert network_of(address) == place


def guess(app: Flask, name: str = making.NAME, times: int = PAIR.free + 1, address: str = "10.0.0.9") -> int:
    """Guess from a new browser; return the last answer's code."""
    browser = app.test_client()
    browser.environ_base["REMOTE_ADDR"] = address
    return [sign_in(browser, name, WRONG).status_code for _ in range(times)][-1]


class TestSignIn:
    @pytest.fixture(autouse=True)
    def clock(self, site: Site) -> Time:
        clock = Time()
        site.throttle = Throttle(clock)
        return clock

    def test_after_some_wrong_tries_the_right_password_waits_as_well(
        self, app: Flask, stranger: FlaskClient, clock: Time
    ) -> None:
        assert guess(app, times=PAIR.free, address="127.0.0.1") == 422
        answer = sign_in(stranger)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Wait a second, then try again" in answer.text
        clock.now += 1
        assert sign_in(stranger).status_code == 303

    def test_a_device_that_signed_in_before_does_not_wait(self, app: Flask, stranger: FlaskClient) -> None:
        stranger.environ_base["REMOTE_ADDR"] = "10.0.0.9"
        assert sign_in(stranger).status_code == 303
        making.send(stranger, "/sign-out")
        assert guess(app) == 429
        assert sign_in(stranger).status_code == 303
        assert sign_in(app.test_client()).status_code == 303
        # Another browser at the guesser's address has never signed in.
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = "10.0.0.9"
        assert sign_in(other).status_code == 429

    def test_a_shared_tablet_knows_several_people(
        self, app: Flask, site: Site, stranger: FlaskClient, password_hash: str
    ) -> None:
        add_person(site, "Ann", "staff", password_hash)
        for name in (making.NAME, "Ann"):
            assert sign_in(stranger, name).status_code == 303
            making.send(stranger, "/sign-out")
        for name in (making.NAME, "Ann"):
            assert guess(app, name, address="127.0.0.1") == 429
            assert sign_in(stranger, name).status_code == 303
            making.send(stranger, "/sign-out")

    def test_a_device_is_unknown_after_sign_out_everywhere(self, app: Flask, site: Site, stranger: FlaskClient) -> None:
        assert sign_in(stranger).status_code == 303
        site.archive.people.end_sessions(named(site).id, by="test")
        assert guess(app, address="127.0.0.1") == 429
        assert sign_in(stranger).status_code == 429

    @pytest.mark.parametrize("forged", ["", "x", "eyJpZCI6IngifQ.abc", "W10.abc", "\u00e9"])
    def test_a_forged_device_is_a_stranger(self, app: Flask, stranger: FlaskClient, forged: str) -> None:
        stranger.set_cookie(COOKIE, forged)
        assert guess(app, address="127.0.0.1") == 429
        assert sign_in(stranger).status_code == 429

    def test_the_device_cookie_is_no_session(self, app: Flask, enter: Callable[[Role], FlaskClient]) -> None:
        cookie = enter("lead").get_cookie(COOKIE)
        assert cookie and cookie.http_only and cookie.same_site == "Lax"
        other = app.test_client()
        other.set_cookie(COOKIE, cookie.value)
        assert other.get("/").status_code == 303

    def test_names_that_nobody_has_are_slowed_down_alike(self, app: Flask, stranger: FlaskClient) -> None:
        codes = [guess(app, name, times, "10.0.0.7") for name in ("Nobody", making.NAME) for times in (PAIR.free, 1)]
        assert codes == [422, 429, 422, 429]

    def test_the_set_up_code_is_slowed_down_too(self, app: Flask, site: Site) -> None:
        assert site.set_up_code
        browser = app.test_client()
        token = making.csrf_token(browser.get("/setup").text)
        data = {"code": "3333-3333-3333-3333", "name": "M", "password": making.PASSWORD, "csrf_token": token}
        codes = [browser.post("/setup", data=data).status_code for _ in range(ADDRESS.free + 1)]
        assert codes == [422] * ADDRESS.free + [429]
