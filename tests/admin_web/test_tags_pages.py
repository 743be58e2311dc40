"""The pages on which a centre changes its topics."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import admin_web
from admin_web.archive import Role, choices
from admin_web.site import Site
from tests.admin_web.archive.told import label
from tests.admin_web.making import make_story, send

STATIC = Path(admin_web.__file__).parent / "static"
NASTY = "<script>alert(1)</script>"


def revision_of(site: Site, tag_id: str) -> int:
    return site.archive.tags.known(tag_id).revision


def act(browser: FlaskClient, site: Site, tag_id: str, verb: str, **fields: object) -> str:
    """Press a button of a topic's page, and return where that leads."""
    answer = send(browser, f"/tags/{tag_id}{verb}", revision=revision_of(site, tag_id), **fields)
    assert answer.status_code == 303, answer.text
    return answer.location


def order(site: Site) -> list[str]:
    return [each.id for each in site.archive.tags.offered()]


@pytest.fixture
def two_about_food(site: Site) -> list[str]:
    stories = [make_story(site.folder, seconds=0.1).id for _ in range(2)]
    hidden = make_story(site.folder, seconds=0.1, agreed=False).id
    site.intake.look()
    for each in (*stories, hidden):
        label(site.archive, each, "food")
    return stories


def test_every_picture_that_is_named_is_drawn_and_every_drawing_is_named() -> None:
    drawn = re.findall(r'<symbol id="([^"]+)"', (STATIC / "pictures.svg").read_text())
    known = choices()
    marks = [*known.feelings, *known.kinds, *known.speakers, *known.views]
    assert sorted(drawn) == sorted({*known.pictures, *(each.picture for each in marks)})


@pytest.mark.parametrize("role", ["staff", "lead", "group"])
def test_the_list_shows_all_and_tells_groups_no_numbers(
    enter: Callable[[Role], FlaskClient], role: Role, two_about_food: list[str]
) -> None:
    page = enter(role).get("/tags").text
    assert page.count('<li class="card tag"') == 21 and ">Topics<" in page
    counts = re.findall(r"#plate.*?</h2>(?:<p class=\"facts\">(.*?)</p>)?", page, re.DOTALL)
    # A lead also finds the story that nobody agreed to.
    assert counts == [{"staff": "2 stories", "lead": "3 stories", "group": ""}[role]]
    assert ("stories</p>" in page) == (role != "group")


@pytest.mark.parametrize("role", ["staff", "lead", "group"])
def test_each_of_them_can_change_everything_and_undo_it(
    enter: Callable[[Role], FlaskClient], site: Site, role: Role, two_about_food: list[str]
) -> None:
    browser, before = enter(role), order(site)
    answer = send(browser, "/tags/new", words="Garden", picture="flower")
    own = order(site)[-1]
    assert (answer.status_code, answer.location) == (303, f"/tags#tag-{own}")
    act(browser, site, own, "", words=NASTY, picture="tree")
    assert [each.picture for each in site.archive.tags.named([own])] == ["tree"]
    page = browser.get("/tags").text
    assert NASTY not in page and "&lt;script&gt;" in page
    act(browser, site, own, "/move", to="up")
    assert order(site)[-2] == own
    act(browser, site, own, "/off")
    assert order(site) == before
    act(browser, site, own, "/on")
    act(browser, site, "food", "/merge", into=own)
    assert [site.archive.stories.known(each).tags for each in two_about_food] == [(own,), (own,)]
    assert "food" not in order(site)
    merged = browser.get("/tags/food").text
    assert "Take them apart" in merged and NASTY not in merged
    act(browser, site, "food", "/part")
    assert [site.archive.stories.known(each).tags for each in two_about_food] == [("food",), ("food",)]
    assert "food" in order(site)


def test_before_two_are_merged_a_page_says_what_will_happen(
    client: FlaskClient, site: Site, two_about_food: list[str]
) -> None:
    assert 'value="money"' in client.get("/tags/food/merge").text
    page = client.get("/tags/food/merge?into=money").text
    assert "3 stories about “Food” go to “Money”." in page and "You can take them apart again later." in page
    assert site.archive.tags.counts(lead=True) == {"food": 3}
    for odd in ("food", "nobody", NASTY):
        assert client.get("/tags/food/merge", query_string={"into": odd}).status_code == 404


