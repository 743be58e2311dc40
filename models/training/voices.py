"""Who says what: the list of all utterances, made from a seed before anything is spoken.

Voices of espeak-ng (formants, with its many variants), flite (one diphone voice, two made from recordings) and festival
(two diphone voices, one hidden-Markov voice). flite's `rms` is the speaker that training never hears.
"""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass

from models.training.corpus import Corpus

HELD_OUT = "rms"
#: espeak-ng's accents, as often as they are named.
ESPEAK_ACCENTS = (
    *["gmw/en"] * 4, *["gmw/en-GB-x-rp"] * 4, *["gmw/en-US"] * 4, "gmw/en-GB-scotland", "gmw/en-GB-x-gbclan",
    "gmw/en-GB-x-gbcwmd", "gmw/en-029", "gmw/en-US-nyc",
)  # fmt: skip
#: Variants of espeak-ng that are hard for a person to make out (whispers, croaks, robots) are left out.
ESPEAK_VARIANTS = (
    *[""] * 5,
    "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8", "+Alex", "+Alicia",
    "+Andrea", "+Andy", "+Annie", "+Antonio", "+belinda", "+benjamin", "+boris", "+caleb", "+david", "+Denis",
    "+Diogo", "+ed", "+edward", "+edward2", "+Gene", "+Gene2", "+grandma", "+grandpa", "+gustave", "+Henrique",
    "+Hugo", "+iven", "+iven2", "+iven3", "+iven4", "+Jacky", "+john", "+Lee", "+linda", "+marcelo", "+Marco",
    "+max", "+Michael", "+michel", "+miguel", "+Mike", "+Mr serious", "+Nguyen", "+norbert", "+pablo", "+paul",
    "+pedro", "+quincy", "+RicishayMax", "+rob", "+robert", "+sandro", "+shelby", "+steph", "+steph2", "+steph3",
    "+travis", "+victor", "+zac", "+adam", "+klatt", "+klatt2", "+klatt3", "+klatt4", "+klatt6",
)  # fmt: skip
#: Engine, voice, and which part of all utterances it speaks. flite's and festival's are rarer than espeak-ng's in
#: number and nearer to people in sound, so each speaks much.
SHARES = (
    ("espeak", "", 0.42), ("flite", "kal16", 0.07), ("flite", "awb", 0.14), ("flite", "slt", 0.14),
    ("festival", "kal_diphone", 0.04), ("festival", "ked_diphone", 0.10), ("festival", "cmu_us_slt_arctic_hts", 0.09),
)  # fmt: skip
#: The same for espeak-ng alone, whose labels are exact: enough for a model of a few words.
ESPEAK_ONLY = (("espeak", "", 1.0),)
#: In so many utterances one word is not of the vocabulary, to learn what `[unk]` sounds like.
STRANGE = 0.06


@dataclass(frozen=True)
class Utterance:
    """One text said by one voice."""

    name: str
    engine: str
    """espeak, flite or festival."""
    voice: str
    text: str
    stretch: float
    """How much longer than the voice's own way: 1.2 is slow."""
    pitch: float
    """0 to 1, low to high, within what the voice can do; 0.5 leaves flite and festival as they are."""
    liveliness: float
    """0 to 1, flat to lively; espeak-ng only."""

    def as_dict(self) -> dict[str, object]:
        """Return it for a JSON file."""
        return asdict(self)


def utterances(
    corpus: Corpus, strange: list[str], count: int, seed: int, shares: tuple[tuple[str, str, float], ...] = SHARES
) -> list[Utterance]:
    """Return about `count` utterances for training.

    Args:
        corpus: Where the texts come from.
        strange: Words that are not in the vocabulary.
        count: How many.
        seed: The same seed gives the same list.
        shares: Who says how much; see `SHARES`.
    """
    rng = random.Random(seed)  # noqa: S311 (nothing secret)
    found: list[Utterance] = []
    for engine, name, share in shares:
        for _ in range(round(share * count)):
            voice = name or rng.choice(ESPEAK_ACCENTS) + rng.choice(ESPEAK_VARIANTS)
            text = _text(corpus, strange, rng)
            found.append(
                Utterance(
                    f"u{len(found):05d}",
                    engine,
                    voice,
                    text,
                    stretch=round(rng.uniform(0.78, 1.4), 2),
                    pitch=round(rng.uniform(0.1, 0.9), 2),
                    liveliness=round(rng.uniform(0.2, 0.8), 2),
                )
            )
    return found


def _text(corpus: Corpus, strange: list[str], rng: random.Random) -> str:
    ways: list[tuple[float, Callable[[], str]]] = [
        (0.45, lambda: corpus.sentence(rng)),
        (0.35, lambda: corpus.sentence(rng, flatness=0.4)),
        (0.20, lambda: corpus.rare(rng)),
    ]
    text = rng.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
    words = text.split()
    if len(words) > 2 and rng.random() < STRANGE and strange:
        words[rng.randrange(len(words))] = rng.choice(strange)
    return " ".join(words)
