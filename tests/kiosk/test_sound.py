"""The microphone and the speaker, through real PortAudio on a virtual sound card."""

import os
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import soxr

from kiosk.devices import Block
from kiosk.devices.capture import Converter, Format, choose_format
from kiosk.devices.microphone import PortAudioMicrophone
from kiosk.devices.playback import fade_out
from kiosk.devices.sample import SampleMicrophone
from kiosk.devices.speaker import PortAudioSpeaker, SilentSpeaker
from kiosk.errors import MicrophoneError
from kiosk.stories.wav import SAMPLERATE_HZ
from tests.sound_card import SoundCard, wait_until


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a busy machine takes to start the microphone's process, it is not given up."""
    for name in ("ANSWER_S", "FIRST_ANSWER_S"):
        monkeypatch.setattr(f"kiosk.devices.microphone.{name}", 60.0)


@pytest.fixture
def patient_speaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is the speaker's."""
    monkeypatch.setattr("kiosk.devices.speaker.PATIENCE_S", 50.0)


@pytest.fixture
def microphone(card: SoundCard, patient: None) -> Iterator[PortAudioMicrophone]:
    microphone = PortAudioMicrophone("", lost_after_s=60)
    yield microphone
    microphone.close()


def samples(wav: Path) -> np.ndarray:
    with wave.open(str(wav)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def write_wav(path: Path, pcm: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLERATE_HZ, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())
    return path


def find(needle: np.ndarray, hay: np.ndarray) -> int:
    """Return where the first half second of speech in `needle` stands in `hay`, to the sample."""
    start = int(np.argmax(np.abs(needle) > 500))
    piece = needle[start : start + 8000].astype(float)
    match = np.correlate(hay.astype(float), piece, "valid")
    return int(np.argmax(match)) - start


def listen_to(microphone: PortAudioMicrophone, seconds: float) -> np.ndarray:
    """Return what the microphone hears from its opening on."""
    stop, pcm = threading.Event(), bytearray()
    for block in microphone.blocks(stop):
        pcm += block.pcm
        if len(pcm) / 2 / SAMPLERATE_HZ >= seconds:
            stop.set()
    return np.frombuffer(bytes(pcm), "<i2")


def test_what_is_spoken_is_heard_to_the_sample(card: SoundCard, patient: None, short_wav: Path) -> None:
    said = samples(short_wav)
    card.script.write_bytes(said.tobytes())
    microphone = PortAudioMicrophone("testmic", lost_after_s=60)
    heard = listen_to(microphone, len(said) / SAMPLERATE_HZ + 0.5)
    microphone.close()
    assert np.array_equal(heard[: len(said)], said)


def test_the_microphone_is_closed_unless_somebody_tells(microphone: PortAudioMicrophone, card: SoundCard) -> None:
    assert microphone.check() is None
    wait_until(lambda: card.listeners() == 0, "the microphone is closed")
    stop = threading.Event()
    blocks = microphone.blocks(stop)
    next(blocks)
    assert card.listeners() == 1
    stop.set()
    assert list(blocks)
    wait_until(lambda: card.listeners() == 0, "the microphone is closed")


class Refusing:
    """A sound library whose device takes only what is in `ways` (sample rate, channels)."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *ways: tuple[int, int]) -> None:
        self.ways = ways

    def check_input_settings(self, _device: int, channels: int, _dtype: str, *, samplerate: int) -> None:
        if (samplerate, channels) not in self.ways:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")


@pytest.mark.parametrize(
    ("ways", "chosen"),
    [
        (((48_000, 2), (48_000, 1), (16_000, 1)), (16_000, 1)),
        (((48_000, 2), (48_000, 1)), (48_000, 1)),
        (((48_000, 2),), (48_000, 2)),
    ],
)
def test_a_microphone_is_read_at_16_khz_mono_where_it_can_and_else_in_its_own_way(
    ways: tuple[tuple[int, int], ...], chosen: tuple[int, int]
) -> None:
    device = {"index": 3, "default_samplerate": 48_000.0, "max_input_channels": 4}
    found = choose_format(Refusing(*ways), device)
    assert (found.samplerate_hz, found.channels) == chosen
    with pytest.raises(Refusing.PortAudioError):
        choose_format(Refusing(), device)


OWN_WAY_ONLY = "from kiosk.devices import capture; capture.choose_format = lambda _, d: capture.Format(d, 44100, 2); "


def test_a_microphone_that_only_does_44_1_khz_stereo_is_converted(
    card: SoundCard, patient: None, short_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.devices.microphone.PROGRAM", (sys.executable, "-c", OWN_WAY_ONLY + "capture.main()"))
    said = samples(short_wav)
    at_its_rate = soxr.resample(said, SAMPLERATE_HZ, 44_100)
    card.script.write_bytes(np.stack([at_its_rate, at_its_rate], axis=1).tobytes())
    microphone = PortAudioMicrophone("testmic", lost_after_s=60)
    heard = listen_to(microphone, len(said) / SAMPLERATE_HZ + 0.5)
    microphone.close()
    assert np.corrcoef(heard[: len(said)].astype(float), said.astype(float))[0, 1] > 0.999


def test_converting_block_by_block_leaves_no_seam() -> None:
    rate_hz = 44_100
    tone = np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz) * 10_000
    stereo = np.stack([tone, tone], axis=1).astype("<i2")
    converter = Converter(Format({}, rate_hz, 2))
    pieces = [converter.convert(stereo[at : at + 2205].tobytes()) for at in range(0, rate_hz, 2205)]
    whole = np.frombuffer(b"".join([*pieces, converter.convert(b"", last=True)]), "<i2").astype(float)
    assert abs(len(whole) - SAMPLERATE_HZ) <= 1
    wanted = np.sin(2 * np.pi * 440 * np.arange(len(whole)) / SAMPLERATE_HZ) * 10_000
    assert np.abs(whole - wanted)[200:-200].max() < 60


def test_a_microphone_that_is_not_there_is_named_with_those_that_are(card: SoundCard, patient: None) -> None:
    microphone = PortAudioMicrophone("Røde", lost_after_s=1.5)
    assert "virtmic" in (microphone.check() or "")
    with pytest.raises(MicrophoneError, match="Røde"):
        next(iter(microphone.blocks(threading.Event())))
    microphone.close()


def test_a_dead_sound_server_is_noticed_and_the_microphone_comes_back(own_card: SoundCard, patient: None) -> None:
    microphone = PortAudioMicrophone("", lost_after_s=1.5)
    blocks = microphone.blocks(threading.Event())
    next(blocks)
    own_card.stop()
    with pytest.raises(MicrophoneError):
        list(blocks)
    assert microphone.check()
    own_card.start()
    assert microphone.check() is None
    next(microphone.blocks(threading.Event()))
    microphone.close()


def test_a_wedged_sound_server_is_noticed_and_its_process_replaced(own_card: SoundCard, patient: None) -> None:
    microphone = PortAudioMicrophone("", lost_after_s=1.5)
    blocks = microphone.blocks(threading.Event())
    next(blocks)
    stuck = microphone.pid
    own_card.freeze()
    with pytest.raises(MicrophoneError, match="no sound any more"):
        list(blocks)
    assert stuck and not psutil.pid_exists(stuck)
    own_card.thaw()
    assert microphone.check() is None
    next(microphone.blocks(threading.Event()))
    microphone.close()


def test_a_visitor_does_not_wait_for_a_look_at_the_devices(own_card: SoundCard, patient: None) -> None:
    microphone = PortAudioMicrophone("", lost_after_s=60)
    assert microphone.check() is None
    pid = microphone.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)  # a look at the devices that never ends
    looking = threading.Thread(target=microphone.check)
    looking.start()
    wait_until(microphone._in_use.locked, "somebody looks")
    threading.Timer(0.1, os.kill, [pid, signal.SIGCONT]).start()
    stop = threading.Event()
    blocks = microphone.blocks(stop)
    next(blocks)
    looking.join()
    stop.set()
    assert all(isinstance(block, Block) for block in blocks)
    assert microphone.pid == pid
    microphone.close()


def test_a_process_that_was_just_started_is_given_time_to_load(
    card: SoundCard, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.devices.microphone.ANSWER_S", 0.0)
    microphone = PortAudioMicrophone("", lost_after_s=60)
    assert next(microphone.blocks(threading.Event())).pcm
    microphone.close()


def test_a_killed_kiosk_leaves_no_process_that_holds_the_microphone(card: SoundCard) -> None:
    script = (
        "import threading, time\nfrom kiosk.devices import microphone\nmicrophone.FIRST_ANSWER_S = 60.0\n"
        "m = microphone.PortAudioMicrophone('', lost_after_s=60)\n"
        "sound = m.blocks(threading.Event()); next(sound); print(m.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as kiosk:
        assert kiosk.stdout
        capture = psutil.Process(int(kiosk.stdout.readline()))
        kiosk.kill()
    wait_until(lambda: not capture.is_running() or capture.status() == psutil.STATUS_ZOMBIE, "the capture has gone")
    wait_until(lambda: card.listeners() == 0, "the microphone is closed")


def heard_through_speaker(card: SoundCard, into: Path, wavs: list[Path]) -> np.ndarray:
    recording = card.hear(into)
    wait_until(lambda: into.stat().st_size > 0, "the test hears the speaker")
    speaker = PortAudioSpeaker("", wake_s=0.4)
    for wav in wavs:
        heard = threading.Event()
        speaker.play(wav, heard.set)
        assert heard.wait(60) and speaker.fault is None
    speaker.close()
    played = into.stat().st_size
    wait_until(lambda: into.stat().st_size > played + 16_000, "what was played has been recorded")
    recording.terminate()
    recording.wait()
    return np.frombuffer(into.read_bytes()[: into.stat().st_size // 2 * 2], "<i2")


def test_prompts_are_heard_whole_from_the_first_to_the_last_sample(
    card: SoundCard, patient_speaker: None, short_wav: Path, tmp_path: Path
) -> None:
    said = samples(short_wav)

    def heard_whole(attempt: int) -> bool:
        heard = heard_through_speaker(card, tmp_path / f"heard-{attempt}.raw", [short_wav, short_wav])
        at = find(said, heard)
        again = heard[at + len(said) :]
        both = heard[at:][: len(said)], again[find(said, again) :][: len(said)]
        return all(np.array_equal(each, said) for each in both)

    # The sound server itself stumbles where others take its processor; what we cut off would be missing each time.
    assert any(map(heard_whole, range(5)))


def test_a_speaker_falls_silent_at_once_and_says_nothing_of_being_done(card: SoundCard, short_wav: Path) -> None:
    speaker = PortAudioSpeaker("", wake_s=0)
    first, second = threading.Event(), threading.Event()
    speaker.play(short_wav, first.set)
    speaker.stop()
    speaker.play(short_wav, second.set)
    assert second.wait(60)
    assert not first.is_set()
    speaker.close()


def test_a_missing_or_broken_prompt_does_not_stop_a_visit(
    card: SoundCard, patient_speaker: None, tmp_path: Path, short_wav: Path
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF....")
    speaker = PortAudioSpeaker("", wake_s=0)
    for wav in (tmp_path / "none.wav", tmp_path / "broken.wav"):
        heard = threading.Event()
        speaker.play(wav, heard.set)
        assert heard.wait(60)
        assert speaker.fault
    heard = threading.Event()
    speaker.play(short_wav, heard.set)
    assert heard.wait(60) and speaker.fault is None
    speaker.close()


def test_a_speaker_that_hangs_or_dies_does_not_stop_a_visit(
    own_card: SoundCard, short_wav: Path, tmp_path: Path
) -> None:
    # It lasts longer than it takes to kill the server.
    long_wav = write_wav(tmp_path / "long.wav", np.tile(samples(short_wav), 12))
    speaker = PortAudioSpeaker("", wake_s=0)
    assert speaker.check() is None
    own_card.freeze()
    heard = threading.Event()
    speaker.play(short_wav, heard.set)
    assert heard.wait(60) and speaker.fault
    own_card.thaw()
    heard = threading.Event()
    speaker.play(long_wav, heard.set)
    own_card.stop()
    assert heard.wait(60) and speaker.fault
    own_card.start()
    assert speaker.check() is None
    speaker.close()


def test_an_interrupted_prompt_fades_to_silence() -> None:
    loud = np.full(800, 20_000, "<i2")
    faded = np.frombuffer(fade_out(loud.tobytes()), "<i2")
    assert faded[0] == 20_000 and abs(int(faded[-1])) < 30 and np.abs(np.diff(faded.astype(int))).max() < 30


def test_a_silent_speaker_remembers_what_it_was_given(tmp_path: Path) -> None:
    speaker = SilentSpeaker()
    heard = threading.Event()
    speaker.play(tmp_path / "a.wav", heard.set)
    assert heard.wait(60) and speaker.played == [tmp_path / "a.wav"]
    speaker.close()


def test_what_the_sample_story_said_before_it_was_stopped_is_given_also_late(
    short_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, now_s = threading.Event(), 5.0
    monkeypatch.setattr("kiosk.devices.sample.time", SimpleNamespace(monotonic=lambda: now_s))
    blocks = SampleMicrophone(lambda: short_wav).blocks(stop)
    next(blocks)
    now_s += 1.01
    stop.set()
    assert len(list(blocks)) == 19


def test_the_sample_story_waits_for_the_tone_is_told_in_its_own_time_and_then_silence(short_wav: Path) -> None:
    microphone = SampleMicrophone(lambda: short_wav)
    stop, pcm = threading.Event(), b""
    blocks, begun = microphone.blocks(stop), time.monotonic()
    assert not any(next(blocks).pcm)
    microphone.invite()
    for block in blocks:
        pcm += block.pcm
        if len(pcm) >= 32_000:
            stop.set()
    assert time.monotonic() - begun >= 1
    assert np.array_equal(np.frombuffer(pcm[:32_000], "<i2"), samples(short_wav)[:16_000])
    assert SampleMicrophone(lambda: Path("/nowhere.wav")).check()
