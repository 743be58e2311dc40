"""Fetching a model's zip from a real HTTP server that does all that goes wrong on the way."""

import random
import threading

import pytest

from kiosk.errors import DownloadError, UsageError
from models.download import Expected, Publisher
from tests.models.publisher import NAME, Publishing
from tests.station import nobody_there

CONTENT = random.Random(1).randbytes(400_000)


@pytest.fixture
def server():
    server = Publishing(CONTENT)
    yield server
    server.stop()


@pytest.fixture
def into(tmp_path):
    return tmp_path / f".{NAME}.zip"


def publisher(server, **options):
    return Publisher(server.address, **{"stall_s": 20, "pause_s": 0.01} | options)


def fetch(server, into, **options):
    one = publisher(server, **options)
    one.fetch(NAME, one.expected(NAME), into)


def ranges(server):
    return [asked for path, asked in server.asked if path.endswith(".zip")]


def cut_after(count):
    return lambda answer: answer.send_file(stop_after=count)


def test_a_zip_is_fetched_whole_and_nothing_is_left_beside_it(server, into):
    told = []
    one = publisher(server)
    one.fetch(NAME, one.expected(NAME), into, lambda done, total: told.append((done, total)))
    assert into.read_bytes() == CONTENT
    assert told[0] == (0, len(CONTENT)) and told[-1] == (len(CONTENT), len(CONTENT))
    assert list(into.parent.iterdir()) == [into]


@pytest.mark.parametrize("count", [0, 1, 65_536, 200_001, len(CONTENT) - 1])
def test_after_a_cut_it_goes_on_where_it_stopped(server, into, count):
    server.misbehaving = [cut_after(count)]
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    assert ranges(server) == [None, f"bytes={count}-" if count else None]
    assert server.sent == len(CONTENT)


def test_many_cuts_one_after_the_other_are_survived_as_long_as_it_gets_on(server, into):
    server.misbehaving = [*[cut_after(50_000)] * 7]
    fetch(server, into, tries=2)
    assert into.read_bytes() == CONTENT
    assert server.sent == len(CONTENT)


def test_what_was_fetched_is_kept_for_the_next_run_when_it_breaks_for_good(server, into):
    server.misbehaving = [cut_after(150_000), *[cut_after(0)] * 2]
    with pytest.raises(DownloadError, match=r"broke off.*run the same again, and it goes on.*USB stick"):
        fetch(server, into, tries=3)
    assert into.stat().st_size == 150_000
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    assert ranges(server)[-1] == "bytes=150000-"
    assert server.sent == len(CONTENT)


def test_what_was_fetched_to_the_end_is_not_fetched_again(server, into):
    into.write_bytes(CONTENT)
    fetch(server, into)
    assert ranges(server) == []


def test_a_server_that_cannot_go_on_in_the_middle_is_asked_from_the_beginning(server, into):
    server.ranges = False
    server.misbehaving = [cut_after(100_000)]
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100000-"]


@pytest.mark.parametrize("etag", ["", 'W/"one"'])
def test_without_a_sure_name_for_the_file_it_is_never_gone_on_with(server, into, etag):
    server.etag = etag
    server.misbehaving = [cut_after(100_000)]
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    assert ranges(server) == [None, None]


OTHER = random.Random(2).randbytes(500_000)


@pytest.mark.parametrize("etag", ['"two"', 'W/"two"', ""])
def test_a_file_that_was_changed_between_is_fetched_from_the_beginning(server, into, etag):
    server.misbehaving = [cut_after(100_000)]
    with pytest.raises(DownloadError):
        fetch(server, into, tries=1)
    server.etag = etag
    server.publish(OTHER)
    fetch(server, into)
    assert into.read_bytes() == OTHER


def part_of_another(name, span=None):
    """A server that pays no heed to If-Range and sends a part of the new file."""

    def answer(answer):
        start = int(answer.headers["Range"].removeprefix("bytes=").rstrip("-"))
        answer.send_response(206)
        answer.send_header("Content-Length", str(len(OTHER) - start))
        answer.send_header("Content-Range", span or f"bytes {start}-{len(OTHER) - 1}/{len(OTHER)}")
        if name:
            answer.send_header("ETag", name)
        answer.end_headers()
        answer.wfile.write(OTHER[start:])

    return answer


@pytest.mark.parametrize(
    ("name", "span"), [('"two"', None), ("", None), ("", "bytes 0-99/500000"), ("", "gallons"), ('"one"', "bytes */*")]
)
def test_parts_of_two_files_never_end_as_one(server, into, name, span):
    server.misbehaving = [cut_after(100_000)]
    with pytest.raises(DownloadError):
        fetch(server, into, tries=1)
    server.publish(OTHER)
    server.misbehaving = [part_of_another(name, span)]
    told, one = [], publisher(server)
    one.fetch(NAME, one.expected(NAME), into, lambda done, _: told.append(done))
    assert into.read_bytes() == OTHER
    # Where the server says that it is another file, it is begun anew at once; else the checksum tells in the end.
    assert (told[0] == 0) == (name != "" or span is not None)


def test_more_bytes_than_there_are_mean_a_new_beginning(server, into):
    server.misbehaving = [cut_after(399_000)]
    with pytest.raises(DownloadError):
        fetch(server, into, tries=1)
    server.publish(CONTENT[:300_000])
    fetch(server, into)
    assert into.read_bytes() == CONTENT[:300_000]


