"""`python -m models.training`: make the starter model, measure models, put a better one into its place."""

import shutil
from pathlib import Path

import click

from models.model_files import check_model, model_folder
from models.training import corpus
from models.training.work_folder import WorkFolder

_WORK = click.option(
    "--work",
    type=click.Path(path_type=Path),
    default=Path("starter-model-work"),
    show_default=True,
    help="Folder for everything on the way (about 3 GB).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make and measure the starter model."""


@main.command()
@_WORK
@click.option("--trust", is_flag=True, help="Take results that older code left, instead of making them again.")
def make(work: Path, trust: bool) -> None:
    """Make the model, step by step; what is done already is passed over."""
    from models.training.recipe import STARTER, build

    model = build(STARTER, corpus.TEXTS, WorkFolder(work, trust))
    check_model(model)
    size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
    click.echo(f"The model is in {model} ({size / 1e6:.1f} MB). See how good it is: python -m models.training measure")


@main.command()
@_WORK
@click.argument("models", nargs=-1, type=click.Path(path_type=Path))
def measure(work: Path, models: tuple[Path, ...]) -> None:
    """Print how good MODELS are on the free sentences; without a name, the new and the present starter model."""
    from models.training import evaluation

    sentences, spoken = corpus.free_sentences(), work / "tests"
    evaluation.speak_tests(sentences, spoken)
    new = work / "model"
    for model in models or [*([new] if new.exists() else []), model_folder("starter")]:
        check_model(model)
        figures = evaluation.measure(model, sentences, spoken)
        evaluation.keep(figures, work / f"figures-{model.resolve().name}.json")
        click.echo(f"\n{model}\n\n{evaluation.table(figures)}")


@main.command()
@click.argument("names", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def words(names: Path, folder: Path) -> None:
    """Make a starter model that also knows the words of the file NAMES (a name a line), in FOLDER.

    Takes about a minute. Try it with 'sayso transcribe --model FOLDER talk.wav'; to use it at a station, zip FOLDER and
    give it to 'sayso models get'.
    """
    from models.training.adding import with_words
    from models.training.recipe import STARTER

    if folder.exists():
        raise click.ClickException(f"{folder} is there already. Name another folder.")
    try:
        new = with_words(model_folder("starter"), corpus.read_lines(names), folder, STARTER)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    check_model(folder)
    click.echo(f"{folder} knows {len(new)} more words: {', '.join(new[:20])}{' ...' if len(new) > 20 else ''}")


@main.command()
@_WORK
def put(work: Path) -> None:
    """Put the new model into the place of the starter model, if it is no worse with any voice of the test sets."""
    from models.training import evaluation

    sentences, spoken = corpus.free_sentences(), work / "tests"
    evaluation.speak_tests(sentences, spoken)
    old, new = model_folder("starter"), work / "model"
    check_model(new)
    wrong = {}
    for model in (old, new):
        figures = evaluation.measure(model, sentences, spoken)
        wrong[model] = {each.name: each.score.wrong for each in figures}
        click.echo(f"\n{model}\n\n{evaluation.table(figures)}")
    if worse := [name for name, share in wrong[new].items() if share > wrong[old][name]]:
        raise click.ClickException(f"The new model is not put into place: it is worse with {', '.join(worse)}.")
    for part in ("am", "conf", "graph"):
        shutil.rmtree(old / part)
        shutil.copytree(new / part, old / part)
    click.echo(f"Put into {old}. Now bring MODEL_CARD.md up to date.")


if __name__ == "__main__":
    main()
