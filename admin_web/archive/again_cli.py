"""`sayso stories again`."""

import click

from admin_web.archive.again import WritingAgain
from admin_web.archive.archive import Archive
from admin_web.archive.filters import Filter
from kiosk.config import Place
from kiosk.errors import UsageError
from kiosk.stories.again import progress_of
from kiosk.stories.folder import DataFolder

#: Who asked, in the log.
_BY = "command line"


@click.command()
@click.argument("model", required=False)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--checked-too", is_flag=True, help="Also stories with words that people changed; those words stay.")
@click.option("--stop", is_flag=True, help="Stop after the story that is being written down now.")
@click.pass_obj
def again(place: Place, model: str | None, ids: tuple[str, ...], checked_too: bool, stop: bool) -> None:
    """Have stories written down again with another MODEL, while no new story waits.

    With IDs (names of story folders) those stories, else all that the model's language is spoken in and nobody has
    changed. The running station does it, and goes on where it was after a restart. Earlier drafts are kept. Without
    MODEL: says how far it is.
    """
    if not DataFolder(place.data).stories.is_dir():
        raise UsageError(f"{place.data} is no data folder of Sayso. Give the right one with --data.")
    folder = DataFolder.open(place.data)
    with Archive(folder) as archive:
        if stop:
            archive.again.stop(by=_BY)
            click.echo("It stops after the story that is being written down now.")
        elif model:
            stories = _chosen(archive, model, ids, checked_too=checked_too)
            archive.again.ask(model, stories, by=_BY)
            click.echo(f"Asked for {len(stories)} story(ies). See how far it is: sayso stories again")
        else:
            click.echo(_progress(folder, archive.again))


def _chosen(archive: Archive, name: str, ids: tuple[str, ...], *, checked_too: bool) -> list[str]:
    model = archive.again.usable(name)
    if not ids:
        # Here nothing is hidden from anybody: no words are shown.
        everything = Filter(lead=True)
        return archive.again.stories_for(model.language, everything, also_peoples=checked_too)
    for story_id in ids:
        entry = archive.stories.get(story_id)
        if entry is None:
            raise UsageError(f"There is no story {story_id}. Its id is the name of its folder.")
        if why_not := archive.again.why_not(entry, model):
            raise UsageError(f"{story_id}: {why_not}")
    return list(dict.fromkeys(ids))


def _progress(folder: DataFolder, asking: WritingAgain) -> str:
    latest = asking.latest()
    if latest is None:
        return "Nobody has asked for it yet."
    if latest.ended_at:
        ended = f"Ended {latest.ended_at.astimezone():%-d %B %Y, %H:%M}. {latest.trouble}".rstrip()
        return f"{latest.model}: {latest.done} of {latest.of} done, {latest.failed} without words. {ended}"
    progress = progress_of(folder, latest.mark)
    if progress is None:
        return f"{latest.model}: {latest.of} asked for. It goes on when the transcriber runs."
    done = f"{latest.model}: {progress.done} of {latest.of} done, {progress.failed} without words."
    return f"{done} {progress.trouble}".rstrip()
