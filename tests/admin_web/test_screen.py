"""The station screen's routes: who may see them, and how many at once. The page itself: chromium/test_screen.py."""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web import create_app
from admin_web.screens import MOST_SCREENS
from kiosk.config import AdminSettings, Config
from kiosk.flow import State
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import Admin, make_story
from tests.kiosk.test_board import Answering
from tests.kiosk.test_screen import draw
from tests.sound_card import wait_until

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"
ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def answering(folder: DataFolder) -> Iterator[Answering]:
    answering = Answering(folder)
    yield answering
    answering.close()


def get(client: FlaskClient, path: str = "/screen", address: str = HERE, **more: Any) -> TestResponse:
    return client.get(path, environ_overrides={"REMOTE_ADDR": address}, **more)


def lines(answer: TestResponse) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in answer.response)


def from_display(folder: DataFolder, address: str, **settings: str) -> int:
    app = create_app(folder, Config(admin=AdminSettings(**settings)), test_config={"TESTING": True})
    return get(app.test_client(), address=address).status_code


@pytest.mark.parametrize("path", ["/screen", "/screen/now"])
def test_beside_the_station_nobody_signs_in_and_no_cookie_is_set(stranger: FlaskClient, path: str) -> None:
    answer = get(stranger, path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    answer.close()


def test_the_screen_is_there_before_anybody_has_an_account(app: Flask) -> None:
    assert get(app.test_client()).status_code == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "2001:db8::7", "::ffff:192.0.2.7", "", "nonsense"])
@pytest.mark.parametrize("path", ["/screen", "/screen/now"])
def test_from_anywhere_else_it_is_a_page_for_staff(stranger: FlaskClient, path: str, address: str) -> None:
    answer = get(stranger, path, address)
    assert answer.status_code == 303 and "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("address", ["::1", "127.8.0.1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_addresses(stranger: FlaskClient, address: str) -> None:
    assert get(stranger, address=address).status_code == 200


def test_staff_may_look_from_elsewhere_but_not_press(client: FlaskClient, answering: Answering) -> None:
    assert get(client, address=ELSEWHERE).status_code == 200
    pressed = client.post("/screen/press/green", headers=ORIGIN, environ_overrides={"REMOTE_ADDR": ELSEWHERE})
    assert pressed.status_code == 403
    assert answering.pressed == []


def test_one_other_display_may_be_named(folder: DataFolder) -> None:
    assert from_display(folder, ELSEWHERE, screen_display=ELSEWHERE) == 200
    assert from_display(folder, "192.0.2.8", screen_display=ELSEWHERE) == 302
    # Whoever asks from the one address that the site listens on is this machine.
    assert from_display(folder, ELSEWHERE, host=ELSEWHERE) == 200


