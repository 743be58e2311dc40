"""How long stories are kept, and that no wrong clock deletes any: a test for each promise, named after it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from admin_web import keeping_pages
from admin_web.archive import Archive, Filter, Role
from admin_web.archive import clock as clock_module
from admin_web.archive.keeping import delete_due, due
from admin_web.site import Site
from kiosk.config import KeepingSettings
from kiosk.stories.records import ClockQuality, Permissions
from tests.admin_web.archive.kept_stories import TOLD, put, put_checked
from tests.admin_web.making import send

Enter = Callable[[Role], FlaskClient]
AT_ONCE = KeepingSettings(not_agreed_kept_h=0, audio_kept_days=0, voice_kept_months=0, words_kept_months=0)


@pytest.fixture
def archive(site: Site, stranger: FlaskClient) -> Archive:
    return site.archive


class TestKeeping:
    """Each rule at its last moment: `archive/test_keeping.py`."""

    @pytest.fixture
    def kept(self, archive: Archive) -> list[str]:
        return [
            put(archive, 1, agreed=False),
            put(archive, 2, state="heard"),
            put_checked(archive, number=3, permissions=Permissions(words=True, voice=False)),
            put(archive, 4),
        ]

    def test_the_page_says_what_goes_when_and_what_stays(self, kept: list[str], site: Site, enter: Enter) -> None:
        site.keeping = KeepingSettings(words_kept_months=1200, voice_kept_months=1100, audio_kept_days=30_000)
        page = " ".join(enter("lead").get("/keeping").text.split())
        for each in (
            "30000 days after its words were checked",
            "1100 months",
            "1200 months after it was told",
            '<th scope="row">January 2126</th><td>2</td><td>0</td>',
            '<th scope="row">March 2108</th><td>0</td><td>1</td>',
            "1 that nobody has heard yet",
            "Story 1</a> goes",
        ):
            assert each in page, each

    def test_unheard_is_never_deleted_by_a_timer(self, archive: Archive, kept: list[str]) -> None:
        gone = {each.entry.id for each in due(archive, AT_ONCE, TOLD.replace(year=2199))}
        assert gone == set(kept[:3])


class TestClock:
    """Nothing is ever deleted by a timer on a wrong clock; a person confirms the date."""

    @pytest.fixture
    def now(self, archive: Archive) -> datetime:
        """A date that was trusted; since then a story's time is up, and a sign-in came by a wrong clock."""
        put(archive, 1, agreed=False)
        now = datetime.now(UTC)
        archive.clock.trust(now)
        return now

    def require_kept(self, archive: Archive, now: datetime, quality: ClockQuality) -> None:
        # Whoever signs in meanwhile does not make the clock any better.
        for _ in range(2):
            assert delete_due(archive, AT_ONCE, now, quality) == []
            archive.log.add("ann", "signed in")
        assert archive.stories.count(Filter(lead=True)) == 1

    @pytest.mark.parametrize("quality", ["ntp", "rtc", "staff"])
    def test_1970(self, archive: Archive, now: datetime, quality: ClockQuality) -> None:
        self.require_kept(archive, datetime(1970, 1, 1, tzinfo=UTC), quality)

    @pytest.mark.parametrize("quality", ["ntp", "rtc", "staff"])
    def test_2099(self, archive: Archive, now: datetime, quality: ClockQuality) -> None:
        self.require_kept(archive, datetime(2099, 1, 1, tzinfo=UTC), quality)

    def test_backward(self, archive: Archive, now: datetime) -> None:
        self.require_kept(archive, now - timedelta(days=3), "rtc")

    def test_unknown(self, archive: Archive, now: datetime) -> None:
        self.require_kept(archive, now, "unknown")

    def test_and_then_it_goes(self, archive: Archive, now: datetime) -> None:
        assert [each.what for each in delete_due(archive, AT_ONCE, now + timedelta(days=80), "rtc")] == ["story"]

    def test_the_page_asks_a_person_to_confirm_the_date(
        self, site: Site, archive: Archive, now: datetime, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping_pages, "clock_quality", lambda _: "ntp")
        lead = enter("lead")
        archive.clock.trust(now + timedelta(days=400))
        page = lead.get("/keeping").text
        assert "clock is behind what it was" in page and "The date is right" in page and "They stay" in page
        assert send(lead, "/keeping/date", seen=int(now.timestamp()) - 90_000).status_code == 409
        for wrong in ("", "x", "9" * 400):
            assert send(lead, "/keeping/date", seen=wrong).status_code == 409
        assert archive.clock.doubt(datetime.now(UTC), "ntp")
        assert send(lead, "/keeping/date", seen=int(now.timestamp())).status_code == 303
        assert archive.clock.doubt(datetime.now(UTC), "staff") == ""
        assert "Stories go when their time is up." in lead.get("/keeping").text
        monkeypatch.setattr(clock_module, "CLOCK_NEVER_SET", datetime(2090, 1, 1, tzinfo=UTC))
        refused = send(lead, "/keeping/date", seen=int(now.timestamp()))
        assert refused.status_code == 409 and "cannot be right" in refused.text
