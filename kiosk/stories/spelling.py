"""Words as people write them, and as a recogniser does."""

import re
import unicodedata

#: A word: letters and figures, joined inside by an apostrophe or a hyphen.
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
#: What people write as one: something in square brackets that stands for other words, with what is typed behind it.
TYPED = re.compile(r"\[[^\[\]]{1,80}\]\S*|\S+")
_NOT_SAID = re.compile(r"\[[^\[\]]{1,80}\]")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"})


def spoken_words(text: str) -> list[str]:
    """Return the words of a text in the letters of a recogniser: small, and without marks between them.

    Figures stay figures ("5" is not "five"): how they were said nobody can know. What stands in square brackets was not
    said: "[support worker]" is there instead of a name.
    """
    return _WORD.findall(_NOT_SAID.sub(" ", unicodedata.normalize("NFC", text).translate(_APOSTROPHES)).lower())


def typed_words(text: str) -> list[str]:
    """Return the words of a text as somebody has typed them; "[support worker]," is one."""
    return [" ".join(word.split()) for word in TYPED.findall(text)]


def sound(word: str) -> str:
    """Return what of a typed word can be heard: its letters and figures, without capitals.

    What stands in square brackets is not said, and sounds like nothing that is.
    """
    folded = unicodedata.normalize("NFKC", word).casefold()
    heard = "".join(character for character in folded if character.isalnum())
    return f"[{heard}]" if folded.startswith("[") else heard or folded
