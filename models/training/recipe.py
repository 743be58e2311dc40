"""The steps from nothing to a model, in order. Each leaves its result in a folder (`work_folder`)."""

import itertools
import json
import os
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from models.training import (
    alignment,
    corpus,
    espeak,
    examples,
    features,
    graph,
    kaldi_files,
    language_model,
    learning,
    lexicon,
    material,
    network,
    phones,
    rooms,
    synthesis,
    voices,
    word_lists,
)
from models.training.learning import Round
from models.training.lexicon import UNKNOWN, Lexicon
from models.training.material import Key, Labels, Material
from models.training.voices import Utterance
from models.training.work_folder import WorkFolder

#: The work of speaking and listening is cut into so many parts, always, so that the result does not depend on the
#: number of processors.
PARTS = 4
GRAPH_FILES = ("HCLr.fst", "Gr.fst", "words.txt", "disambig_tid.int", "phones.txt", "phones/word_boundary.int")
TEXT_FILES = ("grammar.txt", "sentences.txt")


@dataclass(frozen=True)
class Recipe:
    """What decides the model, besides the code and the texts."""

    words: int
    """Words of the vocabulary; 0 for those of the texts alone."""
    utterances: int
    copies: int
    """How often each utterance is heard, in different rooms."""
    width: int
    """Units of each layer of the network."""
    first: Round
    """Cross-entropy on espeak-ng's own times, ..."""
    second: Round
    """... on the first alignment of everything, ..."""
    third: Round
    """... on the second alignment; ..."""
    last: Round
    """... then LF-MMI."""
    counted_texts: int
    """Sentences of our own that the language model is counted from, beside WordNet's definitions, ..."""
    counted_examples: int
    """... and how often each of WordNet's examples is counted; 0: nothing of WordNet."""
    ngrams: int
    shares: tuple[tuple[str, str, float], ...] = voices.SHARES
    seed: int = 1


#: What `make starter-model` makes.
STARTER = Recipe(
    words=14_000,
    utterances=9000,
    copies=2,
    width=288,
    first=Round(1.5, 2e-3, 11),
    second=Round(1.0, 1.5e-3, 12),
    third=Round(2.5, 2e-3, 13),
    last=Round(1.5, 6e-4, 14),
    counted_texts=50_000,
    counted_examples=2,
    ngrams=150_000,
)


def build(recipe: Recipe, texts: Path, work: WorkFolder) -> Path:
    """Do every step that is not done; return the folder of the model."""
    words = work.step(
        "words",
        lambda folder: _words(folder, recipe, texts),
        settings=[recipe.words, recipe.utterances, recipe.shares, recipe.seed],
        modules=[corpus, espeak, lexicon, voices, word_lists],
        files=[texts / name for name in TEXT_FILES],
    )
    spoken = work.step(
        "speech",
        lambda folder: _in_parts("speaking", _speak, words, folder),
        modules=[espeak, synthesis],
        after=["words"],
    )
    heard = work.step(
        "features",
        lambda folder: _in_parts("listening", _listen, words, folder, spoken, recipe.copies, recipe.seed),
        settings=[recipe.copies, recipe.seed],
        modules=[features, rooms],
        after=["speech"],
    )
    learning_code = [alignment, learning, material, network, phones]
    sounds = work.step(
        "sounds",
        lambda folder: _sounds(folder, recipe, words, spoken, heard),
        settings=[recipe.width, asdict(recipe.first), asdict(recipe.second), asdict(recipe.third)],
        modules=learning_code,
        after=["features"],
    )
    told_apart = work.step(
        "telling-apart",
        lambda folder: _tell_apart(folder, recipe, words, heard, sounds),
        settings=asdict(recipe.last),
        modules=learning_code,
        after=["sounds"],
    )
    language = work.step(
        "graph",
        lambda folder: write_language(folder, recipe, read_lexicon(words), texts),
        settings=[recipe.counted_texts, recipe.counted_examples, recipe.ngrams, recipe.seed],
        modules=[corpus, examples, graph, language_model, phones, word_lists],
        files=[texts / name for name in TEXT_FILES],
        after=["words"],
    )
    return work.step(
        "model",
        lambda folder: _model(folder, recipe, heard, told_apart, language),
        modules=[kaldi_files, network],
        after=["telling-apart", "graph"],
    )


def _words(folder: Path, recipe: Recipe, texts: Path) -> None:
    grammar, sentences = corpus.own_texts(texts)
    own = corpus.own_words(grammar, sentences)
    vocabulary = word_lists.vocabulary(own, recipe.words or len(own))
    source = corpus.Corpus(grammar, sentences, word_lists.word_kinds(vocabulary), vocabulary)
    strange = word_lists.strange_words(vocabulary, 1500)
    said = voices.utterances(source, strange, recipe.utterances, recipe.seed, recipe.shares)
    _write(folder / "utterances.json", [each.as_dict() for each in said])
    _write(folder / "lexicon.json", lexicon.build_lexicon([*vocabulary, UNKNOWN]))


def _speak(words: Path, folder: Path, part: int) -> None:
    synthesis.synthesise(read_utterances(words)[part::PARTS], folder, part)


def _listen(words: Path, folder: Path, part: int, spoken: Path, copies: int, seed: int) -> None:
    features.make_features(read_utterances(words)[part::PARTS], spoken, folder, part, copies, seed)


