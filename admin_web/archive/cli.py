"""`sayso archive` and `sayso stories`."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from admin_web.archive.again_cli import again
from admin_web.archive.archive import Archive
from admin_web.archive.check import check_archive, check_folders, names_in, open_or_say
from admin_web.archive.importing import import_stories, story_folders_in
from admin_web.archive.keeping import delete_due, due
from admin_web.archive.rebuilding import kept_aside, take_in_new
from admin_web.archive.rebuilding import rebuild as make_anew
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.schema import FILE
from kiosk.config import Place
from kiosk.errors import UsageError
from kiosk.stories.clock import clock_quality
from kiosk.stories.folder import DataFolder

#: Who did it, in the log.
BY = "command line"


@click.group()
def archive() -> None:
    """Look after the archive: what the site knows of the stories."""


@archive.command("check")
@click.option("--mend-search", is_flag=True, help="Make the search index anew from the words.")
@click.pass_obj
def check(place: Place, mend_search: bool) -> None:
    """Say what is whole and what is not: the archive, every story's folder, and whether the two agree.

    Nothing is changed. It may run beside the site. Ends with 1 if something is wrong.
    """
    folder = data_folder(place)
    opened, findings = open_or_say(folder)
    names = names_in(folder)
    with opened or contextlib.nullcontext(), _bar(len(names), "stories") as told:
        if opened:
            if mend_search:
                opened.search.rebuild()
            findings += check_archive(opened)
        findings += check_folders(folder, opened, told)
        count = len(opened.stories.ids()) if opened else 0
    for finding in dict.fromkeys(findings):
        click.echo(f"WRONG  {finding.what}\n       {finding.fix}")
    if opened:
        click.echo(f"{_stories(count)} in the archive, {len(names)} among the stories' folders.")
    if findings:
        click.echo(f"{len(set(findings))} thing(s) to look at.")
        sys.exit(1)
    click.echo("Everything is whole.")


@archive.command("rebuild")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rebuild(place: Place, yes: bool) -> None:
    """Make the archive anew from the story folders, when it is damaged and there is no backup.

    Sound and words are in the folders, checked or not, and what was taken out of them. So is what makes a story less
    open: what its teller said later, a worry (somebody finds out anew what it was), and that it was hidden or taken
    back. Accounts come along as far as the old archive can be read. Topics, quotes, earlier words, notes on worries and
    the log do not: the old archive is kept beside the new one. Stop the site first.
    """
    folder = data_folder(place)
    with folder.lock("admin"):
        if not yes and _is_readable(folder):
            click.confirm(
                "This archive can be read. Made anew, it has none of the topics, quotes, earlier words, notes on "
                "worries and the log. Make it anew?",
                abort=True,
            )
        with _bar(len(names_in(folder)), "stories") as told:
            count, refused = make_anew(folder, told)
    _tell_refused(refused)
    click.echo(f"The archive holds {_stories(count)}. Start the site. If nobody can lead any more, it prints a code.")
    _tell_kept_aside(folder)


@archive.command("tidy")
@click.option("--delete", is_flag=True, help="Delete it. Without this, it is only listed.")
@click.pass_obj
def tidy(place: Place, delete: bool) -> None:
    """List what has been kept as long as the settings allow ('sayso settings', section keeping).

    The site deletes it by itself once an hour. Nothing is ever deleted while the date is doubtful.
    """
    settings, now, quality = place.load().keeping, datetime.now(UTC), clock_quality(DataFolder(place.data))
    with Archive(data_folder(place)) as opened:
        doubt = opened.clock.doubt(now, quality)
        if doubt:
            click.echo(doubt)
            return
        found = delete_due(opened, settings, now, quality) if delete else list(due(opened, settings, now))
    for each in found:
        click.echo(f"{each.entry.id}  {each.what}: {each.rule}, due since {each.since:%-d %B %Y}")
    click.echo(f"{len(found)} {'deleted' if delete else 'would be deleted'}.")


@click.group()
def stories() -> None:
    """Bring stories in from another station, take one back, or have some written down again."""


stories.add_command(again)


@stories.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_obj
def import_(place: Place, path: Path) -> None:
    """Copy stories from PATH (a USB stick, a synced folder, another data folder) into this one.

    Nothing at PATH is changed. Stories that are here already are passed over, so that after an interruption you run the
    same command again. It may run beside the site.
    """
    sources = story_folders_in(path)
    folder = DataFolder.open(place.data)
    if path.resolve().is_relative_to(folder.root):
        raise UsageError(f"{path} is in the data folder itself. Name the place that the stories come from.")
    with Archive(folder) as opened, _bar(len(sources), "stories") as told:
        imported = import_stories(folder, opened, sources, told)
    _tell_refused(imported.refused)
    click.echo(f"{_stories(len(imported.new))} came in, {len(imported.here)} were here already.")
    if imported.refused:
        click.echo(f"{len(imported.refused)} did not come in; they are where they were.")
        sys.exit(1)


@stories.command("withdraw")
@click.argument("number", type=click.IntRange(1, 10**12))
@click.option("--station", help="Name of the station, if several stations gave this number.")
@click.option("--id", "story_id", help="Id of the story, if its station alone does not say which.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def withdraw(place: Place, number: int, station: str | None, story_id: str | None, yes: bool) -> None:
    """Take back the story of this NUMBER because its teller asks for it. It is gone at once, and for good.

    The number is that on the teller's card: 27 for "cat 27". A story without a card has its station's own number.
    """
    folder = data_folder(place)
    with Archive(folder) as opened:
        # Told a moment ago, or while the site did not run: it is to be found all the same.
        take_in_new(folder, opened)
        entry = _the_story(opened, number, station, story_id)
        told = f"{entry.title} ({entry.id}), told {entry.started_at:%-d %B %Y}, {entry.seconds:.0f} seconds"
        if not yes:
            click.confirm(f"Delete {told}, with its words and quotes?", abort=True)
        if not opened.deleting.withdraw(entry.id, by=BY):
            click.echo(f"{entry.id} is frozen by a safeguarding flag: nobody can use it, and the lead keeps a copy.")
            return
        tombstone = opened.deleting.tombstone(entry.id)
        troubles = opened.deleting.finish() if tombstone and not tombstone.cleared else []
    click.echo(f"{entry.id} is gone. A backup loses it at its next run.")
    for trouble in troubles:
        click.echo(f"Something of it is still on the disk: {trouble} The site tries again every hour.")
    _tell_kept_aside(folder)


def _the_story(opened: Archive, number: int, station: str | None, story_id: str | None) -> StoryEntry:
    found = [
        entry
        for entry in opened.stories.of_number(number)
        if station in (None, entry.station) and story_id in (None, entry.id)
    ]
    if not found:
        of = "".join([f" of station {station}" if station else "", f" with the id {story_id}" if story_id else ""])
        raise UsageError(f"There is no story {number}{of}.")
    if len(found) > 1:
        named = ", ".join(f"{entry.title} of {entry.station} ({entry.id})" for entry in found)
        raise UsageError(f"Several stories have the number {number}: {named}. Say which with --station or --id.")
    return found[0]


def data_folder(place: Place) -> DataFolder:
    """Open the data folder; one that is not there is not made, but most likely another one was meant."""
    if not DataFolder(place.data).stories.is_dir():
        raise UsageError(f"{place.data} is no data folder of Sayso. Give the right one with --data.")
    return DataFolder.open(place.data)


def _is_readable(folder: DataFolder) -> bool:
    """Say whether there is an archive, and it is whole."""
    opened = open_or_say(folder)[0] if (folder.archive / FILE).exists() else None
    if opened is None:
        return False
    with opened:
        return not opened.integrity()


def _tell_refused(refused: Mapping[str, str]) -> None:
    for name, reason in refused.items():
        click.echo(f"NOT TAKEN IN  {name}: {reason}")


def _tell_kept_aside(folder: DataFolder) -> None:
    for path in kept_aside(folder):
        click.echo(f"An older archive is kept in {path}. It holds words, also of stories that are taken back.")
        click.echo("Delete it when nobody needs it any more.")


def _stories(count: int) -> str:
    return f"{count} {'story' if count == 1 else 'stories'}"


@contextlib.contextmanager
def _bar(count: int, unit: str) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on standard error, told of each name that is done."""
    with tqdm(total=count, unit=f" {unit}", file=sys.stderr, disable=None, leave=False) as bar:

        def told(_: str) -> None:
            bar.update()

        yield told
