"""What a story is about, on its page: without a script, and as the page's own script asks."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import About, Role, StoryEntry
from admin_web.site import Site
from tests.admin_web.making import csrf_token, make_story, named, send

SAID = {"feeling": "mixed", "kind": "idea", "speaker": "supported", "view": "both", "strength": "Sings & dances"}
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def story(site: Site) -> str:
    kept = make_story(site.folder, seconds=0.1)
    site.intake.look()
    return kept.id


def put(browser: FlaskClient, story: str, *, revision: int = 1, script: bool = False, **fields: object) -> TestResponse:
    token = csrf_token(browser.get("/me").text)
    headers = {"Accept": "application/json"} if script else {}
    data = {"csrf_token": token, "revision": revision, **fields}
    return browser.post(f"/stories/{story}/about", data=data, headers=headers)


def entry_of(site: Site, story: str) -> StoryEntry:
    return site.archive.stories.known(story)


def chosen(page: str) -> set[str]:
    """Which choices are made on a page, as "tags food"."""
    found = re.findall(r'<input type="(?:checkbox|radio)" name="(\w+)" value="([^"]+)" checked>', page)
    return {f"{name} {value}" for name, value in found}


def test_without_a_script_everything_is_chosen_and_shown_in_page_and_list(
    client: FlaskClient, site: Site, story: str
) -> None:
    page = client.get(f"/stories/{story}").text
    assert chosen(page) == set() and "How staff treat me" in page
    answer = put(client, story, tags=["food", "say"], **SAID)
    assert (answer.status_code, answer.location) == (303, f"/stories/{story}#about")
    assert entry_of(site, story).about == About(tags=("food", "say"), **SAID)  # type: ignore[arg-type]
    page = client.get(f"/stories/{story}").text
    assert chosen(page) == {
        "tags food",
        "tags say",
        "feeling mixed",
        "kind idea",
        "speaker supported",
        "view both",
    }
    assert "Sings &amp; dances" in page and "Front Desk said so today" in page
    for shown in (page, client.get("/").text):
        labels = re.findall(r'<li class="label about">.*?#([\w-]+)"/></svg>(.*?)</li>', shown)
        assert labels == [("plate", "Food"), ("megaphone", "Having a say"), ("face-mixed", "Mixed"), ("bulb", "Idea")]
    # Everything can be taken away again.
    assert put(client, story, revision=2).status_code == 303
    assert entry_of(site, story).about == About()


def test_a_script_gets_what_it_needs_to_go_on(client: FlaskClient, site: Site, story: str) -> None:
    answer = put(client, story, script=True, tags=["food"])
    assert answer.status_code == 200 and answer.json
    assert answer.json["revision"] == entry_of(site, story).revision == 2
    assert answer.json["at"] == entry_of(site, story).tagged_at.isoformat()  # type: ignore[union-attr]
    assert "#plate" in answer.json["labels"]


def test_what_somebody_else_chose_first_is_shown_beside_ones_own(client: FlaskClient, site: Site, story: str) -> None:
    me = named(site).id
    site.archive.labels.put(story, About(tags=("money",), feeling="good", strength=NASTY), by=me, revision=1)
    by_script = put(client, story, script=True, tags=["food"])
    assert by_script.status_code == 409 and by_script.json
    assert by_script.json["theirs"] == f"Money, Good, “{NASTY}”"
    assert (by_script.json["who"], by_script.json["revision"]) == ("Front Desk", 2)
    answer = put(client, story, tags=["food"], strength="Mine")
    assert answer.status_code == 409
    assert "Front Desk said something else first" in answer.text and "<li>Money</li>" in answer.text
    assert chosen(answer.text) == {"tags food"} and 'value="Mine"' in answer.text
    assert NASTY not in answer.text and "&lt;img" in answer.text
    assert entry_of(site, story).tags == ("money",)
    # Saved again from that page, it is what this person chose.
    (revision,) = re.findall(r'name="revision" value="(\d+)"', answer.text)
    assert put(client, story, revision=int(revision), tags=["food"], strength="Mine").status_code == 303
    assert entry_of(site, story).tags == ("food",)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"tags": ["food", "say", "money", "staff"], "strength": "kept"}, "at most 3 topics"),
        ({"tags": ["food", NASTY], "strength": "kept"}, "no such topic"),
        ({"tags": ["../food"], "strength": "kept"}, "no such topic"),
        ({"feeling": "happy", "strength": "kept"}, "no such choice"),
        ({"kind": "x" * 500, "strength": "kept"}, "could not be read"),
        ({"strength": "kept " + "x" * 300}, "at most 200 letters"),
        ({"strength": "kept " + "x" * 600}, "could not be read"),
        ({"strength": "kept", "revision": "x"}, "could not be read"),
        ({"strength": "kept", "revision": "-1"}, "could not be read"),
    ],
)
def test_what_cannot_be_kept_changes_nothing_and_is_shown_again(
    client: FlaskClient, site: Site, story: str, fields: dict[str, object], told: str
) -> None:
    before = entry_of(site, story)
    answer = put(client, story, **fields)  # type: ignore[arg-type]
    assert answer.status_code == 422 and told in answer.text
    assert 'value="kept' in answer.text and NASTY not in answer.text
    by_script = put(client, story, script=True, **fields)  # type: ignore[arg-type]
    assert by_script.status_code == 422 and by_script.json and told in by_script.json["error"]
    assert entry_of(site, story) == before


def test_four_stay_chosen_until_one_is_taken_away(client: FlaskClient, story: str) -> None:
    answer = put(client, story, tags=["food", "say", "money", "staff"])
    assert chosen(answer.text) == {"tags food", "tags say", "tags money", "tags staff"}


def test_a_topic_that_is_switched_off_or_merged_is_shown_as_what_it_is(
    client: FlaskClient, site: Site, story: str
) -> None:
    put(client, story, tags=["food", "family"])
    site.archive.tags.switch("food", off=True, by="ann", revision=1)
    site.archive.merging.merge("family", "friends", by="ann", revision=1)
    page = client.get(f"/stories/{story}").text
    assert chosen(page) == {"tags food", "tags friends"} and "not offered any more" in page
    # A page from before says the old id, and means what it is now.
    assert chosen(put(client, story, tags=["family", "say"]).text) == {"tags friends", "tags say"}


def test_a_story_that_is_frozen_may_be_labelled_and_one_that_is_gone_may_not(
    client: FlaskClient, site: Site, story: str
) -> None:
    site.archive.flags.raise_flag(story, reason="a worry", by="ann")
    assert put(client, story, tags=["safety"]).status_code == 303
    assert put(client, "station-000009-abcdef", tags=["safety"]).status_code == 404
    assert client.get("/stories/station-000009-abcdef/about").status_code == 404


def test_staff_do_not_label_what_is_for_leads_alone(enter: Callable[[Role], FlaskClient], site: Site) -> None:
    kept = make_story(site.folder, agreed=False, seconds=0.1)
    site.intake.look()
    assert put(enter("staff"), kept.id, tags=["food"]).status_code == 404
    assert put(enter("group"), kept.id, tags=["food"]).status_code == 403
    assert entry_of(site, kept.id).tags == ()


def test_another_sites_form_changes_nothing(client: FlaskClient, site: Site, story: str) -> None:
    assert client.post(f"/stories/{story}/about", data={"revision": 1, "tags": "food"}).status_code == 403
    assert send(client, f"/stories/{story}/about", tags="food").status_code == 422
    assert entry_of(site, story).tags == ()
