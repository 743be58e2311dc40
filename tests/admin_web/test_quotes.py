"""The pages of quotes: proposing, deciding, answering. What is attacked here stays whole."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Quote, Role
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import named, send
from tests.admin_web.quoting import BOTH, TICKS, checked, decide, now, propose

Enter = Callable[[Role], FlaskClient]


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
