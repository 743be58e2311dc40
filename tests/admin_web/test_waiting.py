"""The banner about a story that waits too long."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.site import Site
from admin_web.waiting import one_working_day_before
from kiosk.config import AdminSettings, Config, parse
from kiosk.errors import ArchiveError, ConfigError
from tests.admin_web.making import make_story, send

WEEK = range(5)
LONG_AGO = datetime.now(UTC) - timedelta(days=9)


def day(name: str, clock: str = "16:00") -> datetime:
    """A day of a week in March 2026; "+mon" is one of the week after."""
    number = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name.strip("+")) + 7 * name.startswith("+")
    return datetime.fromisoformat(f"2026-03-{16 + number}T{clock}")


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (day("wed"), day("tue")),
        (day("fri", "00:00"), day("thu", "00:00")),
        (day("+mon"), day("fri")),
        (day("+mon", "00:00"), day("fri", "00:00")),
        (day("+tue", "00:00"), day("+mon", "00:00")),
        # No time passes on a weekend.
        (day("sat", "00:00"), day("fri", "00:00")),
        (day("sat"), day("fri", "00:00")),
        (day("sun", "23:59"), day("fri", "00:00")),
    ],
)
def test_a_working_day_ends_at_the_same_time_of_the_next_one(now: datetime, before: datetime) -> None:
    assert one_working_day_before(now, WEEK) == before


def test_what_was_told_on_a_weekend_has_all_of_monday() -> None:
    told = day("sat")
    assert not told < one_working_day_before(day("+mon", "23:59"), WEEK)
    assert told < one_working_day_before(day("+tue", "00:00"), WEEK)


@pytest.mark.parametrize("now", [day("mon"), day("sun"), day("wed", "00:00")])
def test_other_working_days(now: datetime) -> None:
    assert one_working_day_before(now, range(7)) == now - timedelta(days=1)
    (only,) = {one_working_day_before(now, [4]).weekday()}
    assert only == 4 and now - one_working_day_before(now, [4]) < timedelta(days=14)


@pytest.fixture
def in_london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_london")
def test_a_change_to_summer_time_moves_nothing_on_the_wall() -> None:
    # The clocks went forward on Sunday 29 March 2026, and back on 25 October.
    for monday, friday in (
        (datetime(2026, 3, 30, 16), datetime(2026, 3, 27, 16, tzinfo=UTC)),
        (datetime(2026, 10, 26, 16), datetime(2026, 10, 23, 15, tzinfo=UTC)),
    ):
        assert one_working_day_before(monday, WEEK).astimezone() == friday


def test_working_days_are_named_and_there_is_one() -> None:
    assert parse({"admin": {"working_days": ["sat"]}}, "x").admin.working_days == ["sat"]
    for wrong in ([], ["someday"], "mon"):
        with pytest.raises(ConfigError, match="working_days"):
            parse({"admin": {"working_days": wrong}}, "x")
    assert Config().admin == AdminSettings()


class TestBanner:
    def test_it_stays_on_every_page_until_the_story_is_heard(
        self, site: Site, enter: Callable[[Role], FlaskClient]
    ) -> None:
        first = make_story(site.folder, started_at=LONG_AGO)
        second = make_story(site.folder, started_at=LONG_AGO + timedelta(minutes=1))
        make_story(site.folder)
        site.intake.look()
        staff, group = enter("staff"), enter("group")
        for path in ("/", "/?show=checked", "/search?q=x", "/tour", "/me", "/nowhere", f"/stories/{second.id}"):
            page = staff.get(path).text
            assert "Nobody has heard Story 1 yet." in page, path
            assert f'href="/stories/{first.id}">Listen to it now' in page
        own = staff.get(f"/stories/{first.id}").text
        assert "Nobody has heard this story yet." in own and "Listen to it now" not in own
        for path in ("/groups", "/me"):
            assert "Nobody has heard" not in group.get(path).text
        send(staff, f"/stories/{first.id}/heard")
        assert "Nobody has heard Story 2 yet." in staff.get("/").text
        send(staff, f"/stories/{second.id}/heard")
        assert "Nobody has heard" not in staff.get("/").text

    def test_what_nobody_agreed_to_waits_for_leads(self, site: Site, enter: Callable[[Role], FlaskClient]) -> None:
        make_story(site.folder, started_at=LONG_AGO, agreed=False)
        site.intake.look()
        assert "Nobody has heard Story 1 yet." in enter("lead").get("/").text
        assert "Nobody has heard" not in enter("staff").get("/").text

    def test_strangers_see_nothing_of_it(self, site: Site, stranger: FlaskClient) -> None:
        make_story(site.folder, started_at=LONG_AGO)
        site.intake.look()
        assert "Nobody has heard" not in stranger.get("/sign-in").text

    def test_an_archive_that_cannot_be_read_breaks_no_page(
        self, site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ArchiveError("the disk is broken")

        monkeypatch.setattr(site.archive.inbox, "longest_unheard", broken)
        assert client.get("/me").status_code == 200
