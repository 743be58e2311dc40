import random

import pytest

from models.training import corpus, word_lists
from models.training.examples import wordnet_texts
from models.training.language_model import END, START, estimate


def no_kinds():
    return word_lists.WordKinds({})


def test_no_text_of_training_contains_a_sentence_that_measures():
    grammar, sentences = corpus.own_texts()
    free = corpus.free_sentences()
    assert len(free) == 30
    assert not set(free) & set(sentences)
    choices = [choice for choices in grammar.values() for choice in choices]
    assert not [text for text in free for choice in (*choices, *sentences) if text in choice]


def test_our_texts_are_written_in_words_of_the_recogniser():
    grammar, sentences = corpus.own_texts()
    words = corpus.own_words(grammar, sentences) | set(" ".join(corpus.free_sentences()).split())
    assert not [word for word in words if not word_lists.WORD.fullmatch(word)]
    assert {"co-production", "carer", "monday", "december", "forty", "o'clock", "colour", "fortnight"} - words <= {
        "colour"
    }


def test_a_grammar_that_uses_what_it_does_not_define_is_refused(tmp_path):
    path = tmp_path / "grammar.txt"
    path.write_text("sentence = the {animal}\n")
    with pytest.raises(ValueError, match="animal"):
        corpus.read_grammar(path)


def test_the_same_seed_gives_the_same_texts(tmp_path):
    path = tmp_path / "grammar.txt"
    path.write_text("sentence = the {animal} sleeps | a {animal}\nanimal = cat | dog\n  | mouse\n")
    made = corpus.Corpus(corpus.read_grammar(path), ["no cats here"], no_kinds(), ["a", "cat"])
    one = list(made.sentences(random.Random(5), 50))
    assert one == list(made.sentences(random.Random(5), 50))
    assert {"no cats here", "a mouse"} <= set(one)
    assert set(made.rare(random.Random(1)).split()) <= {"a", "cat"}


def test_words_are_exchanged_for_others_of_their_kind_alone():
    kinds = word_lists.WordKinds({"NOUN": {"cat": 2.0, "dog": 1.0}})
    made = corpus.Corpus({"sentence": ["x"]}, ["the cat sat"], kinds, ["the", "cat", "dog", "sat"])
    assert {made._exchange("the cat sat", random.Random(seed), 1.0) for seed in range(60)} == {
        "the cat sat",
        "the dog sat",
    }


def test_probabilities_after_any_history_add_up_to_one():
    texts = ["the cat sat", "the cat ran", "a dog sat", "the dog"] * 5
    words = ["the", "a", "cat", "dog", "sat", "ran", "bird"]
    model = estimate(texts, dict.fromkeys(words, 1.0), "[unk]", 12)
    for history in ((), (START,), ("the",), (START, "the"), ("the", "cat"), ("bird",)):
        likely = [model.log_probability(history, word) for word in [*words, "[unk]", END]]
        assert sum(2.718281828459045**each for each in likely) == pytest.approx(1.0, abs=1e-6)


def test_what_was_said_is_likelier_than_what_was_not():
    texts = ["the cat sat", "the dog ran"] * 10
    model = estimate(texts, dict.fromkeys(["the", "cat", "dog", "sat", "ran"], 1.0), "[unk]", 100)
    assert model.log_probability(("the", "cat"), "sat") > model.log_probability(("the", "cat"), "ran")
    assert model.perplexity(["the cat sat"]) < model.perplexity(["sat cat the"])


def test_the_language_model_keeps_to_its_size():
    texts = [f"word{number % 7} word{number % 11} word{number % 13}" for number in range(500)]
    general = {f"word{number}": 1.0 for number in range(13)}
    small, large = (estimate(texts, general, "[unk]", most) for most in (10, 1000))
    single = len(general) + 2
    assert small.size <= 10 + single < large.size


def test_nothing_is_learned_across_a_word_that_is_not_in_the_vocabulary():
    model = estimate(["the zyzzyva cat", "the cat"] * 5, {"the": 1.0, "cat": 1.0}, "[unk]", 100)
    assert set(model.after["the",]) == {"cat"} and set(model.after[START,]) == {"the"}
    assert "zyzzyva" not in model.after[()]


def test_wordnets_glosses_are_read_as_a_recogniser_writes(tmp_path):
    gloss = 'move (oneself) by foot, as on land; fast or slow; "Walk, don\'t run!"; "in 1984 he walked"'
    for pos in ("adj", "adv", "noun", "verb"):
        (tmp_path / f"data.{pos}").write_text(f"  1 licence | not this\n001 29 v 01 walk 0 | {gloss}  \n")
    examples, definitions = wordnet_texts(tmp_path)
    assert examples == ["walk don't run"] * 4
    assert definitions == ["by foot as on land", "fast or slow"] * 4


@pytest.mark.skipif(not word_lists.SCOWL.exists(), reason="Debian's scowl is not installed (models/training/setup)")
def test_words_are_sorted_into_kinds():
    kinds = word_lists.word_kinds(
        ["cats", "cat", "walked", "walking", "went", "gone", "slowly", "happy", "mice", "the", "sits"]
    )
    found = {word: kinds.kind_of(word) for word in ["cats", "cat", "walking", "slowly", "happy", "mice", "sits"]}
    assert found == {
        "cats": "NOUNS", "cat": "NOUN", "walking": "VERBING", "slowly": "ADVERB", "happy": "ADJECTIVE",
        "mice": "NOUNS", "sits": "VERBS",
    }  # fmt: skip
    assert "went" in kinds.weights["PAST"]
    assert "went" not in kinds.weights["DONE"]
    assert "gone" in kinds.weights["DONE"]
    assert "the" not in kinds.weights["NOUN"]


@pytest.mark.skipif(not word_lists.SCOWL.exists(), reason="Debian's scowl is not installed (models/training/setup)")
def test_the_vocabulary_holds_our_words_and_thousands_of_common_british_ones():
    vocabulary = word_lists.vocabulary(["co-production", "nhs"], 12_000)
    assert len(vocabulary) > 8000
    assert len(vocabulary) == len(set(vocabulary))
    assert {"co-production", "nhs", "centre", "house", "because"} <= set(vocabulary)
    assert not set(word_lists.strange_words(vocabulary, 100)) & set(vocabulary)
