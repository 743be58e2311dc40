"""Zips of every hostile kind: nothing is written outside their folder, and most are refused before a byte is."""

import io
import itertools
import os
import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import ModelError
from models.unpack import ModelZip

GOOD = {
    "model/am/final.mdl": b"\0Bmodel" * 5000,
    "model/conf/model.conf": b"--beam=13\n",
    "model/graph/words.txt": b"<eps> 0\n" * 1000,
}


def zipped(entries, packed=zipfile.ZIP_DEFLATED):
    """A zip of name (or ZipInfo) and content, in order, whatever it is."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packed) as file:
        for name, data in entries.items() if isinstance(entries, dict) else entries:
            file.writestr(name, data)
    return content.getvalue()


@pytest.fixture
def refused(tmp_path):
    """Look at a zip, and return why it is refused; nothing is there afterwards but the zip."""

    def refused(content, *, while_unpacking=False):
        folder = tmp_path / "somewhere"
        folder.mkdir(exist_ok=True)
        (folder / "m.zip").write_bytes(content)
        with pytest.raises(ModelError) as error, ModelZip(folder / "m.zip") as packed:
            assert while_unpacking, "it should have been refused before anything is unpacked"
            packed.unpack(folder / "into")
        if not while_unpacking:
            assert os.listdir(folder) == ["m.zip"]
        assert os.listdir(tmp_path) == ["somewhere"]
        return str(error.value)

    return refused


def test_a_good_zip_is_unpacked_with_the_checksum_of_each_file(tmp_path):
    (tmp_path / "m.zip").write_bytes(zipped([("model/", b""), *GOOD.items(), ("model/empty", b"")]))
    done = []
    with ModelZip(tmp_path / "m.zip") as packed:
        assert packed.size == sum(map(len, GOOD.values()))
        assert str(packed.model_folder()) == "model"
        written = packed.unpack(tmp_path / "into", done.append)
    assert sum(done) == packed.size
    assert {path: (tmp_path / "into" / path).read_bytes() for path in GOOD} == GOOD
    assert set(written) == {*GOOD, "model/empty"} and all(len(sha256) == 64 for sha256 in written.values())
    modes = {stat.S_IMODE((tmp_path / "into" / path).stat().st_mode) for path in (*GOOD, "model")}
    assert modes == {0o600, 0o700}


def test_what_a_mac_adds_is_passed_over(tmp_path):
    more = {"__MACOSX/model/._am": b"x", "model/.DS_Store": b"x", "__MACOSX/._model": b"x"}
    (tmp_path / "m.zip").write_bytes(zipped(GOOD | more))
    with ModelZip(tmp_path / "m.zip") as packed:
        assert set(packed.unpack(tmp_path / "into")) == set(GOOD)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "//server/x", "../x", "model/../../x", "model/..", "model/./x", "model//x", "..", ".",
        "C:/x", "C:x", "..\\x", "model\\..\\..\\x", "\\\\server\\x", "model/x\ny", "model/\x1b[2J", "model/x:stream",
        "model/" + "x" * 250, "x/" * 150, "model/con|x",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_or_is_no_plain_name_is_refused(refused, name):
    assert "no plain path" in refused(zipped({**GOOD, name: b"x"}))


def test_a_name_that_goes_on_after_a_zero_is_refused(refused):
    content = zipped({**GOOD, "model/aZ../x": b"x"})
    assert "no plain path" in refused(content.replace(b"model/aZ../x", b"model/a\0../x"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
@pytest.mark.parametrize("system", [0, 3])
def test_links_and_devices_are_refused(refused, kind, system):
    info = zipfile.ZipInfo("model/link")
    info.create_system, info.external_attr = system, (kind | 0o777) << 16
    assert "link or a device" in refused(zipped([*GOOD.items(), (info, b"/etc/passwd")]))


def test_a_folder_that_is_a_link_is_refused(refused):
    info = zipfile.ZipInfo("model/graph/")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "link or a device" in refused(zipped([(info, b""), *GOOD.items()]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("model/am/final.mdl", "is in it twice"),
        ("model/am/FINAL.mdl", "same name on some disks"),
        ("MODEL/x", "same name on some disks"),
        ("model/am/\uff46inal.mdl", "same name on some disks"),
        ("model/stra\u00dfe", "same name on some disks"),
        ("model/am", "a file and a folder"),
        ("model/conf/model.conf/x", "a file and a folder"),
    ],
)
def test_two_names_for_one_file_are_refused(refused, name, why):
    more = [("model/strasse", b"x")] if "stra" in name else []
    assert why in refused(zipped([*GOOD.items(), *more, (name, b"x")]))


def test_a_file_with_a_password_is_refused(refused):
    content = bytearray(zipped(GOOD))
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        at = content.index(start) + (6 if start.endswith(b"\x04") else 8)
        content[at] |= 1
    assert "password" in refused(bytes(content))


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_that_models_do_not_use_is_refused(refused, packed):
    assert "packed in a way" in refused(zipped(GOOD, packed))


def test_too_many_files_are_refused(refused):
    assert "holds 1003 files" in refused(zipped({**GOOD, **{f"model/{n}": b"" for n in range(1000)}}))


def test_a_bomb_is_refused_before_it_goes_off(refused):
    content = zipped({**GOOD, "model/graph/zeros": bytes(60_000_000)})
    assert len(content) < 200_000
    assert "would fill 60 MB" in refused(content)


def test_files_that_share_their_bytes_are_refused(refused):
    # A hundred names for the same bytes: the way to make a small zip unpack to a huge one without shrinking much.
    one = zipped({"model/00": os.urandom(100_000)}, zipfile.ZIP_STORED)
    start = one.index(b"PK\x01\x02")
    entry, end = one[start : one.index(b"PK\x05\x06")], bytearray(one[one.index(b"PK\x05\x06") :])
    entries = b"".join(entry.replace(b"model/00", b"model/%02d" % number) for number in range(100))
    struct.pack_into("<HHI", end, 8, 100, 100, len(entries))
    assert "lie over one another" in refused(one[:start] + entries + bytes(end))


def test_a_file_that_is_longer_than_it_says_is_cut_and_refused(refused):
    content = bytearray(zipped({"model/x": bytes(5_000_000), **GOOD}))
    for start, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(start) + offset, 1000)
    assert "damaged" in refused(bytes(content), while_unpacking=True)


def test_a_file_that_is_shorter_than_it_says_is_refused(refused):
    content = bytearray(zipped(GOOD))
    for start, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(start) + offset, 1_000_000)
    assert refused(bytes(content), while_unpacking=True)


def test_a_byte_that_has_changed_is_noticed(refused):
    content = bytearray(zipped(GOOD, zipfile.ZIP_STORED))
    content[content.index(b"model" * 1 + b"\0B")] ^= 1
    assert "damaged" in refused(bytes(content), while_unpacking=True)


def test_a_zip_that_is_cut_off_anywhere_is_refused(refused):
    content = zipped(GOOD)
    for length in (*range(0, 60, 7), *range(60, len(content), len(content) // 20), len(content) - 1):
        assert "no zip" in refused(content[:length], while_unpacking=True)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"\x1f\x8b" + bytes(100), bytes(10_000)])
def test_what_is_no_zip_is_refused(refused, content):
    assert "is no zip" in refused(content)


def test_a_zip_that_is_missing_or_a_folder_is_said(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        ModelZip(tmp_path / "none.zip")
    with pytest.raises(ModelError, match="Is a directory"):
        ModelZip(tmp_path)


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        (["am/final.mdl", "conf/x"], "."),
        (["deep/er/m/am/final.mdl"], "deep/er/m"),
        (["old/final.mdl", "old/mfcc.conf"], "old"),
        (["final.mdl", "mfcc.conf"], "."),
        (["m/am/final.mdl", "m/mfcc.conf", "m/README"], "m"),
    ],
)
def test_the_model_in_a_zip_is_found(tmp_path, names, folder):
    (tmp_path / "m.zip").write_bytes(zipped(dict.fromkeys(names, b"x")))
    with ModelZip(tmp_path / "m.zip") as packed:
        assert str(packed.model_folder()) == folder


@pytest.mark.parametrize("names", [["holiday.jpg"], ["m/final.mdl"], ["one/am/final.mdl", "two/am/final.mdl"], []])
def test_a_zip_without_a_model_or_with_several_is_refused(tmp_path, names):
    (tmp_path / "m.zip").write_bytes(zipped(dict.fromkeys(names, b"x")))
    with ModelZip(tmp_path / "m.zip") as packed, pytest.raises(ModelError, match=r"no speech model|2 speech models"):
        packed.model_folder()


NUMBER = itertools.count()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_bytes_are_changed_it_is_unpacked_as_it_was_or_refused(tmp_path, changes):
    content = bytearray(zipped(GOOD))
    for at, value in changes:
        content[at % len(content)] = value
    folder = tmp_path / str(next(NUMBER))
    folder.mkdir()
    (folder / "m.zip").write_bytes(content)
    try:
        with ModelZip(folder / "m.zip") as packed:
            written = packed.unpack(folder / "into")
    except ModelError:
        pass
    else:
        # A name may have changed to another plain one; the content may not have.
        assert {(folder / "into" / path).read_bytes() for path in written} <= set(GOOD.values())
    assert set(os.listdir(folder)) <= {"m.zip", "into"}
