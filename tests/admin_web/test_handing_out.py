"""Handing out quotes: a table and clips of what may be used, and nothing else; who got what is remembered."""

import csv
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import soundfile
from flask.testing import FlaskClient

from admin_web.archive import About, Role
from admin_web.archive.export.csv_rows import without_formula
from admin_web.handing_out import COLUMNS, READ_ME, TABLE, Handout
from admin_web.sending import unhurried
from admin_web.site import Site
from kiosk.stories.records import Permissions, Uploaded
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import named, send
from tests.admin_web.quoting import WORDS, checked

Enter = Callable[[Role], FlaskClient]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def approve(site: Site, kept: StoryFolder, first: int = 1, last: int = 3, **more: str) -> int:
    number = site.archive.quotes.propose(kept.id, first, last, by=named(site).id, **more).number
    site.archive.quotes.decide(number, "approved", by="group", role="group", revision=1)
    return number


def get(lead: FlaskClient, sound: str = "none", path: str = "/exports") -> zipfile.ZipFile:
    with send(lead, path, reason="For the council.", sound=sound) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        assert re.search(r'filename="sayso-quotes-\d+\.zip"', answer.headers["Content-Disposition"])
        return zipfile.ZipFile(io.BytesIO(answer.data))


def rows(packed: zipfile.ZipFile) -> list[dict[str, str]]:
    content = packed.read(TABLE)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_approved_quotes_go_out_with_their_sound_where_the_teller_allowed_it(
    site: Site, enter: Enter, kept: StoryFolder
) -> None:
    quiet = checked(site, "the soup was cold", permissions=Permissions(words=True, voice=False))
    approve(site, kept, wording="lunch … warm", note="the soup")
    approve(site, quiet)
    site.archive.quotes.propose(kept.id, 4, 6, by="ann")
    lead = enter("lead")
    heard = []
    for sound in ("wav", "flac"):
        packed = get(lead, sound)
        assert packed.testzip() is None
        assert sorted(packed.namelist()) == [f"clips/quote-1.{sound}", TABLE, READ_ME]
        assert [(row["number"], row["quote"], row["clip"], row["who said yes"]) for row in rows(packed)] == [
            ("1", "lunch … warm", f"clips/quote-1.{sound}", "the group"), ("2", "soup was cold", "", "the group"),
        ]  # fmt: skip
        assert rows(packed)[0]["what we think it means"] == "the soup"
        assert "For the council." in packed.read(READ_ME).decode()
        samples, rate = soundfile.read(io.BytesIO(packed.read(f"clips/quote-1.{sound}")), dtype="int16")
        heard.append(samples.tolist())
        assert rate == 16_000 and 1.3 < len(samples) / rate < 1.7
    assert heard[0] == heard[1]
    assert sorted(get(lead).namelist()) == [TABLE, READ_ME]


def test_what_is_not_in_it_is_who_when_and_where(site: Site, enter: Enter, kept: StoryFolder) -> None:
    told_at = datetime(2026, 2, 3, 9, tzinfo=UTC)
    other = checked(site, WORDS, station="north-room", card="cat 27", started_at=told_at)
    approve(site, other)
    packed = get(enter("lead"), "wav")
    content = b"".join(packed.read(name) for name in packed.namelist())
    for secret in (other.id, "north-room", "cat 27", "Cat 27", "Front Desk", "2026-02-03", "2026-02"):
        assert secret.encode() not in content
    assert tuple(rows(packed)[0]) == COLUMNS


def test_a_lead_who_decided_instead_of_the_group_is_told_with_the_reason(
    site: Site, enter: Enter, kept: StoryFolder
) -> None:
    site.archive.quotes.propose(kept.id, 1, 3, by="ann")
    site.archive.quotes.decide(1, "approved", by="x", role="lead", reason="=No group yet.", revision=1)
    assert rows(get(enter("lead")))[0]["who said yes"] == "a lead, because: =No group yet."


