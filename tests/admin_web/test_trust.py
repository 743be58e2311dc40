"""What tellers and staff can trust in: a test for each promise, named after it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, Filter, Role
from admin_web.archive.keeping import delete_due
from admin_web.site import Site
from kiosk.config import KeepingSettings
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.marked import PLACES, left_of, make_full, mark
from tests.admin_web.archive.told import WORDS, check_words, take_in, told
from tests.admin_web.making import named, send

Enter = Callable[[Role], FlaskClient]
ROLES: tuple[Role, ...] = ("staff", "lead")
AT_ONCE = KeepingSettings(not_agreed_kept_h=0, audio_kept_days=0, voice_kept_months=0, words_kept_months=0)


@pytest.fixture
def archive(site: Site, stranger: FlaskClient) -> Archive:
    return site.archive


@pytest.fixture
def story(site: Site, archive: Archive) -> str:
    """A story with its folder, with words that were checked, a quote and no flag."""
    return make_full(site.folder, archive)


class TestCapacityIsPresumedSupportIsGivenNobodyConsentsForSomebodyElse:
    def test_there_is_no_carer_consents_control(self, story: str, enter: Enter) -> None:
        for role in ROLES:
            page = enter(role).get(f"/stories/{story}/permissions").text
            assert "Nobody can say yes for them, also no carer and no relative" in page
            names = set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page))
            assert names - {"asked_by", "asked_on"} == {
                "csrf_token", "revision", "words", "voice", "understood", "reason",
            }  # fmt: skip

    def test_staff_can_mark_not_sure_they_understood_which_blocks_use(
        self, archive: Archive, story: str, enter: Enter
    ) -> None:
        (quote,) = archive.quotes.of(story)
        sent = send(
            enter("staff"),
            f"/stories/{story}/permissions",
            words="yes",
            voice="yes",
            understood="no",
            reason="They looked away.",
            revision=archive.stories.known(story).revision,
        )
        assert sent.status_code == 303
        entry = archive.stories.known(story)
        assert entry.unsure and "understood" in entry.closed_because
        assert archive.quotes.of(story)[0].state == "withdrawn"
        with pytest.raises(NotAllowed, match="not sure that its teller understood"):
            archive.quotes.propose(story, 0, 1, by="ann")
        with pytest.raises(NotAllowed, match="was taken back"):
            archive.quotes.decide(quote.number, "approved", by="ann", role="group", revision=2)


class TestTakingBackIsAsEasyAsGiving:
    def test_by_card_number_it_is_gone_at_once_from_every_view_and_every_byte(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        lead = enter("lead")
        there = " ".join(left_of(site.folder.root, story))
        assert all(place in there for place in (*PLACES, "samples", "is there"))
        number = archive.stories.known(story).number
        assert f"/withdraw/{story}" in lead.get(f"/withdraw?card={number}").text
        assert send(lead, f"/withdraw/{story}").status_code == 303
        assert left_of(site.folder.root, story) == []
        for path in ("", "/words", "/audio", "/edit", "/versions", "/permissions", "/worry"):
            assert lead.get(f"/stories/{story}{path}").status_code == 404, path
        assert story not in lead.get("/").text

    def test_a_tombstone_with_number_and_date_stays(self, archive: Archive, story: str, enter: Enter) -> None:
        lead, title = enter("lead"), archive.stories.known(story).title
        send(lead, f"/withdraw/{story}")
        page = lead.get("/withdraw").text
        assert "Taken back and gone" in page and title in page and "today" in page

    def test_staff_stop_its_use_at_once_and_a_lead_deletes_it(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        staff, lead = enter("staff"), enter("lead")
        answer = send(staff, f"/withdraw/{story}")
        assert answer.status_code == 303 and "Nobody can use it any more" in staff.get("/withdraw").text
        assert archive.quotes.of(story)[0].state == "withdrawn"
        for path in ("", "/words", "/audio"):
            assert staff.get(f"/stories/{story}{path}").status_code == 404
        assert archive.search.find(mark(story, "saved"), 1, 9, Filter.seen_by(named(site, "A staff"))) == []
        assert "Waiting for you (1)" in lead.get("/withdraw").text
        assert send(lead, f"/withdraw/{story}").status_code == 303
        assert left_of(site.folder.root, story) == []


class TestSafeguardingFlag:
    def test_it_freezes_the_story_no_quoting_editing_the_original_or_deleting(
        self, archive: Archive, story: str, enter: Enter
    ) -> None:
        staff, text = enter("staff"), archive.texts.get(story)
        assert text
        answer = send(staff, f"/stories/{story}/worry", reason="somebody shouts", words="he shouts")
        assert answer.status_code == 303
        saved = send(staff, f"/stories/{story}/words", text="other", revision=text.revision)
        assert saved.status_code == 409 and archive.texts.get(story) == text
        for verb in (
            lambda: archive.quotes.propose(story, 0, 0, by="ann"),
            lambda: archive.texts.confirm(story, by="ann", revision=text.revision),
        ):
            with pytest.raises(NotAllowed, match="frozen"):
                verb()

    def test_it_logs_who_when_the_words_action_and_referral(
        self, site: Site, archive: Archive, story: str, enter: Enter
    ) -> None:
        staff, lead = enter("staff"), enter("lead")
        send(staff, f"/stories/{story}/worry", reason="somebody shouts", words="he shouts at me")
        flag = archive.flags.open_for("")[0]
        send(lead, f"/safety/{flag.number}", action="rang", referral="council", revision=flag.revision, save="1")
        page = lead.get(f"/safety/{flag.number}").text
        for each in ("somebody shouts", "he shouts at me", "A staff", "today", "rang", "council", "A lead"):
            assert each in page, each
        assert [line.what for line in archive.log.page(1, 2)] == ["flag noted", "flag raised"]

    def test_it_cannot_be_closed_without_an_outcome(self, archive: Archive, story: str, enter: Enter) -> None:
        flag, lead = archive.flags.raise_flag(story, reason="a worry", by="ann"), enter("lead")
        for outcome in ("", "  ", "\n\0"):
            sent = send(lead, f"/safety/{flag.number}", action="rang", outcome=outcome, revision=1, close="1")
            assert sent.status_code == 422 and "cannot be closed without" in sent.text and "rang" in sent.text
        assert archive.stories.known(story).frozen
        sent = send(lead, f"/safety/{flag.number}", action="rang", outcome="safe now", revision=1, close="1")
        assert sent.status_code == 303 and not archive.stories.known(story).frozen

    def test_it_can_be_hidden_from_named_accounts(self, site: Site, archive: Archive, story: str, enter: Enter) -> None:
        flag = archive.flags.raise_flag(story, reason="a worry", by="ann")
        staff, lead, me = enter("staff"), enter("lead"), named(site, "A staff")
        sent = send(lead, f"/safety/{flag.number}/hide", accounts=me.id, revision=archive.stories.known(story).revision)
        assert sent.status_code == 303
        for path in ("", "/words", "/audio", "/edit", "/versions", "/permissions", "/worry"):
            assert staff.get(f"/stories/{story}{path}").status_code == 404, path
            with lead.get(f"/stories/{story}{path}") as answer:
                assert answer.status_code == 200, path
        assert story not in staff.get("/").text and "No stories yet" in staff.get("/").text

    @pytest.mark.parametrize("by_timer", [False, True])
    def test_no_account_can_delete_a_flagged_story(
        self, site: Site, archive: Archive, story: str, enter: Enter, by_timer: bool
    ) -> None:
        archive.flags.raise_flag(story, reason="a worry", by="ann")
        if by_timer:
            assert delete_due(archive, AT_ONCE, datetime.now(UTC), "ntp") == []
        else:
            for role in ROLES:
                send(enter(role), f"/withdraw/{story}")
        assert archive.stories.get(story) and site.folder.story(story).audio.exists()


def test_withdrawn_and_flagged_use_stops_at_once_a_restricted_copy_stays_for_the_lead(
    site: Site, archive: Archive, story: str, enter: Enter
) -> None:
    staff, lead = enter("staff"), enter("lead")
    flag = archive.flags.raise_flag(story, reason="a worry", by="ann")
    page = staff.get(f"/withdraw?card={archive.stories.known(story).number}").text
    assert "the leads keep a copy until the worry is closed. Tell its teller so." in page
    send(staff, f"/withdraw/{story}")
    assert staff.get(f"/stories/{story}").status_code == 404
    send(lead, f"/withdraw/{story}")
    assert "a copy stays for the leads" in lead.get("/withdraw").text
    assert archive.quotes.of(story)[0].state == "withdrawn"
    with lead.get(f"/stories/{story}/audio") as answer:
        assert answer.status_code == 200
    send(lead, f"/safety/{flag.number}", outcome="safe now", revision=1, close="1")
    assert left_of(site.folder.root, story) == []


class TestWhoDidWhat:
    """An append-only log of every listen, edit, export, permission change, deletion."""

    def test_each_has_a_line_that_leads_can_read(self, site: Site, archive: Archive, story: str, enter: Enter) -> None:
        staff, lead = enter("staff"), enter("lead")
        text, title = archive.texts.get(story), archive.stories.known(story).title
        assert text
        seconds = archive.stories.known(story).seconds
        send(staff, f"/stories/{story}/listened", parts=f"0-{seconds:.3f}")
        send(staff, f"/stories/{story}/words", text="put right", revision=text.revision)
        entry = archive.stories.known(story)
        permitted = {"words": "no", "voice": "no", "understood": "yes", "reason": "Said so."}
        send(staff, f"/stories/{story}/permissions", **permitted, revision=entry.revision)
        send(lead, "/log/export")
        send(lead, f"/withdraw/{story}")
        page = lead.get("/log").text
        for each in (
            "listened", "put words right", "changed what may be done with it", "words: no, voice: no",
            "exported the log", "deleted it for good", "its teller took it back", title, "(gone)",
        ):  # fmt: skip
            assert each in page, each
        assert "flag raised" not in page and "Said so." not in page and mark(story, "saved") not in page

    def test_nothing_was_removed_or_changed(self, archive: Archive, story: str, enter: Enter) -> None:
        lead = enter("lead")
        assert "Not checked yet" in lead.get("/log").text
        send(lead, "/log/check")
        assert "Nothing was removed or changed. Checked today" in lead.get("/log").text
        archive.stories._documents.database.write("DELETE FROM doc_log WHERE id = 3")
        send(lead, "/log/check")
        page = lead.get("/log").text
        assert "The log was changed by hand" in page and "After line 2 of the log comes line 4" in page

    def test_it_can_be_taken_along(self, archive: Archive, story: str, enter: Enter) -> None:
        lead = enter("lead")
        with send(lead, "/log/export") as answer:
            rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
        assert rows[0] == ["When", "Who", "What", "More", "Story", "Id of the story"]
        assert rows[1][1:3] == ["A lead", "exported the log"]
        assert len(rows) == 1 + len(archive.log.page(1, 999))


def test_a_story_of_an_archive_alone_can_be_checked(archive: Archive, folder: DataFolder) -> None:
    """The stories that `told` makes can be quoted, or what is refused above would prove nothing."""
    (story,) = take_in(archive, told(9))
    check_words(archive, story, WORDS)
    assert archive.quotes.propose(story, 0, 1, by="ann").state == "proposed"
