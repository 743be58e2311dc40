"""How words are pronounced and spoken, and what the network sees of it."""

import numpy as np
import pytest

pytest.importorskip("kaldi_native_fbank", reason="made ready by models/training/setup")

from models.training import features, phones, rooms
from models.training.espeak import RATE, espeak
from models.training.lexicon import BRITISH, UNKNOWN, build_lexicon, names_to_sounds
from models.training.synthesis import read_timing, read_wav, synthesise
from models.training.voices import ESPEAK_ONLY, HELD_OUT, SHARES, Utterance, utterances


def test_every_sound_has_numbers_of_its_own():
    assert len(set(phones.PHONE_ID.values())) == len(phones.PHONES)
    transitions = [number(phone) for phone in phones.PHONE_ID.values() for number in (phones.enter, phones.stay)]
    assert sorted(transitions) == list(range(1, phones.TRANSITIONS + 1))
    assert [phones.PHONES[number - 1] for number in phones.phones_of(("K", "AE", "T"))] == ["K_B", "AE_I", "T_E"]
    assert [phones.PHONES[number - 1] for number in phones.phones_of(("AX",))] == ["AX_S"]


def test_words_are_pronounced_in_british_and_american():
    lexicon = build_lexicon(["bath", "carer", "co-production", "the", UNKNOWN])
    assert {("B", "AA", "TH"), ("B", "AE", "TH")} <= set(lexicon["bath"])
    assert ("DH", "AX") in lexicon["the"]
    assert lexicon[UNKNOWN] == [(phones.SPN,)]
    assert all(sound in phones.INDEX for ways in lexicon.values() for way in ways for sound in way)


def test_a_phoneme_that_is_not_known_is_not_guessed():
    assert names_to_sounds(["k", "'a", "t"], BRITISH) == ("K", "AE", "T")
    assert names_to_sounds(["k", "§"], BRITISH) is None


def test_espeak_tells_when_it_says_what():
    spoken = espeak().speak("hello there", "gmw/en-GB-x-rp")
    times = [time for time, _ in spoken.phonemes]
    assert times == sorted(times)
    assert len(spoken.samples) / RATE >= spoken.end > 0.5
    with pytest.raises(ValueError, match="no voice"):
        espeak().speak("hello", "gmw/nobody")


@pytest.mark.parametrize(("engine", "voice"), [("espeak", "gmw/en+f3"), ("flite", "slt"), ("festival", "ked_diphone")])
def test_each_engine_speaks(tmp_path, engine, voice):
    synthesise([Utterance("u00000", engine, voice, "good morning", 1.0, 0.5, 0.5)], tmp_path, 0)
    sound = read_wav(tmp_path / "u00000.wav")
    assert len(sound) > 8000
    assert np.abs(sound).max() > 0.05
    assert (read_timing(tmp_path, "u00000") is not None) == (engine == "espeak")


class OneText:
    def sentence(self, rng, flatness=1.0):
        return "one two three"

    def rare(self, rng):
        return "three two"


def test_the_held_out_voice_says_nothing_in_training():
    made = utterances(OneText(), ["aardvark"], 2000, 1)
    assert made == utterances(OneText(), ["aardvark"], 2000, 1)
    assert {each.voice for each in made}.isdisjoint({HELD_OUT, "gmw/en+Mario", "gmw/en+aunty"})
    assert len({each.name for each in made}) == len(made)
    assert sum("aardvark" in each.text for each in made) > 20
    assert {each.engine for each in made} == {engine for engine, *_ in SHARES}
    assert {each.engine for each in utterances(OneText(), [], 9, 1, ESPEAK_ONLY)} == {"espeak"}


def test_a_second_has_98_rows_of_40():
    tone = np.sin(np.arange(16_000) * 0.2) * 1000
    rows = features.mfcc(tone)
    assert rows.shape == (98, features.DIMENSION)
    assert np.isfinite(rows).all()


def test_the_running_mean_is_that_of_the_last_rows_and_of_all_training():
    rows, of_all = np.full((900, 40), 5.0, np.float32), np.full(40, 2.0)
    left = features.running_mean_removed(rows, of_all)
    # After n rows: n of them at 5 and 200 more at 2, fewer than 200 when the window of 600 is nearly full.
    assert left[0, 0] == pytest.approx(5 - (5 + 200 * 2) / 201, abs=1e-4)
    assert left[399, 0] == pytest.approx(5 - (400 * 5 + 200 * 2) / 600, abs=1e-4)
    assert left[899, 0] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_rooms_and_noise_leave_sound_of_16_bits(seed):
    rng = np.random.default_rng(seed)
    speech = rng.standard_normal(16_000)
    heard, moved = rooms.disturb(speech, rng, [rng.standard_normal(8000)])
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() < 40_000
    assert len(heard) / 16_000 >= moved.scale + moved.offset


def test_noise_is_as_loud_as_asked():
    sound = np.random.default_rng(0).standard_normal(32_000)
    quiet, loud = (rooms.in_noisy_room(sound, 1, snr) for snr in (40, 0))
    assert np.array_equal(quiet, rooms.in_noisy_room(sound, 1, 40))
    assert rooms.level(quiet - loud * rooms.level(quiet) / rooms.level(loud)) > 0.2 * rooms.level(quiet)


def test_every_kind_of_noise_has_level_one():
    for seed in range(20):
        sound = rooms.noise(np.random.default_rng(seed), 8000, [np.ones(100)])
        assert rooms.level(sound) == pytest.approx(1, abs=1e-6)
