"""Worries, stories taken back, permissions, keeping and the log: bad input, conflicts, and what each of them shows."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from admin_web.archive import About, Archive, Role
from admin_web.archive.arriving import read_arrival
from admin_web.site import Site
from kiosk.stories.records import Permissions
from tests.admin_web.archive.marked import left_of
from tests.admin_web.archive.told import take_in, told
from tests.admin_web.making import make_story, named, send

Enter = Callable[[Role], FlaskClient]
NASTY = "<script>alert('x')</script>"


@pytest.fixture
def story(site: Site) -> str:
    kept = make_story(
        site.folder, "the lunch was warm", seconds=0.2, card="cat 27", permissions=Permissions(words=True, voice=False)
    )
    site.intake.look()
    return kept.id


@pytest.fixture
def archive(site: Site, story: str) -> Archive:
    return site.archive


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


class TestTakingBack:
    def test_a_card_is_found_however_it_is_typed(self, archive: Archive, story: str, enter: Enter) -> None:
        staff = enter("staff")
        for typed in ("27", "cat 27", " Cat 27 ", "cat27", "no. 27"):
            page = staff.get("/withdraw", query_string={"card": typed}).text
            assert "One story has this number" in page and "Cat 27" in page, typed
            assert "lunch" not in page, "no word of it"

    @pytest.mark.parametrize(
        ("typed", "code"),
        [("cat", 422), (NASTY, 422), ("28", 200), ("9" * 60, 422), ("\u0662\u0667", 422), ("27\0", 422)],
    )
    def test_what_is_no_card_finds_nothing(
        self, archive: Archive, story: str, enter: Enter, typed: str, code: int
    ) -> None:
        answer = enter("staff").get("/withdraw", query_string={"card": typed})
        assert answer.status_code == code
        assert "Cat 27" not in answer.text and NASTY not in answer.text

    def test_several_stations_may_have_given_the_number(self, archive: Archive, story: str, enter: Enter) -> None:
        take_in(archive, told(9, card="cat 27", station="upstairs"))
        page = enter("staff").get("/withdraw?card=27").text
        assert "2 stories have this number" in page and "upstairs" in page and "Ask when and where" in page

    def test_a_wrong_card_can_be_put_back_by_a_lead(self, archive: Archive, story: str, enter: Enter) -> None:
        staff, lead = enter("staff"), enter("lead")
        assert send(staff, f"/withdraw/{story}").status_code == 303
        # Once more, as by a second press: nothing is left that staff could do.
        assert send(staff, f"/withdraw/{story}").status_code == 404
        assert staff.get("/withdraw?card=27").text.count("Cat 27") == 0
        assert "Safety (1)" in lead.get("/").text
        assert send(staff, f"/withdraw/{story}/put-back").status_code == 403
        assert send(lead, f"/withdraw/{story}/put-back").status_code == 303
        assert staff.get(f"/stories/{story}").status_code == 200
        assert send(lead, f"/withdraw/{story}/put-back").status_code == 409

    def test_a_story_whose_folder_is_missing_can_be_taken_back(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        site.folder.story(story).path.rename(site.folder.root / "elsewhere")
        archive.stories.missing([story])
        assert send(enter("lead"), f"/withdraw/{story}").status_code == 303
        assert left_of(site.folder.archive, story) == []

    @pytest.mark.parametrize("name", ["station-000099-abcdef", "..", "%2e%2e%2fsecret", "x" * 300])
    def test_stories_that_are_not_there(self, archive: Archive, story: str, enter: Enter, name: str) -> None:
        lead = enter("lead")
        for path in (f"/withdraw/{name}", f"/withdraw/{name}/put-back"):
            assert send(lead, path).status_code == 404
        assert archive.stories.get(story)


class TestPermissions:
    @pytest.fixture
    def page(self, story: str) -> str:
        return f"/stories/{story}/permissions"

    def fields(self, archive: Archive, story: str, **changed: object) -> dict[str, object]:
        now = {"words": "yes", "voice": "no", "understood": "yes", "reason": "They said so."}
        return {**now, "revision": archive.stories.known(story).revision, **changed}

    def test_less_counts_at_once_whoever_writes_it_down_and_wins_over_the_station(
        self, site: Site, archive: Archive, story: str, page: str, enter: Enter
    ) -> None:
        assert send(enter("staff"), page, **self.fields(archive, story, words="no")).status_code == 303
        for _ in range(2):
            assert archive.stories.known(story).permissions == Permissions(words=False, voice=False)
            # The station's record says what it said, also when it is read again.
            (site.folder.story(story).path / "transcript.json").touch()
            archive.stories.take_in([read_arrival(site.folder, story)])
        assert site.folder.story(story).story().permissions.words is True
        assert "They said so." in site_page(site, enter, page)

    def test_more_is_for_a_lead_who_says_who_asked_and_when(
        self, archive: Archive, story: str, page: str, enter: Enter
    ) -> None:
        staff, lead = enter("staff"), enter("lead")
        today = date.today()
        more = self.fields(archive, story, voice="yes")
        refused = send(staff, page, **more, asked_by="Ann", asked_on=today)
        assert refused.status_code == 422 and "Only a lead can allow more" in refused.text
        for asked, why in (
            ({}, "write who asked the teller"),
            ({"asked_by": "Ann"}, "write on which day"),
            ({"asked_by": " ", "asked_on": today}, "write who asked"),
            ({"asked_by": "Ann", "asked_on": today + timedelta(days=1)}, "still to come"),
            ({"asked_by": "Ann", "asked_on": "yesterday"}, "Not a valid date"),
        ):
            refused = send(lead, page, **more, **asked)
            assert refused.status_code == 422 and why in refused.text and "They said so." in refused.text, why
        assert archive.stories.known(story).permissions.voice is False
        assert send(lead, page, **more, asked_by="Ann", asked_on=today).status_code == 303
        (change,) = archive.permitting.changes(story)
        assert (change.asked_by, change.asked_on, change.after.voice) == ("Ann", today, True)
        assert "Ann asked the teller on" in lead.get(page).text

    @pytest.mark.parametrize(
        "wrong", [{"words": ""}, {"words": "maybe"}, {"voice": NASTY}, {"reason": " "}, {"revision": "x"}, {}]
    )
    def test_a_fault_is_told_and_changes_nothing(
        self, archive: Archive, story: str, page: str, enter: Enter, wrong: dict[str, str]
    ) -> None:
        # The last of them is no change at all.
        before = archive.stories.known(story)
        changed = {"words": "no", **wrong} if wrong else {}
        assert send(enter("staff"), page, **self.fields(archive, story, **changed)).status_code == 422
        assert archive.stories.known(story) == before and archive.permitting.changes(story) == []

    def test_whoever_was_first_is_not_overwritten(self, archive: Archive, story: str, page: str, enter: Enter) -> None:
        mine = self.fields(archive, story, words="no")
        archive.labels.put(story, About(tags=("food",)), by="ann", revision=archive.stories.known(story).revision)
        late = send(enter("staff"), page, **mine)
        assert late.status_code == 409 and "They said so." in late.text
        assert archive.stories.known(story).permissions.words is True

    @pytest.mark.parametrize("state", ["frozen", "not agreed"])
    def test_where_more_can_never_be_allowed(
        self, site: Site, archive: Archive, story: str, page: str, enter: Enter, state: str
    ) -> None:
        if state == "frozen":
            archive.flags.raise_flag(story, reason="a worry", by="ann")
        else:
            with archive.transaction():
                archive.stories.note(archive.stories.known(story).model_copy(update={"agreed": False}))
        more = self.fields(archive, story, voice="yes", asked_by="Ann", asked_on=date.today())
        lead = enter("lead")
        assert send(lead, page, **more).status_code == 409
        assert archive.stories.known(story).permissions.voice is False
        assert send(lead, page, **self.fields(archive, story, words="no")).status_code == 303


def site_page(site: Site, enter: Enter, path: str) -> str:
    return enter("lead").get(path).text


class TestLog:
    @pytest.mark.parametrize(
        "asked",
        [
            "kind=Nothing",
            "since=today",
            "since=0001-01-01",
            "until=9999-12-31",
            f"story={'x' * 61}",
            "person=" + "y" * 61,
        ],
    )
    def test_what_cannot_be_looked_for_is_told(self, archive: Archive, enter: Enter, asked: str) -> None:
        lead = enter("lead")
        assert lead.get(f"/log?{asked}").status_code == 422
        name, _, value = asked.partition("=")
        before = archive.log.last()
        assert send(lead, "/log/export", **{name: value}).status_code == 422
        assert archive.log.last() == before

    @pytest.mark.parametrize("asked", ["page=0", "page=x", "page=-1", "page=99999999999"])
    def test_there_is_no_such_page(self, archive: Archive, enter: Enter, asked: str) -> None:
        assert enter("lead").get(f"/log?{asked}").status_code == 404

    def test_it_is_looked_through_by_person_kind_story_and_day(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        lead, staff = enter("lead"), enter("staff")
        send(staff, f"/stories/{story}/heard")
        send(lead, f"/stories/{story}/worry", reason="worried")
        staffs, today = named(site, "A staff").id, date.today()

        def rows(**asked: object) -> int:
            with send(lead, "/log/export", **asked) as answer:
                return len(list(csv.reader(io.StringIO(answer.get_data(as_text=True))))) - 1

        assert rows(story="27") == rows(story="Cat 27") == rows(story=story) == 2
        assert rows(story="28") == rows(person="nobody") == 0
        assert rows(story="27", person=staffs) == rows(kind="Safety") == 1
        assert rows(story="27", since=today) == rows(story="27", until=today) == 2
        assert rows(since=today + timedelta(days=1)) == rows(until=today - timedelta(days=1)) == 0
        page = lead.get("/log", query_string={"kind": "Safety", "story": "27"}).text
        assert "raised a worry" in page and 'value="Safety" selected' in page and "marked it as heard" not in page
        # What is taken along is what was looked at.
        assert '<input type="hidden" name="kind" value="Safety">' in page

    def test_it_has_pages(self, archive: Archive, story: str, enter: Enter) -> None:
        lead = enter("lead")
        for _ in range(60):
            archive.log.add("ann", "heard", story)
        one, two = (lead.get(f"/log?story=27&page={n}").text for n in (1, 2))
        assert one.count("<tr>") == 51 and two.count("<tr>") == 11
        assert lead.get("/log?story=27&page=3").status_code == 404
        assert "story=27" in one and 'rel="next"' in one and 'rel="next"' not in two

    @pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
    def test_no_cell_is_a_formula(
        self, site: Site, archive: Archive, enter: Enter, first: str, password_hash: str
    ) -> None:
        lead, me = enter("lead"), named(site, "A lead")
        archive.people.rename(me.id, f"{first}cmd|' /C calc'!A0", by=me.id, revision=me.revision)
        with send(lead, "/log/export") as answer:
            assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
            rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
        cells = [cell for row in rows for cell in row]
        assert any("calc" in cell for cell in cells)
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


class TestDueDates:
    def test_a_lead_sees_when_a_story_that_nobody_agreed_to_goes(self, site: Site, enter: Enter) -> None:
        kept = make_story(site.folder, "not to be kept", seconds=0.1, agreed=False)
        site.intake.look()
        lead = enter("lead")
        assert "Nobody agreed to keep these" in lead.get("/keeping").text
        assert "This story is deleted" in lead.get(f"/stories/{kept.id}").text
        assert "did not say that we may keep it" in lead.get(f"/stories/{kept.id}").text


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
