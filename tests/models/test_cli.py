import itertools
import json
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import numpy
import pytest
import soundfile
import srt

from kiosk.errors import AudioError
from kiosk.stories.sound_files import SoundFile
from tests.models.helpers import LONG, ROOT, SHORT, right_words


@pytest.fixture
def talk(tmp_path, short, wav_of):
    path = tmp_path / "talk.wav"
    path.write_bytes(wav_of(short))
    return path


def samples_of(pcm):
    return numpy.frombuffer(pcm, dtype="<i2").astype("float64") / 32768


def resampled(samples, rate_hz):
    import soxr

    return soxr.resample(samples, 16_000, rate_hz)


def test_a_file_is_printed_as_text(sayso, talk):
    done = sayso("transcribe", talk)
    assert (done.returncode, done.stderr) == (0, "")
    assert right_words(SHORT, done.stdout) > 0.8
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype"),
    [
        (16_000, 1, "PCM_U8"),
        (16_000, 2, "PCM_16"),
        (44_100, 1, "PCM_16"),
        (44_100, 2, "PCM_24"),
        (48_000, 1, "PCM_32"),
        (22_050, 1, "FLOAT"),
        (96_000, 6, "DOUBLE"),
    ],
)
def test_wav_files_of_every_kind_are_understood(sayso, tmp_path, short, rate_hz, channels, subtype):
    path = tmp_path / "talk.wav"
    samples = resampled(samples_of(short), rate_hz)
    soundfile.write(path, numpy.repeat(samples[:, None], channels, axis=1), rate_hz, subtype=subtype)
    done = sayso("transcribe", path, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    heard = json.loads(done.stdout)
    assert right_words(SHORT, heard["text"]) > 0.8
    assert heard["seconds"] == pytest.approx(len(short) / 32_000, abs=0.01)


def test_a_voice_on_one_channel_only_is_heard(sayso, tmp_path, short):
    samples = samples_of(short)
    soundfile.write(tmp_path / "talk.wav", numpy.stack([numpy.zeros_like(samples), samples], axis=1), 16_000)
    assert right_words(SHORT, sayso("transcribe", tmp_path / "talk.wav").stdout) > 0.8


def test_json_is_one_document_per_line_with_every_word(sayso, talk, tmp_path):
    second = tmp_path / "second.wav"
    second.write_bytes(talk.read_bytes())
    done = sayso("transcribe", "--format", "json", talk, second)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["file"] for each in documents] == [str(talk), str(second)]
    assert documents[0]["words"] == documents[1]["words"]
    assert documents[0]["model"] == "starter"
    assert set(documents[0]["words"][0]) == {"word", "start", "end", "conf"}
    assert documents[0]["text"] == " ".join(word["word"] for word in documents[0]["words"])


def test_subtitles_are_short_and_in_order(sayso, tmp_path, speak, wav_of):
    (tmp_path / "talk.wav").write_bytes(wav_of(speak(LONG)))
    cues = list(srt.parse(sayso("transcribe", "--format", "srt", tmp_path / "talk.wav").stdout))
    assert [cue.index for cue in cues] == list(range(1, len(cues) + 1))
    assert all(len(cue.content.split()) <= 7 and cue.start < cue.end for cue in cues)
    assert all(one.end <= other.start for one, other in itertools.pairwise(cues))
    assert right_words(LONG, " ".join(cue.content for cue in cues)) > 0.8


def test_subtitles_of_two_files_at_once_are_refused(sayso, talk):
    done = sayso("transcribe", "--format", "srt", talk, talk)
    assert (done.returncode, done.stdout) == (2, "")
    assert "one sound file at a time" in done.stderr


def test_a_format_without_a_file_is_refused(sayso, tmp_path):
    done = sayso("transcribe", "--format", "txt", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert not (tmp_path / "data").exists()


def broken(tmp_path, talk):
    """Each bad input, and what the message must say."""
    (tmp_path / "empty.wav").touch()
    (tmp_path / "header-only.wav").write_bytes(talk.read_bytes()[:40] + bytes(4))
    (tmp_path / "half-a-header.wav").write_bytes(talk.read_bytes()[:20])
    (tmp_path / "text.wav").write_text("This is no sound at all.\n" * 50)
    (tmp_path / "folder.wav").mkdir()
    return {
        "empty.wav": "is empty",
        "header-only.wav": "holds no sound",
        "half-a-header.wav": "not a sound file",
        "text.wav": "not a sound file",
        "folder.wav": "is a folder",
        "missing.wav": "There is no file",
    }


def test_bad_files_are_named_with_what_to_do_and_the_others_are_done(sayso, tmp_path, talk):
    bad = broken(tmp_path, talk)
    done = sayso("transcribe", *(tmp_path / name for name in bad), talk)
    assert done.returncode == 1
    assert right_words(SHORT, done.stdout) > 0.8
    lines = done.stderr.splitlines()
    assert len(lines) == len(bad)
    for line, (name, what) in zip(lines, bad.items(), strict=True):
        assert str(tmp_path / name) in line
        assert what in line
        assert line.count(". ") >= 1 or line.count("). ") >= 1  # what happened, and what to do


def test_a_file_that_may_not_be_read_is_named(talk, monkeypatch):
    # Root may read everything, so that a real refusal cannot be had here.
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioError, match=r"Permission denied\. Check who may read it"):
        SoundFile(talk)


