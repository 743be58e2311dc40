import contextlib

from models.training import phones
from models.training.work_folder import WorkFolder


class Maker:
    def __init__(self):
        self.made = 0

    def __call__(self, folder):
        self.made += 1
        (folder / "result").write_text(str(self.made))


def test_what_was_made_is_not_made_again(tmp_path):
    maker = Maker()
    for _ in range(2):
        WorkFolder(tmp_path).step("one", maker, settings=[1], modules=[phones])
    assert maker.made == 1


def test_what_was_made_of_something_else_is_made_anew_and_so_is_what_follows(tmp_path):
    first, second = Maker(), Maker()
    for setting in (1, 2):
        work = WorkFolder(tmp_path)
        work.step("one", first, settings=setting)
        work.step("two", second, after=["one"])
    assert (first.made, second.made) == (2, 2)


def test_a_step_that_was_cut_off_goes_on_where_it_was(tmp_path):
    def cut_off(folder):
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        WorkFolder(tmp_path).step("one", cut_off, settings=1)
    folder = WorkFolder(tmp_path).step("one", Maker(), settings=1)
    assert (folder / "half").exists()
    assert (folder / "result").exists()


def test_half_a_step_of_something_else_is_thrown_away(tmp_path):
    def cut_off(folder):
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        WorkFolder(tmp_path).step("one", cut_off, settings=1)
    assert not (WorkFolder(tmp_path).step("one", Maker(), settings=2) / "half").exists()


def test_old_results_are_taken_when_they_are_trusted(tmp_path):
    maker = Maker()
    WorkFolder(tmp_path).step("one", maker, settings=1)
    WorkFolder(tmp_path, trust=True).step("one", maker, settings=2)
    assert maker.made == 1
