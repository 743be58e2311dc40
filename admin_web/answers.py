"""How often each answer was given: words sized by it, and the same numbers in a table.

Groups see it as well: of stories that may be used, and without numbers so small that somebody might guess who it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask import Blueprint, render_template

from admin_web import sessions
from admin_web.archive.answers import Tally
from admin_web.rights import SIGNED_IN, open_to
from admin_web.site import current_site

answers = Blueprint("answers", __name__, url_prefix="/station/answers")

#: A group is told no number below this.
SMALLEST = 5
#: How many words are shown by their size; the table has as many.
MOST_WORDS = 60
_SIZES = 5


@dataclass(frozen=True)
class Row:
    """An answer as it is shown.

    Attributes:
        text: The word, or the answer that was chosen.
        number: How often, in words.
        size: From 1 to 5.
    """

    text: str
    number: str
    size: int


@answers.get("")
@open_to(SIGNED_IN)
def show() -> str:
    """Show all questions of these kinds that stories answer, or that are asked now, with their answers."""
    exact = sessions.me().role != "group"
    shown = [(tally, list(_rows(tally, exact=exact))) for tally in _tallies()]
    return render_template("answers.html", shown=shown, exact=exact, most_words=MOST_WORDS)


def _tallies() -> list[Tally]:
    """Return what was answered: to what is asked now first."""
    archive, now = current_site().archive.answers, current_site().programmes.now().programme
    asked = [(each.kind, each.text) for each in now.questions if each.kind != "tell"]
    offered = {each.text: [choice.text for choice in each.choices] for each in now.questions}
    found = [archive.tally(kind, question) for kind, question in dict.fromkeys([*asked, *archive.questions()])]
    # An answer that nobody chose is an answer, too.
    return [replace(each, counts=each.counts | _none(each, offered)) for each in found]


def _none(tally: Tally, offered: dict[str, list[str]]) -> dict[str, int]:
    choices = offered.get(tally.question, []) if tally.kind == "choose-one" else []
    return {text: 0 for text in choices if text not in tally.counts}


def _rows(tally: Tally, *, exact: bool) -> Iterator[Row]:
    rows = list(tally.counts.items())[:MOST_WORDS]
    if not exact:
        # The order of small numbers would tell them.
        rows = [*(each for each in rows if each[1] >= SMALLEST), *sorted(each for each in rows if each[1] < SMALLEST)]
    for text, count in rows:
        told = exact or count >= SMALLEST
        yield Row(text, str(count) if told else f"fewer than {SMALLEST}", _size(count, tally.most) if told else 1)


def _size(count: int, most: int) -> int:
    return max(1, -(-_SIZES * count // most)) if most else 1
