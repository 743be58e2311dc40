"""A model of ten words, from texts to words heard, through the same code as the starter model."""

import json

import pytest

pytest.importorskip("torch", reason="made ready by models/training/setup")
pytest.importorskip("pywrapfst", reason="made ready by models/training/setup")
pytest.importorskip("kaldi_native_fbank", reason="made ready by models/training/setup")

from models.model_files import check_model
from models.training import adding, evaluation
from models.training.learning import Round
from models.training.recipe import Recipe, build
from models.training.work_folder import WorkFolder

TEN = "tea music garden monday seven people lunch bus happy window"
RECIPE = Recipe(
    words=0,
    utterances=160,
    copies=1,
    width=48,
    first=Round(20, 5e-3, 1),
    second=Round(2, 2e-3, 2),
    third=Round(10, 2e-3, 3),
    last=Round(4, 1e-3, 4),
    counted_texts=500,
    counted_examples=0,
    ngrams=200,
    shares=(("espeak", "gmw/en", 0.5), ("espeak", "gmw/en-GB-x-rp", 0.5)),
)
SAID = ["tea music window", "happy people monday", "seven lunch garden bus"]


def test_a_model_of_ten_words_is_made_and_vosk_hears_with_it(tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    words = TEN.replace(" ", " | ")
    (texts / "grammar.txt").write_text(f"sentence = {{w}} {{w}} {{w}} | {{w}} {{w}} {{w}} {{w}}\nw = {words}\n")
    (texts / "sentences.txt").write_text("# none\n")
    model = build(RECIPE, texts, WorkFolder(tmp_path / "work"))
    check_model(model)

    sets = (evaluation.TestSet("known", "espeak", "gmw/en", known=True),)
    evaluation.speak_tests(SAID, tmp_path / "tests", sets)
    (figures,) = evaluation.measure(model, SAID, tmp_path / "tests", sets)
    assert figures.score.wrong <= 0.3
    assert figures.score.start_error is not None
    assert figures.score.start_error[0] < 0.1
    assert json.loads((model.parent / "graph" / "report.json").read_text())["words"] == 10

    made = {path: path.stat().st_mtime_ns for path in model.rglob("*")}
    build(RECIPE, texts, WorkFolder(tmp_path / "work"))
    assert made == {path: path.stat().st_mtime_ns for path in model.rglob("*")}

    # Words more, of sounds that it has learned.
    assert sorted(adding.words_of(model)) == sorted(TEN.split())
    more = tmp_path / "more"
    assert adding.with_words(model, ["Sunday", "Monday lunch"], more, RECIPE, texts) == ["sunday"]
    check_model(more)
    (figures,) = evaluation.measure(more, SAID, tmp_path / "tests", sets)
    assert figures.score.wrong <= 0.3, "what it heard before it hears still"
    assert sorted(adding.words_of(more)) == sorted([*TEN.split(), "sunday"])
    for known, why in (("Monday", "knows all"), ("\u0142\u00f3d\u017a", "letters a to z")):
        with pytest.raises(ValueError, match=why):
            adding.with_words(model, [known], tmp_path / "none", RECIPE, texts)
        assert not (tmp_path / "none").exists()
