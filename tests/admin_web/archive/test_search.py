"""Finding words: whatever is typed does no harm, and what is found really holds it."""

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from admin_web.archive import Archive
from admin_web.archive.search import Passage
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.archive.told import found, story_id, take_in, told

TEXTS = [
    "The lunch was warm, and everybody sat together.",
    "I did not get any lunch. Nobody told me why not!",
    'At the café Zoë said: "it\'s a nice day" (really).',
    "The bus, the bus, the bus! Always late; I'd rather walk.",
    "He AND she OR they, NOT me. NEAR the door.",
    "ÜBER die Straße nach Łódź — 12 km, 3.5 hours.",
    "text: a-b_c a+b x^2 *star* {brace} [friend] #1",
    "e\u0301tude and étude; naïve co\u0308operation",
]
#: The same examples each time, and no more of them than a quick test has.
FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def library() -> Iterator[Archive]:
    """An archive of TEXTS; numbers of stories count from 0."""
    with folder_in_memory() as root, Archive(DataFolder.open(root)) as archive:
        take_in(archive, *(told(n, text) for n, text in enumerate(TEXTS)))
        yield archive


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("lunch", [0, 1]),
        ("LuNcH", [0, 1]),
        ("lunch warm", [0]),
        ("warm lunch", [0]),
        ("lun", []),
        ("lun*", [0, 1]),
        ("l* w*", [0, 1, 3]),
        ('"was warm"', [0]),
        ('"warm was"', []),
        ('"lunch was wa"*', [0]),
        ("“was warm”", [0]),
        ('"was warm', [0]),
        ('"was" warm"', [0]),
        ('lunch "sat together"', [0]),
        ("cafe", [2]),
        ("CAFÉ", [2]),
        ("zoe", [2]),
        ("etude", [7]),
        ("e\u0301tude", [7]),
        ("cooperation", [7]),
        ("uber", [5]),
        ("strasse", []),
        ("straße", [5]),
        ("it's", [2]),
        ("it\u2019s", [2]),
        ("really)", [2]),
        ("12", [5]),
        ("3.5", [5]),
        ("a-b", [6]),
        ("friend", [6]),
        # What FTS5 would take for operators is a word like any other, or nothing.
        ("he AND she", [4]),
        ("lunch AND warm", [0]),
        ("lunch OR bus", []),
        ("they NOT me", [4]),
        ("lunch NOT warm", []),
        ("NEAR", [4]),
        ("NEAR(lunch warm)", []),
        ("NEAR(the door)", [4]),
        ("text:", [6]),
        ("text:lunch", []),
        ("{text}: lunch", []),
        ("^lunch", [0, 1]),
        ("-lunch", [0, 1]),
        ("+lunch", [0, 1]),
        ("(lunch", [0, 1]),
        ("lunch)", [0, 1]),
        ("lunch + warm", [0]),
        ("lunch:", [0, 1]),
        ("'lunch'", [0, 1]),
        ("lunch;--", [0, 1]),
        ("*star*", [6]),
        ("lunch**", [0, 1]),
        ("lunch\0warm", [0]),
        ("lunch\ud800", [0, 1]),
        ("lunch\n\twarm", [0]),
        ("lunch lunch lunch", [0, 1]),
        # Nothing is asked for.
        ("", []),
        (" ", []),
        ('"', []),
        ('""', []),
        ('"""', []),
        ('"" ""', []),
        ("“”", []),
        ("*", []),
        ("***", []),
        ("?!.,;:()[]{}^-+", []),
        ("\0", []),
        ("\ud800\udfff", []),
        ("\u0301", []),
        ('"*"', []),
    ],
)
def test_what_is_typed_is_looked_for_and_nothing_else(library: Archive, asked: str, numbers: list[int]) -> None:
    assert found(library, asked) == numbers


def test_ten_thousand_words_are_no_burden(library: Archive) -> None:
    assert found(library, "lunch " * 10_000) == [0, 1]
    assert found(library, '"lunch" ' * 10_000) == [0, 1]
    for many in (" ".join(f"w{n}" for n in range(10_000)), '"' + "lunch " * 10_000, "lunch*" * 10_000, "x" * 10**6):
        assert found(library, many) == []


