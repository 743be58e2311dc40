import os
import shutil

import pytest

from kiosk.errors import ModelError
from models.checks import try_model
from models.model_files import check_model, is_look_ahead, model_folder, model_name
from models.trial import try_out
from tests.models.helpers import move_words_into_graph

NEEDED = [
    "am/final.mdl",
    "conf/model.conf",
    "conf/mfcc.conf",
    "graph/HCLr.fst",
    "graph/Gr.fst",
    "graph/disambig_tid.int",
    "graph/words.txt",
    "graph/phones/word_boundary.int",
]


def test_starter_is_the_model_beside_the_code_and_anything_else_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (model_folder("starter") / "am" / "final.mdl").is_file()
    assert model_folder("mine/english") == tmp_path / "mine" / "english"
    assert model_name(model_folder("mine/english")) == "english"


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(model, name):
    (model / name).unlink()
    with pytest.raises(ModelError, match=f"{name.split('/')[-1]}.*(Copy|choose)"):
        check_model(model)


@pytest.mark.parametrize("name", NEEDED)
def test_an_empty_file_is_named(model, name):
    os.truncate(model / name, 0)
    with pytest.raises(ModelError, match=name):
        check_model(model)


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_of_another_kind_is_named(model, name):
    (model / name).write_bytes(b"\xff\x00 this is\nnot a model\n--\n")
    with pytest.raises(ModelError, match=name.split("/")[-1]):
        check_model(model)


def test_a_folder_that_is_not_there_is_no_model_and_neither_is_a_file(tmp_path):
    with pytest.raises(ModelError, match="no such folder"):
        check_model(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="it is a file"):
        check_model(tmp_path / "file")
    with pytest.raises(ModelError, match=r"final\.mdl"):
        check_model(tmp_path)


def test_the_older_layout_with_every_file_in_one_folder_is_a_model(model, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    for name in [*NEEDED, "am/global_cmvn.stats"]:
        if name != "conf/model.conf":
            shutil.copy(model / name, old)
    check_model(old)
    (old / "Gr.fst").unlink()
    with pytest.raises(ModelError, match=r"Gr\.fst"):
        check_model(old)


def test_a_model_whose_words_are_in_its_graph_needs_no_list_of_words_and_writes_them_down(model):
    move_words_into_graph(model)
    check_model(model)
    assert "the staff are very kind and helpful" in try_out(model).words


def test_without_a_list_of_words_anywhere_it_is_no_model(model):
    (model / "graph" / "words.txt").unlink()
    with pytest.raises(ModelError, match=r"lacks the file graph/words\.txt"):
        check_model(model)


@pytest.mark.parametrize("keep", [4, 6, 12, 20])
def test_a_graph_that_is_cut_short_in_its_header_is_damaged(model, keep):
    os.truncate(model / "graph" / "Gr.fst", keep)
    with pytest.raises(ModelError, match=r"Gr\.fst is damaged"):
        check_model(model)


def test_a_graph_of_two_parts_is_told_from_one_of_one_piece(model):
    assert is_look_ahead(model)
    (model / "graph" / "HCLr.fst").rename(model / "graph" / "HCLG.fst")
    assert not is_look_ahead(model)


# What native code does not survive when it meets it: each of these ended a process in Vosk 0.3.45.
@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("graph/disambig_tid.int", 4),  # SIGSEGV
        ("graph/phones/word_boundary.int", 17),  # SIGABRT
        ("conf/model.conf", 17),  # SIGABRT
        ("am/final.mdl", 2_866_651),
        ("am/global_cmvn.stats", 335),
        ("graph/Gr.fst", 1_059_818),
        ("graph/HCLr.fst", 225_281),
    ],
)
def test_a_file_cut_short_is_an_error_with_a_way_out_and_no_crash(model, name, keep):
    os.truncate(model / name, keep)
    with pytest.raises(ModelError, match=str(model)) as refused:
        try_model(model, 60)
    assert "choose another" in str(refused.value)


def test_files_that_are_swapped_are_an_error_and_no_crash(model):
    hclr, gr = model / "graph" / "HCLr.fst", model / "graph" / "Gr.fst"
    hclr.rename(model / "aside")
    gr.rename(hclr)
    (model / "aside").rename(gr)
    with pytest.raises(ModelError, match=str(model)):
        try_model(model, 60)
