"""Which words there are, how common, and of what kind (noun, verb, ...).

Two of Debian's packages say so, both under licences that ask for no more than naming them:

- `scowl`: lists by how common a word is; level 10 holds the 4,000 commonest, level 20 the next 8,000, level 35 another
  36,000, each with what is British about it apart.
- `wordnet-base`: the kinds of words, and how often each was seen in a corpus of English (`cntlist.rev`).

wordfreq (PyPI) counts better, but its data are CC BY-SA and 50 MB, which does not fit a model under the MIT licence.
Debian's pocketsphinx-en-us holds a whole language model, of American news: we would rather count our own sentences.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SCOWL = Path("/usr/share/dict/scowl")
WORDNET = Path("/usr/share/wordnet")
#: A word as the recogniser writes it.
WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*'?")
KINDS = ("NOUN", "NOUNS", "VERB", "VERBS", "PAST", "DONE", "VERBING", "ADJECTIVE", "ADVERB")
#: Not what a centre wants to read where the recogniser has misheard. Words for what was done to people stay.
_NOT_THESE = frozenset(("fuck", "fucking", "fucked", "fucker", "shit", "shits", "cunt", "wanker", "bollocks"))
#: WordNet's letter for a kind in a sense key (`lemma%2:...` is a verb); 5 is a satellite adjective.
_POS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
#: Words of the grammar; WordNet also knows some of them as something rare ("a" is a blood group, "in" an inch).
_CLOSED_TEXT = """
a an the i me my you your he him his she her it its we us our they them their this that these those who what which and
or but if so as at by for from in into of off on out over to up with without about after before not no yes do does did
done be am is are was were been being have has had having can could may might must shall should will would all any
some each every both more most much many few other another such than then there here when where why how too very just
also only even still yet now ever never again one two three four five six seven eight nine ten
"""
_CLOSED = frozenset(_CLOSED_TEXT.split())


@dataclass
class WordKinds:
    """The words of each of `KINDS`, each with a weight: how often it was seen, and never nothing."""

    weights: dict[str, dict[str, float]] = field(default_factory=dict)

    def kind_of(self, word: str) -> str | None:
        """Return the kind that a word is most often; None where it belongs to the grammar or is not known."""
        found = [(words[word], kind) for kind, words in self.weights.items() if word in words]
        return max(found)[1] if found else None

    def commonness(self, words: Iterable[str]) -> dict[str, float]:
        """Return how common each word is in English, roughly: its count, flattened; words of no kind count little."""
        return {word: max(known.get(word, 0.05) for known in self.weights.values()) ** 0.75 for word in words}


def scowl_words(levels: Iterable[int]) -> list[str]:
    """Return SCOWL's words of the given levels, British spellings included, in the order of the alphabet."""
    words: set[str] = set()
    for level in levels:
        for region in ("english", "british"):
            path = SCOWL / f"{region}-words.{level}"
            if path.exists():
                words.update(path.read_text("latin-1").split())
    return sorted(word for word in words if WORD.fullmatch(word) and _fits(word))


def _fits(word: str) -> bool:
    return (len(word) > 1 or word in "ai") and word not in _NOT_THESE and not word.endswith("'s")


def seen_counts(folder: Path = WORDNET) -> dict[tuple[str, str], int]:
    """Return how often WordNet's corpus holds each (word's base form, part of speech)."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for line in (folder / "cntlist.rev").read_text("ascii").splitlines():
        key, _sense, count = line.split()
        lemma, rest = key.split("%")
        counts[lemma, _POS[rest[0]]] += int(count)
    return counts


def _lemmas(folder: Path) -> set[tuple[str, str]]:
    return {
        (line.split(" ", 1)[0], pos)
        for pos in ("noun", "verb", "adj", "adv")
        for line in (folder / f"index.{pos}").read_text("ascii").splitlines()
        if not line.startswith(" ")
    }


def _irregular(folder: Path, pos: str) -> dict[str, str]:
    lines = (folder / f"{pos}.exc").read_text("ascii").splitlines()
    return {form: base for form, base, *_ in map(str.split, lines)}


def _bases(word: str, endings: tuple[tuple[str, str], ...]) -> list[str]:
    """Return what `word` may be a regular form of."""
    found = [word[: -len(end)] + base for end, base in endings if word.endswith(end) and len(word) > len(end) + 1]
    doubled = [base[:-1] for base in found if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "sl"]
    return found + doubled


_S = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""))
_ED = (("ied", "y"), ("ed", "e"), ("ed", ""))
_ING = (("ing", "e"), ("ing", ""))


def word_kinds(vocabulary: Iterable[str], folder: Path = WORDNET) -> WordKinds:
    """Sort a vocabulary into kinds, by WordNet's base forms and the regular endings of English."""
    counts, lemmas = seen_counts(folder), _lemmas(folder)
    nouns, verbs = _irregular(folder, "noun"), _irregular(folder, "verb")
    weights: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}

    def add(kind: str, word: str, base: str, pos: str) -> None:
        if (base, pos) in lemmas:
            weights[kind][word] = max(weights[kind].get(word, 0.0), counts.get((base, pos), 0) + 0.3)

    for word in vocabulary:
        if word in _CLOSED or len(word) < 2 or not word.isalpha():
            continue
        for kind, pos in (("NOUN", "noun"), ("VERB", "verb"), ("ADJECTIVE", "adj"), ("ADVERB", "adv")):
            if word not in verbs and not (kind == "NOUN" and word in nouns):
                add(kind, word, word, pos)
        for base in [nouns[word]] if word in nouns else _bases(word, _S):
            add("NOUNS", word, base, "noun")
        for base in _bases(word, _S):
            add("VERBS", word, base, "verb")
        for base in _bases(word, _ING):
            add("VERBING", word, base, "verb")
        if word in verbs:
            others = [form for form, base in verbs.items() if base == verbs[word] and form != word]
            participle = word.endswith(("n", "ne", "ung", "unk", "um", "ome"))
            for kind in ("PAST", "DONE"):
                if not others or (kind == "DONE") == participle:
                    add(kind, word, verbs[word], "verb")
        else:
            for base in _bases(word, _ED):
                add("PAST", word, base, "verb")
                add("DONE", word, base, "verb")
    return WordKinds(weights)


def vocabulary(own: Iterable[str], size: int) -> list[str]:
    """Return up to `size` words: our own, SCOWL's commonest, then its next ones by WordNet's count."""
    chosen = dict.fromkeys(sorted(set(own)))
    if size <= len(chosen):
        return list(chosen)
    chosen.update(dict.fromkeys(scowl_words([10])))
    for level in (20, 35):
        if len(chosen) >= size:
            break
        next_words = [word for word in scowl_words([level]) if word not in chosen]
        kinds = word_kinds(next_words).weights
        common = {word: max(words.get(word, 0.0) for words in kinds.values()) for word in next_words}
        chosen.update(dict.fromkeys(sorted(next_words, key=lambda word: (-common[word], word))))
    return list(chosen)[:size]


def strange_words(known: Iterable[str], count: int) -> list[str]:
    """Return words that are not in the vocabulary, to teach the network what an unknown word sounds like."""
    known = set(known)
    words = [word for word in scowl_words([35]) if word not in known and word.isalpha() and 4 <= len(word) <= 10]
    step = max(1, len(words) // count)
    return words[::step][:count]