def test_a_wrong_checksum_is_said_and_nothing_is_left(server, into):
    server.publish(CONTENT, md5="0" * 32)
    with pytest.raises(DownloadError, match="checksum differs"):
        fetch(server, into)
    assert list(into.parent.iterdir()) == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_it_follows_a_redirect_on_the_same_machine(server, into, code):
    def elsewhere(answer):
        answer.send_response(code)
        answer.send_header("Location", f"{server.address}/{NAME}.zip")
        answer.end_headers()

    server.misbehaving = [elsewhere]
    fetch(server, into)
    assert into.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "to",
    ["file:///etc/passwd", "ftp://127.0.0.1/x.zip", "http://198.51.100.7/x.zip", "http://127.0.0.1:9/x.zip", "data:,x"],
)
def test_a_redirect_to_anything_but_https_is_refused(server, into, to):
    def elsewhere(answer):
        answer.send_response(302)
        answer.send_header("Location", to)
        answer.end_headers()

    server.misbehaving = [elsewhere]
    with pytest.raises(DownloadError, match="is not https"):
        fetch(server, into)
    assert not into.exists()


def test_a_redirect_that_goes_round_in_circles_or_nowhere_ends(server, into):
    def circle(answer):
        answer.send_response(302)
        answer.send_header("Location", f"{server.address}/{NAME}.zip")
        answer.end_headers()

    server.misbehaving = [*[circle] * 50]
    with pytest.raises(DownloadError, match="302"):
        fetch(server, into)
    server.misbehaving = [lambda answer: (answer.send_response(302), answer.end_headers())]
    with pytest.raises(DownloadError, match="302"):
        fetch(server, into)


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_refusal_is_said_at_once(server, into, code):
    server.misbehaving = [lambda answer: answer.send_error(code)]
    with pytest.raises(DownloadError, match=f"answers {code}"):
        fetch(server, into)
    assert len(ranges(server)) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_publisher_is_asked_again(server, into, code):
    server.misbehaving = [*[lambda answer: answer.send_error(code)] * 2]
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    server.misbehaving = [*[lambda answer: answer.send_error(code)] * 3]
    into.unlink()
    with pytest.raises(DownloadError, match=f"answers {code}"):
        fetch(server, into, tries=3)


def test_a_publisher_that_falls_silent_is_given_up_and_gone_on_with(server, into):
    go_on = threading.Event()
    server.before_piece = lambda at: at >= 131_072 and go_on.wait()
    with pytest.raises(DownloadError, match="does not answer"):
        fetch(server, into, stall_s=5, tries=1)
    assert into.stat().st_size == 131_072
    go_on.set()
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    assert ranges(server)[-1] == "bytes=131072-"


def lying(length, content):
    def answer(answer):
        answer.send_response(200)
        if length is not None:
            answer.send_header("Content-Length", str(length))
        answer.end_headers()
        answer.wfile.write(content)

    return answer


@pytest.mark.parametrize("length", [len(CONTENT) - 1, len(CONTENT) + 1, 0])
def test_a_length_other_than_the_lists_is_refused(server, into, length):
    server.misbehaving = [lying(length, CONTENT)]
    with pytest.raises(DownloadError, match="the publisher's list says 400000"):
        fetch(server, into)


def test_a_body_that_is_cut_short_without_saying_so_is_noticed(server, into):
    server.misbehaving = [lying(None, CONTENT[:-1])]
    fetch(server, into)
    assert into.read_bytes() == CONTENT
    # Without a size in the list, the checksum tells.
    server.publish(CONTENT, size=None)
    into.unlink()
    server.misbehaving = [lying(None, CONTENT[:-1])]
    with pytest.raises(DownloadError, match="checksum differs"):
        fetch(server, into)


def test_more_than_was_promised_is_not_written_to_the_disk(server, into):
    server.misbehaving = [lying(None, CONTENT * 5)]
    with pytest.raises(DownloadError, match="More comes"):
        fetch(server, into)
    assert into.stat().st_size <= len(CONTENT)


@pytest.mark.parametrize(
    "listed",
    ["no list", 3, [], [{"name": NAME}], [{"name": NAME, "md5": "short"}], [{"name": "other", "md5": "0" * 32}]],
)
def test_a_list_without_the_checksum_is_said(server, listed):
    server.listed = listed
    with pytest.raises(DownloadError, match=r"cannot be read|no checksum for"):
        publisher(server).expected(NAME)


def test_a_list_that_is_no_json_or_not_there_is_said(server):
    server.list_instead = lambda answer: answer.send_all(b"<html>Sign in to the network</html>")
    with pytest.raises(DownloadError, match="cannot be read"):
        publisher(server).expected(NAME)
    server.list_instead = lambda answer: answer.send_error(404)
    with pytest.raises(DownloadError, match="answers 404"):
        publisher(server).expected(NAME)
    server.list_instead = lambda answer: answer.send_error(500)
    with pytest.raises(DownloadError, match="answers 500"):
        publisher(server).expected(NAME)


def test_strange_entries_in_the_list_do_no_harm(server):
    server.listed = [None, "x", {"md5": 3}, *server.listed]
    assert publisher(server).expected(NAME) == Expected(server.listed[-1]["md5"], len(CONTENT))


def test_without_a_network_the_way_with_a_stick_is_told():
    told = r"cannot be reached: .*refused.*USB stick.*sayso models get .*\.zip.*http"
    with nobody_there() as port, pytest.raises(DownloadError, match=told):
        Publisher(f"http://127.0.0.1:{port}/models").expected(NAME)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/models", "ftp://127.0.0.1/x", "file:///tmp", "models", "http://127.0.0.1.example.org/"],
)
def test_a_publisher_that_is_not_spoken_to_safely_is_refused(address):
    with pytest.raises(UsageError, match="https only"):
        Publisher(address)
