import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.adapting.mixing import Lookup, Told, mix
from models.adapting.own_words import UNKNOWN, OwnWords
from models.adapting.word_graph import NONE, WordGraph

END = 6  # words are 1 to 5


def graph_of(start_words, root_words, after_one):
    """Make a back-off model of five words: the first word, any word, and the word after word 1."""

    def rows(chosen, state):
        total = sum(chosen.values())
        return [(state, word, -math.log(weight / total)) for word, weight in sorted(chosen.items())]

    root = rows(root_words, 1)
    back_off = [0.0, 0.0, 0.0]
    entries = {1: root}
    likely = {word: math.exp(-weight) for _, word, weight in root}
    for state, words in ((0, start_words), (2, after_one)):
        kept = rows(words, state)
        entries[state] = [(state, word, weight + math.log(2)) for _, word, weight in kept]  # half is for the others
        back_off[state] = -math.log(0.5 / (1 - sum(likely[word] for _, word, _ in kept)))
    ordered = [row for state in (0, 1, 2) for row in entries[state]]
    owners = np.array([state for state, _, _ in ordered])
    words = np.array([word for _, word, _ in ordered])
    return WordGraph(
        start=0,
        first=np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=3))]),
        words=words,
        weights=np.array([weight for _, _, weight in ordered]),
        nexts=np.where(words == END, NONE, np.where(words == 1, 2, 1)),
        shorter=np.array([1, NONE, 1]),
        back_off=np.array(back_off),
        end=END,
    )


def some(words, least=1, most=3):
    return st.dictionaries(st.sampled_from(words), st.floats(0.1, 9), min_size=least, max_size=most)


EVERY = list(range(1, END + 1))
GRAPHS = st.builds(graph_of, some(EVERY), st.fixed_dictionaries({w: st.floats(0.1, 9) for w in EVERY}), some(EVERY))
STORIES = st.lists(st.lists(st.sampled_from([UNKNOWN, 1, 2, 3, 4, 5]), max_size=8), max_size=6)


def all_sums(graph):
    lookup, words = Lookup(graph), np.array(EVERY)
    return [np.exp(lookup.log_probability(np.full(END, state), words)).sum() for state in range(graph.states)]


@settings(max_examples=100, deadline=None)
@given(GRAPHS, STORIES, st.floats(0, 0.95))
def test_after_mixing_the_words_that_may_follow_sum_up_to_one_everywhere(graph, stories, weight):
    own = OwnWords.of(stories, [[3, 4]], start=END + 1, end=END)
    mixed = mix(graph, own, weight)
    assert all_sums(mixed) == pytest.approx([1.0] * mixed.states, abs=1e-4)
    assert np.all(np.diff(mixed.first) >= 0) and mixed.first[-1] == len(mixed.words)
    assert np.all(mixed.nexts[mixed.words == END] == NONE) and mixed.nexts.max() < mixed.states


@settings(max_examples=50, deadline=None)
@given(GRAPHS, STORIES)
@example(graph_of({2: 1.0}, dict.fromkeys(EVERY, 1.0), {1: 1.0}), [[1, UNKNOWN]])
def test_with_no_weight_of_the_centre_every_sentence_is_as_likely_as_before(graph, stories):
    own = OwnWords.of(stories, [], start=END + 1, end=END)
    mixed = mix(graph, own, 0.0)
    for story in [*stories, [1, 2, 3], [5, 5]]:
        before = Told.by(graph, Lookup(graph), story, END + 1)
        after = Told.by(mixed, Lookup(mixed), story, END + 1)
        assert after.log_probabilities == pytest.approx(before.log_probabilities, abs=1e-4)


@given(STORIES.filter(lambda stories: any(word != UNKNOWN for story in stories for word in story)))
def test_the_centres_own_words_sum_up_to_one_after_every_word(stories):
    own = OwnWords.of(stories, [], start=END + 1, end=END)
    for before in [*EVERY, END + 1]:
        assert sum(own.probability(before, word) for word in EVERY) == pytest.approx(1.0)


PLAIN = graph_of({1: 1}, {word: 1.0 for word in EVERY}, {2: 1})


def test_what_the_centre_says_becomes_likelier_and_keeps_what_comes_after_it():
    stories = [[4, 5, 3]] * 5
    own = OwnWords.of(stories, [], start=END + 1, end=END)
    mixed = mix(PLAIN, own, 0.5)
    lookup = Lookup(mixed)
    before = Told.by(PLAIN, Lookup(PLAIN), [4, 5, 3], END + 1).log_probabilities.sum()
    assert Told.by(mixed, lookup, [4, 5, 3], END + 1).log_probabilities.sum() > before + 2
    after_four = lookup.follow(mixed.start, 4)
    likely = np.exp(lookup.log_probability(np.full(END, after_four), np.array(EVERY)))
    assert likely.argmax() == 5 - 1 and likely[4] > 0.5


def test_a_name_becomes_likelier_wherever_it_stands():
    own = OwnWords.of([[1, 2]] * 3, [[4, 5]], start=END + 1, end=END)
    mixed = mix(PLAIN, own, 0.5)
    lookup = Lookup(mixed)
    after_four = lookup.follow(lookup.follow(mixed.start, 3), 4)
    assert np.exp(lookup.log_probability(np.array([after_four]), np.array([5])))[0] > 0.3


def test_nothing_is_learned_across_a_word_that_the_model_cannot_write():
    own = OwnWords.of([[1, UNKNOWN, 3]], [], start=END + 1, end=END)
    assert own.pairs[1] == {} or 1 not in own.pairs
    assert own.probability(END + 1, 1) > own.probability(END + 1, 3)
    assert 3 not in own.pairs[1]


def test_the_quick_estimate_of_a_story_is_near_what_the_mixed_graph_says():
    stories = [[4, 5, 3], [4, 5], [1, 2, 2]]
    own = OwnWords.of(stories, [], start=END + 1, end=END)
    mixed = mix(PLAIN, own, 0.3)
    for story in stories:
        quick = Told.by(PLAIN, Lookup(PLAIN), story, END + 1).mixed(own, 0.3)
        built = Told.by(mixed, Lookup(mixed), story, END + 1).log_probabilities.sum()
        assert built == pytest.approx(quick, abs=0.15 * (len(story) + 1))
