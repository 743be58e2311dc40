"""Full-text search over the current words of all stories."""

import itertools
import json
import re
import unicodedata
from dataclasses import dataclass

from admin_web.archive.database import Row
from admin_web.archive.documents import Documents
from admin_web.archive.filters import STAFF, Filter
from admin_web.archive.records.stories import StoryEntry
from kiosk.errors import ArchiveDamaged

#: Only so many of the newest matches are put in order of fit: for a word that is everywhere that order tells nothing,
#: and it would be reckoned from every text that there is.
RANKED = 500
#: Words around what was found.
_SNIPPET_WORDS = 24
_FOUND, _END, _CUT = "\x02", "\x03", "…"
#: A phrase in quotation marks, or a word; a star after it means "and whatever goes on from here".
_TERM = re.compile(r'["“”]([^"“”]*)["“”]?(\*?)|([^\s"“”]+)')
#: Nobody asks for more, and the time to look for many words that are everywhere grows with the square of their number.
_MOST_TERMS, _MOST_CHARACTERS = 16, 500
#: What ends a text for SQLite before its end: NUL, and half a character.
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
#: The plus sign keeps SQLite from asking FTS5 for one row after the other, which takes longer than to pass over others.
_AMONG = "search.rowid BETWEEN ? AND ? AND +search.rowid IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Passage:
    """A piece of a text.

    Attributes:
        text: The piece.
        found: It is what was looked for.
    """

    text: str
    found: bool


@dataclass(frozen=True)
class Hit:
    """A story in which something was found, with the place."""

    entry: StoryEntry
    passages: tuple[Passage, ...]


class Search:
    """The index of an archive. It changes in the same transaction as the texts."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._read = documents.database.read
        self._stories, self._texts = documents.table("stories"), documents.table("texts")

    def find(self, asked: str, page: int, per_page: int, wanted: Filter = STAFF) -> list[Hit]:
        """Return one page of the stories that hold all of the words asked for, best match first: at most `RANKED`.

        Args:
            asked: Words, "phrases" and beginnings* of words; capitals and accents make no difference.
            page: Counts from 1.
            per_page: How many to return.
            wanted: Which stories to look in.
        """
        match = fts_query(asked)
        if not match:
            return []
        best = self._best(match, self._newest(match, wanted), page, per_page)
        hits = {number: self._hit(story_id, snippet) for number, story_id, snippet in self._snippets(match, best)}
        return [hit for number in best if (hit := hits.get(number))]

    def count(self, asked: str, wanted: Filter = STAFF) -> int:
        """Return how many stories `find` finds on all its pages; `RANKED` means that there may be more."""
        match = fts_query(asked)
        return len(self._newest(match, wanted)) if match else 0

    def _newest(self, match: str, wanted: Filter) -> list[int]:
        """Return the rows of the newest matches, `RANKED` at most."""
        if wanted.is_narrow:
            # They are listed once, and each match is looked up among them.
            tables, tests, parameters = wanted.sql()
            test = f"+rowid IN (SELECT number FROM doc_texts WHERE id IN (SELECT id FROM {tables} WHERE {tests}))"
        else:
            tests, parameters = wanted.test()
            test = (
                "EXISTS (SELECT 1 FROM doc_stories WHERE id = (SELECT id FROM doc_texts WHERE number = search.rowid) "
                f"AND {tests})"
            )
        rows = self._read(
            f"SELECT rowid FROM search WHERE search MATCH ? AND {test} ORDER BY rowid DESC LIMIT ?",
            [match, *parameters, RANKED],
        )
        return [number for (number,) in rows]

    def _best(self, match: str, newest: list[int], page: int, per_page: int) -> list[int]:
        """Return one page of these rows in order of fit."""
        rows = self._read(
            f"SELECT rowid FROM search WHERE search MATCH ? AND {_AMONG} "
            "ORDER BY bm25(search), rowid DESC LIMIT ? OFFSET ?",
            [match, *_among(newest), per_page, (page - 1) * per_page],
        )
        return [number for (number,) in rows]

    def _snippets(self, match: str, rows: list[int]) -> list[Row]:
        return self._read(
            "SELECT number, id, snippet(search, 0, ?, ?, ?, ?) FROM search JOIN doc_texts ON number = search.rowid "
            f"WHERE search MATCH ? AND {_AMONG}",
            [_FOUND, _END, _CUT, _SNIPPET_WORDS, match, *_among(rows)],
        )

    def _hit(self, story_id: str, snippet: str) -> Hit | None:
        # FTS5 cut the snippet from the text without looking at its checksum: reading the text does.
        if not (self._texts.of_id(story_id) and (story := self._stories.of_id(story_id))):
            return None
        return Hit(StoryEntry.model_validate(story), passages(snippet))

    def marked(self, story_id: str, asked: str) -> tuple[Passage, ...]:
        """Return the whole of a story's words with what was asked for marked; empty if it does not hold it."""
        match = fts_query(asked)
        rows = (
            self._read(
                "SELECT highlight(search, 0, ?, ?) FROM search JOIN doc_texts ON number = search.rowid "
                "WHERE search MATCH ? AND id = ?",
                [_FOUND, _END, match, story_id],
            )
            if match
            else []
        )
        return passages(rows[0][0]) if rows and self._texts.of_id(story_id) else ()

    def forget_deleted(self) -> None:
        """Rewrite the index without what was deleted or changed: until then FTS5 only marks it as gone."""
        self._documents.database.write("INSERT INTO search (search) VALUES ('optimize')")

    def is_whole(self) -> bool:
        """Say whether the index and the texts agree."""
        try:
            # With rank 1 the index is compared with the texts as well.
            self._documents.database.write("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        except ArchiveDamaged:
            return False
        return True

    def rebuild(self) -> None:
        """Make the index anew from the texts."""
        self._documents.database.write("INSERT INTO search (search) VALUES ('rebuild')")


def _among(rows: list[int]) -> tuple[int, int, str]:
    return min(rows, default=0), max(rows, default=0), json.dumps(rows)


def fts_query(asked: str) -> str:
    """Return what a person typed as a query of FTS5, in which nothing they type has a meaning of its own."""
    if len(asked) > _MOST_CHARACTERS:
        asked = asked[:_MOST_CHARACTERS].rpartition(" ")[0]
    # FTS5 takes the accents off some scripts only where letter and accent are one character.
    typed = unicodedata.normalize("NFC", _NO_TEXT.sub(" ", asked))
    terms: dict[str, None] = {}
    for phrase, phrase_star, word in _TERM.findall(typed):
        text, star = (phrase, phrase_star) if phrase else (word.rstrip("*"), "*" if word.endswith("*") else "")
        if any(character.isalnum() for character in text):
            terms[f'"{text}"{star}'] = None
    return " ".join(itertools.islice(terms, _MOST_TERMS))


def passages(marked: str) -> tuple[Passage, ...]:
    """Split a text with FTS5's marks into what was found and what is around it."""
    pieces = []
    for n, piece in enumerate(marked.split(_FOUND)):
        found, _, rest = piece.partition(_END)
        if n == 0:
            pieces.append(Passage(piece, False))
        else:
            pieces += [Passage(found, True), Passage(rest, False)]
    return tuple(piece for piece in pieces if piece.text)
