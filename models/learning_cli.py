"""`sayso models measure` and `sayso models adapt`: what stories that people have checked teach."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kiosk.config import Place
from kiosk.errors import UsageError
from kiosk.stories.folder import DataFolder
from models.choice import Choice
from models.installed import MODEL_NAME, InstalledModels
from models.model_files import STARTER, check_model, model_folder, model_name
from models.references import Reference


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--recordings", metavar="DIR", type=click.Path(path_type=Path), help="Sound files with their texts.")
@click.option("--stories", is_flag=True, help="The station's own stories that people have checked. [if no --recordings]")
@click.option("--plot", metavar="FILE.svg", type=click.Path(path_type=Path), help="Also draw it.")
@click.pass_obj
def measure(
    place: Place, models: tuple[str, ...], recordings: Path | None, stories: bool, plot: Path | None
) -> None:
    """Say how well models understand people here.

    MODEL is the name of an installed model, or a folder. Several hear the same recordings and are compared. Without: the
    model of the station's language.

    In DIR every recording (talk.wav, talk.flac) has its text beside it (talk.txt) and may have the times of its words
    (talk.words.txt, lines of 'start end word' as Audacity exports labels). Nothing is changed, and nothing leaves this
    machine.
    """
    from models.measuring import hear_all
    from models.score_sheet import picture, table

    if recordings and stories:
        raise UsageError("Measure over --recordings or over --stories, not over both.")
    if plot and plot.suffix.lower() != ".svg":
        raise UsageError(f"The picture is an SVG: call it {plot.with_suffix('.svg')}.")
    choice = Choice(DataFolder(place.data.resolve()), place.load())
    folders = _folders(place, choice, models)
    references = _references(place, choice, recordings)
    results = {}
    for name, folder in folders.items():
        with _bar(name, len(references)) as advance:
            results[name] = hear_all(folder, references, advance, _passed_over)
    whole = set.intersection(*({each.name for each in heard} for heard in results.values()))
    if not whole:
        raise UsageError("None of the recordings could be heard, so that there is nothing to measure.")
    results = {name: [each for each in heard if each.name in whole] for name, heard in results.items()}
    for line in table(results):
        click.echo(line)
    if plot:
        try:
            plot.write_text(picture(results), "utf-8")
        except OSError as error:
            raise UsageError(f"Cannot write {plot}: {error.strerror}. Choose another place for the picture.") from error


def _folders(place: Place, choice: Choice, models: tuple[str, ...]) -> dict[str, Path]:
    if not models:
        folder = choice.require(choice.language)
        return {model_name(folder): folder}
    found = {}
    for name in models:
        folder = named_model(InstalledModels(DataFolder(place.data.resolve())), name)
        check_model(folder)
        found[model_name(folder) if model_name(folder) not in found else name] = folder
    return found


def named_model(installed: InstalledModels, name: str) -> Path:
    """Return the folder of a model that a person named: an installed one, 'starter', or any folder."""
    if name == STARTER or (MODEL_NAME.fullmatch(name) and name in installed.names()):
        return installed.folder(name)
    if Path(name).is_dir():
        return model_folder(name)
    there = ", ".join((STARTER, *installed.names()))
    raise UsageError(f"There is no model '{name}': it is no folder, and installed are {there}.")


def _references(place: Place, choice: Choice, recordings: Path | None) -> list[Reference]:
    from models.references import checked_stories, recordings_in, with_sound

    if recordings:
        return recordings_in(recordings)
    stories, passed_over = checked_stories(DataFolder(place.data.resolve()), choice.language)
    for why in passed_over:
        click.echo(f"sayso: passed over: {why}", err=True)
    references = list(with_sound(stories))
    if not references:
        raise UsageError(
            "No story has been checked yet by a person (or its recording is deleted), so that nobody knows what was really "
            "said. Check some on the site, or measure over a folder: --recordings DIR."
        )
    return references


def _passed_over(reference: Reference, why: str) -> None:
    click.echo(f"sayso: {reference.name} is passed over: {why}", err=True)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[], None]]:
    from tqdm import tqdm

    # disable=None: no bar where standard error is not a terminal.
    with tqdm(desc=name, total=total, unit="recording", leave=False, disable=None) as bar:

        def advance() -> None:
            bar.update()

        yield advance
