"""Stories that go: taken back by the number on their card, or because nobody agreed to keep them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, Role
from admin_web.site import Site
from tests.admin_web.archive.marked import left_of
from tests.admin_web.archive.told import take_in, told
from tests.admin_web.making import make_story, send

Enter = Callable[[Role], FlaskClient]
NASTY = "<script>alert('x')</script>"


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


class TestDueDates:
    def test_a_lead_sees_when_a_story_that_nobody_agreed_to_goes(self, site: Site, enter: Enter) -> None:
        kept = make_story(site.folder, "not to be kept", seconds=0.1, agreed=False)
        site.intake.look()
        lead = enter("lead")
        assert "Nobody agreed to keep these" in lead.get("/keeping").text
        assert "This story is deleted" in lead.get(f"/stories/{kept.id}").text
        assert "did not say that we may keep it" in lead.get(f"/stories/{kept.id}").text
