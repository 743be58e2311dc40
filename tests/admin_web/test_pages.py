import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from admin_web import LARGEST_FORM_BYTES, create_app
from admin_web.site import Site
from admin_web.stories import PER_PAGE
from admin_web.transcripts import paragraphs
from admin_web.wording import clock, length, when
from kiosk.stories.records import Word
from kiosk.stories.status import Fault, StatusFile
from tests.admin_web.making import NAME, PASSWORD, make_story, spread, write_words

ODD_IDS = [
    "station-000001-zzzzzz",
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/archive/archive.sqlite",
    "station-000001-abcdef%00",
    "station-000001-abcdef%0a",
    "STATION-000001-ABCDEF",
    "station-000001-abcdef/../../archive",
    "/etc/passwd",
    "é" * 300,
    "<script>alert(1)</script>",
]


class TestHeaders:
    def test_every_answer_carries_them(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder)
        site.intake.look()
        paths = ["/", f"/stories/{kept.id}", f"/stories/{kept.id}/words", f"/stories/{kept.id}/audio", "/healthz"]
        paths += ["/nowhere", "/sign-in", "/sign-out", "/static/sayso.css", "/static/none.css", "/?page=x"]
        for path in paths:
            with client.get(path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, path
                assert "unsafe" not in policy and "http" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff", path
                assert answer.headers["Referrer-Policy"] == "same-origin", path
                if not path.startswith("/static/"):
                    assert answer.headers["Cache-Control"] == "private, no-store", path

    def test_no_page_holds_a_script_or_style_or_anything_from_outside(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder)
        site.intake.look()
        for path in ("/", f"/stories/{kept.id}", "/nowhere"):
            page = client.get(path).text
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
            assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", page))
            assert not re.search(r"(src|href|action)=\"(https?:)?//", page)


class TestList:
    def test_an_empty_one_says_what_to_do(self, client: FlaskClient) -> None:
        page = client.get("/").text
        assert "No stories yet" in page
        assert "green button" in page

    def test_all_of_them_are_shown_newest_first_with_all_that_matters(self, client: FlaskClient, site: Site) -> None:
        now = datetime.now(UTC)
        make_story(site.folder, "an old tale", seconds=72, started_at=now - timedelta(days=400), clock_quality="rtc")
        make_story(site.folder, None, station="front-desk", started_at=now - timedelta(seconds=2))
        make_story(site.folder, "not for use", agreed=False, sample=True, started_at=now - timedelta(seconds=1))
        failed = make_story(site.folder, None, clock_quality="unknown")
        write_words(failed, [], failed="The speech model is missing.")
        silent = make_story(site.folder, "")
        site.intake.look()
        page = client.get("/?show=all").text
        cards = re.findall(r'<li class="card story.*?</li>\s*(?=<li class="card|</ol>)', page, re.DOTALL)
        assert [re.search(r">Story (\d)", card)[1] for card in cards] == list("54321")  # type: ignore[index]
        assert "No words were heard" in cards[0]
        assert silent.id in cards[0]
        assert "Could not be written down: The speech model is missing." in cards[1]
        assert "time not certain" in cards[1]
        assert "not for use" in cards[2]
        assert all(label in cards[2] for label in ("Not agreed", "may not be used", "Sample", "Machine draft"))
        assert "Being written down" in cards[3] and "front-desk" in cards[3]
        assert "Machine draft" not in cards[3]
        assert "an old tale" in cards[4] and "1 min 12 s" in cards[4]
        assert str((now - timedelta(days=400)).year) in cards[4]
        assert "Not agreed" not in cards[4] and "Sample" not in cards[4] and "time not certain" not in cards[4]

    def test_it_is_paged(self, client: FlaskClient, site: Site) -> None:
        for n in range(PER_PAGE + 1):
            make_story(site.folder, f"number {n}", seconds=0.1)
        site.intake.look()
        first, second = client.get("/?show=all").text, client.get("/?show=all&page=2").text
        assert first.count('class="card story') == PER_PAGE
        assert second.count('class="card story') == 1
        assert "number 0" in second
        assert 'href="/?page=2&amp;show=all"' in first and 'rel="prev"' not in first
        assert 'rel="prev" href="/?show=all"' in second and 'rel="next"' not in second
        assert "Page 2 of 2" in second

    @pytest.mark.parametrize("page", ["0", "2", "-1", "x", "", "1.5", "9" * 50, "٣", "1%00", "%ff"])
    def test_a_page_that_is_not_there_says_so(self, client: FlaskClient, page: str) -> None:
        assert client.get(f"/?page={page}").status_code == 404

    def test_it_tells_how_the_station_is(self, client: FlaskClient, site: Site) -> None:
        assert client.get("/").text.count("<strong>not running</strong>") == 2
        fault = Fault("microphone-lost", "The microphone is <gone>.", "Plug it in again.")
        StatusFile(site.folder, "kiosk").show(state="idle", faults=[fault.as_dict()])
        StatusFile(site.folder, "transcriber").show(state="waiting", faults=[])
        page = client.get("/").text
        assert "<strong>needs help</strong>" in page and "<strong>working</strong>" in page
        assert "The microphone is &lt;gone&gt;." in page and "Plug it in again." in page
        StatusFile(site.folder, "kiosk").show(state="stopped", faults=[])
        assert client.get("/").text.count("<strong>not running</strong>") == 1

    @pytest.mark.parametrize(
        "told", [b"", b"[]", b"{", b'{"faults": 3}', b"\xff\xfe", b'{"faults": [1, {}, {"code": 2}]}']
    )
    def test_a_garbled_status_breaks_nothing(self, client: FlaskClient, site: Site, told: bytes) -> None:
        if told.startswith(b'{"'):
            told = told[:-1] + b', "monotonic": %f}' % time.monotonic()
        (site.folder.status / "kiosk.json").write_bytes(told)
        assert client.get("/").status_code == 200


class TestStoryPage:
    def test_it_holds_sound_and_words_with_their_times(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, None)
        write_words(kept, [*spread(["good"]), Word(word="tea", start=0.5, end=0.9, conf=0.3)])
        site.intake.look()
        page = client.get(f"/stories/{kept.id}").text
        assert f'src="/stories/{kept.id}/audio"' in page
        assert '<span data-start="0.0" data-end="0.32">good</span>' in page
        assert '<span data-start="0.5" data-end="0.9" class="doubtful">tea</span>' in page
        assert "the computer was not sure" in page
        assert page.count("data-at=") == 1
        assert "Machine draft, not checked" in page

    def test_what_people_say_is_text_and_never_markup(self, client: FlaskClient, site: Site) -> None:
        nasty = "<script>alert('x')</script>"
        kept = make_story(site.folder, f'{nasty} &amp; "quoted"')
        failed = make_story(site.folder, None)
        write_words(failed, [], failed=nasty)
        (site.folder.stories / "<img src=x onerror=alert(1)>").mkdir()
        site.intake.look()
        for path in ("/", f"/stories/{kept.id}", f"/stories/{kept.id}/words", f"/stories/{failed.id}"):
            page = client.get(path).text
            assert "&lt;script&gt;alert(" in page
            assert "<script>" not in page and "<img" not in page

    def test_words_that_are_still_to_come_are_asked_for_again(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, None)
        site.intake.look()
        page = client.get(f"/stories/{kept.id}").text
        assert "Being written down" in page
        assert f'data-again="/stories/{kept.id}/words"' in page
        assert '<noscript><meta http-equiv="refresh"' in page
        write_words(kept, spread(["here", "now"]))
        part = client.get(f"/stories/{kept.id}/words").text
        assert 'data-state="ready"' in part and "data-again" not in part and "<html" not in part

    def test_a_long_story_is_a_page_like_any_other(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, None)
        write_words(kept, spread([f"word{n}" for n in range(5000)]))
        site.intake.look()
        page = client.get(f"/stories/{kept.id}").text
        assert page.count("data-start") == 5000
        assert len(page) < 500_000

    def test_a_story_that_stopped_short_says_why(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder, ending="microphone", overflows=2)
        site.intake.look()
        page = client.get(f"/stories/{kept.id}").text
        assert "The microphone failed" in page
        assert "too busy 2 times" in page

    def test_a_file_that_is_damaged_later_leaves_the_rest_to_be_seen(self, client: FlaskClient, site: Site) -> None:
        garbled, mute, wordless = (make_story(site.folder) for _ in range(3))
        site.intake.look()
        (garbled.path / "story.json").write_bytes(b'{"id": ')
        mute.audio.unlink()
        wordless.transcript_path.write_bytes(b"\x00\xff")
        pages = [client.get(f"/stories/{each.id}") for each in (garbled, mute, wordless)]
        assert [page.status_code for page in pages] == [200, 200, 200]
        assert "needs a look" in pages[0].text and "lunch" in pages[0].text and "<audio" in pages[0].text
        assert "needs a look" in pages[1].text and "lunch" in pages[1].text and "<audio" not in pages[1].text
        assert "Could not be written down" in pages[2].text and "<audio" in pages[2].text
        assert str(site.folder.root) not in "".join(page.text for page in pages)
        assert client.get(f"/stories/{mute.id}/audio").status_code == 404

    def test_a_story_whose_folder_has_gone_is_not_there(self, client: FlaskClient, site: Site) -> None:
        kept = make_story(site.folder)
        site.intake.look()
        kept.path.rename(site.folder.root / "elsewhere")
        for part in ("", "/words", "/audio"):
            assert client.get(f"/stories/{kept.id}{part}").status_code == 404
        site.intake.look()
        assert kept.id not in client.get("/").text

    @pytest.mark.parametrize("odd", ODD_IDS)
    def test_an_odd_id_is_not_there(self, client: FlaskClient, site: Site, odd: str) -> None:
        for part in ("", "/words", "/audio"):
            with client.get(f"/stories/{odd}{part}") as answer:
                assert answer.status_code in (404, 308), odd
                assert "root:" not in answer.text


class TestRefusals:
    def test_they_look_like_the_other_pages(self, client: FlaskClient) -> None:
        answer = client.get("/nowhere")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text and "Sayso" in answer.text and NAME in answer.text

    def test_a_form_that_is_too_large_is_refused(self, client: FlaskClient) -> None:
        answer = client.post("/sign-in", data={"name": "x" * LARGEST_FORM_BYTES})
        assert answer.status_code == 413
        assert "too much at once" in answer.text

    def test_a_mistake_of_ours_is_told_without_its_details(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        site.archive.people.make_first(NAME, site.passwords.hash(PASSWORD))
        app = create_app(site.folder)

        def broken() -> str:
            raise RuntimeError("secret detail")

        monkeypatch.setitem(app.view_functions, "health", broken)
        answer = app.test_client().get("/healthz")
        assert answer.status_code == 500
        assert "Something went wrong" in answer.text
        assert "secret detail" not in answer.text
        assert "Content-Security-Policy" in answer.headers


class TestWording:
    NOW = datetime(2026, 3, 12, 9, 30, tzinfo=timezone(timedelta(hours=1)))

    @pytest.mark.parametrize(
        ("before", "told"),
        [
            (timedelta(minutes=5), "today 09:25"),
            (timedelta(hours=9, minutes=29), "today 00:01"),
            (timedelta(hours=9, minutes=31), "yesterday 23:59"),
            (timedelta(days=6), "Friday 09:30"),
            (timedelta(days=7), "5 March 09:30"),
            (timedelta(days=100), "2 December 2025 09:30"),
            (timedelta(days=-1), "13 March 09:30"),
        ],
    )
    def test_moments_are_told_as_people_do(self, before: timedelta, told: str) -> None:
        assert when((self.NOW - before).astimezone(UTC), self.NOW) == told

    @pytest.mark.parametrize(
        ("seconds", "told"),
        [(0.2, "less than 1 s"), (12, "12 s"), (59.6, "1 min"), (72, "1 min 12 s"), (3600, "1 h"), (3725, "1 h 2 min")],
    )
    def test_lengths_are_told_as_people_do(self, seconds: float, told: str) -> None:
        assert length(seconds) == told

    def test_places_are_told_as_players_do(self) -> None:
        assert [clock(s) for s in (7.9, 750, 3750)] == ["0:07", "12:30", "1:02:30"]

    def test_words_are_split_at_pauses_and_put_in_order(self) -> None:
        said = spread(list("abcdefghij"))
        late = [Word(word="later", start=5.5, end=5.8, conf=1), Word(word="last", start=30, end=30.2, conf=1)]
        found = paragraphs([*late, *said])
        assert [[word.text for word in each.words] for each in found] == [list("abcdefghij"), ["later"], ["last"]]
        assert [each.at for each in found] == ["0:00", "0:05", "0:30"]
        assert paragraphs([]) == []


def test_a_time_out_of_this_world_in_a_transcript_breaks_nothing(client: FlaskClient, site: Site) -> None:
    kept = make_story(site.folder)
    content = json.loads(kept.transcript_path.read_bytes())
    content["words"][0]["end"] = 1e308
    kept.transcript_path.write_text(json.dumps(content).replace("1e+308", "1e999"))
    site.intake.look()
    assert client.get(f"/stories/{kept.id}").status_code == 200


def test_a_recording_that_is_a_link_out_of_the_folder_is_not_sent(
    client: FlaskClient, site: Site, tmp_path: Path
) -> None:
    kept = make_story(site.folder)
    site.intake.look()
    secret = tmp_path / "secret"
    secret.write_bytes(b"root:x" * 100_000)
    kept.audio.unlink()
    kept.audio.symlink_to(secret)
    assert client.get(f"/stories/{kept.id}/audio").status_code == 404
