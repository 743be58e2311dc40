"""Worries, and the words to hear first: bad input, conflicts, and what each page shows."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, Role
from admin_web.site import Site
from tests.admin_web.making import make_story, named, send

Enter = Callable[[Role], FlaskClient]
NASTY = "<script>alert('x')</script>"


class TestWorries:
    def test_without_a_reason_it_is_asked_for_and_nothing_typed_is_lost(
        self, archive: Archive, story: str, enter: Enter
    ) -> None:
        staff = enter("staff")
        for reason in ("", "   ", "\0"):
            sent = send(staff, f"/stories/{story}/worry", reason=reason, words="he shouts")
            assert sent.status_code == 422 and "Write what worries you." in sent.text and "he shouts" in sent.text
        assert send(staff, f"/stories/{story}/worry", reason="x" * 4001).status_code == 422
        assert not archive.stories.known(story).frozen and archive.flags.of(story) == []

    def test_several_about_one_story_are_listed_oldest_first(self, archive: Archive, story: str, enter: Enter) -> None:
        staff, lead = enter("staff"), enter("lead")
        for n in range(3):
            send(staff, f"/stories/{story}/worry", reason=f"worry {n} {NASTY}")
        page = lead.get("/safety").text
        assert [page.index(f"worry {n}") for n in range(3)] == sorted(page.index(f"worry {n}") for n in range(3))
        assert "3 open, oldest first" in page and "Safety (3)" in page and NASTY not in page
        one = lead.get("/safety/1").text
        assert one.count("Another open worry") == 2 and NASTY not in one
        assert lead.get(f"/stories/{story}").text.count("An open worry") == 3
        assert "An open worry" not in staff.get(f"/stories/{story}").text

    def test_what_was_done_has_a_history(self, archive: Archive, story: str, enter: Enter) -> None:
        lead, number = enter("lead"), archive.flags.raise_flag(story, reason="a", by="ann").number
        for revision, action in enumerate(("rang", "rang again", "rang again", "visited"), 1):
            assert send(lead, f"/safety/{number}", action=action, revision=revision, save="1").status_code == 303
        flag = archive.flags.get(number)
        assert flag and [step.action for step in flag.history] == ["rang", "rang again"]
        page = lead.get(f"/safety/{number}").text
        assert "What stood there before (2)" in page
        send(lead, f"/safety/{number}", action="visited", outcome="all is well", revision=5, close="1")
        page = lead.get(f"/safety/{number}").text
        assert "Closed today" in page and "all is well" in page and "Close the worry" not in page
        assert "No open worries" in lead.get("/safety").text and "Closed worries" in lead.get("/safety").text

    def test_of_two_leads_the_second_sees_both_and_loses_nothing(
        self, archive: Archive, story: str, enter: Enter
    ) -> None:
        lead, number = enter("lead"), archive.flags.raise_flag(story, reason="a", by="ann").number
        archive.flags.note(number, action="theirs", by="other", revision=1)
        second = send(lead, f"/safety/{number}", action="mine", outcome="well", revision=1, close="1")
        assert second.status_code == 409
        for each in ("Somebody else changed this flag first", "theirs", "mine", "well"):
            assert each in second.text, each
        archive.flags.close(number, action="theirs", outcome="theirs too", by="other", revision=2)
        late = send(lead, f"/safety/{number}", action="mine", outcome="well", revision=2, close="1")
        assert late.status_code == 409 and "mine" in late.text and "theirs too" in late.text
        assert "closed already" in send(lead, f"/safety/{number}", action="x", revision=3, save="1").text

    @pytest.mark.parametrize("fields", [{}, {"revision": ""}, {"revision": "-1"}, {"revision": "9" * 400}])
    def test_a_form_that_nobody_has_changes_nothing(
        self, archive: Archive, story: str, enter: Enter, fields: dict[str, str]
    ) -> None:
        lead, flag = enter("lead"), archive.flags.raise_flag(story, reason="a", by="ann")
        assert send(lead, f"/safety/{flag.number}", action="x", close="1", outcome="x", **fields).status_code == 422
        assert send(lead, f"/safety/{flag.number}/hide", accounts=named_lead(archive), **fields).status_code == 400
        assert archive.flags.get(flag.number) == flag and not archive.stories.known(story).hidden_from

    def test_worries_that_are_not_there(self, archive: Archive, story: str, enter: Enter) -> None:
        lead = enter("lead")
        for path in ("/safety/1", "/safety/0", f"/safety/{2**70}", "/safety/-1", "/safety/x", "/safety?page=0"):
            assert lead.get(path).status_code == 404, path
        assert send(lead, f"/safety/{2**70}", action="x", revision=1).status_code == 404
        assert lead.get("/safety?page=2").status_code == 404

    def test_hiding_says_what_cannot_be(self, site: Site, archive: Archive, story: str, enter: Enter) -> None:
        lead, number = enter("lead"), archive.flags.raise_flag(story, reason="a", by="ann").number
        me, revision = named(site, "A lead"), archive.stories.known(story).revision
        for accounts, why in (
            ([me.id], "cannot hide a story from yourself"),
            (["nobody"], "not there any more"),
            ([NASTY], "not there any more"),
        ):
            sent = send(lead, f"/safety/{number}/hide", accounts=accounts, revision=revision)
            assert sent.status_code == 409 and why in sent.text, why
        assert not archive.stories.known(story).hidden_from
        assert send(lead, f"/safety/{number}/hide", staff="y", revision=revision).status_code == 303
        assert "At least one lead" not in lead.get(f"/safety/{number}").text
        assert archive.stories.known(story).hidden_from_staff

    def test_for_a_lead_from_whom_it_is_hidden_there_is_no_worry(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        lead, number = enter("lead"), archive.flags.raise_flag(story, reason="secret", by="ann").number
        me, revision = named(site, "A lead"), archive.stories.known(story).revision
        archive.hiding.hide(story, [me.id], from_staff=False, by=named(site).id, revision=revision)
        pages = {path: lead.get(path).text for path in ("/", "/safety", "/keeping", "/log", "/withdraw?card=27")}
        assert all(story not in page and "secret" not in page and "Cat 27" not in page for page in pages.values())
        assert "Safety (" not in pages["/"] and "1 with an open worry" not in pages["/keeping"]
        assert "No story that you can take back has this number" in pages["/withdraw?card=27"]
        for path in ("", "/hide"):
            assert send(lead, f"/safety/{number}{path}", action="x", revision=1).status_code == 404
        assert lead.get(f"/safety/{number}").status_code == 404
        assert send(lead, f"/withdraw/{story}").status_code == 404
        with send(lead, "/log/export") as answer:
            assert story not in answer.get_data(as_text=True)


def named_lead(archive: Archive) -> str:
    return archive.people.everybody()[0].id


class TestWordsToHearFirst:
    def test_a_lead_changes_them_and_stories_move_up_without_any_mark(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        for text in ("the soup was warm", "somebody took my blue scarf"):
            make_story(site.folder, text, seconds=0.1)
        site.intake.look()
        lead, staff = enter("lead"), enter("staff")
        page = lead.get("/safety/words").text
        assert "hit me" in page and "No story comes first now" not in page
        answer = send(lead, "/safety/words", revision=1, words="\n blue   SCARF \n\n")
        assert answer.status_code == 303
        assert "Stories are being looked through" in lead.get("/safety/words").text
        assert not site.archive.moving_up.look_on()
        assert "1 story comes first now" in lead.get("/safety/words").text
        for browser in (lead, staff):
            listing = browser.get("/").text
            assert listing.index("Story 2") < listing.index("Story 1")
            assert "Stories with certain words" in listing and "SCARF" not in listing
        assert "changed the words to hear first" in lead.get("/log").text

    def test_what_cannot_be_kept_changes_nothing_and_loses_nothing(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        lead, before = enter("lead"), site.archive.moving_up.words()
        for words, reason in (("hurt\n(x|y)", "is not just words"), ("a*", "fits too many words")):
            answer = send(lead, "/safety/words", revision=1, words=words)
            assert answer.status_code == 422 and reason in answer.text and words.split("\n")[-1] in answer.text
        assert site.archive.moving_up.words() == before
        site.archive.moving_up.change(["theirs"], by=named(site).id, revision=1)
        answer = send(lead, "/safety/words", revision=1, words="mine")
        assert answer.status_code == 409 and "theirs" in answer.text and "mine" in answer.text
        assert send(lead, "/safety/words", revision=2, words="").status_code == 303
        assert "Stories with certain words" not in lead.get("/").text
