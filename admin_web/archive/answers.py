"""What people answered to questions for a word, or with answers to choose from: how often each.

Only stories count that may be used. Nothing here is judged or put together by a machine: an answer that was chosen
is the button that was pressed, and words count only when a person has checked them.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents

#: What `StoryEntry.closed_because` and the teller's permission say, as the index has it. On the shelf of all staff is
#: nothing that was taken back, hidden, or not agreed to.
_MAY_BE_USED = (
    f"{field('shelf')} = 'staff' AND {field('frozen')} = 0 AND {field('unsure')} = 0 AND {field('sample')} = 0 "
    f"AND {field('permissions', 'words')} = 1"
)
_ASKED = f"FROM doc_stories INDEXED BY stories_answers WHERE {field('question_kind')} IN ('one-word', 'choose-one')"
_OF = f"{_ASKED} AND {field('question_kind')} = ? AND {field('question')} = ? AND {_MAY_BE_USED}"
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
#: What was taken out, or added by staff, is nobody's word.
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_SMALL_WORDS = """
    a an and are as at be because but by do er for from had has have he her him his i i'm in is it it's its just
    like me my of oh on one or our really say she so that the their them then there they think this to too um us
    very was we well were what when which with word words would yes you your
"""
#: Words that hold others together and tell nothing by themselves.
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class Tally:
    """The answers to one question.

    Attributes:
        question: What was asked.
        kind: "one-word" or "choose-one".
        counts: Answer or word -> in how many stories, most first.
        stories: How many stories were counted.
        waiting: Of a question for a word: how many more may be used once somebody has checked their words.
    """

    question: str
    kind: str
    counts: dict[str, int]
    stories: int
    waiting: int = 0

    @property
    def most(self) -> int:
        """The highest count; 0 if nothing was counted."""
        return max(self.counts.values(), default=0)


class Answers:
    """Counts an archive's answers. At 100,000 stories it looks at those alone that answer such a question."""

    def __init__(self, documents: Documents) -> None:
        self._read = documents.database.read

    def questions(self) -> list[tuple[str, str]]:
        """Return the kind and the words of each such question that a story answers that may be used, in order."""
        kind, question = field("question_kind"), field("question")
        rows = self._read(f"SELECT DISTINCT {kind}, {question} {_ASKED} AND {_MAY_BE_USED} ORDER BY {kind}, {question}")
        return [(row[0], row[1]) for row in rows]

    def tally(self, kind: str, question: str) -> Tally:
        """Count the answers to one question."""
        return self._chosen(question) if kind == "choose-one" else self._words(question)

    def _chosen(self, question: str) -> Tally:
        choice = field("choice")
        rows = self._read(
            f"SELECT {choice}, count(*) {_OF} AND {choice} <> '' GROUP BY {choice} ORDER BY count(*) DESC, {choice}",
            ["choose-one", question],
        )
        counts = {row[0]: int(row[1]) for row in rows}
        return Tally(question, "choose-one", counts, sum(counts.values()))

    def _words(self, question: str) -> Tally:
        asked: list[Any] = ["one-word", question]
        checked = f"{field('state')} = 'checked'"
        rows = self._read(f"SELECT {field('beginning')} {_OF} AND {checked}", asked)
        counted = Counter(word for (text,) in rows for word in words_of(text))
        waiting = self._read(f"SELECT count(*) {_OF} AND NOT {checked}", asked)[0][0]
        counts = dict(sorted(counted.items(), key=lambda each: (-each[1], each[0])))
        return Tally(question, "one-word", counts, len(rows), waiting)


def words_of(text: str) -> frozenset[str]:
    """Return the words of an answer that tell something, each once, without capitals."""
    found = _WORD.findall(_IN_BRACKETS.sub(" ", text).replace("\u2019", "'").casefold())
    return frozenset(found) - _SMALL