def _in_parts(name: str, work: Callable[..., None], words: Path, folder: Path, *arguments: Any) -> None:
    # Spawned, not forked: espeak-ng and PyTorch keep threads.
    with ProcessPoolExecutor(min(PARTS, os.cpu_count() or 1), get_context("spawn")) as pool:
        parts = [pool.submit(work, words, folder, part, *arguments) for part in range(PARTS)]
        for part in tqdm(as_completed(parts), desc=name, total=PARTS, unit="part"):
            part.result()


def _sounds(folder: Path, recipe: Recipe, words: Path, spoken: Path, heard: Path) -> None:
    """Cross-entropy, from espeak-ng's times to everybody's."""
    torch.manual_seed(recipe.seed)
    said = {each.name: each for each in read_utterances(words)}
    dictionary, texts = read_lexicon(words), {name: each.text for name, each in said.items()}
    everything = Material.load(heard)
    labels = {
        key: found
        for key in everything.rows
        if said[key[0]].engine == "espeak" and all(word in dictionary for word in texts[key[0]].split())
        if (found := _espeak_labels(spoken, said[key[0]], everything, key)) is not None
    }
    tqdm.write(f"{everything.hours:.1f} hours, {len(everything.rows)} utterances, {len(labels)} with exact times")
    net = network.Network(recipe.width)
    learning.learn_sounds(net, list(labels), everything, labels, recipe.first, "espeak-ng's sounds")
    once = [key for key in everything.rows if key[1] == 0]
    labels = alignment.align(net, once, everything, texts, dictionary, alignment.log_prior_of(labels))
    learning.learn_sounds(net, list(labels), everything, labels, recipe.second, "everybody's sounds")
    every = list(everything.rows)
    labels = alignment.align(net, every, everything, texts, dictionary, alignment.log_prior_of(labels))
    right = learning.learn_sounds(net, list(labels), everything, labels, recipe.third, "all rooms")
    log_prior = alignment.log_prior_of(labels)
    labels = alignment.align(net, every, everything, texts, dictionary, log_prior)
    torch.save(net.state_dict(), folder / "network.pt")
    arrays: dict[str, Any] = {f"{name}.{copy}": each for (name, copy), each in labels.items()}
    np.savez(folder / "labels.npz", log_prior=log_prior, **arrays)
    _write(folder / "report.json", {"hours": everything.hours, "steps right": right, "aligned": len(labels)})


def _espeak_labels(spoken: Path, said: Utterance, everything: Material, key: Key) -> Labels | None:
    timing = synthesis.read_timing(spoken, said.name)
    moved, count = everything.moved[key], len(everything.rows[key])
    return material.espeak_labels(timing, said.voice, moved, count) if timing else None


def _tell_apart(folder: Path, recipe: Recipe, words: Path, heard: Path, sounds: Path) -> None:
    torch.manual_seed(recipe.seed)
    everything = Material.load(heard)
    with np.load(sounds / "labels.npz") as kept:
        log_prior = kept["log_prior"]
        labels: dict[Key, Labels] = {}
        for name in set(kept.files) - {"log_prior"}:
            utterance, copy = name.split(".")
            labels[utterance, int(copy)] = kept[name]
    net = network.Network(recipe.width)
    net.load_state_dict(torch.load(sounds / "network.pt"))
    learning.turn_down(net, log_prior)
    objective = learning.learn_words(net, sorted(labels), everything, labels, log_prior, recipe.last)
    torch.save(net.state_dict(), folder / "network.pt")
    _write(folder / "report.json", {"objective": objective})


def write_language(folder: Path, recipe: Recipe, dictionary: Lexicon, own: Path, said_too: Iterable[str] = ()) -> None:
    """Write everything under `graph/` of a model that knows the words of `dictionary`.

    Args:
        folder: Where to.
        recipe: How much is counted.
        dictionary: How each word is pronounced.
        own: The folder of our texts.
        said_too: Further texts to count.
    """
    vocabulary = [word for word in dictionary if word != UNKNOWN]
    grammar, sentences = corpus.own_texts(own)
    kinds = word_lists.word_kinds(vocabulary)
    source = corpus.Corpus(grammar, sentences, kinds, vocabulary)
    rng = random.Random(recipe.seed + 1)  # noqa: S311
    texts = itertools.chain(
        source.sentences(rng, recipe.counted_texts),
        examples.repeated(*examples.wordnet_texts(), recipe.counted_examples) if recipe.counted_examples else [],
        said_too,
    )
    said = tqdm(texts, desc="counting words", unit="text")
    model = language_model.estimate(said, kinds.commonness(vocabulary), UNKNOWN, recipe.ngrams)
    graph.write_graph(folder, dictionary, list(dictionary), model)
    _write(folder / "report.json", {"words": len(vocabulary), "ngrams": model.size})


def _model(folder: Path, recipe: Recipe, heard: Path, told_apart: Path, language: Path) -> None:
    net = network.Network(recipe.width)
    net.load_state_dict(torch.load(told_apart / "network.pt"))
    kaldi_files.write_acoustic(folder, net.layers(), Material.load(heard).global_mean)
    for path in GRAPH_FILES:
        (folder / "graph" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "graph" / path).write_bytes((language / path).read_bytes())


def read_utterances(words: Path) -> list[Utterance]:
    """Return what the step "words" decided to be said."""
    return [Utterance(**each) for each in json.loads((words / "utterances.json").read_text())]


def read_lexicon(words: Path) -> Lexicon:
    """Return the pronunciations of the step "words"."""
    content = json.loads((words / "lexicon.json").read_text())
    return {word: [tuple(way) for way in ways] for word, ways in content.items()}


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
