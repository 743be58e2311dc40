"""What tellers allow later: bad input, conflicts, and what the page shows."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from admin_web.archive import About, Archive, Role
from admin_web.archive.arriving import read_arrival
from admin_web.site import Site
from kiosk.stories.records import Permissions
from tests.admin_web.making import send

Enter = Callable[[Role], FlaskClient]
NASTY = "<script>alert('x')</script>"


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
