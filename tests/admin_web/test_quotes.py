"""The pages of quotes: proposing, deciding, listing, hearing. What is attacked here stays whole."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import About, Quote, Role
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ
from tests.admin_web.making import make_story, named, send, tone

WORDS = "the lunch was warm and everybody sat together"
BOTH = Permissions(words=True, voice=True)
TICKS = dict.fromkeys(("no_names", "no_dates", "no_places", "no_small_numbers"), "y")
Enter = Callable[[Role], FlaskClient]


def checked(site: Site, words: str = WORDS, permissions: Permissions = BOTH, **changed: object) -> StoryFolder:
    """A story whose words somebody stands for."""
    kept = make_story(site.folder, words, seconds=4.0, permissions=permissions, **changed)
    site.intake.look()
    site.archive.texts.confirm(kept.id, by=named(site).id, revision=0)
    return kept


@pytest.fixture
def kept(site: Site, stranger: FlaskClient) -> StoryFolder:
    return checked(site)


@pytest.fixture
def quote(site: Site, kept: StoryFolder) -> Quote:
    return site.archive.quotes.propose(kept.id, 1, 3, by=named(site).id)


def propose(browser: FlaskClient, kept: StoryFolder, **fields: object) -> TestResponse:
    proposed = {"revision": 1, "first": 1, "last": 3, "wording": "lunch was warm", "note": "", **TICKS, **fields}
    return send(browser, f"/stories/{kept.id}/quotes/new", **{k: v for k, v in proposed.items() if v is not None})


def decide(browser: FlaskClient, quote: Quote, state: str, **fields: object) -> TestResponse:
    return send(browser, f"/quotes/{quote.number}/decision", **{"state": state, "revision": quote.revision, **fields})


def now(site: Site, quote: Quote) -> Quote:
    known = site.archive.quotes.get(quote.number)
    assert known
    return known


class TestProposing:
    def test_from_word_to_word_it_needs_no_script(self, enter: Enter, kept: StoryFolder, site: Site) -> None:
        staff = enter("staff")
        assert f'href="/stories/{kept.id}/quotes/new"' in staff.get(f"/stories/{kept.id}").text
        page = staff.get(f"/stories/{kept.id}/quotes/new").text
        assert '<option value="3">warm and …</option>' in page
        page = staff.get(f"/stories/{kept.id}/quotes/new?first=1&last=3").text
        assert ">\r\nlunch was warm</textarea>" in page and "#t=0.4," in page
        answer = propose(staff, kept, note="We think you mean the soup.")
        assert answer.status_code == 303 and answer.location == "/quotes/1"
        (quote,) = site.archive.quotes.of(kept.id)
        assert (quote.text, quote.note, quote.by) == (
            "lunch was warm", "We think you mean the soup.", named(site, "A staff").id,
        )  # fmt: skip
        assert "lunch was warm" in staff.get("/quotes/1").text
        assert "lunch was warm" in staff.get(f"/stories/{kept.id}").text

    def test_a_person_must_have_looked_at_everything_and_loses_nothing_they_typed(
        self, enter: Enter, kept: StoryFolder, site: Site
    ) -> None:
        staff = enter("staff")
        for missing in TICKS:
            answer = propose(staff, kept, wording="lunch … warm", note="the soup", **{missing: None})
            assert answer.status_code == 422 and answer.text.count("tick it when it is so") == 1, missing
            assert "lunch … warm</textarea>" in answer.text and 'value="the soup"' in answer.text
            assert answer.text.count(" required checked>") == 3
        assert site.archive.quotes.of(kept.id) == []

    def test_what_cannot_be_a_quote_is_refused_and_told(self, enter: Enter, kept: StoryFolder, site: Site) -> None:
        staff = enter("staff")
        for fields, code, told in (
            ({"wording": "lunch was cold"}, 409, "You wrote “cold”, and what was said is “warm”"),
            ({"wording": ""}, 422, "Leave some words in the quote"),
            ({"wording": "x" * 6000}, 422, "This is too long"),
            ({"note": "x" * 600}, 422, "at most 500 letters"),
            ({"revision": 7}, 409, "Somebody changed the words of this story meanwhile"),
            ({"first": 3, "last": 99}, 409, "not in the story"),
            ({"first": "x"}, 422, "Choose the words once more"),
            ({"first": -1}, 422, "Please look at what is marked"),
            ({"last": 2**70}, 422, "Please look at what is marked"),
            ({"revision": "'"}, 422, "Please look at what is marked"),
        ):
            answer = propose(staff, kept, **fields)
            assert (answer.status_code, told in answer.text) == (code, True), fields
        for asked in ("first=3&last=1", "first=x&last=1", "first=1", "first=0&last=99", "first=-1&last=2"):
            answer = staff.get(f"/stories/{kept.id}/quotes/new?{asked}")
            assert answer.status_code == 422 and "Choose the first word" in answer.text, asked
        assert site.archive.quotes.of(kept.id) == []

    @pytest.mark.parametrize("permissions", [Permissions(words=False, voice=True), Permissions()])
    def test_a_story_whose_teller_did_not_allow_it_says_so(
        self, enter: Enter, site: Site, stranger: FlaskClient, permissions: Permissions
    ) -> None:
        kept, staff = checked(site, permissions=permissions), enter("staff")
        assert "nobody can quote this story" in staff.get(f"/stories/{kept.id}").text
        page = staff.get(f"/stories/{kept.id}/quotes/new").text
        assert "did not say that we may use the words" in page and "<select" not in page
        assert propose(staff, kept).status_code == 409
        assert site.archive.quotes.of(kept.id) == []

    def test_what_is_typed_is_words_and_never_a_script(self, enter: Enter, kept: StoryFolder) -> None:
        staff, attack = enter("staff"), "<script>alert(1)</script>"
        assert propose(staff, kept, note=attack, wording=f"lunch [{attack}] was warm").status_code == 303
        for path in ("/quotes", "/quotes/1", f"/stories/{kept.id}"):
            page = staff.get(path).text
            assert "&lt;script&gt;" in page and attack not in page


class TestDeciding:
    def test_the_group_says_yes_or_no_and_may_think_again(self, enter: Enter, site: Site, quote: Quote) -> None:
        group = enter("group")
        page = group.get("/quotes").text
        assert "lunch was warm" in page and "Yes, use it" in page and "No, do not use it" in page
        assert decide(group, quote, "approved").location == "/quotes"
        assert now(site, quote).state == "approved"
        assert "nothing to decide now" in group.get("/quotes").text
        page = group.get("/quotes?show=decided").text
        assert "May be used" in page and "Yes, use it" not in page
        assert decide(group, now(site, quote), "withdrawn").status_code == 303
        assert "Not used" in group.get("/quotes?show=decided").text

    def test_staff_may_not_approve_and_not_change_what_the_group_said(
        self, enter: Enter, site: Site, quote: Quote
    ) -> None:
        staff = enter("staff")
        for fields in ({}, {"reason": "it is good"}, {"role": "lead"}, {"overrides": "y"}):
            answer = decide(staff, quote, "approved", **fields)
            assert answer.status_code == 409 and "The group decides" in answer.text
        approved = site.archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)
        assert decide(staff, approved, "withdrawn", reason="no").status_code == 409
        assert now(site, quote) == approved
        page = staff.get(f"/quotes/{quote.number}").text
        assert "Decide in place of the group" not in page and "Take this quote back" not in page

    def test_staff_take_back_what_nobody_has_decided_on(self, enter: Enter, site: Site, quote: Quote) -> None:
        assert "Take this quote back" in (staff := enter("staff")).get("/quotes/1").text
        assert decide(staff, quote, "withdrawn").status_code == 303
        assert now(site, quote).state == "withdrawn"
        assert "lunch was warm" not in enter("group").get("/quotes?show=decided").text

    def test_a_leads_reason_is_wanted_and_seen_by_everybody(self, enter: Enter, site: Site, quote: Quote) -> None:
        lead, group = enter("lead"), enter("group")
        decide(group, quote, "approved")
        refused = decide(lead, now(site, quote), "withdrawn")
        assert refused.status_code == 409 and "write your reason" in refused.text
        assert decide(lead, now(site, quote), "withdrawn", reason="Her mother asked us.").status_code == 303
        for browser, path in ((lead, "/quotes/1"), (enter("staff"), "/quotes"), (group, "/quotes?show=decided")):
            assert "Her mother asked us." in browser.get(path).text, path
        assert "not what you said" in group.get("/quotes?show=decided").text

    def test_of_two_the_first_wins_and_the_other_sees_it(self, enter: Enter, site: Site, quote: Quote) -> None:
        lead, group = enter("lead"), enter("group")
        assert decide(group, quote, "withdrawn").status_code == 303
        answer = decide(lead, quote, "approved", reason="it is <b>good</b>")
        assert answer.status_code == 409 and "Somebody else decided on this quote first" in answer.text
        assert "it is &lt;b&gt;good&lt;/b&gt;</textarea>" in answer.text
        assert now(site, quote).state == "withdrawn"

    @pytest.mark.parametrize("role", ["group", "lead"])
    def test_what_is_no_decision_changes_nothing(self, enter: Enter, site: Site, quote: Quote, role: Role) -> None:
        browser = enter(role)
        for wrong in (
            {"state": "proposed"},
            {"state": ""},
            {"state": "approved'--"},
            {"revision": "x"},
            {"revision": 0},
        ):
            assert decide(browser, quote, **{"state": "approved", "reason": "so", **wrong}).status_code == 422, wrong
        assert now(site, quote) == quote


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


class TestAnswering:
    def test_a_group_reads_what_staff_answer_and_what_became_of_its_decision(
        self, enter: Enter, site: Site, quote: Quote
    ) -> None:
        staff, lead, group = enter("staff"), enter("lead"), enter("group")
        assert "Answer the group" not in staff.get("/quotes/1").text
        decide(group, quote, "approved")
        page = staff.get("/quotes/1").text
        assert "Answer the group" in page
        said = "We read it to <b>the council</b>."
        assert send(staff, "/quotes/1/answer", text=f" {said} ", revision=2).status_code == 303
        answered = now(site, quote)
        assert [(each.text, each.by) for each in answered.answers] == [(said, named(site, "A staff").id)]
        assert (answered.state, len(answered.decisions), answered.revision) == ("approved", 1, 3)
        export = site.archive.exports.begin(
            site.archive.quotes.ready([1]), voice=False, reason="For the council.", by=named(site).id
        )
        site.archive.exports.finish(export.number, [1])
        assert decide(lead, now(site, quote), "withdrawn", reason="A name is in it.").status_code == 303
        for page in (group.get("/quotes?show=decided").text, staff.get("/quotes/1").text):
            for told in ("A staff answered", "We read it to &lt;b&gt;", "For the council.", "A name is in it."):
                assert told in page, told
        line = next(each for each in site.archive.log.page(1, 9) if each.what == "quote answered")
        assert line.details == {"quote": 1}

    def test_what_is_no_answer_changes_nothing(self, enter: Enter, site: Site, quote: Quote, kept: StoryFolder) -> None:
        staff, group = enter("staff"), enter("group")
        assert send(staff, "/quotes/1/answer", text="Thank you.", revision=1).status_code == 409
        decide(group, quote, "withdrawn")
        before = now(site, quote)
        for fields, code in (
            ({"text": "Thank you.", "revision": 1}, 409),
            ({"text": " \0", "revision": 2}, 422),
            ({"text": "x" * 1001, "revision": 2}, 422),
            ({"text": "Thank you."}, 422),
        ):
            answer = send(staff, "/quotes/1/answer", **fields)
            assert answer.status_code == code and "Take this quote back" not in answer.text
            # What was typed is not lost.
            assert str(fields["text"]).strip(" \0") in answer.text
        assert send(group, "/quotes/1/answer", text="Thank you.", revision=2).status_code == 403
        site.archive.permitting.change(kept.id, BOTH, unsure=True, reason="x", by="ann", revision=1)
        assert send(staff, "/quotes/1/answer", text="Thank you.", revision=2).status_code == 409
        assert now(site, quote).answers == before.answers == ()


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
