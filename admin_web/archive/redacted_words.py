"""What stands in a text in the place of words that were taken out, and how those are kept out of later texts."""

from collections.abc import Collection, Iterable, Sequence

from admin_web.archive.records.texts import Redaction
from kiosk.stories.records import Word
from kiosk.stories.spelling import sound

#: Somebody who types a whole sentence anew gives its words times that may be off by this.
_OFF_S = 1.0


def in_place(redaction: Redaction) -> Word:
    """Return the word that stands for those that were taken out, with their time."""
    return Word(word=redaction.token, start=redaction.word_start, end=redaction.word_end, conf=1.0)


def is_in_place(word: Word) -> bool:
    """Say whether a word stands for others: it is in square brackets, as people write it too."""
    return word.word.startswith("[") and "]" in word.word


def place_of(redaction: Redaction, words: Sequence[Word]) -> int | None:
    """Return which word stands for those that were taken out, or None if none does any more.

    It may read otherwise by now: somebody found a better one, or put a comma behind it.
    """
    here = (n for n, word in enumerate(words) if is_in_place(word) and _meets(word, redaction))
    return next(here, None)


def said_in(redaction: Redaction, texts: Iterable[Sequence[Word]]) -> frozenset[str]:
    """Return what was said where words were taken out, as `texts` have it: each word by how it sounds."""
    heard = (word for words in texts for word in words)
    return frozenset(sound(word.word) for word in heard if _meets(word, redaction) and not is_in_place(word))


def may_hold(words: Sequence[Word], redaction: Redaction) -> bool:
    """Say whether a text may hold what was taken out: if not, `kept_out` changes nothing."""
    off_s = _off_s(words, redaction)
    return any(_meets(word, redaction, off_s) and not is_in_place(word) for word in words)


def kept_out(words: Sequence[Word], redaction: Redaction, said: Collection[str]) -> list[Word]:
    """Return `words` without those that were taken out, wherever an earlier text has brought them back.

    Args:
        words: A text as somebody wants it.
        redaction: What was taken out.
        said: How that sounds, see `said_in`.
    """
    off_s = _off_s(words, redaction)
    kept: list[Word] = []
    for word in words:
        if is_in_place(word) or sound(word.word) not in said or not _meets(word, redaction, off_s):
            kept.append(word)
        elif place_of(redaction, kept) is None:
            kept.append(in_place(redaction))
    return kept


def heard_in(redaction: Redaction, words: Iterable[Word]) -> list[Word]:
    """Return which of a text's words are said where others were taken out."""
    return [word for word in words if _meets(word, redaction)]


def without(words: Iterable[Word], redaction: Redaction) -> list[Word]:
    """Return a machine's words with what was taken out of them, by time alone."""
    kept: list[Word] = []
    for word in words:
        if not _meets(word, redaction):
            kept.append(word)
        elif not kept or kept[-1] != in_place(redaction):
            kept.append(in_place(redaction))
    return kept


def _off_s(words: Sequence[Word], redaction: Redaction) -> float:
    # While something stands for them, only their own time is looked at: "the" may be said again right after.
    return 0.0 if place_of(redaction, words) is not None else _OFF_S


def _meets(word: Word, redaction: Redaction, off_s: float = 0.0) -> bool:
    """Say whether a word, or half of it, is said where others were taken out: words overlap theirs by a hair."""
    start_s, end_s = redaction.word_start - off_s, redaction.word_end + off_s
    shorter_s = min(word.end - word.start, end_s - start_s)
    common_s = min(word.end, end_s) - max(word.start, start_s)
    return common_s >= shorter_s / 2 if shorter_s > 0 else common_s >= 0
