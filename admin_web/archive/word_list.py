"""The words that move a story up: how a centre writes them down, and whether a text has one of them.

They only change the order in which stories are heard. Nothing tells which word it was, or that there was one: a machine
mishears, and who says "he hit me" may be talking about a game.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt

from admin_web.archive.documents import Documents, named
from admin_web.archive.explaining import damaged
from admin_web.archive.records.word_list import WordList
from kiosk.errors import NotAllowed

#: Where each list is kept: there is one.
TABLE, ONLY = "word_list", "list"
#: With more, nearly every story has one of them, and no order is left.
MOST_LINES, LONGEST_LINE = 200, 60
#: Before a star: with fewer, too many words begin so.
_LEAST_LETTERS = 3
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_TYPED = re.compile(rf"({_WORD.pattern})(\*?)")


class _Brought(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: PositiveInt
    words: list[str]


@functools.cache
def brought() -> tuple[int, tuple[str, ...]]:
    """Return the list that Sayso brings along, with its version."""
    read = _Brought.model_validate(tomllib.loads(Path(__file__).with_name("word_list.toml").read_text("utf-8")))
    return read.version, fitting(read.words)


def fitting(lines: Iterable[str]) -> tuple[str, ...]:
    """Return what somebody typed as it is kept: each line once, without empty ones.

    Raises:
        NotAllowed: A line is no words, or there are too many.
    """
    kept: dict[str, str] = {}
    for line in filter(None, (" ".join(each.split()) for each in lines)):
        kept.setdefault(_plain(_require_words(line)), line)
    if len(kept) > MOST_LINES:
        raise NotAllowed(f"There are {len(kept)} lines. {MOST_LINES} are the most: with more, no story comes first.")
    return tuple(kept.values())


def has_one(text: str, words: tuple[str, ...]) -> bool:
    """Say whether a text has one of these words, or several side by side; capitals and accents make no difference."""
    return bool(words) and _pattern(words).search(" ".join(_WORD.findall(_plain(text)))) is not None


def list_in(documents: Documents) -> WordList:
    """Return the list of an archive as it is now."""
    document = documents.table(TABLE, ids=str).of_id(ONLY)
    return WordList.model_validate(document)


def keep_list(documents: Documents, kept: WordList) -> None:
    """Keep a list: a part of a transaction."""
    documents.table(TABLE, ids=str).upsert(named(kept.model_dump(mode="json"), ONLY))


def take_up_words(documents: Documents) -> None:
    """Give an archive the list that Sayso brings along, if it has none, or an older one that nobody has changed.

    Raises:
        ArchiveDamaged: The archive's list cannot be read.
    """
    version, words = brought()
    if _is_older(documents, version):
        with documents.transaction():
            # Somebody else may have done it while we waited for our turn.
            if _is_older(documents, version):
                revision = list_in(documents).revision + 1 if _has_list(documents) else 1
                keep_list(documents, WordList(revision=revision, words=words, since=version, at=datetime.now(UTC)))


def _is_older(documents: Documents, version: int) -> bool:
    if not _has_list(documents):
        return True
    try:
        return 0 < list_in(documents).since < version
    except ValueError as error:
        raise damaged(documents.database.path, f"the words to hear first are not as they were written: {error}") from (
            error
        )


def _has_list(documents: Documents) -> bool:
    return documents.table(TABLE, ids=str).contains(doc_id=ONLY)


def _require_words(line: str) -> str:
    if len(line) > LONGEST_LINE:
        raise NotAllowed(f"“{line[:LONGEST_LINE]}…” is too long. Use at most {LONGEST_LINE} letters in a line.")
    if not all(_TYPED.fullmatch(_plain(word)) for word in line.split()):
        raise NotAllowed(f"“{line}” is not just words. Use letters, and a star only at the end of a word.")
    for word in line.split():
        if word.endswith("*") and len(word) <= _LEAST_LETTERS:
            raise NotAllowed(f"“{word}” fits too many words. Write {_LEAST_LETTERS} letters or more before a star.")
    return line


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.replace("\u2019", "'")).casefold()
    return "".join(each for each in parts if not unicodedata.combining(each))


@functools.lru_cache(maxsize=4)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    lines = (" ".join(_word_pattern(word) for word in _plain(line).split()) for line in words)
    return re.compile(rf"(?<!\S)(?:{'|'.join(lines)})(?!\S)")


def _word_pattern(word: str) -> str:
    return re.escape(word.removesuffix("*")) + (r"\S*" if word.endswith("*") else "")
