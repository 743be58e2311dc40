"""`sayso backup` and `sayso restore`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from admin_web.archive.backup.back_up import back_up
from admin_web.archive.backup.check import check
from admin_web.archive.backup.restore import restore as bring_back
from admin_web.archive.copying import Progress
from kiosk.config import Place

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("to", type=_FOLDER)
@click.option(
    "--check", "only_check", is_flag=True, help="Copy nothing: read the whole backup and say what is damaged."
)
@click.pass_obj
def backup(place: Place, to: Path, only_check: bool) -> None:
    """Copy all stories, the archive and the programme to the folder TO, best on a USB stick or another disk.

    The station may run meanwhile. The first time copies everything, later ones only what is new. What was deleted on
    the station is deleted in TO as well. Interrupted (Ctrl-C, power, stick pulled out), it goes on the next time, and
    the last complete backup stays good until then. TO holds what people said: lock it away.

    The exit code is 1 if something could not be copied, or with --check if something in TO is damaged.
    """
    if only_check:
        _check(to)
        return
    with _bars("The next 'sayso backup' goes on with what is missing.") as progress:
        done = back_up(place.data, to, progress)
    for warning in done.warnings:
        click.echo(f"sayso: {warning}", err=True)
    warnings = f" {len(done.warnings)} warning(s), see above." if done.warnings else ""
    state = "is complete" if done.complete else "IS NOT COMPLETE"
    click.echo(
        f"The backup in {to} {state}: {done.stories} stories; {_size(done.copied_bytes)} copied, "
        f"{_size(done.there_bytes)} were there already.{warnings}"
    )
    raise SystemExit(0 if done.complete else 1)


def _check(to: Path) -> None:
    with _bars("Nothing was changed.") as progress:
        stories, wrong = check(to, progress)
    for each in wrong:
        click.echo(f"sayso: {each}", err=True)
    if wrong:
        click.echo(
            f"The backup in {to} is damaged in {len(wrong)} place(s), see above. 'sayso backup {to}' copies again what "
            "the station still has. A disk that damages files does it again: take another one."
        )
        raise SystemExit(1)
    click.echo(f"The backup in {to} is whole: {stories} stories, every file as it was copied.")


@click.command()
@click.argument("source", metavar="FROM", type=_FOLDER)
@click.option("--without-damaged", is_flag=True, help="Leave out what is damaged in FROM, instead of refusing.")
@click.pass_obj
def restore(place: Place, source: Path, without_damaged: bool) -> None:
    """Bring the backup in the folder FROM back into an empty data folder (--data).

    Everything is compared with what was copied before anything is put in its place. Interrupted, it goes on when it is
    run again; until then no other command uses the data folder. Stories that were deleted do not come back.
    """
    with _bars("Run the same command again: it goes on where it stopped.") as progress:
        done = bring_back(source, place.data, without_damaged=without_damaged, progress=progress)
    for warning in done.warnings:
        click.echo(f"sayso: {warning}", err=True)
    click.echo(f"{done.stories} stories ({_size(done.size)} in all) are back in {place.data}.")


@contextlib.contextmanager
def _bars(if_interrupted: str) -> Iterator[Progress]:
    """Show how far it is: a bar for each thing that is done, on standard error, if that is a terminal."""
    bars: dict[str, tqdm[Any]] = {}
    try:
        with contextlib.ExitStack() as closing:

            def progress(what: str, done: int, total: int) -> None:
                if what not in bars:
                    # disable=None: no bar where standard error is not a terminal.
                    bar = tqdm(desc=what, unit="B", unit_scale=True, leave=False, disable=None)
                    bars[what] = closing.enter_context(bar)
                bars[what].total = total
                bars[what].update(done - bars[what].n)

            yield progress
    except KeyboardInterrupt:
        click.echo(f"Interrupted. {if_interrupted}", err=True)
        raise


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