@pytest.mark.parametrize("role", ["staff", "group", "nobody"])
def test_it_is_for_leads_alone(site: Site, enter: Enter, stranger: FlaskClient, kept: StoryFolder, role: str) -> None:
    approve(site, kept)
    if role == "nobody":
        assert stranger.post("/exports", data={"reason": "x", "sound": "wav"}).status_code == 303
        return
    browser = enter(role)  # type: ignore[arg-type]
    assert send(browser, "/exports", reason="For me.", sound="wav").status_code == 403
    assert browser.get("/exports").status_code == 403
    assert site.archive.exports.count() == 0


def test_without_a_reason_or_a_quote_nothing_goes(site: Site, enter: Enter, kept: StoryFolder) -> None:
    lead = enter("lead")
    assert "No quote is approved yet" in lead.get("/exports").text
    assert send(lead, "/exports", reason="x", sound="none").status_code == 409
    approve(site, kept)
    for wrong in ({"reason": "  "}, {"reason": "x" * 501}, {"reason": "so", "sound": "mp3"}, {"sound": "wav"}):
        assert send(lead, "/exports", **{"reason": "", "sound": "none", **wrong}).status_code == 422, wrong
    assert send(lead, "/exports?tag=nothing", reason="so", sound="none").status_code == 422
    assert lead.post("/exports", data={"reason": "no token", "sound": "none"}).status_code == 403
    assert site.archive.exports.count() == 0
    assert get(lead).testzip() is None


def test_those_that_were_chosen_in_the_list_go(site: Site, enter: Enter, kept: StoryFolder) -> None:
    approve(site, kept)
    site.archive.labels.put(kept.id, About(tags=("food",)), by="ann", revision=1)
    approve(site, checked(site, "the soup was cold"))
    lead = enter("lead")
    assert "1 quote is approved of those that you chose" in lead.get("/exports?tag=food&state=withdrawn").text
    assert [row["number"] for row in rows(get(lead, path="/exports?tag=food"))] == ["1"]
    assert rows(get(lead, path="/exports?tag=food"))[0]["topics"] == "Food"


@pytest.mark.parametrize("what", ["withdrawn", "frozen", "changed", "decided otherwise"])
def test_what_may_not_be_used_any_more_when_its_turn_comes_does_not_go(
    site: Site, stranger: FlaskClient, kept: StoryFolder, what: str
) -> None:
    other, me = checked(site, "the soup was cold"), named(site).id
    approve(site, kept)
    approve(site, other)
    export = site.archive.exports.begin(site.archive.quotes.ready([1, 2]), voice=True, reason="x", by=me)
    stream = Handout(site.archive, export, "wav", NOW).stream()
    sent = next(stream)
    # The first clip is on its way.
    if what == "withdrawn":
        site.archive.deleting.withdraw(other.id, by=me)
    elif what == "frozen":
        site.archive.flags.raise_flag(other.id, reason="worried", by=me)
    elif what == "decided otherwise":
        site.archive.quotes.decide(2, "withdrawn", by="group", role="group", revision=2)
    else:
        words = [word.model_copy(update={"word": "warm"}) for word in site.archive.texts.get(other.id).words]  # type: ignore[union-attr]
        site.archive.texts.save(other.id, words, by=me, revision=1)
    packed = zipfile.ZipFile(io.BytesIO(sent + b"".join(stream)))
    assert sorted(packed.namelist()) == ["clips/quote-1.wav", TABLE, READ_ME]
    assert [row["number"] for row in rows(packed)] == ["1"] and b"soup" not in packed.read(TABLE)
    (export,) = site.archive.exports.page(1, 9)
    assert [part.quote for part in export.parts] == [1] and export.finished_at
    assert site.archive.exports.of(other.id) == []


def test_one_that_was_cut_off_is_remembered_with_all_that_may_have_gone(
    site: Site, enter: Enter, kept: StoryFolder
) -> None:
    approve(site, kept)
    lead = enter("lead")
    answer = lead.post("/exports", data={"csrf_token": token(lead), "reason": "x", "sound": "wav"}, buffered=False)
    answer.close()
    assert "it was cut off" in lead.get("/exports").text
    (export,) = site.archive.exports.of(kept.id)
    assert export.finished_at is None and len(export.parts) == 1


