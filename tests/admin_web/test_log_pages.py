"""The log: looking through it, and taking it along."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, Role
from admin_web.site import Site
from tests.admin_web.making import named, send

Enter = Callable[[Role], FlaskClient]


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
