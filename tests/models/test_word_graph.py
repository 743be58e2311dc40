import base64
import struct

import numpy as np
import pytest

from kiosk.errors import ModelError
from models.adapting.word_graph import NONE, graph_folder, read_graph, read_words, write_graph
from models.model_files import model_folder

#: A trigram of ten words, made by OpenFst 1.7.9: `fstconvert --fst_type=ngram`.
NGRAM = base64.b64decode(
    "1v2yfgUAAABuZ3JhbQgAAABzdGFuZGFyZAQAAAAAAAAAAQBVVaUlAAABAAAAAAAAAB4AAAAAAAAAAAAAAAAAAAAeAAAAAAAAADIAAAAAAAAACQ"
    "AAAAAAAAD9z9pt2wEAAP73bbra2igt1bYAAAAAAACxwEYAAAAAAP////8AAAAAAQAAAAIAAAADAAAABAAAAAUAAAAGAAAABwAAAAgAAAAJAAAA"
    "AAAAAAQAAAAHAAAAAQAAAAUAAAACAAAABQAAAAgAAAAAAAAACAAAAAAAAAACAAAABgAAAAkAAAAAAAAACQAAAAAAAAABAAAABQAAAAAAAAABAA"
    "AAAgAAAAMAAAAEAAAABQAAAAYAAAAHAAAACAAAAAkAAAAKAAAAAQAAAAUAAAAGAAAACAAAAAkAAAADAAAACQAAAAQAAAAGAAAAAQAAAAMAAAAE"
    "AAAACQAAAAcAAAACAAAABAAAAAUAAAAHAAAACAAAAAkAAAADAAAACQAAAAQAAAAGAAAAAQAAAAEAAAAJAAAAAwAAAAQAAAAHAAAAAgAAAAIAAA"
    "AFAAAABAAAAAUAAAAHAAAACAAAAAcAAAAIAAAACAAAAAAAgH+D6Fg/CJJqPwiSaj8QAs4/yBuaP3jFgj8Ikmo/EALOP8Crtj8QAs4/eMUCP3jF"
    "Aj8Ikmo/eMUCP8gbmj94xQI/eMUCP3jFAj94xQI/yBuaP3jFAj/IG5o/eMUCP8gbmj94xQI/yBuaPwiSaj94xQI/eMUCPwAAAACzhOg/YLM7Pu"
    "xaaz9ktSE/nOTYPTcnUz1ImVI/RRblPqEGGz4PXSVAD10lQA9dJUCIfhZAxm8KQA9dJUAPXSVAxm8KQGZLAEAYwxNBI3gaQKhiD0AjeBpAqGIP"
    "QCkxaj9hx+c/KiInP/u94T/ODjM/VrR8P00Vlz/DJ5Q/gVEDQGHH5z/HWlE+XJARQPkXsT5zQLI/nTgHPzatrT4j6po/aTUrP7TLzD80kNA+3s"
    "zxPhvnWz/Mcj0/9etQP66wTz9oaTI/StTwPd/AaT1MikU+ZCcCQBLnVD4hn7o/B8W0Ptq4hj8ESRc/PrWQPgAAAAA="
)
WORDS = ["and", "are", "cold", "hot", "is", "kind", "staff", "tea", "the", "[unk]", "</s>"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Gr.fst"


def starter():
    return model_folder("starter") / "graph" / "Gr.fst"


def same(one, other):
    numbers = ("first", "words", "weights", "nexts", "shorter", "back_off")
    return one.start == other.start and all(np.array_equal(getattr(one, n), getattr(other, n)) for n in numbers)


def test_what_is_written_is_read_again_and_is_the_same_file_the_second_time(path):
    graph, table = read_graph(starter())
    assert table == {} and graph.states > 1000
    write_graph(path, graph)
    assert same(read_graph(path)[0], graph)
    written = path.read_bytes()
    write_graph(path, read_graph(path)[0])
    assert path.read_bytes() == written


def test_openfst_s_own_file_is_rewritten_in_the_same_size(path):
    graph, _ = read_graph(starter())
    write_graph(path, graph)
    assert abs(path.stat().st_size - starter().stat().st_size) < 32


def vector(start, states):
    """Write OpenFst's "vector" by hand: for each state its final weight and arcs (word, weight, next)."""
    text = lambda content: struct.pack("<i", len(content)) + content  # noqa: E731
    body = b""
    for final, arcs in states:
        body += struct.pack("<fq", final, len(arcs))
        body += b"".join(struct.pack("<iifi", word, word, weight, to) for word, weight, to in arcs)
    head = struct.pack("<i", 0x7EB2FDD6) + text(b"vector") + text(b"standard")
    return head + struct.pack("<iiQqqq", 2, 0, 0, start, len(states), 0) + body


TWO = [(float("inf"), [(0, 0.5, 1), (2, 0.1, 1)]), (1.0, [(1, 0.7, 1), (2, 0.9, 1)])]


def test_vectors_are_read_with_the_end_as_a_word(path):
    path.write_bytes(vector(0, TWO))
    graph, _ = read_graph(path)
    assert (graph.start, graph.root, graph.end) == (0, 1, 3)
    assert graph.words.tolist() == [2, 1, 2, 3] and graph.nexts.tolist() == [1, 1, 1, NONE]
    assert graph.shorter.tolist() == [1, NONE] and graph.back_off.tolist() == [0.5, 0.0]
    assert graph.weights.tolist() == pytest.approx([0.1, 0.7, 0.9, 1.0])


def test_ngrams_are_read_as_openfst_reads_them(path):
    path.write_bytes(NGRAM)
    graph, _ = read_graph(path)
    assert graph.start == 1 and graph.root == 0 and graph.states == 30 and len(graph.words) == 59
    number = {word: place for place, word in enumerate(WORDS, start=1)}

    def after(*said):
        state = graph.start
        for word in said:
            place = graph.first[state] + np.searchsorted(
                graph.words[graph.first[state] : graph.first[state + 1]], number[word]
            )
            assert graph.words[place] == number[word], f"{word} was not seen after {said}"
            state = int(graph.nexts[place])
        return {WORDS[word - 1] for word in graph.words[graph.first[state] : graph.first[state + 1]].tolist()}

    # Told by seven sentences, among them "the tea is hot", "is the tea hot", "kind staff are hot and cold".
    assert after() == {"the", "tea", "is", "and", "kind"}
    assert after("the", "tea") == {"is", "hot"}
    assert after("the", "tea", "is") == {"hot", "cold"}
    assert after("kind", "staff", "are", "hot", "and") == {"cold", "the"}
    write_graph(path, graph)
    assert same(read_graph(path)[0], graph)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cannot be read"),
        (b"\1\2\3\4" + bytes(60), "no OpenFst file"),
        (vector(0, TWO)[:-9], "cannot be read"),
        (vector(7, TWO), "cannot be read"),
        (vector(0, [(1.0, [(1, 0.1, 5)])]), "cannot be read"),
        (vector(0, [(1.0, [(0, 0.1, 1), (0, 0.2, 1)]), (1.0, [])]), "several empty arcs"),
        (vector(0, [(1.0, [(1, 0.1, 1)]), (1.0, [])]), "no single shortest history"),
        (NGRAM[:500], "cannot be read"),
        (NGRAM.replace(b"ngram", b"other"), "of the kind other"),
        (NGRAM.replace(b"standard", b"log_arcs"), "arcs are of the kind log_arcs"),
    ],
)
def test_what_is_no_graph_of_words_is_refused(path, content, why):
    path.write_bytes(content)
    with pytest.raises(ModelError, match=why):
        read_graph(path)


