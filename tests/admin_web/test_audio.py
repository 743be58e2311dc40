import wave
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from admin_web.site import Site
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    kept = make_story(site.folder, seconds=1)
    site.intake.look()
    return kept


@pytest.fixture
def path(kept: StoryFolder) -> str:
    return f"/stories/{kept.id}/audio"


def test_the_whole_recording_is_sent_as_it_is(client: FlaskClient, kept: StoryFolder, path: str) -> None:
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "audio/wav"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["ETag"]
        assert "attachment" not in answer.headers.get("Content-Disposition", "")
        assert answer.data == kept.audio.read_bytes()
        with wave.open(BytesIO(answer.data)) as sound:
            assert sound.getnframes() == 16000


@pytest.mark.parametrize(
    ("asked", "first", "after"),
    [("0-0", 0, 1), ("0-99", 0, 100), ("1000-", 1000, 32044), ("-44", 32000, 32044), ("32000-999999", 32000, 32044)],
)
def test_a_part_is_sent_alone(
    client: FlaskClient, kept: StoryFolder, path: str, asked: str, first: int, after: int
) -> None:
    with client.get(path, headers={"Range": f"bytes={asked}"}) as answer:
        assert answer.status_code == 206
        assert answer.headers["Content-Range"] == f"bytes {first}-{after - 1}/32044"
        assert answer.headers["Content-Length"] == str(after - first)
        assert answer.data == kept.audio.read_bytes()[first:after]


@pytest.mark.parametrize("asked", ["32044-", "40000-50000"])
def test_a_part_beyond_the_end_is_refused_with_the_length(client: FlaskClient, path: str, asked: str) -> None:
    with client.get(path, headers={"Range": f"bytes={asked}"}) as answer:
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == "bytes */32044"
        assert "shorter than that" in answer.text


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-9", "bytes=-99999", "bytes=-0", "bytes=5-2", "bytes=x-y", "lines=0-3", "bytes", "bytes=", "\u00e9"],
)
def test_what_is_not_one_part_is_answered_with_the_whole(
    client: FlaskClient, kept: StoryFolder, path: str, asked: str
) -> None:
    with client.get(path, headers={"Range": asked}) as answer:
        assert answer.status_code == 200
        assert len(answer.data) == 32044


def test_a_part_of_a_recording_that_has_changed_is_answered_with_the_whole(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        tag = answer.headers["ETag"]
    with client.get(path, headers={"Range": "bytes=0-9", "If-Range": tag}) as answer:
        assert answer.status_code == 206
    with client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'}) as answer:
        assert answer.status_code == 200


def test_a_recording_that_the_browser_has_is_not_sent_again(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        tag = answer.headers["ETag"]
    with client.get(path, headers={"If-None-Match": tag}) as answer:
        assert answer.status_code == 304


def test_its_head_can_be_asked_for(client: FlaskClient, path: str) -> None:
    with client.head(path) as answer:
        assert answer.headers["Content-Length"] == "32044"
        assert answer.data == b""
