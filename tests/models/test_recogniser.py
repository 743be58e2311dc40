import itertools

import pytest

from kiosk.errors import ModelError
from kiosk.stories.records import Word
from kiosk.stories.sound_files import pieces
from models.checks import try_model
from models.model_files import model_folder
from models.recogniser_process import RecogniserDied, RecogniserProcess
from models.worker import REQUEST_BYTES
from tests.models.helpers import SHORT, is_alive, right_words, wait_for


def hear(process, pcm, number=1):
    words = []
    for piece in pieces(iter([pcm]), REQUEST_BYTES):
        words += process.accept(number, piece)
    return [Word(**word) for word in words + process.finish(number)]


@pytest.fixture
def process():
    with RecogniserProcess(model_folder("starter")) as process:
        process.wait_ready(60)
        yield process


def test_words_come_in_order_with_times_within_the_recording(process, short):
    words = hear(process, short)
    assert right_words(SHORT, " ".join(word.word for word in words)) > 0.8
    assert all(word.start < word.end for word in words)
    assert all(one.end <= other.start + 0.01 for one, other in itertools.pairwise(words))
    assert words[-1].end <= len(short) / 32_000
    assert all(0 < word.conf <= 1 for word in words)


def test_times_count_from_the_beginning_also_after_a_pause_that_ends_an_utterance(process, short):
    pause_s = 4.0
    alone = hear(process, short, 1)
    words = hear(process, short + bytes(int(pause_s * 32_000)) + short, 2)
    second = [word for word in words if word.start > len(short) / 32_000]
    assert len(words) >= 2 * len(alone) - 2
    assert second[0].start == pytest.approx(len(short) / 32_000 + pause_s + alone[0].start, abs=0.3)


def test_two_recordings_heard_in_turns_do_not_mix(process, short, speak):
    other = speak("I want to cook my own dinner on Fridays with my friends.")
    alone = [word.word for word in hear(process, short, 1)]
    ones, others = [], []
    for one, two in zip(pieces(iter([short]), REQUEST_BYTES), pieces(iter([other]), REQUEST_BYTES), strict=False):
        ones += process.accept(2, one)
        others += process.accept(3, two)
    heard = hear(process, short[len(list(pieces(iter([other]), REQUEST_BYTES))) * REQUEST_BYTES :], 2)
    assert [word["word"] for word in ones] + [word.word for word in heard] == alone
    assert "cook" in [word["word"] for word in others + process.finish(3)]


def test_silence_has_no_words(process):
    assert hear(process, bytes(64_000)) == []


def test_the_process_ends_when_its_parent_lets_go_of_it(process):
    process._process.stdin.close()
    wait_for(lambda: not is_alive(process.pid))


def test_the_recogniser_ended_from_outside_is_told_from_a_crash(short):
    for number, crashed in ((9, False), (15, False), (11, True), (6, True)):
        with RecogniserProcess(model_folder("starter")) as process:
            process.wait_ready(60)
            process._process.send_signal(number)
            with pytest.raises(RecogniserDied) as death:
                hear(process, short * 20)
            assert death.value.crashed is crashed


def test_the_starter_model_can_be_tried():
    assert try_model(model_folder("starter"), 60) == "starter"


def test_a_model_that_takes_too_long_is_refused():
    with pytest.raises(ModelError, match="not loaded after 0 s"):
        try_model(model_folder("starter"), 0)