def test_a_file_cut_off_anywhere_is_refused(path):
    for content in (vector(0, TWO), NGRAM):
        for size in range(0, len(content) - 8, 7):  # the last bytes only fill up
            path.write_bytes(content[:size])
            with pytest.raises(ModelError):
                read_graph(path)


def test_words_are_found_in_the_list_or_in_the_graph_itself(model):
    assert read_words(model)["<eps>"] == 0
    table = struct.pack("<i", 0x7EB2FB74) + struct.pack("<i", 1) + b"w" + struct.pack("<qq", 3, 2)
    table += b"".join(
        struct.pack("<i", len(word)) + word + struct.pack("<q", n) for n, word in ((1, b"tea"), (2, b"hot"))
    )
    content = vector(0, TWO)
    at = content.index(struct.pack("<iiQ", 2, 0, 0))
    flagged = content[:at] + struct.pack("<ii", 2, 2) + content[at + 8 : at + 40] + table + content[at + 40 :]
    (model / "graph" / "words.txt").unlink()
    (model / "graph" / "Gr.fst").write_bytes(flagged)
    assert read_words(model) == {"tea": 1, "hot": 2}
    graph, _ = read_graph(model / "graph" / "Gr.fst")
    write_graph(model / "graph" / "Gr.fst", graph)
    assert read_words(model) == {"tea": 1, "hot": 2}, "the words go with the graph"


def test_a_model_of_one_piece_is_told_so(model):
    (model / "graph" / "Gr.fst").rename(model / "graph" / "HCLG.fst")
    with pytest.raises(ModelError, match="of one piece and cannot be adapted"):
        graph_folder(model)
