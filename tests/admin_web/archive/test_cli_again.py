"""`sayso stories again`, as a support worker uses it."""

from admin_web.archive import Archive
from admin_web.archive.rebuilding import take_in_new
from kiosk.stories.again import read_again
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import StatusFile
from tests.admin_web.archive.commands import Terminal
from tests.admin_web.making import make_story


def test_stories_are_asked_for_followed_and_stopped(sayso: Terminal, folder: DataFolder) -> None:
    def again(*words: str) -> tuple[int, str]:
        ended = sayso("stories", "again", *words, "--data", folder.root)
        return ended.code, ended.out + ended.errors

    typed, plain = (make_story(folder, seconds=0.1).id for _ in range(2))
    with Archive(folder) as archive:
        take_in_new(folder, archive)
        archive.texts.save(typed, [], by="ann", revision=0)
    assert again() == (0, "Nobody has asked for it yet.\n")
    code, said = again("big")
    assert code == 1 and "Writing down does not run now" in said
    StatusFile(folder, "transcriber").show(models=[{"name": "big", "language": "en"}])
    for words, told in (
        (["huge"], "no speech model “huge”"),
        (["big", "station-000009-abcdef"], "There is no story station-000009-abcdef"),
        (["--stop"], "nothing to stop"),
    ):
        code, said = again(*words)
        assert code in (1, 2) and told in said
        assert read_again(folder) is None
    code, said = again("big")
    assert (code, said) == (0, "Asked for 1 story(ies). See how far it is: sayso stories again\n")
    asked = read_again(folder)
    assert asked and (asked.stories, asked.by) == ((plain,), "command line")
    assert again()[1].startswith("big: 1 asked for. It goes on when the transcriber runs.")
    assert again("--stop")[0] == 0
    stopped = read_again(folder)
    assert stopped and stopped.stop
