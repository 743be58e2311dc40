"""Visits of a minute to a whole station, and what Vosk alone needs for the same sound."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.demo import SiteVisitor
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories import wav
from tests.benchmarks import proc
from tests.benchmarks.rig import STORY_S, Rig, samples
from tests.sound_card import wait_until
from tests.station import StationUnderTest

#: Who works while a visitor tells.
RECORDING = ("kiosk", "microphone", "speaker")
FOLLOWING = ("transcriber", "worker")
#: A bare stream costs the same each second: a third of the story tells it.
LISTEN_S = 20
#: The visitor waits for the tone: this long from the opening of the microphone.
BEFORE_S = 6


@dataclass(frozen=True)
class Told:
    """One visit, and the baselines for its recording.

    Attributes:
        stop_s: From the press that ended telling until the station asked whether to hear it (0.15 s of it recorded).
        keep_s: From the last answer, which kept the story, until its transcript was there.
        cpu_s: Processor time of each process for the telling; of those that follow it, up to the transcript.
        memory: Of each process, once the story had been read on the site.
        exact: Whether the recording is what was said, to the sample and from its first one.
        bare: What bare Vosk needed for this recording (`bare_vosk`).
        listening_cpu_s: What a bare sound stream needed for a story of this length.
        vosk_transcriber_s: How long Vosk's own command took for it.
    """

    stop_s: float
    keep_s: float
    cpu_s: dict[str, float]
    memory: dict[str, proc.Memory]
    exact: bool
    bare: dict[str, Any]
    listening_cpu_s: float
    vosk_transcriber_s: float


def tell_all(rig: Rig) -> list[Told]:
    """Visit one station several times."""
    said = samples(rig.story)
    with rig.station() as station:
        site = station.site()
        site.make_account()
        rig.card.script.write_bytes(bytes(BEFORE_S * 2 * wav.SAMPLERATE_HZ) + said.tobytes())
        return [_tell(rig, station, site, said) for _ in range(1 if rig.quick else 3)]


def _tell(rig: Rig, station: StationUnderTest, site: SiteVisitor, said: np.ndarray) -> Told:
    before = station.status()["last_story"]
    station.walk(State.TELLING)
    pids = station.pids()
    at_start = {who: proc.cpu_s(pids[who]) for who in (*RECORDING, *FOLLOWING)}
    audio = station.data.takes / station.status()["take"] / "audio.wav"
    wait_until(
        lambda: wav.frames_in(audio) >= len(said) + BEFORE_S * wav.SAMPLERATE_HZ, "the story has been told", 2 * STORY_S
    )
    at_end = {who: proc.cpu_s(pids[who]) for who in RECORDING}

    stop_s = _press_and_wait(station, lambda: station.status().get("state") == State.HEAR_IT)
    story = station.data.story(station.status()["take"])
    station.walk(State.VOICE)
    keep_s = _press_and_wait(station, story.transcript_path.exists)
    at_end |= {who: proc.cpu_s(pids[who]) for who in FOLLOWING}

    station.reach(State.IDLE)
    assert station.status()["last_story"] not in (None, before)
    site.find(story.id, station.data)
    return Told(
        stop_s,
        keep_s,
        {who: at_end[who] - at_start[who] for who in at_end},
        {who: proc.memory(pid) for who, pid in station.pids().items()},
        said.tobytes() in samples(story.audio).tobytes(),
        rig.ask("bare_vosk", str(rig.model), str(story.audio)),
        rig.ask("bare_sound", "listen", "testmic", str(LISTEN_S)) * (BEFORE_S + STORY_S) / LISTEN_S,
        _vosk_transcriber_s(rig, story.audio),
    )


def _press_and_wait(station: StationUnderTest, true: Callable[[], object]) -> float:
    """Press green and return how long until something is true. The finger that goes up meanwhile is not waited for."""
    finger = threading.Thread(target=live.press, args=[station.data, "green"])
    pressed_at = time.monotonic()
    finger.start()
    while not true():
        if time.monotonic() > pressed_at + 120:
            raise RuntimeError(f"The station did not go on; it is: {station.status()}")
        time.sleep(0.001)
    after_s = time.monotonic() - pressed_at
    finger.join()
    return after_s


def _vosk_transcriber_s(rig: Rig, audio: Path) -> float:
    command = Path(sys.executable).with_name("vosk-transcriber")
    words = rig.folder / "words.txt"
    words.unlink(missing_ok=True)
    begun = time.monotonic()
    done = subprocess.run(
        [command, "--model", rig.model, "--input", audio, "--output", words], capture_output=True, text=True
    )
    after_s = time.monotonic() - begun
    # It ends well also when it could do nothing.
    if not words.exists() or not words.read_text().strip():
        raise RuntimeError(f"vosk-transcriber wrote nothing: {done.stdout[-300:]} {done.stderr[-300:]}")
    return after_s
