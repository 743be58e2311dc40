"""The network, its training and Kaldi's files, on tiny data; sums over all sequences against counting them out."""

import itertools
import math
import struct

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="made ready by models/training/setup")
pytest.importorskip("pywrapfst", reason="made ready by models/training/setup")

from models.training import alignment, kaldi_files, learning, material, network  # noqa: E402
from models.training.network import CONTEXT, STEP, Network  # noqa: E402
from models.training.phones import INDEX, OUTPUTS  # noqa: E402
from models.training.rooms import Moved  # noqa: E402
from models.training.synthesis import Timing  # noqa: E402


def test_there_is_an_output_for_every_third_row():
    net = Network(8).eval()
    for rows in (1, 3, 4, 100):
        wide = STEP * (network.steps(rows) - 1) + 1 + 2 * CONTEXT
        assert net(torch.zeros(1, 40, wide)).shape == (1, OUTPUTS, network.steps(rows))


def test_the_folded_layers_compute_what_the_network_does():
    torch.manual_seed(1)
    net = Network(16)
    net(torch.randn(4, 40, 60 + 2 * CONTEXT) * 3)  # moves the means of the normalisation
    net.eval()
    rows = torch.randn(1, 40, 1 + 2 * CONTEXT)
    wanted = net(rows)[0, :, 0].detach().numpy()

    layers, known = net.layers(), {}

    def value(layer, moment):
        if layer < 0:
            return rows[0, :, moment + CONTEXT].double().numpy()
        if (layer, moment) not in known:
            below = [value(layer - 1, moment + offset) for offset in layers[layer].offsets]
            found = layers[layer].weights @ np.concatenate(below) + layers[layer].bias
            known[layer, moment] = found if layer == len(layers) - 1 else np.maximum(found, 0)
        return known[layer, moment]

    assert value(len(layers) - 1, 0) == pytest.approx(wanted, abs=1e-4)


def test_espeaks_times_become_labels():
    timing = Timing(phonemes=[(0.1, "k"), (0.2, "a"), (0.4, "_:")], words=[], end=0.5)
    labels = material.espeak_labels(timing, "gmw/en", Moved(), 60)
    assert alignment.sequence_of(labels) == [INDEX["SIL"], INDEX["K"], INDEX["AE"], INDEX["SIL"]]
    late = material.espeak_labels(timing, "gmw/en", Moved(scale=2.0, offset=0.3), 160)
    k, ae = 2 * INDEX["K"], 2 * INDEX["AE"]
    assert list(labels).index(k) == 3
    assert list(late).index(k) == pytest.approx((0.3 + 2 * 0.1) / 0.03, abs=1)
    assert list(late).index(ae) - list(late).index(k) == pytest.approx(0.2 / 0.03, abs=1)
    assert material.espeak_labels(Timing([(0.1, "§")], [], 0.2), "gmw/en", Moved(), 60) is None


def test_the_best_path_says_the_words_in_order():
    lexicon = {"a": [("AX",), ("EY",)], "cat": [("K", "AE", "T")], "[unk]": [("SPN",)]}
    said = ["SIL", "EY", "EY", "K", "AE", "AE", "T", "SIL"]
    scores = np.full((len(said), OUTPUTS), -10.0)
    for step, sound in enumerate(said):
        scores[step, [2 * INDEX[sound], 2 * INDEX[sound] + 1]] = -0.1
    labels = alignment.best_path(scores, alignment.paths_of(["a", "cat"], lexicon))
    assert [label // 2 for label in labels] == [INDEX[sound] for sound in said]
    assert [label % 2 for label in labels] == [0, 0, 1, 0, 0, 1, 0, 0]
    assert alignment.best_path(scores[:2], alignment.paths_of(["a", "cat"], lexicon)) is None


def test_the_sum_over_one_sequence_is_that_over_its_placements():
    torch.manual_seed(2)
    scores = torch.randn(1, 4, OUTPUTS)
    sounds = [3, 5]
    placements = []
    for change in range(1, 4):
        outputs = [2 * 3 + (step > 0) for step in range(change)] + [
            2 * 5 + (step > change) for step in range(change, 4)
        ]
        placements.append(sum(float(scores[0, step, output]) for step, output in enumerate(outputs)))
    wanted = math.log(sum(map(math.exp, placements)))
    assert float(learning.right_sequence(scores, torch.tensor([4]), [sounds])) == pytest.approx(wanted, abs=1e-4)


def test_the_sum_over_all_sequences_is_that_of_counting_them_out(monkeypatch):
    monkeypatch.setattr(learning, "SOUND_COUNT", 3)
    torch.manual_seed(3)
    scores, trigram = torch.randn(1, 3, 6), torch.softmax(torch.randn(3, 3, 3), 2)
    total = 0.0
    for path in itertools.product(range(6), repeat=3):
        history, probability = (0, 0), 1.0
        for step, output in enumerate(path):
            sound, is_other = divmod(output, 2)
            if step == 0 and is_other:
                probability = 0.0  # a sound is entered by its first output
            elif is_other:
                probability *= sound == history[1]
            else:
                probability *= float(trigram[history[0], history[1], sound])
                history = (history[1], sound)
            probability *= math.exp(float(scores[0, step, output]))
        total += probability
    found = float(learning.all_sequences(scores, torch.tensor([3]), trigram))
    assert found == pytest.approx(math.log(total), abs=1e-4)


def test_padding_changes_no_sum():
    torch.manual_seed(4)
    trigram = learning.trigram_of_sounds({("u", 0): np.array([6, 7, 10, 11], np.uint8)})
    assert torch.allclose(trigram.sum(2), torch.ones(len(INDEX), len(INDEX)), atol=1e-5)
    long = torch.randn(1, 6, OUTPUTS)
    short = long[:, :4]
    for total in (
        lambda scores: learning.all_sequences(scores, torch.tensor([4]), trigram),
        lambda scores: learning.right_sequence(scores, torch.tensor([4]), [[3, 5]]),
    ):
        assert float(total(long)) == pytest.approx(float(total(short)), abs=1e-4)


def test_kaldis_numbers_are_written_as_kaldi_reads_them():
    assert kaldi_files.integer(3) == b"\x04\x03\0\0\0"
    assert kaldi_files.integers([7]) == b"\x04\x01\0\0\0\x07\0\0\0"
    assert kaldi_files.vector([1.0]) == b"FV \x04\x01\0\0\0" + struct.pack("<f", 1.0)
    assert kaldi_files.matrix([[1.0, 2.0]], doubles=True) == b"DM \x04\x01\0\0\0\x04\x02\0\0\0" + struct.pack(
        "<2d", 1, 2
    )
    mean = kaldi_files.mean_file(np.arange(40.0))
    assert mean.startswith(b"\0BDM ")
    model = kaldi_files.acoustic_model(Network(8).eval().layers())
    assert model.startswith(b"\0B<TransitionModel> ")
    assert b"output-node name=output input=layer9.affine objective=linear\n\n<NumComponents> " in model
