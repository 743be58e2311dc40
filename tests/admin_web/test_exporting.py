"""The pages with which a lead takes stories out."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.site import Site
from tests.admin_web.archive.marked import left_of, make_full, mark
from tests.admin_web.making import send


@pytest.fixture
def lead(enter: Callable[[Role], FlaskClient]) -> FlaskClient:
    return enter("lead")


def ask(lead: FlaskClient, what: str = "shared", reason: str = "for the report") -> str:
    answer = send(lead, "/export", what=what, reason=reason)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


@pytest.mark.parametrize("what", ["shared", "everything"])
def test_a_lead_says_what_for_and_gets_a_zip_and_the_log_has_it(site: Site, lead: FlaskClient, what: str) -> None:
    story = make_full(site.folder, site.archive)
    page = lead.get(to := ask(lead, what)).text
    assert "for the report" in page and ("Keep this file safe" in page) == (what == "everything")
    assert lead.get(f"{to}/progress").json == {"state": "waiting", "done": 0, "of": 0}
    with lead.get(f"{to}/zip", buffered=False) as answer:
        assert answer.status_code == 200 and "Content-Length" not in answer.headers
        assert f'filename="sayso-{what}-' in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
            assert file.testzip() is None
            names, manifest = file.namelist(), json.loads(file.read("manifest.json"))
    assert manifest["made_by"] == "A lead" and manifest["reason"] == "for the report"
    assert (f"stories/{story}/audio.wav" in names) == (what == "everything")
    assert lead.get(f"{to}/progress").json == {"state": "done", "done": 1, "of": 1}
    assert {"stories exported", "exported"} <= {each.what for each in site.archive.log.page(1, 9)}


def test_what_may_not_be_shared_is_in_no_byte_of_what_is_sent(site: Site, lead: FlaskClient) -> None:
    story = make_full(site.folder, site.archive)
    site.archive.flags.raise_flag(story, reason="a worry", by="x")
    with lead.get(f"{ask(lead)}/zip") as answer, zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        target = site.folder.root.parent / "out"
        file.extractall(target)
    assert left_of(target, story) == []
    assert mark(story, "saved") not in (target / "stories.csv").read_text()


def test_without_a_reason_or_a_choice_nothing_is_made(site: Site, lead: FlaskClient) -> None:
    for fields in ({"what": "shared", "reason": " "}, {"what": "all of it", "reason": "x"}, {"reason": "x"}):
        assert send(lead, "/export", **fields).status_code == 422
    assert site.under_way.get(1) is None
    for path in ("/export/1", "/export/1/zip", "/export/1/progress"):
        assert lead.get(path).status_code == 404


def test_one_goes_out_at_a_time_and_what_is_broken_off_can_be_fetched_again(site: Site, lead: FlaskClient) -> None:
    make_full(site.folder, site.archive)
    first, second = ask(lead), ask(lead)
    pieces = site.under_way.send(1)
    next(pieces)
    answer = lead.get(f"{second}/zip")
    assert answer.status_code == 409 and "Another export" in answer.text
    pieces.close()  # as waitress does when the browser has gone
    assert lead.get(f"{first}/progress").json == {"state": "stopped", "done": 0, "of": 0}
    for path in (second, first):
        with lead.get(f"{path}/zip") as answer:
            assert zipfile.is_zipfile(io.BytesIO(answer.data))


def test_an_export_that_nobody_begins_to_read_holds_up_no_other(site: Site, lead: FlaskClient) -> None:
    first, second = ask(lead), ask(lead)
    lead.head(f"{first}/zip")
    site.under_way.send(1).close()
    with lead.get(f"{second}/zip") as answer:
        assert answer.status_code == 200


def test_only_so_many_are_remembered(site: Site, lead: FlaskClient) -> None:
    for _ in range(21):
        ask(lead)
    assert site.under_way.get(1) is None and site.under_way.get(21)
