"""Teaches a model that the recipe made new words for good: its lexicon is ours, so its graph can be made anew.

What it hears (the network) stays as it is. How the new words are pronounced, espeak-ng says.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from kiosk.stories.spelling import spoken_words
from models.training import corpus, lexicon
from models.training.recipe import GRAPH_FILES, Recipe, write_language
from models.training.word_lists import WORD

#: What people say before a name, and how often each such text is counted: about as often as a common noun.
_FRAMES = ("{}", "at {}", "to {}", "the {}", "from {}", "with {}", "{} is")
_TIMES = 10


def words_of(model: Path) -> list[str]:
    """Return the words that a model knows."""
    lines = (model / "graph" / "words.txt").read_text("utf-8").splitlines()
    words = (line.split()[0] for line in lines if line.strip())
    return [word for word in words if not word.startswith("<") and word != lexicon.UNKNOWN]


def with_words(
    model: Path, names: Sequence[str], folder: Path, recipe: Recipe, texts: Path = corpus.TEXTS
) -> list[str]:
    """Make a model that knows some more words.

    Args:
        model: A model that the recipe made.
        names: Names or words, of one word or several.
        folder: Where the new model goes; it does not exist yet.
        recipe: What `model` was made by.
        texts: Our texts.

    Returns:
        The words that are new to it.

    Raises:
        ValueError: Nothing is new, or a word holds other letters than a to z.
    """
    said = [" ".join(spoken_words(name)) for name in names]
    known = words_of(model)
    new = sorted({word for name in said for word in name.split()} - set(known))
    if not new:
        raise ValueError("The model knows all of these words already. To have them expected more often: adapt it.")
    if strange := [word for word in new if not WORD.fullmatch(word)]:
        raise ValueError(f"The recipe writes words in the letters a to z. Write these as they sound: {strange}.")
    # The order decides the numbers of words that sound alike: always the same one.
    dictionary = lexicon.build_lexicon([*sorted([*known, *new]), lexicon.UNKNOWN])
    unfinished = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in ("am", "conf"):
        shutil.copytree(model / part, unfinished / part)
    made = unfinished / "made"
    write_language(made, recipe, dictionary, texts, _as_said(said))
    for path in GRAPH_FILES:
        to = unfinished / "graph" / path
        to.parent.mkdir(parents=True, exist_ok=True)
        (made / path).rename(to)
    shutil.rmtree(made)
    unfinished.rename(folder)
    return new


def _as_said(names: Sequence[str]) -> Iterator[str]:
    return (frame.format(name) for name in names for frame in _FRAMES for _ in range(_TIMES))
