"""Putting words right, as the site answers it."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.intake import Intake
from admin_web.site import Site
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import csrf_token, make_story, spread, write_words

JSON = {"Accept": "application/json"}


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    kept = make_story(site.folder, "the bus was great today", seconds=4.0)
    site.intake.look()
    return kept


def post(client: FlaskClient, kept: StoryFolder, verb: str, *, script: bool = False, **data: object) -> TestResponse:
    token = csrf_token(client.get(f"/stories/{kept.id}/edit").text)
    headers = JSON if script else {}
    return client.post(f"/stories/{kept.id}/{verb}", data={"csrf_token": token, **data}, headers=headers)


def save(client: FlaskClient, kept: StoryFolder, text: str, revision: int = 0, *, script: bool = True) -> TestResponse:
    return post(client, kept, "words", text=text, revision=revision, script=script)


def text_of(site: Site, kept: StoryFolder) -> str:
    text = site.archive.texts.get(kept.id)
    assert text
    return text.text


class TestSaving:
    def test_words_are_kept_with_the_times_that_they_had(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        answer = save(client, kept, "The bus was late today.")
        assert answer.status_code == 200 and answer.json and answer.json["revision"] == 1
        text, draft = site.archive.texts.get(kept.id), kept.transcript()
        assert text and draft
        assert text.text == "The bus was late today."
        assert [(word.start, word.end) for word in text.words] == [(word.start, word.end) for word in draft.words]
        page = client.get(f"/stories/{kept.id}").text
        assert ">late</span>" in page and "great" not in page
        assert "Not checked yet" in page and "Front Desk has put words right" in page

    def test_a_form_without_any_script_does_the_same(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        page = client.get(f"/stories/{kept.id}/edit").text
        assert "the bus was great today</textarea>" in page
        answer = save(client, kept, "the bus was late today", script=False)
        assert answer.status_code == 303 and answer.location == f"/stories/{kept.id}"
        assert "Your words are saved." in client.get(answer.location).text
        assert text_of(site, kept) == "the bus was late today"

    def test_words_that_are_the_same_are_no_new_version(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        save(client, kept, "the bus was late")
        answer = save(client, kept, " the bus\n\nwas late ", revision=1)
        assert answer.json and answer.json["revision"] == 1

    def test_what_was_taken_out_and_is_put_back_has_its_times_again(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        before = kept.transcript()
        save(client, kept, "the today")
        save(client, kept, "the bus was great today", revision=1)
        text = site.archive.texts.get(kept.id)
        assert before and text and list(text.words) == list(before.words)

    def test_words_can_be_typed_where_the_computer_found_none(self, site: Site, client: FlaskClient) -> None:
        kept = make_story(site.folder, None, seconds=4.0)
        write_words(kept, [], failed="There is no model for this language.")
        site.intake.look()
        assert "type the words yourself" in client.get(f"/stories/{kept.id}").text
        assert save(client, kept, "mae'r bws yn hwyr").status_code == 200
        text = site.archive.texts.get(kept.id)
        assert text and [word.word for word in text.words] == ["mae'r", "bws", "yn", "hwyr"]
        assert all(0 <= word.start <= word.end <= 4 for word in text.words)
        assert ">hwyr</span>" in client.get(f"/stories/{kept.id}").text

    def test_somebody_who_was_first_is_named_and_both_texts_are_at_hand(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        save(client, kept, "the bus was late today")
        answer = save(client, kept, "the bus was green today", revision=0)
        assert answer.status_code == 409 and answer.json
        assert answer.json["theirs"] == "the bus was late today"
        assert (answer.json["who"], answer.json["revision"]) == ("Front Desk", 1)
        assert text_of(site, kept) == "the bus was late today"
        page = save(client, kept, "the bus was green today", revision=0, script=False)
        assert page.status_code == 409
        assert "the bus was green today</textarea>" in page.text and "the bus was late today" in page.text
        # Sent once more from that page, it is a newer version.
        assert 'name="revision" type="hidden" value="1"' in page.text
        assert save(client, kept, "the bus was green today", revision=1).status_code == 200

    def test_a_frozen_story_is_not_changed_and_the_words_are_shown_again(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        site.archive.flags.raise_flag(kept.id, reason="afraid", by="ann")
        answer = save(client, kept, "something else")
        assert answer.status_code == 409 and answer.json and "frozen" in answer.json["error"]
        page = save(client, kept, "something else", script=False)
        assert page.status_code == 409 and "something else</textarea>" in page.text
        assert text_of(site, kept) == "the bus was great today"
        assert "Nobody may change its words" in client.get(f"/stories/{kept.id}").text

    @pytest.mark.parametrize(
        "wrong",
        [{"revision": "-1"}, {"revision": "x"}, {"revision": ""}, {"revision": 2**40}, {"text": "a" * 50_001}],
        ids=["negative", "no number", "missing", "huge", "too long"],
    )
    def test_what_cannot_be_meant_is_refused(
        self, site: Site, client: FlaskClient, kept: StoryFolder, wrong: dict[str, object]
    ) -> None:
        answer = post(client, kept, "words", script=True, **{"text": "other words", "revision": 0, **wrong})
        assert answer.status_code == 422 and answer.json and answer.json["error"]
        assert text_of(site, kept) == "the bus was great today"

    @pytest.mark.parametrize("text", ["<script>alert(1)</script> tea", "a\x00b \x1b[31m tea", "\u202e tea", "😀 tea"])
    def test_any_characters_are_shown_as_what_they_are(
        self, site: Site, client: FlaskClient, kept: StoryFolder, text: str
    ) -> None:
        assert save(client, kept, text).status_code == 200
        page = client.get(f"/stories/{kept.id}").text
        assert "<script>alert" not in page and ">tea</span>" in page


class TestStandingForThem:
    def test_words_are_checked_when_somebody_says_so(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        save(client, kept, "the bus was late today")
        assert post(client, kept, "checked", revision=1).status_code == 303
        assert site.archive.stories.known(kept.id).state == "checked"
        page = client.get(f"/stories/{kept.id}").text
        assert "<strong>Checked.</strong>" in page and "I have listened" not in page

    def test_not_those_that_somebody_else_changed_meanwhile(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        save(client, kept, "the bus was late today")
        answer = post(client, kept, "checked", revision=0)
        assert "Somebody changed the words" in client.get(answer.location).text
        assert site.archive.stories.known(kept.id).state == "unheard"


class TestEarlierVersions:
    def test_they_are_shown_and_come_back(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        save(client, kept, "the bus was late today")
        page = client.get(f"/stories/{kept.id}/versions").text
        assert "The computer" in page and "the bus was great today" in page
        number = site.archive.texts.versions(kept.id)[0].number
        assert post(client, kept, f"versions/{number}", revision=1).status_code == 303
        assert text_of(site, kept) == "the bus was great today"
        assert "the bus was late today" in client.get(f"/stories/{kept.id}/versions").text

    def test_not_over_what_somebody_saved_meanwhile(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        save(client, kept, "the bus was late today")
        number = site.archive.texts.versions(kept.id)[0].number
        answer = post(client, kept, f"versions/{number}", revision=0)
        assert "Nothing was brought back" in client.get(answer.location).text
        assert text_of(site, kept) == "the bus was late today"

    def test_one_that_is_not_there_changes_nothing(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        save(client, kept, "the bus was late today")
        assert post(client, kept, "versions/99", revision=1).status_code == 409
        assert post(client, kept, "versions/-1", revision=1).status_code == 404


class TestListening:
    def test_what_was_played_is_counted(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        answer = post(client, kept, "listened", parts="0-1 2-3")
        assert answer.json == {"share": 0.5, "heard": False}
        assert "50 % of this story has been played" in client.get(f"/stories/{kept.id}").text
        assert post(client, kept, "listened", parts="0.9-4").json == {"share": 1.0, "heard": True}
        assert site.archive.stories.known(kept.id).state == "heard"

    def test_without_any_script_somebody_says_so(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        assert post(client, kept, "heard").status_code == 303
        assert site.archive.stories.known(kept.id).state == "heard"

    @pytest.mark.parametrize("wrong", ["", "x", "1", "1-2-3", "3-1", "0-99", "nan-nan", "0-inf", "1-2 " * 201])
    def test_what_is_no_part_of_it_is_refused(
        self, site: Site, client: FlaskClient, kept: StoryFolder, wrong: str
    ) -> None:
        answer = post(client, kept, "listened", parts=wrong)
        assert answer.status_code == (422 if wrong else 200)
        assert site.archive.listening.of(site.archive.stories.known(kept.id)).parts == ()


@pytest.mark.parametrize("verb", ["words", "checked", "heard", "listened", "versions/1"])
def test_nothing_is_done_for_another_sites_form(site: Site, client: FlaskClient, kept: StoryFolder, verb: str) -> None:
    answer = client.post(f"/stories/{kept.id}/{verb}", data={"revision": 0, "text": "x", "parts": "0-4"})
    assert answer.status_code == 403
    assert text_of(site, kept) == "the bus was great today"
    assert site.archive.stories.known(kept.id).state == "unheard"


def test_a_longer_draft_that_comes_later_does_not_replace_what_a_person_put_right(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    save(client, kept, "the bus was late today")
    write_words(kept, spread(["the", "bus", "was", "grey", "today", "and", "cold"]))
    Intake(site.folder, site.archive).look()
    assert text_of(site, kept) == "the bus was late today"
    assert ">late</span>" in client.get(f"/stories/{kept.id}").text
