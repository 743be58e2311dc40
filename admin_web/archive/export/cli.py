"""`sayso export`."""

import sys
from pathlib import Path
from typing import get_args

import click
from tqdm import tqdm

from admin_web.archive.archive import Archive
from admin_web.archive.cli import BY, data_folder
from admin_web.archive.export.contents import contents
from admin_web.archive.export.parts import What, Wish
from admin_web.archive.export.written import into_folder, into_zip
from admin_web.archive.rebuilding import take_in_new
from kiosk.config import Place
from kiosk.errors import ArchiveError, ExportFailed, UsageError


@click.command()
@click.argument("to", type=click.Path(path_type=Path))
@click.option(
    "--what",
    type=click.Choice(get_args(What)),
    prompt="What shall go out",
    help="shared: what may be given to others. everything: for moving away; it holds originals, names and worries.",
)
@click.option("--reason", prompt="What is it for", help="What the export is for, in a few words. The log keeps it.")
@click.pass_obj
def export(place: Place, to: Path, what: What, reason: str) -> None:
    """Write all stories to TO in open formats: JSON lines, CSV and WAV.

    TO is a new zip file if its name ends with .zip, else a new folder. It may run beside the site.
    """
    folder = data_folder(place)
    to = to.resolve()
    if to.is_relative_to(folder.root):
        raise UsageError(f"{to} is in the data folder itself. Name another place, as /media/usb/sayso.zip.")
    with (
        Archive(folder) as opened,
        tqdm(unit=" stories", file=sys.stderr, disable=None, leave=False) as bar,
    ):
        count = 0

        def told(done: int, of: int) -> None:
            nonlocal count
            count = done
            bar.total = of
            bar.update(done - bar.n)

        take_in_new(folder, opened)
        parts = contents(folder, opened, Wish(what, reason, BY, BY), told)
        try:
            (into_zip if to.suffix.lower() == ".zip" else into_folder)(parts, to)
        except ArchiveError:
            raise
        except OSError as error:
            raise ExportFailed(
                f"The export cannot be written to {to}: {error.strerror} ({error.filename}). Nothing of it was kept. "
                "Make room there, or name another place."
            ) from error
    click.echo(f"{to} holds {count} {'story' if count == 1 else 'stories'}. README.txt in it says what each file is.")
    if what == "everything":
        click.echo("It holds everything that was told here. Keep it as safe as the station itself.")
