"""`sayso models`: list, get, choose, check and remove speech models."""

from pathlib import Path

import click

from kiosk.config import Place
from kiosk.errors import ModelError, UsageError
from kiosk.stories.folder import DataFolder
from models.catalogue import Listed, catalogue, language_name, spoken
from models.choice import Choice
from models.installed import MODEL_NAME, InstalledModels
from models.learning_cli import adapt, measure
from models.model_files import STARTER, check_model, is_look_ahead

_LANGUAGE = click.option(
    "--language", metavar="CODE", help="What it writes down, as en or cy. [as the catalogue says of the model]"
)


@click.group()
def models() -> None:
    """List, get, choose, check and remove speech models.

    A centre begins with 'sayso models list'. Only 'sayso models get NAME' uses the network, and only when you run it.
    """


models.add_command(measure)
models.add_command(adapt)


@models.command("list")
@click.option("--all", "every", is_flag=True, help="Show those for other languages too.")
@click.pass_obj
def list_models(place: Place, every: bool) -> None:
    """Show what is here, what is in use, and what can be got."""
    from models.listing import listing

    choice, installed = _look(place)
    for line in listing(choice, installed, every=every):
        click.echo(line)


@models.command()
@click.argument("name", metavar="NAME|FILE.zip")
@_LANGUAGE
@click.option("--again", is_flag=True, help="Fetch it although it is here.")
@click.option("--publisher", metavar="ADDRESS", help="Fetch from here, not from the catalogue's publisher (https).")
@click.pass_obj
def get(place: Place, name: str, language: str | None, again: bool, publisher: str | None) -> None:
    """Fetch a model and install it, or install one from a zip.

    NAME is one of 'sayso models list'. Fetching goes on where it was interrupted. Where there is no network, bring the
    model's zip on a USB stick and give that. Nothing is put into use: that is 'sayso models use'.
    """
    from models.download import Publisher
    from models.install import Installer, reserve_bytes
    from models.progress import Bars

    config, zipped = place.load(), name.endswith(".zip") or "/" in name
    if zipped and not Path(name).is_file():
        raise UsageError(f"There is no file {name}. Is the stick plugged in, and the path spelt right?")
    listed = None if zipped else catalogue().require(name)
    folder = DataFolder.open(place.data)
    try:
        with folder.lock("installer"), Bars() as bars:
            installer = Installer(InstalledModels(folder), reserve_bytes(config), bars.show)
            if listed is None:
                record, trial = installer.get_zip(Path(name).absolute(), _checked(language))
            elif not again and installer.is_whole(listed.name):
                click.echo(f"{listed.name} is here already, and whole. Put it into use: sayso models use {listed.name}")
                return
            else:
                record, trial = installer.get(listed, Publisher(publisher or catalogue().publisher))
    except KeyboardInterrupt:
        click.echo("Stopped. Run the same again: it goes on where it stopped.", err=True)
        raise
    graph = "can" if is_look_ahead(InstalledModels(folder).folder(record.name)) else "cannot"
    heard = f"it heard '{trial.words}'" if trial.words else "it heard no word in it (the recording is English)"
    click.echo(
        f"{record.name} is installed and has written down a test recording: {heard}.\n"
        f"It takes {record.memory_mb:.0f} MB of memory here; its graph {graph} be adapted.\n"
        f"Put it into use: sayso models use {record.name}"
    )


@models.command()
@click.argument("name")
@_LANGUAGE
@click.pass_obj
def use(place: Place, name: str, language: str | None) -> None:
    """Let a model write down the stories of its language.

    The running station takes it up by itself, after the story that is being told. 'starter' is the model that comes
    with Sayso.
    """
    from models.checks import try_model

    config, folder = place.load(), DataFolder.open(place.data)
    installed = InstalledModels(folder)
    folder_of_model = _require(installed, name)
    writes = spoken(_checked(language) or _language_of(installed, name))
    with folder.lock("installer"):
        try_model(folder_of_model)
        installed.use(writes, name)
    click.echo(f"Stories in {language_name(writes)} are written down with {name} from the next one on.")
    if name == STARTER:
        click.echo("It is for trying things out, not for visitors: 'sayso models list' shows real ones.", err=True)
    if named := Choice(folder, config).named_in_settings(writes):
        click.echo(
            f"But the settings name '{named}' for it, which goes first: take that out of [transcriber].", err=True
        )
    if writes != spoken(config.station.language):
        click.echo(f"This station's own language is {language_name(config.station.language)}.", err=True)


@models.command()
@click.argument("name", required=False)
@click.pass_obj
def check(place: Place, name: str | None) -> None:
    """Try a model out, and measure its memory and speed here.

    Its files are looked at first, and it writes down a test recording in a process of its own. Without NAME: the model
    of the station's language. Ends with 0 if it works, 1 if not.
    """
    from models.listing import advice
    from models.trial import try_out

    choice, installed = _look(place)
    folder = _require(installed, name) if name else choice.require(choice.language)
    check_model(folder)
    if name is None and folder.parent == installed.root:
        name = folder.name
    if name and (changed := list(installed.changed_files(name))):
        raise ModelError(
            f"Of {name} {len(changed)} file(s) are no longer what was installed: {', '.join(changed[:3])}. "
            f"Get it again: sayso models get --again {name}"
        )
    for line in advice(folder, try_out(folder), installed.record(name) if name else None):
        click.echo(line)


@models.command()
@click.argument("name")
@click.pass_obj
def remove(place: Place, name: str) -> None:
    """Remove a model that is not in use."""
    if name == STARTER:
        raise UsageError("The starter model is part of Sayso and stays. It is used only while no other is chosen.")
    config, folder = place.load(), DataFolder.open(place.data)
    installed = InstalledModels(folder)
    with folder.lock("installer"):
        installed.tidy()
        _require(installed, name)
        if languages := Choice(folder, config).uses(name):
            raise UsageError(
                f"{name} is in use for {', '.join(language_name(each) for each in languages)}. "
                "Put another into use first: sayso models use NAME"
            )
        installed.remove(name)
    click.echo(f"{name} is removed.")


def _look(place: Place) -> tuple[Choice, InstalledModels]:
    """Look without making anything: the data folder need not be there."""
    folder = DataFolder(place.data.resolve())
    return Choice(folder, place.load()), InstalledModels(folder)


def _require(installed: InstalledModels, name: str) -> Path:
    if name == STARTER or name in installed.names():
        return installed.folder(name)
    there = ", ".join((STARTER, *installed.names()))
    listed = MODEL_NAME.fullmatch(name) and catalogue().find(name)
    how = f"Get it first: sayso models get {name}" if listed else "'sayso models list' shows what can be got."
    raise UsageError(f"No model '{name}' is installed; there are: {there}. {how}")


def _language_of(installed: InstalledModels, name: str) -> str:
    """Return what a model writes down, as far as anybody has said."""
    record, listed = installed.record(name), catalogue().find(name)
    language = "en" if name == STARTER else record.language if record else None
    language = language or (listed.language if isinstance(listed, Listed) else None)
    if not language:
        raise UsageError(f"Nobody has said which language {name} writes down. Add it, as --language cy.")
    return language


def _checked(language: str | None) -> str | None:
    """Return a language that the person named.

    Raises:
        UsageError: It is no language's code.
    """
    if language is not None and not (spoken(language).isalpha() and len(spoken(language)) in (2, 3)):
        raise UsageError(f"'{language}' is no language's code. Name one of two or three letters, as en, cy or en-GB.")
    return language
