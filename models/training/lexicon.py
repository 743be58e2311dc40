"""How words are pronounced: British by espeak-ng, American by the dictionary of festlex-cmu, weak forms by hand.

The voices at hand are of both kinds, and so are people: each word gets every way to say it, at most `MOST`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from models.training.espeak import espeak
from models.training.phones import SOUNDS, SPN

#: Debian's festlex-cmu: CMUDICT 0.4 with weak vowels told apart.
FESTLEX = Path("/usr/share/festival/dicts/cmu/cmudict-0.4.out")
MOST = 5
#: The word that stands for any word that is not in the vocabulary.
UNKNOWN = "[unk]"
Lexicon = dict[str, list[tuple[str, ...]]]

#: espeak-ng's phonemes of English (its `phsource/ph_english*`) as our sounds; `@L` is one sound there and two here.
_SAME = "p P|b B|t T|d D|k K|g G|tS CH|dZ JH|f F|v V|T TH|D DH|s S|z Z|S SH|Z ZH|h HH|m M|n N|N NG|l L|r R|w W|j Y"
_MARKED = "t# T|t2 T|t[ T|? T|d# D|s# S|z# Z|w# W|W W|l- L|L L|x K|C HH|r- |n- AX N|m- AX M"
_MARKED += "|N- NG|dz D Z|ts T S|VR AH R|IR IH R"
_VOWELS = (
    "I IH|I2 IH|I3 IH|I# IH|i IY|i: IY|y UW|E EH|E2 EH|e EY|e: EY|eI EY|a AE|aa AA|a: AA|& AE|A AA|A: AA|A@ AA|a# AX|"
    "@ AX|@- AX|@2 AX|@5 AX|3 AX|3: ER|@L AX L|V AH|0 OH|O2 OH|Q OH|O AO|O: AO|O@ AO|o@ AO|o OW|o: OW|oU OW|u UW|u: UW|"
    "u2 UW|U UH|U2 UW|U@ UH AX|aI AY|aI2 AY|aI3 AY AX|aI@ AY AX|aU AW|aU@ AW AX|OI OY|oI OY|e@ EH AX|i@ IH AX|i@3 IH AX"
)


def _table(text: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sounds) for name, *sounds in map(str.split, text.split("|"))}


BRITISH = _table("|".join((_SAME, _MARKED, _VOWELS)))
AMERICAN = BRITISH | _table("e@ EH R|i@ IH R|i@3 IH R|U@ UH R|o@ AO R|O@ AO R|A@ AA R|3 ER|aa AE|0 AA|O2 AO|aI3 AY ER")

#: Weak forms, and words that the dictionaries spell out or do not know. By hand.
_BY_HAND = {
    "the": "DH AX|DH IY", "a": "AX|EY", "to": "T AX|T UW", "and": "AX N D|AE N D|AX N", "of": "AX V|OH V|AX",
    "for": "F AX|F AO|F AO R|F ER", "was": "W AX Z|W OH Z|W AA Z", "that": "DH AE T|DH AX T",
    "have": "HH AE V|HH AX V|AX V", "from": "F R AX M|F R OH M|F R AH M", "are": "AA|AA R|ER|AX",
    "can": "K AE N|K AX N", "at": "AE T|AX T", "as": "AX Z|AE Z", "some": "S AX M|S AH M", "an": "AX N|AE N",
    "them": "DH AX M|DH EH M", "her": "HH ER|ER", "him": "HH IH M|IH M", "your": "Y AO|Y AO R|Y ER",
    "us": "AH S|AX S", "but": "B AH T|B AX T", "or": "AO|AO R|ER", "nhs": "EH N EY CH EH S", "gp": "JH IY P IY",
    "um": "AH M|AX M", "er": "ER|AX", "ok": "OW K EY", "pm": "P IY EH M", "am": "AE M|AX M|EY EH M",
    "x-ray": "EH K S R EY",
}  # fmt: skip


def names_to_sounds(names: Iterable[str], table: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the sounds of espeak-ng's phonemes; None where there is one that we do not know."""
    sounds: list[str] = []
    for name in map(bare, names):
        if name and not is_pause(name):
            if name not in table:
                return None
            sounds += table[name]
    return tuple(sounds)


def bare(name: str) -> str:
    """Return a phoneme's name without its marks of stress and length."""
    return re.sub(r"[',%=|;]", "", name)


def is_pause(name: str) -> bool:
    """Say whether a bare name is no sound: a pause, or a mark that espeak-ng sets between words."""
    return not name or set(name) <= set("_:!")


def read_festlex(path: Path = FESTLEX) -> Lexicon:
    """Return the American dictionary: word -> pronunciations. An entry: `("hello" nil (((hh ax) 0) ((l ow) 1)))`."""
    found: Lexicon = {}
    entry = re.compile(r'\("([^"]+)" \S+ \((.*)\)\)\s*$')
    for line in path.read_text("latin-1").splitlines():
        if match := entry.match(line):
            sounds = tuple(sound.upper() for sound in re.findall(r"[a-z]+", match[2]))
            if all(sound in SOUNDS for sound in sounds):
                found.setdefault(match[1], []).append(sounds)
    return found


def pronounce(word: str, american: Lexicon) -> list[tuple[str, ...]]:
    """Return the ways to say a word, the likelier first.

    Raises:
        ValueError: Nothing here can say it.
    """
    if word == UNKNOWN:
        return [(SPN,)]
    ways = [tuple(way.split()) for way in _BY_HAND.get(word, "").split("|") if way]
    british = names_to_sounds(espeak().phonemes(word, "gmw/en-GB-x-rp"), BRITISH)
    plain = names_to_sounds(espeak().phonemes(word, "gmw/en"), BRITISH)
    spoken = [plain, british]
    if word not in american:
        spoken.append(names_to_sounds(espeak().phonemes(word, "gmw/en-US"), AMERICAN))
    ways += american.get(word, []) if word not in _BY_HAND else []
    ways += [way for way in spoken if way]
    if not ways:
        raise ValueError(f"No pronunciation for {word!r}.")
    return list(dict.fromkeys(ways))[:MOST]


def build_lexicon(words: Iterable[str]) -> Lexicon:
    """Return the pronunciations of every word."""
    american = read_festlex()
    return {word: pronounce(word, american) for word in words}


def homophones(lexicon: Lexicon) -> int:
    """Return how many pronunciations belong to more than one word."""
    return sum(count > 1 for count in Counter(way for ways in lexicon.values() for way in set(ways)).values())