PIECES = [*"\"“”*():^-+{},'\0é ", "AND", "OR", "NOT", "NEAR", "lunch", "wa", "the", "x"]
#: What people type, and what they should not be able to do harm with.
TYPED = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES)).map("".join),
    st.lists(st.sampled_from([word for text in TEXTS for word in text.split()])).map(" ".join),
)


@FIXED
@given(TYPED)
@example("\ud800")
def test_nothing_that_is_typed_raises(library: Archive, asked: str) -> None:
    for hit in library.search.find(asked, 1, 100):
        assert "".join(passage.text for passage in hit.passages)
        whole = library.search.marked(hit.entry.id, asked)
        assert "".join(passage.text for passage in whole) == TEXTS[hit.entry.sequence]
        assert any(passage.found for passage in whole)


ALPHABET = "abc"


@pytest.fixture(scope="module")
def scratch() -> Iterator[Archive]:
    """An archive that stays empty: whatever is put into it is rolled back."""
    with folder_in_memory() as root, Archive(DataFolder.open(root)) as archive:
        yield archive


@FIXED
@given(st.data())
def test_a_hit_holds_all_words_and_what_holds_them_is_hit(scratch: Archive, data: st.DataObject) -> None:
    """Against plain Python, on ASCII words in any case and with any punctuation between them."""
    word = st.text(ALPHABET + ALPHABET.upper() + "7", min_size=1, max_size=3)
    between = st.sampled_from([" ", ", ", "-", "...", "\n", "'", "; "])
    text = st.lists(st.tuples(word, between), max_size=6).map(lambda parts: "".join(a + b for a, b in parts))
    texts = data.draw(st.lists(text, min_size=1, max_size=5))
    terms = data.draw(st.lists(st.tuples(word, st.sampled_from(["word", "beginning*", "phrase"]), word), max_size=3))
    asked = " ".join({"word": a, "beginning*": f"{a}*", "phrase": f'"{a} {b}"'}[kind] for a, kind, b in terms)

    def holds(text: str) -> bool:
        words = re.findall("[a-z0-9]+", text.lower())
        tests = {
            "word": lambda a, _: a in words,
            "beginning*": lambda a, _: any(each.startswith(a) for each in words),
            "phrase": lambda a, b: any(pair == (a, b) for pair in itertools.pairwise(words)),
        }
        return bool(terms) and all(tests[kind](a.lower(), b.lower()) for a, kind, b in terms)

    with pytest.raises(ZeroDivisionError), scratch.transaction():
        take_in(scratch, *(told(n, text) for n, text in enumerate(texts)))
        assert found(scratch, asked) == [n for n, text in enumerate(texts) if holds(text)]
        raise ZeroDivisionError


class TestMarks:
    def test_what_was_found_is_marked_with_some_words_around_it(self, archive: Archive) -> None:
        long = " ".join(f"word{n}" for n in range(100))
        take_in(archive, told(1, f"{long} Café {long}"))
        (hit,) = archive.search.find("cafe", 1, 9)
        before, mark, after = hit.passages
        assert (before.found, mark, after.found) == (False, Passage("Café", True), False)
        assert before.text.startswith("…") and after.text.endswith("…")
        assert len((before.text + after.text).split()) < 30

    def test_a_phrase_is_marked_as_one_and_each_word_by_itself(self, library: Archive) -> None:
        def marks(asked: str) -> list[str]:
            return [passage.text for passage in library.search.marked(story_id(0), asked) if passage.found]

        assert marks('"lunch was"') == ["lunch was"]
        assert marks("lunch together") == ["lunch", "together"]
        assert marks("to*") == ["together"]
        assert marks("THE") == ["The"]

    def test_a_text_that_does_not_hold_it_is_not_marked(self, library: Archive) -> None:
        assert library.search.marked(story_id(0), "bus") == ()
        assert library.search.marked(story_id(0), "") == ()
        assert library.search.marked(story_id(99), "lunch") == ()
