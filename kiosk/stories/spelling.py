"""Words as people write them, and as a recogniser does."""

import re
import unicodedata

#: A word: letters and figures, joined inside by an apostrophe or a hyphen.
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"})


def spoken_words(text: str) -> list[str]:
    """Return the words of a text in the letters of a recogniser: small, and without marks between them.

    Figures stay figures ("5" is not "five"): how they were said nobody can know.
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower())
