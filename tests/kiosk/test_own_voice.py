"""Prompts in somebody's own voice: what is kept of a recording, and for how long it counts."""

import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kiosk.config import Place
from kiosk.errors import PromptUnknown, RecordingUnfit
from kiosk.stories.editions import Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.loudness import SPEECH_DBFS, dbfs
from kiosk.stories.own_voice import keep, made_ready, sound_file, words_in
from kiosk.stories.wav import SAMPLERATE_HZ
from kiosk.voice_cli import prompts
from tests.sound_card import SoundCard, wait_until

WORDS = "To talk, press green."


def speech(wav_file: Path) -> np.ndarray:
    with wave.open(str(wav_file)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLERATE_HZ), "<i2")


def pcm(*parts: np.ndarray) -> bytes:
    return np.concatenate(parts).astype("<i2").tobytes()


def in_a_room(sound: np.ndarray) -> np.ndarray:
    """A quiet room's own noise, some 60 dB below full scale."""
    return np.clip(sound + np.random.default_rng(5).normal(0, 12, len(sound)), -32768, 32767)


def test_silence_around_the_words_goes_and_every_word_stays(short_wav: Path) -> None:
    said = np.trim_zeros(speech(short_wav))
    recorded = in_a_room(np.concatenate([silence(3), said, silence(4)]))
    ready = np.frombuffer(made_ready(pcm(recorded)), "<i2")
    assert abs(len(ready) - len(said)) < 0.4 * SAMPLERATE_HZ
    # Nothing but the loudness has changed: it is the same sound, from the first word to the last.
    middle = ready[len(ready) // 2 - 4000 : len(ready) // 2 + 4000].astype(float)
    match = max(np.corrcoef(middle, piece)[0, 1] for piece in near(recorded, middle))
    assert match > 0.999


def near(recorded: np.ndarray, piece: np.ndarray) -> list[np.ndarray]:
    at = int(np.argmax(np.abs(np.correlate(recorded, piece, "valid"))))
    return [recorded[at : at + len(piece)]]


@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0])
def test_every_recording_gets_the_loudness_of_all_prompts(short_wav: Path, gain: float) -> None:
    ready = made_ready(pcm(silence(1), speech(short_wav) * gain, silence(1)))
    step = SAMPLERATE_HZ // 20 * 2
    loud = [level for at in range(0, len(ready), step) if (level := dbfs(ready[at : at + step])) > -50]
    assert abs(10 * np.log10(np.mean([10 ** (level / 10) for level in loud])) - SPEECH_DBFS) < 3
    assert max(abs(np.frombuffer(ready, "<i2").astype(int))) < 32767


def test_it_begins_and_ends_without_a_click() -> None:
    hum = 8000 * np.sin(2 * np.pi * 150 / SAMPLERATE_HZ * np.arange(SAMPLERATE_HZ))
    ready = np.frombuffer(made_ready(pcm(hum)), "<i2")
    assert ready[0] == ready[-1] == 0 and max(abs(np.diff(ready[:200].astype(int)))) < 1500


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda voice: silence(3), "Nothing was heard"),
        (lambda voice: np.array([], "<i2"), "Nothing was heard"),
        (lambda voice: np.concatenate([silence(1), voice[8000:10000], silence(1)]), "Nothing was heard"),
        (lambda voice: in_a_room(voice * 0.02), "very quiet"),
        (lambda voice: np.clip(voice.astype(float) * 30, -32768, 32767), "too loud"),
    ],
)
def test_what_cannot_be_used_is_said_plainly_and_not_kept(
    short_wav: Path, make: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    with pytest.raises(RecordingUnfit, match=said):
        made_ready(pcm(make(speech(short_wav))))


def test_the_words_stand_in_the_file_and_any_program_can_play_it(data: DataFolder, short_wav: Path) -> None:
    sound = made_ready(pcm(speech(short_wav)))
    words = "Déjà vu? “To talk”, press green."
    path = keep(data, "to_talk", words, sound)
    assert words_in(path) == words
    with wave.open(str(path)) as file:
        assert file.readframes(file.getnframes()) == sound
    read = subprocess.run(["soxi", "-s", path], capture_output=True, text=True, check=True)
    assert int(read.stdout) == len(sound) // 2 and not read.stderr


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xffINFO", bytes(range(256))]
)
def test_a_file_that_tells_no_words_is_no_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.wav"
    path.write_bytes(content)
    assert words_in(path) is None


def test_a_recording_counts_as_long_as_the_words_are_those_that_were_recorded(
    data: DataFolder, short_wav: Path
) -> None:
    keep(data, "to_talk", WORDS, made_ready(pcm(speech(short_wav))))
    now = Editions(data, {"to_talk": WORDS}).look()
    assert now and "to_talk" in now.recordings and now.outdated == () and now.faults == ()
    later = Editions(data, {"to_talk": "To talk, press the green button."}).look()
    assert later and "to_talk" not in later.recordings and later.outdated == ("to_talk",)
    (fault,) = later.faults
    assert WORDS in fault.message and "sayso prompts record to_talk" in fault.fix


