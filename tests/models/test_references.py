import json

import pytest

from kiosk.errors import UsageError
from kiosk.stories.records import Permissions, Restrictions
from models.measuring.references import checked_stories, recordings_in, with_sound


@pytest.fixture
def recordings(tmp_path, wav_of):
    folder = tmp_path / "recordings"
    folder.mkdir()

    def put(name, text, pcm=b"\1\0" * 16_000):
        (folder / f"{name}.wav").write_bytes(wav_of(pcm))
        (folder / f"{name}.txt").write_text(text)

    put("talk", "Hello, the Grapevine!")
    return folder


def test_texts_are_read_as_a_recogniser_writes(recordings):
    (talk,) = recordings_in(recordings)
    assert (talk.name, talk.words, talk.times) == ("talk", ("hello", "the", "grapevine"), ())


def test_times_come_from_labels_as_audacity_exports_them(recordings):
    (recordings / "talk.words.txt").write_text("0.1\t0.3\tHello,\n0.3\t0.4\tthe\n0.4\t0.9\tGrapevine!\n")
    (talk,) = recordings_in(recordings)
    assert talk.times == ((0.1, 0.3), (0.3, 0.4), (0.4, 0.9))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("0.1 0.3 hello\n", "do not hold the same words"),
        ("hello\n", "line 1 of talk.words.txt is not 'start end word'"),
        ("0.5 0.3 hello\n", "line 1 of talk.words.txt ends before it begins"),
        ("0.5 nan hello\n", "ends before it begins"),
    ],
)
def test_times_that_do_not_fit_are_refused(recordings, content, why):
    (recordings / "talk.words.txt").write_text(content)
    with pytest.raises(UsageError, match=why):
        recordings_in(recordings)


def test_every_fault_is_named_at_once_and_nothing_is_lost(recordings, wav_of):
    (recordings / "alone.txt").write_text("no sound")
    (recordings / "mute.wav").write_bytes(wav_of(b""))
    (recordings / "mute.txt").write_text("nothing")
    (recordings / "zero.wav").write_bytes(b"")
    (recordings / "zero.txt").write_text("nothing")
    (recordings / "untold.flac").write_bytes(b"x")
    (recordings / "blank.wav").write_bytes(wav_of(b"\1\0" * 800))
    (recordings / "blank.txt").write_text(" ... ")
    before = {path: path.read_bytes() for path in recordings.iterdir()}
    with pytest.raises(UsageError) as refused:
        recordings_in(recordings)
    said = str(refused.value)
    assert "alone.txt: no recording" in said
    assert "mute.wav" in said and "holds no sound" in said
    assert "zero.wav" in said and "is empty (0 bytes)" in said
    assert "untold.flac: untold.txt is missing" in said
    assert "blank.wav: blank.txt holds no words" in said
    assert {path: path.read_bytes() for path in recordings.iterdir()} == before


def test_an_empty_folder_and_none_are_told_apart(tmp_path):
    with pytest.raises(UsageError, match="holds no recordings"):
        recordings_in(tmp_path)
    with pytest.raises(UsageError, match="There is no folder"):
        recordings_in(tmp_path / "none")


def checked(story, *words):
    content = [{"word": word, "start": place, "end": place + 0.5, "conf": 1.0} for place, word in enumerate(words)]
    story.checked_path.write_text(json.dumps({"version": 1, "text": " ".join(words), "words": content}))


def test_checked_stories_of_the_language_are_references_and_others_are_not(begin, folder, short):
    kept, welsh, unchecked, damaged, deleted, worry, refused = (
        begin(language).tell(short).keep() for language in ("en-GB", "cy", *["en-GB"] * 5)
    )
    for story in (kept, welsh, deleted, worry, refused):
        checked(story, "The", "tea-room", "two words,")
    worry.restrictions_path.write_bytes(Restrictions(worry=True).to_bytes())
    refused.restrictions_path.write_bytes(Restrictions(permissions=Permissions(words=False)).to_bytes())
    damaged.checked_path.write_text("{")
    deleted.audio_deleted.write_bytes(b'{"version": 1}\n')
    deleted.audio.unlink()
    found, passed_over = checked_stories(folder, "en")
    assert [each.name for each in found] == [kept.id, deleted.id]
    assert found[0].words == ("the", "tea-room", "two", "words")
    assert found[0].times == ((0, 0.5), (1, 1.5), None, None)
    assert list(with_sound(found)) == found[:1]
    assert len(passed_over) == 3 and "checked.json is damaged" in passed_over[0]
    assert passed_over[1:] == [f"{each.id}: its words may not be used." for each in (worry, refused)]
    assert unchecked.checked() is None