def token(browser: FlaskClient) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get("/me").text)
    assert found
    return found[1]


def test_two_at_once_and_a_third_is_asked_to_wait(site: Site, enter: Enter, kept: StoryFolder) -> None:
    approve(site, kept)
    lead = enter("lead")
    fields = {"csrf_token": token(lead), "reason": "x", "sound": "wav"}
    under_way = [lead.post("/exports", data=fields, buffered=False) for _ in range(2)]
    refused = lead.post("/exports", data=fields)
    assert refused.status_code == 429 and "Wait until that is done" in refused.text
    under_way[0].close()
    assert lead.post("/exports", data=fields).status_code == 200
    under_way[1].close()
    assert site.archive.exports.count() == 3


def test_who_got_a_story_that_is_taken_back_stands_on_the_page(site: Site, enter: Enter, kept: StoryFolder) -> None:
    told = {"asked_by": "A volunteer", "asked_on": NOW.date(), "how": "in person", "place": "The garden"}
    brought_in = checked(site, "the tea was cold", uploaded=Uploaded(by=named(site).id, at=NOW, **told))
    for each in (kept, brought_in):
        approve(site, each)
    lead = enter("lead")
    get(lead)
    assert "Taken back since" not in lead.get("/exports").text
    number = site.archive.stories.known(kept.id).number
    assert "It was handed out" in lead.get(f"/withdraw?card={number}").text
    for each in (kept, brought_in):
        site.archive.deleting.withdraw(each.id, by=named(site).id)
    page = lead.get("/exports").text
    assert (
        "Taken back since" in page
        and "Quote 1 (Story 1)" in page
        and "Quote 2 (Upload 2)" in page
        and "For the council." in page
    )
    # Also when it is gone for good, beside what was taken back.
    assert "quote 1. For the council." in lead.get("/withdraw").text


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\uff1d1", "\n=1"]
)  # fmt: skip
def test_no_cell_is_a_formula(cell: str) -> None:
    assert without_formula(cell) == f"'{cell}"
    assert without_formula(f"so {cell}") == f"so {cell}"


def test_words_that_look_like_a_formula_or_a_path_stay_words(site: Site, enter: Enter, stranger: FlaskClient) -> None:
    kept = checked(site, '=cmd|calc!A1 "the lunch", ../../etc/passwd', question="-2+3?", card="../x 9")
    approve(site, kept, 0, 3, note="@me")
    packed = get(enter("lead"), "wav")
    (row,) = rows(packed)
    assert row["quote"] == '\'=cmd|calc!A1 "the lunch", ../../etc/passwd'
    assert (row["what we think it means"], row["question"]) == ("'@me", "'-2+3?")
    assert all(re.fullmatch(r"(clips/)?[a-z0-9-]+\.[a-z]+", name) for name in packed.namelist())


def test_a_long_answer_rests_after_each_piece_and_lets_go_of_what_it_goes_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    let_go: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
            yield b"three"
        finally:
            let_go.append(True)

    sent = unhurried(pieces())
    assert (next(sent), next(sent)) == (b"one", b"two")
    assert len(rests) == 1 and rests[0] > 0
    sent.close()
    assert let_go == [True]
    assert list(unhurried([b"one", b"two"])) == [b"one", b"two"] and len(rests) == 3


def test_it_is_made_while_it_is_sent_in_small_parts(site: Site, stranger: FlaskClient, kept: StoryFolder) -> None:
    numbers = [approve(site, kept, 0, 7) for _ in range(8)]
    export = site.archive.exports.begin(site.archive.quotes.ready(numbers), voice=True, reason="x", by="ann")
    clips = 0

    def counted() -> Iterator[bytes]:
        nonlocal clips
        for part in Handout(site.archive, export, "wav", NOW).stream():
            clips = max(clips, part.count(b"RIFF"))
            yield part

    parts = list(counted())
    assert clips == 1 and max(map(len, parts)) <= 65 * 1024 < sum(map(len, parts)) / 4
