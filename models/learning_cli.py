"""`sayso models measure` and `sayso models adapt`: what stories that people have checked teach."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kiosk.config import Place
from kiosk.errors import UsageError
from kiosk.stories.folder import DataFolder
from models.catalogue import language_name, spoken
from models.choice import Choice
from models.installed import MODEL_NAME, InstalledModels
from models.measuring.references import Reference
from models.model_files import STARTER, check_model, model_folder, model_name


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--recordings", metavar="DIR", type=click.Path(path_type=Path), help="Sound files with their texts.")
@click.option(
    "--stories", is_flag=True, help="The station's own stories that people have checked. [if no --recordings]"
)
@click.option("--plot", metavar="FILE.svg", type=click.Path(path_type=Path), help="Also draw it.")
@click.pass_obj
def measure(place: Place, models: tuple[str, ...], recordings: Path | None, stories: bool, plot: Path | None) -> None:
    """Say how well models understand people here.

    MODEL is the name of an installed model, or a folder. Several hear the same recordings and are compared. Without:
    the model of the station's language.

    In DIR every recording (talk.wav, talk.flac) has its text beside it (talk.txt) and may have the times of its words
    (talk.words.txt, lines of 'start end word' as Audacity exports labels). Nothing is changed, and nothing leaves this
    machine.
    """
    from models.measuring.hearing import hear_all
    from models.measuring.sheet import picture, table

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


@click.command()
@click.argument("model", required=False)
@click.option(
    "--names", metavar="FILE", type=click.Path(path_type=Path), help="Names, one a line. [the centre's own list]"
)
@click.option("--back", is_flag=True, help="Put the model that was adapted back into use.")
@click.pass_obj
def adapt(place: Place, model: str | None, names: Path | None, back: bool) -> None:
    """Teach a model the words that people here use.

    From stories that people have checked and from a list of names (programme/local-names.txt in the data folder). MODEL
    is an installed one; without: that of the station's language. How much weight the centre's words get is chosen on
    stories put aside, and the result is put into use only if it measurably helps. The model itself stays as it is:
    'sayso models adapt --back' returns to it. Nothing leaves this machine.
    """
    from models.adapting.adapter import require_room
    from models.install import reserve_bytes

    config, folder = place.load(), DataFolder.open(place.data)
    choice, installed = Choice(folder, config), InstalledModels(folder)
    language = spoken(choice.language)
    with folder.lock("installer"):
        if back:
            _back(installed, language)
            return
        installed.tidy()
        name = _adaptable(installed, choice, model)
        require_room(installed, name, reserve_bytes(config))
        if names is None and folder.local_names.exists():
            names = folder.local_names
        changed = _adapt(installed, name, language, names)
    if changed and (named := choice.named_in_settings(language)):
        click.echo(f"But the settings name '{named}', which goes first: take that out of [transcriber].", err=True)


def _adapt(installed: InstalledModels, name: str, language: str, names: Path | None) -> bool:
    """Adapt, and return whether that was kept."""
    from models.adapting.adapter import ADAPTED, Adapter, judge, keep, read_names
    from models.measuring.references import checked_stories

    stories, passed_over = checked_stories(installed.data, language)
    for why in passed_over:
        click.echo(f"sayso: passed over: {why}", err=True)
    adapter = Adapter(installed.folder(name), read_names(names) if names else [])
    words = [each.words for each in stories]
    weighed = adapter.weigh(words)
    low, high = (1 - math.exp(-each) for each in weighed.gain)
    click.echo(
        f"{len(words)} checked stories, {weighed.words} words. On stories put aside, {name} holds {weighed.before:.0f} "
        f"words for possible at each place, and with {weighed.weight:.0%} of your own words {weighed.after:.0f} "
        f"({low:+.0%} to {high:+.0%} fewer, 95 %)."
    )
    if weighed.unknown:
        most = ", ".join(f"{word} ({count})" for word, count in weighed.unknown.most_common(12))
        click.echo(f"It cannot write these words at all, however it is adapted: {most}.")
    if not weighed.helps:
        click.echo(f"That is no measurable help: {name} stays as it is. Try again when more stories are checked.")
        return False
    with _bar("Hearing stories put aside", None) as advance:
        heard = judge(installed.folder(name), adapter, stories, weighed.weight, installed.unfinished(name), advance)
    if heard is not None:
        less, (low, high) = heard
        click.echo(f"Words wrong in recordings put aside: {-less:+.1%} (95 %: {-high:+.1%} to {-low:+.1%}).")
        if less < 0:
            click.echo(f"That is more than before: {name} stays as it is.")
            return False
    keep(installed, name, language, adapter.mixed(words, weighed.weight))
    installed.use(language, name + ADAPTED)
    click.echo(f"{name}{ADAPTED} is in use from the next story on. Back to {name}: sayso models adapt --back")
    return True


def _adaptable(installed: InstalledModels, choice: Choice, name: str | None) -> str:
    """Return the name of the installed model that is to be adapted; of an adapted one, the model it was made from."""
    if name is None:
        folder = choice.require(choice.language)
        name = next((each for each in (STARTER, *installed.names()) if installed.folder(each) == folder), None)
        if name is None:
            raise UsageError(f"{folder} is not installed here. Zip it and install it: sayso models get FILE.zip")
    elif name != STARTER and name not in installed.names():
        raise UsageError(f"No model '{name}' is installed; there are: {', '.join((STARTER, *installed.names()))}.")
    record = None if name == STARTER else installed.record(name)
    name = record.adapted_from if record and record.adapted_from else name
    check_model(installed.folder(name))
    return name


def _back(installed: InstalledModels, language: str) -> None:
    name = installed.in_use().get(language)
    record = installed.record(name) if name and name != STARTER else None
    if not record or not record.adapted_from:
        raise UsageError(
            f"The model in use for {language_name(language)} is not an adapted one; nothing to go back from."
        )
    check_model(installed.folder(record.adapted_from))
    installed.use(language, record.adapted_from)
    click.echo(f"{record.adapted_from} is in use again from the next story on; {name} is kept.")


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
    from models.measuring.references import checked_stories, recordings_in, with_sound

    if recordings:
        return recordings_in(recordings)
    stories, passed_over = checked_stories(DataFolder(place.data.resolve()), choice.language)
    for why in passed_over:
        click.echo(f"sayso: passed over: {why}", err=True)
    references = list(with_sound(stories))
    if not references:
        raise UsageError(
            "No story has been checked yet by a person (or its recording is deleted), so that nobody knows what was "
            "really said. Check some on the site, or measure over a folder: --recordings DIR."
        )
    return references


def _passed_over(reference: Reference, why: str) -> None:
    click.echo(f"sayso: {reference.name} is passed over: {why}", err=True)


@contextmanager
def _bar(name: str, total: int | None) -> Iterator[Callable[[], None]]:
    from tqdm import tqdm

    # disable=None: no bar where standard error is not a terminal.
    with tqdm(desc=name, total=total, unit="recording", leave=False, disable=None) as bar:

        def advance() -> None:
            bar.update()

        yield advance