def test_of_a_wav_that_was_cut_off_what_is_there_is_transcribed_and_that_is_said(sayso, tmp_path, speak, wav_of):
    path = tmp_path / "cut.wav"
    content = wav_of(speak(LONG))
    path.write_bytes(content[: len(content) // 2 + 1])
    done = sayso("transcribe", path, "--format", "json")
    assert done.returncode == 0
    assert "cut short" in done.stderr
    assert json.loads(done.stdout)["seconds"] == pytest.approx(len(content) / 64_000, abs=0.1)


def test_samples_that_are_no_numbers_or_far_too_loud_do_no_harm(sayso, tmp_path, short):
    samples = samples_of(short)
    samples[1000:1010] = [numpy.nan, numpy.inf, -numpy.inf, 1e30, -1e30, 5, -5, 0, 0, 0]
    soundfile.write(tmp_path / "talk.wav", samples, 16_000, subtype="FLOAT")
    done = sayso("transcribe", tmp_path / "talk.wav")
    assert right_words(SHORT, done.stdout) > 0.8
    assert done.stderr == ""


def test_a_sample_rate_too_low_for_speech_is_refused(sayso, tmp_path, talk):
    content = bytearray(talk.read_bytes())
    content[24:28] = (1).to_bytes(4, "little")
    (tmp_path / "slow.wav").write_bytes(content)
    done = sayso("transcribe", tmp_path / "slow.wav")
    assert (done.returncode, done.stdout) == (1, "")
    assert "1 samples a second" in done.stderr


def test_a_model_that_is_missing_or_broken_ends_with_a_message(sayso, talk, model, tmp_path):
    done = sayso("transcribe", talk, "--model", tmp_path / "none")
    assert done.returncode == 1
    assert str(tmp_path / "none") in done.stderr
    (model / "graph" / "disambig_tid.int").write_text("331\n")  # Vosk dies of it: SIGSEGV
    done = sayso("transcribe", talk, "--model", model)
    assert (done.returncode, done.stdout) == (1, "")
    assert "SIGSEGV" in done.stderr
    assert "choose another" in done.stderr


def test_the_model_of_the_settings_is_used_unless_another_is_named(sayso, talk, model, tmp_path):
    settings = tmp_path / "sayso.toml"
    settings.write_text(f'[transcriber]\nmodel = "{model}"\n')
    used = [
        json.loads(sayso("transcribe", talk, "--format", "json", "--config", settings, *more).stdout)["model"]
        for more in ([], ["--model", "starter"])
    ]
    assert used == ["model", "starter"]


def test_nothing_is_kept_of_a_file(sayso, talk, tmp_path):
    before = sorted(tmp_path.iterdir())
    sayso("transcribe", talk, "--data", tmp_path / "data")
    assert sorted(tmp_path.iterdir()) == before


def test_a_progress_bar_is_shown_on_a_terminal_and_only_there(talk, sayso):
    assert "%" not in sayso("transcribe", talk).stderr
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "kiosk.cli", "transcribe", talk]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True)
    shown = os.read(ours, 65536).decode()
    os.close(theirs)
    os.close(ours)
    assert re.search(r"talk\.wav.*\d+/\d+ s of sound", shown)
    assert right_words(SHORT, done.stdout.decode()) > 0.8


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path):
    rate_hz = 44_100
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", rate_hz, 2, "PCM_16") as file:
        for _ in range(15):
            file.write(numpy.zeros((60 * rate_hz, 2)))
    assert path.stat().st_size > 150e6
    read = (
        "import re; from pathlib import Path; from kiosk.stories.sound_files import SoundFile\n"
        f"with SoundFile(Path({str(path)!r})) as sound: print(sum(map(len, sound.pcm())))\n"
        # Not getrusage(): its maximum is inherited from the process that starts this one.
        "print(1024 * int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]))"
    )
    done = subprocess.run([sys.executable, "-c", read], cwd=ROOT, capture_output=True, text=True, check=True)
    size, most = map(int, done.stdout.split())
    assert size == pytest.approx(15 * 60 * 32_000, abs=100)
    assert most < 110e6


def test_help_reads_without_loading_any_model(sayso):
    done = sayso("transcribe", "--help")
    assert "FILE" in done.stdout
    assert "--format" in done.stdout
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import models.cli, sys; print({'vosk', 'numpy', 'tqdm', 'soundfile'} & {*sys.modules})",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert loaded.stdout.strip() == "set()"