def test_a_display_without_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="must be an address"):
        AdminSettings(screen_display="the one in the hall")


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:8080", 200), ("[::1]:8080", 200), ("evil.example", 303), ("[::", 303)]
)
def test_a_name_that_is_not_ours_is_no_way_in(stranger: FlaskClient, host: str, status: int) -> None:
    assert get(stranger, headers={"Host": host}).status_code == status


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://localhost", "http://localhost:81"])
def test_no_other_page_can_press(stranger: FlaskClient, answering: Answering, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    assert stranger.post("/screen/press/green", headers=headers).status_code == 403
    assert stranger.get("/screen/press/green").status_code != 204
    assert answering.pressed == []


def test_a_press_on_the_page_reaches_the_station(stranger: FlaskClient, answering: Answering) -> None:
    answer = stranger.post("/screen/press/red", headers=ORIGIN)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answering.pressed == ["red"]
    refused = stranger.post("/screen/press/purple", headers=ORIGIN)
    assert refused.status_code == 409 and "green, red and blue" in refused.text


def test_a_press_where_no_station_runs_says_so(stranger: FlaskClient) -> None:
    answer = stranger.post("/screen/press/red", headers=ORIGIN)
    assert answer.status_code == 409 and "sayso run" in answer.text


def test_the_station_is_told_line_by_line_through_its_end_and_its_return(
    stranger: FlaskClient, folder: DataFolder
) -> None:
    answer = get(stranger, "/screen/now")
    told = lines(answer)
    assert next(told).keys() == {"edition"}
    assert next(told) == {"away": True}
    for _ in range(2):
        answering = Answering(folder)
        answering.board.show(draw(State.IDLE))
        assert next(each for each in told if "scene" in each)["scene"]["state"] == "idle"
        answering.close()
        assert next(each for each in told if each) == {"away": True}
    answer.close()


def test_a_page_knows_when_it_is_older_than_the_site(stranger: FlaskClient) -> None:
    (of_page,) = re.findall(r'data-edition="(\w{12})"', get(stranger).text)
    answer = get(stranger, "/screen/now")
    assert next(lines(answer)) == {"edition": of_page}
    answer.close()


def test_so_many_screens_and_no_more_and_each_gives_its_place_back(stranger: FlaskClient) -> None:
    answers = [get(stranger, "/screen/now") for _ in range(MOST_SCREENS)]
    full = get(stranger, "/screen/now")
    assert full.status_code == 503 and "too many places" in full.text and full.headers["Retry-After"]
    for answer in answers:
        answer.close()
        answer.close()
    # Also a place that was never read from, and one that only asked what there is.
    for _ in range(2 * MOST_SCREENS):
        stranger.head("/screen/now").close()
        answer = get(stranger, "/screen/now")
        assert answer.status_code == 200
        answer.close()


def test_the_page_holds_no_script_no_style_and_nothing_from_outside(stranger: FlaskClient) -> None:
    page = get(stranger).text
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    assert "<style" not in page and " style=" not in page and not re.search(r"\son\w+=", page)
    assert not re.search(r'(?:src|href)="(?:\w+:)?//', page)


def test_nothing_of_a_story_is_in_it(stranger: FlaskClient, folder: DataFolder, answering: Answering) -> None:
    kept = make_story(folder, "private words")
    answering.board.show(draw(State.THANKS))
    answer = get(stranger, "/screen/now")
    shown = get(stranger).text + json.dumps([next(answer.response).decode() for _ in range(3)])
    assert "thanks" in shown
    assert "private" not in shown and kept.id not in shown
    answer.close()


def test_the_site_works_also_where_there_are_no_words_in_the_stations_language(folder: DataFolder) -> None:
    config = Config.model_validate({"station": {"language": "xx"}})
    page = get(create_app(folder, config, test_config={"TESTING": True}).test_client()).text
    assert '<html lang="en-GB">' in page


def test_open_screens_do_not_keep_staff_waiting(folder: DataFolder) -> None:
    with Admin(folder.root) as admin:
        now = f"{admin.address}/screen/now"
        open_screens = [urllib.request.urlopen(now, timeout=60) for _ in range(MOST_SCREENS)]
        assert admin.get("/screen/now")[0] == 503
        # More than the server has threads, all at once.
        asking = [threading.Thread(target=admin.get, args=["/screen/now"]) for _ in range(20)]
        for each in asking:
            each.start()
        assert admin.get("/healthz") == (200, "ok")
        for each in asking:
            each.join()
        for each in open_screens:
            each.close()

        def free() -> bool:
            try:
                with urllib.request.urlopen(now, timeout=60) as answer:
                    return answer.status == 200
            except urllib.error.HTTPError as error:
                with error:
                    return False

        wait_until(free, "the place of a closed page is free again")
        assert admin.stop()[0] == 0


def test_the_site_ends_while_screens_are_open(folder: DataFolder) -> None:
    with Admin(folder.root) as admin, urllib.request.urlopen(f"{admin.address}/screen/now", timeout=60) as answer:
        assert answer.readline()
        assert admin.stop() == (0, "")
