"""What the starter model must stand, as Vosk alone: the same for the old one and for one made anew."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soxr
import vosk

from models.model_files import check_model, model_folder
from models.recogniser import CHUNK_BYTES
from tests.models.helpers import SHORT, right_words

RATE = 16_000


@pytest.fixture(scope="module")
def starter():
    vosk.SetLogLevel(-1)
    return vosk.Model(model_path=str(model_folder("starter")))


def hear(model, pcm, rate=RATE, grammar=None, partial=None):
    recogniser = vosk.KaldiRecognizer(model, rate, *([json.dumps(grammar)] if grammar else []))
    heard = []
    for start in range(0, len(pcm), CHUNK_BYTES):
        if recogniser.AcceptWaveform(pcm[start : start + CHUNK_BYTES]):
            heard.append(json.loads(recogniser.Result())["text"])
        elif partial is not None:
            partial.append(json.loads(recogniser.PartialResult())["partial"])
    heard.append(json.loads(recogniser.FinalResult())["text"])
    return " ".join(text for text in heard if text)


def at_rate(pcm, rate):
    samples = np.frombuffer(pcm, np.int16)
    return soxr.resample(samples, RATE, rate).tobytes()


def test_its_files_are_those_of_a_model_and_small():
    folder = model_folder("starter")
    check_model(folder)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 15_000_000


def test_partial_results_come_and_grow(starter, short):
    partial = []
    hear(starter, short, partial=partial)
    lengths = [len(text.split()) for text in partial]
    assert max(lengths) > 10
    assert sum(lengths) > 0
    assert right_words(SHORT, partial[-1]) > 0.8


def test_a_list_of_words_can_be_given_at_run_time(starter, speak):
    assert hear(starter, speak("yes"), grammar=["yes", "no"]) == "yes"
    assert hear(starter, speak("no"), grammar=["yes", "no"]) == "no"


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_other_rates_are_heard(starter, short, rate):
    assert right_words(SHORT, hear(starter, at_rate(short, rate), rate)) > (0.4 if rate == 8000 else 0.8)


def test_digital_silence_has_no_words(starter):
    assert hear(starter, bytes(20 * 2 * RATE)) == ""


@pytest.mark.parametrize("loudness", [3, 30, 600])
def test_hiss_has_hardly_any_words(starter, loudness):
    hiss = np.random.default_rng(0).standard_normal(8 * RATE) * loudness
    assert len(hear(starter, hiss.astype(np.int16).tobytes()).split()) <= 2


def memory_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def test_long_recordings_are_heard_without_growing(starter, short):
    """Ten minutes in `make test-training`; three in `make test`, whose time is short."""
    minutes = int(os.environ.get("SAYSO_TEST_MINUTES", "3"))
    recogniser = vosk.KaldiRecognizer(starter, RATE)
    recogniser.SetWords(True)
    # Mostly pauses, as on a quiet afternoon: it is the utterances that must not pile up.
    minute = (short + bytes(60 * 2 * RATE - len(short)))[: 60 * 2 * RATE]
    seen, words = [], []
    for _ in range(minutes):
        for start in range(0, len(minute), CHUNK_BYTES):
            if recogniser.AcceptWaveform(minute[start : start + CHUNK_BYTES]):
                words += json.loads(recogniser.Result()).get("result", [])
        seen.append(memory_mb())
    assert len(words) >= minutes * 14
    assert words[-1]["start"] > 60 * (minutes - 1)
    # Seen: 10 MB in the first two minutes, then 1.5 MB a minute for the features that Vosk keeps for ten minutes.
    assert seen[-1] - seen[1] < 2 * minutes
