"""Words typed by hand, and their times, as the site answers it."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import Text
from admin_web.site import Site
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import csrf_token, make_story, spread, write_words

JSON = {"Accept": "application/json"}
TYPED = "mae'r bws yn hwyr, ac roedd y te yn dda"
SECONDS = 20.0


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    kept = make_story(site.folder, None, seconds=0.1, frames=int(SECONDS * 16000))
    kept.audio.write_bytes(kept.audio.read_bytes() + bytes(int(SECONDS * 32000)))
    write_words(kept, [], failed="There is no model for this language.")
    site.intake.look()
    return kept


def token(client: FlaskClient, kept: StoryFolder) -> str:
    return csrf_token(client.get(f"/stories/{kept.id}/edit").text)


def type_in(client: FlaskClient, kept: StoryFolder, text: str, revision: int) -> TestResponse:
    data = {"csrf_token": token(client, kept), "text": text, "revision": revision}
    return client.post(f"/stories/{kept.id}/words", data=data, headers=JSON)


def tap(client: FlaskClient, kept: StoryFolder, taps: str, *, text: str = TYPED, revision: object = 1) -> TestResponse:
    data = {"csrf_token": token(client, kept), "text": text, "revision": revision, "taps": taps}
    return client.post(f"/stories/{kept.id}/times", data=data, headers=JSON)


def text_of(site: Site, kept: StoryFolder) -> Text:
    text = site.archive.texts.get(kept.id)
    assert text
    return text


def test_words_are_spread_over_the_recording_however_often_they_are_saved_while_they_are_typed(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    for revision, end in enumerate((1, 2, 5, 10)):
        assert type_in(client, kept, " ".join(TYPED.split()[:end]), revision).status_code == 200
    text = text_of(site, kept)
    assert text.guessed and text.text == TYPED
    assert (text.words[0].start, text.words[-1].end) == (0, pytest.approx(SECONDS))
    assert max(word.end - word.start for word in text.words) < 4
    page = client.get(f"/stories/{kept.id}").text
    assert "Nobody has set the times" in page and f"/stories/{kept.id}/times" in page


def test_what_is_tapped_is_kept_and_later_corrections_keep_it(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    type_in(client, kept, TYPED, 0)
    page = client.get(f"/stories/{kept.id}/times").text
    assert 'data-word="0"' in page and 'data-word="4"' in page and "data-timed" not in page
    answer = tap(client, kept, "0:2.5 4:9")
    assert answer.status_code == 200 and answer.json and answer.json["revision"] == 2
    text = text_of(site, kept)
    assert not text.guessed and (text.words[0].start, text.words[4].start) == (2.5, 9)
    assert "data-timed" in client.get(f"/stories/{kept.id}/times").text
    type_in(client, kept, TYPED.replace("hwyr", "gynnar"), 2)
    after = text_of(site, kept)
    assert not after.guessed and (after.words[0].start, after.words[4].start) == (2.5, 9)


def test_words_that_a_computer_hears_later_give_typed_ones_their_times(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    type_in(client, kept, TYPED, 0)
    heard = spread(TYPED.split(), word_s=0.5)
    write_words(kept, heard)
    type_in(client, kept, TYPED + " iawn", 1)
    text = text_of(site, kept)
    assert not text.guessed and text.words[4].start == heard[4].start


def test_an_earlier_guess_that_is_brought_back_is_a_guess(site: Site, kept: StoryFolder) -> None:
    texts, guess, known = site.archive.texts, spread(TYPED.split()), spread(TYPED.split(), word_s=1)
    texts.save(kept.id, guess, by="ann", revision=0, guessed=True)
    texts.save(kept.id, known, by="ben", revision=1)
    (earlier,) = texts.versions(kept.id)
    after = texts.bring_back(kept.id, earlier.number, by="ann", revision=2)
    assert after.guessed and list(after.words) == guess
    again = texts.bring_back(kept.id, texts.versions(kept.id)[0].number, by="ann", revision=3)
    assert not again.guessed and list(again.words) == known


def test_what_cannot_be_times_is_refused_and_changes_nothing(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    type_in(client, kept, TYPED, 0)
    before = text_of(site, kept)
    wrong = ["", "x", "0", "0:", "0:x", "0:1:2", "-1:2", "1:2", "0:-1", "0:nan", "0:1e99", "0:21", "0:5 4:5", "0:5 4:3"]
    for taps in [*wrong, "0:1 99:2", "\u0660:1", "0:1 4:2 " * 6_000]:
        answer = tap(client, kept, taps)
        assert answer.status_code == 422 and answer.json and answer.json["error"], taps
    assert tap(client, kept, "0:1 " * 20_000).status_code == 413
    assert text_of(site, kept) == before


def test_times_of_other_words_are_refused_with_those_that_are_there(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    type_in(client, kept, TYPED, 0)
    for wrong in ({"revision": 0}, {"revision": 7}, {"text": "other words"}):
        answer = tap(client, kept, "0:2.5", **wrong)  # type: ignore[arg-type]
        assert answer.status_code == 409 and answer.json
        assert (answer.json["theirs"], answer.json["revision"], answer.json["who"]) == (TYPED, 1, "Front Desk")
    assert text_of(site, kept).guessed
    for wrong in ({"revision": -1}, {"revision": "x"}, {"text": ""}):
        assert tap(client, kept, "0:2.5", **wrong).status_code == 422  # type: ignore[arg-type]


def test_where_there_is_nothing_to_tap_the_storys_page_says_so(
    site: Site, client: FlaskClient, kept: StoryFolder
) -> None:
    path = f"/stories/{kept.id}/times"
    assert "Type the words first" in client.get(path, follow_redirects=True).text
    type_in(client, kept, TYPED, 0)
    flag = site.archive.flags.raise_flag(kept.id, reason="a worry", by="ann")
    assert "This story is frozen" in client.get(path, follow_redirects=True).text
    assert tap(client, kept, "0:2.5").status_code == 409
    site.archive.flags.close(flag.number, action="called", outcome="safe", by="ann", revision=1)
    site.archive.deleting.delete_audio(kept.id, by="ann")
    assert "no recording to tap along" in client.get(path, follow_redirects=True).text
    page = client.get(f"/stories/{kept.id}/edit").text
    assert "<audio" not in page and f"{TYPED.split()[0].replace(chr(39), '&#39;')} bws" in page


def test_without_a_token_or_a_story_nothing_is_done(site: Site, client: FlaskClient, kept: StoryFolder) -> None:
    type_in(client, kept, TYPED, 0)
    data = {"text": TYPED, "revision": 1, "taps": "0:2.5"}
    assert client.post(f"/stories/{kept.id}/times", data=data).status_code == 403
    assert client.get("/stories/station-000009-abcdef/times").status_code == 404
    assert text_of(site, kept).guessed