def test_nobody_overwrites_anybody_unseen(client: FlaskClient, site: Site) -> None:
    site.archive.tags.change("food", words="Meals", picture="cup", by="ann", revision=1)
    answer = send(client, "/tags/food", revision=1, words="Lunch", picture="plate")
    assert answer.status_code == 409 and "it is called “Meals” now" in answer.text
    assert 'value="Lunch"' in answer.text and 'name="revision" value="2"' in answer.text
    for verb in ("/off", "/merge"):
        answer = send(client, f"/tags/food{verb}", revision=1, into="money")
        assert answer.status_code == 409 and "Nothing was changed" in answer.text
    assert site.archive.tags.named(["food"]) == [("food", "Meals", "cup")]


#: Path, fields, answer, and what it says.
REFUSED: list[tuple[str, dict[str, object], int, str]] = [
    ("/tags/new", {"words": "", "picture": "bus"}, 422, "Type what it is called."),
    ("/tags/new", {"words": "Kept"}, 422, "Choose a picture."),
    ("/tags/new", {"words": " food", "picture": "bus"}, 409, "“Food” already"),
    ("/tags/new", {"words": "Kept" + "x" * 60, "picture": "bus"}, 409, "1 to 60 letters"),
    ("/tags/new", {"words": "Kept", "picture": "../secret"}, 409, "no such picture"),
    ("/tags/food", {"words": "Money", "picture": "bus"}, 409, "“Money” already"),
    ("/tags/food", {"words": "", "picture": "bus"}, 422, "Type what it is called."),
    ("/tags/food", {"words": "a\u202eb", "picture": "bus"}, 409, "1 to 60 letters"),
    ("/tags/food", {"words": "Kept", "picture": "bus", "revision": "x"}, 422, "Please look"),
    ("/tags/food/move", {"to": "sideways"}, 400, ""),
    ("/tags/food/move", {}, 400, ""),
    ("/tags/food/off", {"revision": "x"}, 400, ""),
    ("/tags/food/merge", {}, 400, ""),
    ("/tags/food/merge", {"into": "food"}, 409, "with itself"),
    ("/tags/food/merge", {"into": "nobody"}, 404, ""),
    ("/tags/food/part", {}, 409, "was not merged"),
    ("/tags/nobody", {"words": "Kept", "picture": "bus"}, 404, ""),
    ("/tags/nobody/off", {}, 404, ""),
    ("/tags/nobody/merge", {"into": "food"}, 404, ""),
    ("/tags/..%2f..%2farchive/off", {}, 404, ""),
    (f"/tags/{NASTY}/off", {}, 404, ""),
]


def test_what_cannot_be_changes_nothing(client: FlaskClient, site: Site) -> None:
    before = site.archive.tags.everything()
    for path, fields, code, told in REFUSED:
        answer = send(client, path, **{"revision": 1, **fields})
        assert (answer.status_code, path, fields) == (code, path, fields)
        assert told in answer.text and NASTY not in answer.text, (path, fields)
        # What was typed is not lost.
        words = fields.get("words")
        assert code not in (409, 422) or not words or f'value="{words}"' in answer.text, (path, fields)
    assert site.archive.tags.everything() == before


def test_another_sites_form_changes_nothing(client: FlaskClient, site: Site) -> None:
    before = site.archive.tags.everything()
    for path in ("/tags/new", "/tags/food", "/tags/food/move", "/tags/food/off", "/tags/food/merge", "/tags/food/part"):
        data = {"revision": 1, "words": "Evil", "picture": "bus", "to": "up", "into": "money"}
        assert client.post(path, data=data).status_code == 403
    assert site.archive.tags.everything() == before


def test_with_no_topic_left_every_page_still_answers(client: FlaskClient, site: Site) -> None:
    story = make_story(site.folder, seconds=0.1).id
    site.intake.look()
    with site.archive.transaction():
        for tag_id in order(site)[1:]:
            site.archive.tags.switch(tag_id, off=True, by="ann", revision=1)
    assert "There is no other topic" in client.get("/tags/staff/merge").text
    site.archive.tags.switch("staff", off=True, by="ann", revision=1)
    assert "There are no topics" in client.get("/tags").text
    assert "There are no topics to choose from" in client.get(f"/stories/{story}").text
