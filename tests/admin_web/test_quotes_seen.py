"""Which quotes somebody sees and hears, and which they do not."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from admin_web.archive import About, Quote, Role
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ
from tests.admin_web.making import named, send, tone
from tests.admin_web.quoting import checked, decide, now

Enter = Callable[[Role], FlaskClient]


class TestWhatAGroupSees:
    @pytest.mark.parametrize("why", ["frozen", "unchecked", "not allowed", "not agreed", "taken back", "changed"])
    def test_only_quotes_of_stories_that_may_be_used(
        self, enter: Enter, site: Site, kept: StoryFolder, quote: Quote, why: str
    ) -> None:
        group, me = enter("group"), named(site).id
        other = site.archive.quotes.propose(checked(site).id, 4, 6, by=me)
        entry = site.archive.stories.known(kept.id)
        if why == "frozen":
            site.archive.flags.raise_flag(kept.id, reason="worried", by=me)
        elif why == "taken back":
            site.archive.flags.raise_flag(kept.id, reason="worried", by=me)
            site.archive.deleting.withdraw(kept.id, by=me)
        elif why == "not allowed":
            site.archive.stories.note(entry.model_copy(update={"permissions": Permissions(words=False, voice=True)}))
        elif why == "not agreed":
            site.archive.stories.note(entry.model_copy(update={"agreed": False}))
        else:
            text = site.archive.texts.get(kept.id)
            assert text
            words = [word.model_copy(update={"word": "[friend]"}) for word in text.words]
            site.archive.texts.save(kept.id, words, by=me, revision=1)
            if why == "changed":
                site.archive.texts.confirm(kept.id, by=me, revision=2)
        page = group.get("/quotes").text
        assert "lunch was warm" not in page and "and everybody sat" in page
        assert group.get(f"/quotes/{quote.number}/sound").status_code == 404
        assert decide(group, quote, "approved").status_code == 404
        assert now(site, quote).state in ("proposed", "withdrawn")
        assert decide(group, other, "approved").status_code == 303

    def test_no_story_no_number_of_it_and_no_staff(self, enter: Enter, kept: StoryFolder, quote: Quote) -> None:
        page = enter("group").get("/quotes").text
        assert (
            kept.id not in page
            and "Story 1" not in page
            and "Front Desk" not in page
            and "/stories" not in page.replace('href="/"', "")
        )


class TestSound:
    def test_it_is_what_was_said_and_nothing_around_it(self, enter: Enter, kept: StoryFolder, quote: Quote) -> None:
        for role in ("staff", "group"):
            answer = enter(role).get("/quotes/1/sound")  # type: ignore[arg-type]
            assert answer.status_code == 200 and answer.mimetype == "audio/wav"
            pcm = answer.data[HEADER_BYTES:]
            assert len(pcm) / 2 / SAMPLERATE_HZ == pytest.approx(1.12 + 0.08, abs=0.002)
            begin = round((0.4 - 0.04) * SAMPLERATE_HZ) * 2
            assert pcm[400:-400] == tone(4.0)[begin : begin + len(pcm)][400:-400]

    def test_where_words_are_left_out_there_is_silence_and_not_their_sound(
        self, enter: Enter, site: Site, kept: StoryFolder
    ) -> None:
        site.archive.quotes.propose(kept.id, 1, 7, wording="lunch … together", by=named(site).id)
        sound = enter("staff").get("/quotes/1/sound").data
        assert bytes(round(0.59 * SAMPLERATE_HZ) * 2) in sound
        assert len(sound) / 2 / SAMPLERATE_HZ == pytest.approx(2 * 0.4 + 0.6, abs=0.1)

    @pytest.mark.parametrize("voice", [False, None])
    def test_without_the_tellers_yes_there_is_none(
        self, enter: Enter, site: Site, stranger: FlaskClient, voice: bool | None
    ) -> None:
        kept = checked(site, permissions=Permissions(words=True, voice=voice))
        site.archive.quotes.propose(kept.id, 1, 3, by=named(site).id)
        for role in ("staff", "group", "lead"):
            browser = enter(role)  # type: ignore[arg-type]
            assert "<audio" not in browser.get("/quotes").text
            assert browser.get("/quotes/1/sound").status_code == 404

    def test_a_recording_that_is_gone_or_damaged_is_none(self, enter: Enter, kept: StoryFolder, quote: Quote) -> None:
        staff = enter("staff")
        kept.audio.write_bytes(b"no sound")
        assert staff.get("/quotes/1/sound").status_code == 404
        kept.audio.unlink()
        assert staff.get("/quotes/1/sound").status_code == 404


class TestListing:
    def test_it_is_filtered_by_what_stands_in_the_address(self, enter: Enter, site: Site, quote: Quote) -> None:
        staff, other = enter("staff"), checked(site, "the soup was cold", question="How was <b>lunch</b>?")
        site.archive.labels.put(other.id, About(tags=("food",)), by="ann", revision=1)
        site.archive.quotes.propose(other.id, 1, 3, by="ann")
        site.archive.quotes.decide(2, "approved", by="group", role="group", revision=1)
        for query, warm, cold in (
            ("", True, True),
            ("state=approved", False, True),
            ("state=proposed&since=2020-01-01&until=2090-12-31", True, False),
            ("tag=food&may=voice", False, True),
            ("question=How+was+%3Cb%3Elunch%3C/b%3E?", False, True),
            ("question=-", True, False),
            ("until=1/2/1999", False, False),
        ):
            page = staff.get(f"/quotes?{query}").text
            assert ("lunch was warm" in page, "soup was cold" in page) == (warm, cold), query
        assert "No quote fits" in staff.get("/quotes?until=1/2/1999").text

    def test_what_cannot_be_chosen_is_told(self, enter: Enter, quote: Quote) -> None:
        staff = enter("staff")
        for query in ("state=x", "tag=nothing", "question=%00", "since=yesterday", "may='", "since=0001-01-01"):
            assert staff.get(f"/quotes?{query}").status_code == 422, query
        for query in ("page=2", "page=0", "page=-1", "page=x", "page=99999999999"):
            assert staff.get(f"/quotes?{query}").status_code == 404, query

    def test_many_come_in_pages_for_staff_and_for_groups(self, enter: Enter, site: Site, kept: StoryFolder) -> None:
        for _ in range(26):
            site.archive.quotes.propose(kept.id, 1, 3, by="ann")
        staff, group = enter("staff"), enter("group")
        assert "26 quotes" in (page := staff.get("/quotes").text) and "Page 1 of 2" in page
        assert staff.get("/quotes?page=2&state=proposed").text.count("<blockquote") == 1
        assert "Page 1 of 4" in (page := group.get("/quotes").text) and page.count("<blockquote") == 8
        assert group.get("/quotes?page=5").status_code == 404

    def test_an_empty_list_tells_what_to_do(self, enter: Enter, stranger: FlaskClient) -> None:
        assert "No quotes yet" in enter("staff").get("/quotes").text
        assert "There is nothing to decide now" in enter("group").get("/quotes").text

    def test_there_is_no_quote_of_another_number(self, enter: Enter, quote: Quote) -> None:
        lead = enter("lead")
        for path in ("/quotes/2", "/quotes/0", "/quotes/-1", f"/quotes/{2**70}", "/quotes/x"):
            assert lead.get(path).status_code == 404
            assert lead.get(f"{path}/sound").status_code == 404
            assert send(lead, f"{path}/decision", state="approved", revision=1, reason="so").status_code == 404

    def test_quotes_of_what_is_for_leads_alone_are_for_them_alone(
        self, enter: Enter, site: Site, kept: StoryFolder, quote: Quote
    ) -> None:
        site.archive.flags.raise_flag(kept.id, reason="worried", by="ann")
        site.archive.deleting.withdraw(kept.id, by="ann")
        staff, lead = enter("staff"), enter("lead")
        assert "lunch was warm" not in staff.get("/quotes").text and staff.get("/quotes/1").status_code == 404
        assert "lunch was warm" in lead.get("/quotes").text and lead.get("/quotes/1").status_code == 200
