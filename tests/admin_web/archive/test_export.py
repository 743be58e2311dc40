"""Everything out again, and what may be shared: what goes, what never does, and that it is whole."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.export import Part, Wish, contents, into_folder, into_zip, zipped
from admin_web.archive.export.parts import What, cell
from admin_web.archive.importing import import_stories, story_folders_in
from admin_web.archive.schema import NAMED, NUMBERED
from admin_web.credentials import new_link, secret_key
from kiosk.errors import NotAllowed, UsageError
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from tests.admin_web.archive.commands import Terminal
from tests.admin_web.archive.marked import PLACES, left_of, make_full, make_marked, mark, samples
from tests.admin_web.archive.told import check_words, take_in
from tests.admin_web.making import change_story, make_story


def export(folder: DataFolder, archive: Archive, what: What, to: Path) -> Path:
    into_folder(contents(folder, archive, Wish(what, "for a test", "ann", "Ann")), to)
    return to


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def to(in_memory: Path) -> Path:
    return in_memory / "out"


class TestEverything:
    def test_whatever_was_told_and_noted_goes_out_and_the_stories_come_in_elsewhere(
        self, folder: DataFolder, archive: Archive, to: Path, stick: DataFolder
    ) -> None:
        story = make_full(folder, archive)
        out = export(folder, archive, "everything", to)
        everywhere = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
        lost = [place for place in PLACES if place != "overwritten" and mark(story, place).encode() not in everywhere]
        assert lost == []
        assert (out / "stories" / story / "audio.wav").read_bytes() == folder.story(story).audio.read_bytes()
        (text,) = records(out / "texts.jsonl")
        assert isinstance(text["words"], list) and len(text["words"]) == 2 and text["draft"] is False
        with Archive(stick) as other:
            assert import_stories(stick, other, story_folders_in(out / "stories")).new == [story]

    def test_no_table_is_forgotten_and_nothing_that_lets_anybody_in_goes_with_it(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        make_full(folder, archive)
        lead = archive.people.make_first("Ann", "a-hash-of-a-password")
        _, link = new_link()
        archive.people.invite("Ben", "staff", link, by=lead.id)
        key = secret_key(folder)
        out = export(folder, archive, "everything", to)
        there = {path.name for path in out.iterdir()}
        assert there >= {f"{name}.jsonl" for name in (*NAMED, *NUMBERED) if name != "accounts"} | {"people.jsonl"}
        assert [person["name"] for person in records(out / "people.jsonl")] == ["Ann", "Ben"]
        everywhere = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
        secret = key if isinstance(key, bytes) else str(key).encode()
        for each in (b"a-hash-of-a-password", link.hash.encode(), secret):
            assert each not in everywhere

    def test_a_machines_draft_goes_out_with_the_times_of_its_words(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        take_in(archive, read_arrival(folder, make_marked(folder).id))
        (text,) = records(export(folder, archive, "everything", to) / "texts.jsonl")
        assert text["draft"] is True
        assert isinstance(text["words"], list) and text["words"][1]["start"] == 0.4

    @pytest.mark.parametrize("what", ["everything", "shared"])
    def test_nothing_of_a_story_that_is_hidden_from_a_lead_goes_out_to_them(
        self, folder: DataFolder, archive: Archive, to: Path, what: What
    ) -> None:
        hidden, seen = make_full(folder, archive), make_full(folder, archive)
        first = archive.people.make_first("Ann", "hash")
        _, link = new_link()
        other = archive.people.invite("Ben", "lead", link, by=first.id)
        entry = archive.stories.known(hidden)
        archive.hiding.hide(hidden, [other.id], from_staff=False, by=first.id, revision=entry.revision)
        for account, there in ((other, False), (first, what == "everything")):
            out = to / account.name
            into_folder(contents(folder, archive, Wish(what, "for a test", account.id, account.name)), out)
            assert bool(left_of(out, hidden)) == there
            assert hidden.encode() not in b"".join(
                path.read_bytes() for path in out.rglob("*") if path.is_file() and not there
            )
            assert left_of(out, seen)

    def test_links_and_what_is_not_finished_stay(self, folder: DataFolder, archive: Archive, to: Path) -> None:
        kept = make_marked(folder)
        take_in(archive, read_arrival(folder, kept.id))
        secret = folder.root / "secret"
        secret.write_text("not to be read")
        (kept.path / "link.json").symlink_to(secret)
        (kept.path / ".half.part").write_text("half")
        out = export(folder, archive, "everything", to)
        assert sorted(path.name for path in (out / "stories" / kept.id).iterdir()) == [
            "audio.wav",
            "story.json",
            "transcript.json",
        ]


class TestShared:
    def test_of_a_story_that_may_be_shared_goes_out_what_was_allowed_and_no_more(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        story = make_full(folder, archive)
        out = export(folder, archive, "shared", to)
        (record,) = records(out / "stories.jsonl")
        assert record["text"] == f"well {mark(story, 'saved')}" and record["tags"] == ["food"]
        left = {each.rpartition(" ")[2] for each in left_of(out, story) if " holds " in each}
        assert left == {"saved", "question", "samples"}
        assert (out / "sound" / f"{story}.wav").read_bytes() == folder.story(story).audio.read_bytes()

    def test_what_was_taken_out_is_neither_in_the_words_nor_in_the_sound(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        story = make_full(folder, archive)
        text = archive.texts.get(story)
        assert text
        archive.redactions.redact(story, 0, 1, "name", by="ann", revision=text.revision)
        text = archive.texts.get(story)
        assert text
        archive.texts.confirm(story, by="ann", revision=text.revision)
        out = export(folder, archive, "shared", to)
        (record,) = records(out / "stories.jsonl")
        assert record["text"] == "[name]"
        assert not {"saved", "samples"} & {each.rpartition(" ")[2] for each in left_of(out, story)}
        told, original = (out / "sound" / f"{story}.wav").read_bytes(), folder.story(story).audio.read_bytes()
        assert len(told) == len(original) and told != original

    def test_nothing_of_any_other_story_is_anywhere_in_it(self, folder: DataFolder, archive: Archive, to: Path) -> None:
        good = make_full(folder, archive)
        kept_back = [make_full(folder, archive) for _ in range(6)]
        not_agreed, no_words, frozen, withdrawn, unchecked, sample = kept_back
        for story, changed in (
            (not_agreed, {"agreed": False}),
            (no_words, {"permissions": Permissions(words=None, voice=True)}),
            (sample, {"sample": True}),
        ):
            change_story(folder.story(story), **changed)
            take_in(archive, read_arrival(folder, story))
        for story in (frozen, withdrawn):
            archive.flags.raise_flag(story, reason="a worry", by="ann")
        archive.deleting.withdraw(withdrawn, by="ann")
        text = archive.texts.get(unchecked)
        assert text
        archive.texts.save(unchecked, text.words[:1], by="ann", revision=text.revision)
        gone = make_full(folder, archive)
        archive.deleting.withdraw(gone, by="ann")
        out = export(folder, archive, "shared", to)
        assert [record["id"] for record in records(out / "stories.jsonl")] == [good]
        for story in (*kept_back, gone):
            assert left_of(out, story) == [] and story.encode() not in (out / "manifest.json").read_bytes(), story

    def test_a_voice_that_was_not_allowed_stays_while_the_words_go(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        story = make_full(folder, archive)
        change_story(folder.story(story), permissions=Permissions(words=True, voice=False))
        take_in(archive, read_arrival(folder, story))
        out = export(folder, archive, "shared", to)
        assert mark(story, "saved") in (out / "stories.csv").read_text()
        assert not (out / "sound").exists()
        assert samples(story)[100:140] not in b"".join(each.read_bytes() for each in out.iterdir())

    @pytest.mark.parametrize("what", ["shared", "everything"])
    def test_what_is_taken_back_meanwhile_is_in_none_of_the_files_that_follow(
        self, folder: DataFolder, archive: Archive, what: What
    ) -> None:
        story = make_full(folder, archive)
        read: dict[str, bytes] = {}
        for part in contents(folder, archive, Wish(what, "for a test", "ann", "Ann")):
            read[part.name] = b"".join(part.pieces)
            if part.name == "stories.jsonl":
                archive.deleting.withdraw(story, by="ann")
        after = b"".join(content for name, content in read.items() if name != "stories.jsonl")
        assert mark(story, "saved").encode() in read["stories.jsonl"] or what == "everything"
        assert [place for place in PLACES if mark(story, place).encode() in after] == []
        assert samples(story)[100:140] not in after


class TestTheWhole:
    def test_the_manifest_says_what_each_file_is_and_the_readme_names_each(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        make_full(folder, archive)
        out = export(folder, archive, "everything", to)
        manifest = json.loads((out / "manifest.json").read_text())
        assert (manifest["what"], manifest["reason"], manifest["made_by"]) == ("everything", "for a test", "Ann")
        assert manifest["stories"] == 1
        told = {each["name"]: (each["bytes"], each["sha256"]) for each in manifest["files"]}
        there = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        del there["manifest.json"]
        assert told == {name: (len(each), hashlib.sha256(each).hexdigest()) for name, each in there.items()}
        readme = (out / "README.txt").read_text()
        assert {name.split("/")[0] for name in there if name.split("/")[0] not in readme} == {"README.txt"}
        assert max(map(len, readme.splitlines())) <= 120 and "KEEP THIS SAFE" in readme

    def test_the_log_says_who_took_what_out_before_any_of_it_goes(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        parts = contents(folder, archive, Wish("shared", "for the report", "ann", "Ann"))
        for part in parts:
            pieces = iter(part.pieces)
            next(pieces)
            if part.name == "stories.jsonl":
                break
            list(pieces)
        exported, begun = archive.log.page(1, 2)
        assert (exported.what, exported.story, exported.who) == ("exported", story, "ann")
        assert (begun.what, begun.details["kind"]) == ("stories exported", "shared")
        (export,) = archive.exports.of(story)
        assert (export.reason, export.by, export.finished_at) == ("for the report", "ann", None)
        assert list(archive.log.faults()) == []

    def test_without_a_reason_nothing_goes(self, folder: DataFolder, archive: Archive, to: Path) -> None:
        with pytest.raises(NotAllowed, match="what the export is for"):
            contents(folder, archive, Wish("everything", " ", "ann", "Ann"))
        assert archive.log.last() is None

    def test_a_zip_is_whole_and_its_table_has_no_formula_in_it(
        self, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        kept = make_story(folder, None, seconds=0.1, permissions=Permissions(words=True, voice=None))
        take_in(archive, read_arrival(folder, kept.id))
        check_words(archive, kept.id, "=HYPERLINK(1) was said, with “quotes” and é")
        path = to.with_suffix(".zip")
        into_zip(contents(folder, archive, Wish("shared", "for a test", "ann", "Ann")), path)
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None
            table = file.read("stories.csv")
        assert table.startswith(b"\xef\xbb\xbf")
        (row,) = csv.DictReader(io.StringIO(table.decode("utf-8-sig")))
        assert row["text"] == "'=HYPERLINK(1) was said, with “quotes” and é" and row["sound"] == "no"

    @pytest.mark.parametrize(("year", "shown"), [(1970, 1980), (2026, 2026), (2150, 2107)])
    def test_a_zip_opens_whatever_the_clock_says(self, year: int, shown: int) -> None:
        pieces = zipped([Part("words.txt", [b"the bus ", b"was late"])], datetime(year, 1, 2, 3, 4, 6))
        with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as file:
            assert file.testzip() is None and file.read("words.txt") == b"the bus was late"
            assert file.getinfo("words.txt").date_time == (shown, 1, 2, 3, 4, 6)

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\r\nx"])
    def test_a_cell_that_looks_like_a_formula_is_marked_as_text(self, text: str) -> None:
        assert cell(text) == f"'{text}"
        assert cell(["=1", "x"]) == "'=1, x" and cell(-1.5) == "-1.5" and cell(None) == ""

    @pytest.mark.parametrize("write", [into_folder, into_zip])
    def test_what_breaks_off_leaves_nothing_and_nothing_is_written_over(self, to: Path, write: object) -> None:
        def broken() -> Iterator[Part]:
            yield Part("README.txt", [b"words"])
            raise OSError(28, "No space left on device")

        assert callable(write)
        with pytest.raises(OSError, match="No space"):
            write(broken(), to)
        assert list(to.parent.glob("*out*")) == list(to.parent.glob(".*out*")) == []
        to.write_text("mine")
        with pytest.raises(UsageError, match="there already"):
            write(iter([Part("README.txt", [b"words"])]), to)
        assert to.read_text() == "mine"


ZIPS = """
import re, sys
from pathlib import Path
from admin_web.archive.export import Part, zipped
piece = bytes(1 << 18)
pieces = (piece for _ in range(4 * int(sys.argv[1])))
sent = sum(map(len, zipped([Part("sound.wav", pieces, packed=False)])))
# Not getrusage(): its maximum is inherited from the process that starts this one.
print(sent, re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_memory_stays_the_same_however_much_sound_goes_out() -> None:
    def sent_and_peak_kb(megabytes: int) -> list[int]:
        ran = subprocess.run([sys.executable, "-c", ZIPS, str(megabytes)], capture_output=True, text=True, check=True)
        return [int(each) for each in ran.stdout.split()]

    (_, little), (sent, much) = sent_and_peak_kb(2), sent_and_peak_kb(60)
    assert sent > 60 << 20
    assert much < 1.1 * little


class TestTheCommand:
    def test_it_asks_what_and_what_for_and_says_what_it_did(
        self, sayso: Terminal, folder: DataFolder, archive: Archive, to: Path
    ) -> None:
        make_full(folder, archive)
        path = to.with_suffix(".zip")
        words = ("export", path, "--data", folder.root)
        assert "What shall go out" in sayso(*words).out and not path.exists()
        ended = sayso(*words, "--what", "everything", "--reason", "moving")
        assert ended.code == 0, ended.errors
        assert f"{path} holds 1 story." in ended.out and "as safe as the station" in ended.out
        assert zipfile.is_zipfile(path)
        again = sayso(*words, "--what", "shared", "--reason", "moving")
        assert again.code == 2 and "there already" in again.errors
        inside = sayso("export", folder.root / "x", "--data", folder.root, "--what", "shared", "--reason", "x")
        assert inside.code == 2 and "data folder itself" in inside.errors
