"""Looking for words and numbers, and what is shown of what was found."""

import html
import logging
import re
import sys
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.site import Site
from tests.admin_web.listed import NASTY, errors, shown, told
from tests.admin_web.making import make_story, named, spread, write_words


class TestSearch:
    def test_found_words_are_marked_and_lead_to_their_place(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, "we waited and waited for the bus")
        site.intake.look()
        page = client.get("/search?q=wait*+bus").text
        assert page.count("<mark>waited</mark>") == 2 and "<mark>bus</mark>" in page
        assert f'href="/stories/{kept.id}?q=wait*+bus#found"' in page
        story = client.get(f"/stories/{kept.id}?q=wait*+bus").text
        assert '<mark id="found" data-start="0.4" data-end="0.72">waited</mark>' in story
        assert '<mark data-start="1.2" data-end="1.52">waited</mark>' in story
        assert '<span data-start="0.8" data-end="1.12">and</span>' in story
        assert 'href="/search?q=wait*+bus"' in story

    @pytest.mark.parametrize(
        ("said", "asked", "marked"),
        [
            ("good tea good cake", '"good cake"', ["good", "cake"]),
            ("don't worry", "don", ["don't"]),
            ("café here", "cafe", ["café"]),
            ("nothing here", "elsewhere", []),
            ("nothing here", "", []),
            (NASTY, "alert", [NASTY]),
        ],
    )
    def test_whole_words_are_marked_in_a_story(
        self, client: FlaskClient, site: Site, said: str, asked: str, marked: list[str]
    ) -> None:
        kept = make_story(site.folder, said)
        site.intake.look()
        page = client.get(f"/stories/{kept.id}?q={quote(asked)}").text
        assert NASTY not in page
        assert [html.unescape(each) for each in re.findall(r"<mark [^>]*>(.*?)</mark>", page)] == marked

    def test_words_without_times_and_words_in_another_order_are_marked_as_well(
        self, client: FlaskClient, site: Site
    ) -> None:
        timeless, turned = make_story(site.folder, None), make_story(site.folder, None)
        write_words(turned, spread(["one", "two", "three"])[::-1])
        site.intake.look()
        site.archive.texts.save(timeless.id, [], by=named(site).id, revision=0)
        assert re.findall(r"<mark [^>]*>(.*?)<", client.get(f"/stories/{turned.id}?q=two").text) == ["two"]
        assert client.get(f"/stories/{timeless.id}?q=two").status_code == 200

    @pytest.mark.parametrize("asked", ["27", "cat 27", "Cat 27", "story 27", " 027 "])
    def test_a_number_leads_to_its_story(self, client: FlaskClient, site: Site, asked: str) -> None:
        make_story(site.folder, "I am 27 years old", card="dog 28")
        make_story(site.folder, "good", card="cat 27")
        site.intake.look()
        assert shown(client, "/search", q=asked)[0] == "Cat 27"

    def test_a_number_shows_nobody_what_they_may_not_see(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        make_story(site.folder, "secret", card="cat 27", agreed=False)
        site.intake.look()
        assert shown(enter("lead"), "/search", q="27") == ["Cat 27"]
        page = enter("staff").get("/search?q=27").text
        assert "Nothing found" in page and "secret" not in page and "Cat 27" not in page

    def test_it_says_how_many_there_are_and_when_there_are_more(
        self, client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            told(site)
        site.intake.look()
        assert "3 stories hold these words" in client.get("/search?q=lunch").text
        for module in ("admin_web.archive.search", "admin_web.stories"):
            monkeypatch.setattr(sys.modules[module], "RANKED", 2)
        assert "Here are the 2 newest" in client.get("/search?q=lunch").text

    def test_nothing_found_says_what_to_try(self, client: FlaskClient) -> None:
        page = client.get(f"/search?q={quote(NASTY)}&may=words").text
        assert "Nothing found" in page and "Look at the spelling" in page and "Look in all stories" in page
        assert NASTY not in page and html.escape(NASTY) in page

    @pytest.mark.parametrize("asked", ['"', "*", "AND OR NOT", "a" * 199, "\x00lunch", "\ud800", '"lunch', "(", "%ff"])
    def test_odd_queries_are_searched_for(self, client: FlaskClient, asked: str) -> None:
        assert client.get(f"/search?q={quote(asked, errors='surrogatepass')}").status_code in (200, 302)

    def test_one_that_is_too_long_is_refused(self, client: FlaskClient) -> None:
        assert errors(client, "/search", q="long " * 50) == ["That is too long. Use fewer words."]

    def test_without_words_it_is_a_list_and_a_list_with_words_is_a_search(self, client: FlaskClient) -> None:
        assert client.get("/search").location == "/"
        assert client.get("/search?q=+&show=check&may=words").location == "/?show=check&may=words"
        assert client.get("/?q=lunch&show=check&may=words").location == "/search?q=lunch&may=words"

    def test_what_was_searched_is_kept_nowhere(
        self, client: FlaskClient, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        kept = told(site, text="a whisper")
        site.intake.look()
        before = site.archive.log.last()
        with caplog.at_level(logging.DEBUG):
            for path in ("/search?q=whisper", f"/stories/{kept.id}?q=whisper", "/search?q=whisper&page=7"):
                answer = client.get(path)
                assert answer.headers["Referrer-Policy"] == "same-origin"
        assert site.archive.log.last() == before
        assert "whisper" not in caplog.text