def test_a_recording_that_tells_no_words_was_put_there_by_somebody_who_knows(data: DataFolder, short_wav: Path) -> None:
    (data.programme / "to_talk.wav").write_bytes(sound_file(pcm(speech(short_wav))))
    edition = Editions(data, {"to_talk": WORDS}).look()
    assert edition and "to_talk" in edition.recordings


def sayso(*words: object, settings: Path | None = None, data: DataFolder) -> "subprocess.CompletedProcess[str]":
    place = ["--data", str(data.root), *(["--config", str(settings)] if settings else [])]
    command = [sys.executable, "-m", "kiosk.cli", "prompts", *map(str, words), *place]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


def test_the_list_says_whose_voice_each_prompt_has_and_a_recording_can_be_removed(
    data: DataFolder, short_wav: Path, tmp_path: Path
) -> None:
    sound = made_ready(pcm(speech(short_wav)))
    keep(data, "to_talk", WORDS, sound)
    keep(data, "ask_person", "Or ask Mary.", sound)
    listed = sayso("list", data=data)
    assert listed.returncode == 0
    voices = {line.split()[0]: line.split()[1] for line in listed.stdout.splitlines()}
    assert (voices["to_talk"], voices["ask_person"], voices["welcome"]) == ("own", "outdated", "synthetic")
    assert "sample_story" not in voices and "Or ask Mary." in listed.stderr
    assert sayso("remove", "to_talk", data=data).returncode == 0
    assert not (data.programme / "to_talk.wav").exists()
    again = sayso("remove", "to_talk", data=data)
    assert again.returncode == 2 and "no recording" in again.stderr


@pytest.mark.parametrize("verb", ["record", "play", "remove"])
@pytest.mark.parametrize("name", ["nonsense", "sample_story", "../../etc/passwd", "tone"])
def test_a_prompt_that_is_not_there_is_refused_with_those_that_are(data: DataFolder, verb: str, name: str) -> None:
    result = CliRunner().invoke(prompts, [verb, "--", name], obj=Place(data.root))
    assert isinstance(result.exception, PromptUnknown) and "sayso prompts list" in str(result.exception)


class Recording:
    """`sayso prompts record` at work, and somebody at the keyboard."""

    def __init__(self, data: DataFolder, settings: Path, printed: Path) -> None:
        self._printed = printed
        command = [sys.executable, "-u", "-m", "kiosk.cli", "prompts", "record", "to_talk"]
        with printed.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--data", str(data.root), "--config", str(settings)],
                stdin=subprocess.PIPE, stdout=output, stderr=output,
            )  # fmt: skip

    def type(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_until(
            lambda: self._printed.read_text().count(text) >= times or self._process.poll() is not None,
            f"{text!r} is printed: {self._printed.read_text()}", 60,
        )  # fmt: skip
        assert self._printed.read_text().count(text) >= times, self._printed.read_text()

    def end(self) -> int:
        assert self._process.stdin
        self._process.stdin.close()
        return self._process.wait(60)


def test_somebody_records_a_prompt_hears_it_tries_again_and_keeps_it(
    card: SoundCard, data: DataFolder, tmp_path: Path, short_wav: Path
) -> None:
    settings = tmp_path / "sayso.toml"
    settings.write_text('[microphone]\nname = "virtmic"\n[speaker]\nname = "speaker"\n')
    recording = Recording(data, settings, tmp_path / "printed.txt")
    recording.wait_for(WORDS)
    # First nothing is said.
    recording.type("")
    wait_until(lambda: card.listeners() == 1, "the microphone is open")
    recording.type("")
    recording.wait_for("Nothing was heard")
    # Then it is, twice.
    heard = card.hear(tmp_path / "heard.raw")
    for attempt, answer in enumerate(("a", "k"), 1):
        recording.type("")
        # Beside the one who hears what is played.
        wait_until(lambda: card.listeners() == 2, "the microphone is open")
        assert card.say(short_wav).wait(60) == 0
        recording.type("")
        recording.wait_for("k keeps it", attempt)
        assert card.listeners() == 1
        assert not (data.programme / "to_talk.wav").exists()
        recording.type(answer)
    recording.wait_for("Kept: ")
    assert recording.end() == 0
    heard.terminate()
    heard.wait()
    kept = data.programme / "to_talk.wav"
    assert words_in(kept) == WORDS
    assert len(speech(kept)) > 0.6 * len(np.trim_zeros(speech(short_wav)))
    assert abs(np.frombuffer((tmp_path / "heard.raw").read_bytes(), "<i2").astype(int)).max() > 1000, "it was played"
    assert not (data.cache / "own-voice.wav").exists()
    assert "own" in next(line for line in sayso("list", data=data).stdout.splitlines() if line.startswith("to_talk "))


def test_without_a_microphone_recording_a_prompt_says_what_to_do(
    card: SoundCard, data: DataFolder, tmp_path: Path
) -> None:
    settings = tmp_path / "sayso.toml"
    settings.write_text('[microphone]\nname = "no such thing"\n')
    recording = Recording(data, settings, tmp_path / "printed.txt")
    recording.wait_for(WORDS)
    recording.type("\n")
    assert recording.end() == 1
    printed = (tmp_path / "printed.txt").read_text()
    assert "no such thing" in printed and "Traceback" not in printed
