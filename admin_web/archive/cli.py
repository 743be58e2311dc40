"""`sayso archive` and `sayso stories`."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import Arrival, read_arrival
from admin_web.archive.check import check_archive, check_folders, open_or_say
from admin_web.archive.importing import import_stories, story_folders_in
from admin_web.archive.keeping import clock_doubt, delete_due, due
from kiosk.config import Place
from kiosk.errors import StoryDamaged, UsageError
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
    folder = DataFolder.open(place.data)
    opened, findings = open_or_say(folder)
    if opened and mend_search:
        opened.search.rebuild()
    if opened:
        findings += check_archive(opened)
    count = len(folder.story_folders())
    with _bar(count, "stories") as told:
        findings += check_folders(folder, opened, told)
    for finding in findings:
        click.echo(f"WRONG  {finding.what}\n       {finding.fix}")
    if opened:
        click.echo(f"{opened.stories.count()} stories in the archive, {count} folders.")
        opened.close()
    if findings:
        click.echo(f"{len(findings)} thing(s) to look at.")
        sys.exit(1)
    click.echo("Everything is whole.")


@archive.command("rebuild")
@click.pass_obj
def rebuild(place: Place) -> None:
    """Make the archive anew from the story folders, when it is damaged and there is no backup.

    Sound and the machine's words are in the folders. What people added (checked words, tags, flags, quotes, accounts)
    is not: the old archive is kept beside the new one. Stop the site first.
    """
    folder = DataFolder.open(place.data)
    with folder.lock("admin"):
        aside = _set_aside(folder)
        with Archive(folder) as made, _bar(len(folder.story_folders()), "stories") as told:
            made.stories.take_in(_arrivals(folder, told))
            count = made.stories.count()
    click.echo(f"The archive holds {count} stories." + (f" The old one is {aside}." if aside else ""))


@archive.command("tidy")
@click.option("--delete", is_flag=True, help="Delete it. Without this, it is only listed.")
@click.pass_obj
def tidy(place: Place, delete: bool) -> None:
    """List what has been kept as long as the settings allow ('sayso settings', section keeping).

    The site deletes it by itself once an hour. Nothing is ever deleted while the date is doubtful.
    """
    settings, now, quality = place.load().keeping, datetime.now(UTC), clock_quality()
    with Archive(DataFolder.open(place.data)) as opened:
        doubt = clock_doubt(opened, now, quality)
        found = delete_due(opened, settings, now, quality) if delete else list(due(opened, settings, now))
    for each in found:
        click.echo(f"{each.entry.id}  {each.what}: {each.rule}, due since {each.since:%-d %B %Y}")
    if doubt:
        click.echo(doubt)
    click.echo(f"{len(found)} {'deleted' if delete else 'would be deleted'}.")


@click.group()
def stories() -> None:
    """Bring stories in from another station, or take one back."""


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
    for name, reason in imported.refused.items():
        click.echo(f"NOT TAKEN IN  {name}: {reason}")
    click.echo(f"{len(imported.new)} stories came in, {len(imported.here)} were here already.")
    if imported.refused:
        click.echo(f"{len(imported.refused)} did not come in; they are where they were.")
        sys.exit(1)


@stories.command("withdraw")
@click.argument("number", type=click.IntRange(1))
@click.option("--station", help="Name of the station, if several stations gave this number.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def withdraw(place: Place, number: int, station: str | None, yes: bool) -> None:
    """Take back the story of this NUMBER because its teller asks for it. It is gone at once, and for good."""
    with Archive(DataFolder.open(place.data)) as opened:
        found = [entry for entry in opened.stories.of_number(number) if station in (None, entry.station)]
        if not found:
            raise UsageError(f"There is no story {number}{f' of station {station}' if station else ''}.")
        if len(found) > 1:
            named = ", ".join(entry.station for entry in found)
            raise UsageError(f"Several stations have a story {number}: {named}. Say which with --station.")
        entry = found[0]
        told = f"{entry.id}, told {entry.started_at:%-d %B %Y}, {entry.seconds:.0f} seconds"
        if not yes and not click.confirm(f"Delete {told}, with its words and quotes?"):
            raise click.Abort
        if opened.deleting.withdraw(entry.id, by=BY):
            click.echo(f"{entry.id} is gone. A backup loses it at its next run.")
        else:
            click.echo(f"{entry.id} is frozen by a safeguarding flag: nobody can use it, and the lead keeps a copy.")


def _arrivals(folder: DataFolder, told: Callable[[str], None]) -> Iterator[Arrival]:
    for story in folder.story_folders():
        try:
            yield read_arrival(folder, story.id)
        except StoryDamaged as error:
            click.echo(f"NOT TAKEN IN  {story.id}: {error}")
        told(story.id)


def _set_aside(folder: DataFolder) -> Path | None:
    """Rename the archive's files, so that nothing of them is lost; return the new name."""
    path = folder.archive / "archive.sqlite"
    aside = folder.archive / f"archive.set-aside-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite"
    if not path.exists():
        return None
    for ending in ("-wal", "-shm", ""):
        part = Path(f"{path}{ending}")
        if part.exists():
            part.rename(f"{aside}{ending}")
    return aside


@contextlib.contextmanager
def _bar(count: int, unit: str) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on standard error, told of each name that is done."""
    with tqdm(total=count, unit=f" {unit}", file=sys.stderr, disable=None, leave=False) as bar:

        def told(_: str) -> None:
            bar.update()

        yield told
