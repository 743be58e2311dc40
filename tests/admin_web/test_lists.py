"""Lists of stories: ways, pages, filters, and where to go on."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from admin_web.archive import About, Role
from admin_web.lists import PER_PAGE, Count, page_of
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.listed import NASTY, errors, shown, told
from tests.admin_web.making import make_story, send


def numbers(client: FlaskClient, **query: str) -> dict[str, str]:
    """How many stories stand behind each way."""
    page = client.get(f"/?{urlencode(query)}").text
    return dict(re.findall(r">([^<]*) <span class=\"number\">([^<]*)<", page))


def hear(site: Site, *stories: StoryFolder) -> None:
    for story in stories:
        site.archive.stories.heard(story.id, by="ann")


class TestWays:
    def test_the_start_is_what_there_is_to_listen_to_oldest_first(self, client: FlaskClient, site: Site) -> None:
        late, early, heard, checked = (told(site, f"2026-03-{day:02}") for day in (9, 2, 5, 1))
        site.intake.look()
        hear(site, heard, checked)
        site.archive.texts.confirm(checked.id, by="ann", revision=0)
        assert shown(client) == ["Story 2", "Story 1"]
        assert shown(client, show="check") == ["Story 3"]
        assert shown(client, show="checked") == ["Story 4"]
        assert shown(client, show="all") == ["Story 1", "Story 3", "Story 2", "Story 4"]
        assert numbers(client) == {"To listen to": "2", "To check": "1", "Checked": "1", "All": "4"}
        assert late.id in client.get("/").text and early.id in client.get("/").text

    def test_each_empty_one_says_what_to_do(self, client: FlaskClient, site: Site) -> None:
        assert "No stories yet" in client.get("/?show=checked").text
        story = told(site)
        site.intake.look()
        page = client.get("/?show=check").text
        assert "Nothing is waiting to be checked" in page and "Listen to a story" in page
        hear(site, story)
        page = client.get("/").text
        assert "You have all been listening" in page and "Check the words of a story" in page
        assert "No story is checked yet" in client.get("/?show=checked").text
        site.archive.texts.confirm(story.id, by="ann", revision=0)
        assert "Look at all stories" in client.get("/").text

    @pytest.mark.parametrize("way", ["nonsense", "LISTEN", NASTY])
    def test_a_way_that_is_not_there_says_so(self, client: FlaskClient, way: str) -> None:
        assert client.get(f"/?show={quote(way)}").status_code == 404


class TestPages:
    def test_they_keep_what_was_chosen(self, client: FlaskClient, site: Site) -> None:
        for _ in range(PER_PAGE + 1):
            told(site, station="hall")
        told(site, station="lake")
        site.intake.look()
        for path, kept in (("/", {"show": "all"}), ("/search", {"q": "lunch"})):
            first = client.get(f"{path}?{urlencode({**kept, 'station': 'hall'})}").text
            (following,) = re.findall(r'rel="next" href="([^"]*)"', first)
            second = client.get(html.unescape(following)).text
            assert "Page 2 of 2" in second and second.count('class="card story') == 1
            (back,) = re.findall(r'rel="prev" href="([^"]*)"', second)
            assert "Page 1 of 2" in client.get(html.unescape(back)).text
            assert client.get(f"{path}?{urlencode({**kept, 'station': 'hall', 'page': '3'})}").status_code == 404

    def test_where_nobody_counted_on_there_is_a_next_one_if_it_is_there(self) -> None:
        counted, more = Count(50, is_all=True), Count(50, is_all=False)
        assert [str(each) for each in (counted, more, Count(12_345, is_all=True))] == ["50", "50+", "12,345"]
        assert (page_of(counted, 2, lambda _: True).of, page_of(counted, 2, lambda _: True).has_next) == (2, False)
        assert (page_of(more, 1, lambda _: False).of, page_of(more, 1, lambda _: False).has_next) == (None, True)
        assert not page_of(more, 2, lambda number: number <= 2).has_next
        assert page_of(more, 2, lambda number: number <= 3).has_next


class TestFilters:
    @pytest.fixture(autouse=True)
    def stories(self, site: Site) -> None:
        told(site, "2026-03-01T00:00", station="hall", question="Good?", permissions=Permissions(words=True))
        told(site, "2026-03-01T23:59", station="hall", permissions=Permissions(words=True, voice=True))
        tagged = told(site, "2026-03-02T00:00", station="lake", question="Good?")
        site.intake.look()
        about = About(tags=("food",), feeling="good", kind="idea", speaker="carer")
        site.archive.labels.put(tagged.id, about, by="ann", revision=1)
        site.archive.merging.merge("health", "food", by="ann", revision=1)
        hear(site, tagged)

    @pytest.mark.parametrize(
        ("query", "fit"),
        [
            ({"since": "2026-03-01", "until": "2026-03-01"}, "21"),
            ({"since": "02/03/2026"}, "3"),
            ({"since": "2/3/2026"}, "3"),
            ({"until": "2026-02-28"}, ""),
            ({"station": "hall"}, "21"),
            ({"question": "Good?"}, "31"),
            ({"question": "-"}, "2"),
            ({"tag": "food"}, "3"),
            ({"tag": "health"}, "3"),
            ({"tag": "money"}, ""),
            ({"feeling": "good"}, "3"),
            ({"feeling": "mixed"}, ""),
            ({"kind": "idea", "speaker": "carer"}, "3"),
            ({"may": "words"}, "21"),
            ({"may": "voice"}, "2"),
            ({"station": "hall", "question": "Good?", "may": "words", "tag": "", "since": " "}, "1"),
        ],
    )
    def test_every_list_shows_what_fits(self, client: FlaskClient, query: dict[str, str], fit: str) -> None:
        assert shown(client, show="all", **query) == [f"Story {number}" for number in fit]
        assert sorted(shown(client, "/search", q="lunch", **query)) == sorted(f"Story {number}" for number in fit)
        assert numbers(client, **query)["All"] == str(len(fit))

    def test_a_search_knows_also_how_far_people_are(self, client: FlaskClient) -> None:
        assert shown(client, "/search", q="lunch", far="check") == ["Story 3"]
        answer = client.get("/search?q=&far=check&station=lake")
        assert answer.location == "/?show=check&station=lake"

    def test_what_was_chosen_is_shown_and_each_can_be_taken_away(self, client: FlaskClient) -> None:
        page = client.get("/?show=all&station=hall&since=2026-03-01&may=words").text
        labels = re.findall(r'class="label" href="([^"]*)">([^<]*)', page)
        assert {text: html.unescape(address) for address, text in labels} == {
            "From 1 March 2026": "/?show=all&station=hall&may=words",
            "Station: hall": "/?show=all&since=2026-03-01&may=words",
            "Words may be used": "/?show=all&since=2026-03-01&station=hall",
        }
        assert 'href="/?since=2026-03-01&amp;station=hall&amp;may=words"' in page

    def test_if_nothing_fits_it_says_where_something_does(self, client: FlaskClient) -> None:
        page = client.get("/?show=check&station=hall").text
        assert "No story fits" in page and "2 fit among all stories" in page

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ({"since": "yesterday"}, "This is not a day."),
            ({"until": "2026-02-30"}, "This is not a day."),
            ({"since": "0001-01-01"}, "Choose a year"),
            ({"until": "9999-12-31"}, "Choose a year"),
            ({"since": "2026-03-02", "until": "2026-03-01"}, "The last day is before the first one."),
            ({"tag": "nobody"}, "There is no such choice"),
            ({"question": "nobody"}, "There is no such choice"),
            ({"station": "hall\0"}, "There is no such choice"),
            ({"may": "everything"}, "There is no such choice"),
            ({"since": NASTY}, "This is not a day."),
            ({"station": NASTY}, "There is no such choice"),
        ],
    )
    def test_what_cannot_be_is_said_beside_its_field(
        self, client: FlaskClient, query: dict[str, str], told: str
    ) -> None:
        for path, words in (("/", {}), ("/search", {"q": "lunch"})):
            (error,) = errors(client, path, **words, **query)
            assert error.startswith(told)
            assert NASTY not in client.get(f"{path}?{urlencode({**words, **query})}").text

    def test_what_is_given_twice_counts_once(self, client: FlaskClient) -> None:
        assert client.get("/?station=hall&station=lake&page=1&page=9").status_code == 200


class TestGoingOn:
    def test_after_a_story_was_heard_the_next_one_is_a_link(self, client: FlaskClient, site: Site) -> None:
        one, two = told(site, "2026-03-01"), told(site, "2026-03-02")
        site.intake.look()
        page = client.get(f"/stories/{one.id}").text
        assert re.search(r'class="next"[^>]* hidden>', page)
        answer = send(client, f"/stories/{one.id}/heard")
        page = client.get(answer.location).text
        assert not re.search(r'class="next"[^>]* hidden>', page)
        assert f'href="/stories/{two.id}">Next story to listen to: Story 2' in page
        send(client, f"/stories/{two.id}/heard")
        assert "That was the last one" in client.get(f"/stories/{two.id}").text


def test_the_tour_can_be_seen_again_by_staff_alone(client: FlaskClient, enter: Callable[[Role], FlaskClient]) -> None:
    page = client.get("/tour").text
    assert page.count('<li class="card">') == 5 and "<script" not in page
    assert 'href="/tour">How this site works' in client.get("/me").text
    assert "/tour" not in enter("group").get("/me").text


def test_a_page_of_stories_is_small_and_asks_little_of_the_archive(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(26):
        told(site, text="word " * 60, question=f"What was good on day {number}?", station=f"station-{number % 5}")
    site.intake.look()
    asked: list[str] = []
    database = site.archive._documents.database
    read = database.read

    def counted(sql: str, parameters: Any = ()) -> Any:
        asked.append(sql)
        return read(sql, parameters)

    monkeypatch.setattr(database, "read", counted)
    answer = client.get("/")
    assert answer.text.count('class="card story') == 25
    assert len(answer.data) <= 60_000
    # One for each story, and for: who asks, tags, questions, stations, counts, the page, who waits, and that story.
    assert len(asked) <= 25 + 9


def test_a_story_whose_recording_is_gone_can_be_marked_as_heard(site: Site, client: FlaskClient) -> None:
    story = make_story(site.folder)
    site.intake.look()
    site.archive.deleting.delete_audio(story.id, by="keeping rules")
    assert "There is nothing to listen to. Mark it as heard." in client.get(f"/stories/{story.id}").text
    assert send(client, f"/stories/{story.id}/heard").status_code == 303
    assert site.archive.stories.known(story.id).state == "heard"
    assert "Mark it as heard." not in client.get(f"/stories/{story.id}").text
