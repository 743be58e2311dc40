"""What `sayso models list` and `sayso models check` say."""

from collections.abc import Iterator
from pathlib import Path

from kiosk.errors import ModelError
from models.catalogue import Listed, catalogue, language_name, spoken
from models.choice import Choice
from models.installed import InstalledModel, InstalledModels
from models.machine import PIS, REST_OF_STATION_MB, fit_in_words, fits, memory_mb, speed_in_words, this_machine
from models.model_files import STARTER, is_look_ahead, model_folder, model_name
from models.trial import Trial

_NOT_OURS = (
    "Error rates are the publisher's own, of read speech: they say which of two models is better, and not how well "
    "your visitors will be understood."
)


def listing(choice: Choice, installed: InstalledModels, *, every: bool) -> Iterator[str]:
    """Yield the lines of `sayso models list`.

    Args:
        choice: What was chosen.
        installed: What is there.
        every: Also those for other languages than the station's.
    """
    own = spoken(choice.language)
    yield from _in_use(choice)
    yield ""
    yield "Here:"
    yield from _here(choice, installed)
    listed = [each for each in catalogue().models if each.name not in installed.names()]
    shown = [each for each in listed if every or spoken(each.language) == own]
    yield ""
    if shown:
        yield f"Can be got with 'sayso models get NAME' ({this_machine()} has {memory_mb():,.0f} MB of memory):"
        yield from _table(shown)
        yield _NOT_OURS
    else:
        yield f"The catalogue has no other model for {language_name(own)}. People can type what visitors say."
    if not every and len(listed) > len(shown):
        yield f"{len(listed) - len(shown)} more for other languages: sayso models list --all"
    if every:
        written = {spoken(each.language) for each in catalogue().models}
        unwritten = sorted(name for code, name in catalogue().languages.items() if code not in written)
        yield f"No listed model writes down {', '.join(unwritten)}. There stories are kept, and people type the words."


def _in_use(choice: Choice) -> Iterator[str]:
    language = language_name(choice.language)
    model = choice.model(choice.language)
    if model is None:
        yield f"In use for {language}: none. Stories are recorded and kept, and people type the words."
        return
    try:
        choice.check(model)
    except ModelError as error:
        yield f"In use for {language}: not known. {error}"
        return
    missing = "" if model.is_dir() else f", which is missing: there is no {model}"
    only = " (for trying things out, not for visitors)" if model == model_folder(STARTER) else ""
    settings = ", as the settings say" if choice.named_in_settings(choice.language) else ""
    yield f"In use for {language}: {model_name(model)}{only}{settings}{missing}"


def _here(choice: Choice, installed: InstalledModels) -> Iterator[str]:
    for name in (STARTER, *installed.names()):
        record = installed.record(name)
        code = "en" if name == STARTER else record.language if record else None
        language = language_name(code) if code else "?"
        size_mb = sum(path.stat().st_size for path in installed.folder(name).rglob("*") if path.is_file()) / 1e6
        memory = f"{record.memory_mb:.0f} MB of memory, {_fit(record.memory_mb)}" if record else "memory not measured"
        yield f"  {name:<42} {language:<12} {size_mb:5.0f} MB on the disk, {memory}{_used_for(choice, name)}"


def _used_for(choice: Choice, name: str) -> str:
    try:
        languages = choice.uses(name)
    except ModelError:
        return ""
    return f"  <- in use for {', '.join(language_name(each) for each in languages)}" if languages else ""


def _fit(memory: float) -> str:
    return "fits here" if fits(memory, memory_mb()) else "too large for this machine"


def _table(listed: list[Listed]) -> Iterator[str]:
    rows = [("NAME", "LANGUAGE", "ZIP", "THIS MACHINE", "LICENCE", "ERRORS, PUBLISHED")]
    for each in listed:
        size = "unknown" if each.zip_bytes == "unknown" else f"{each.zip_bytes / 1e6:.0f} MB"
        language = f"{language_name(each.language)} ({each.language})"
        rows.append((each.name, language, size, fit_in_words(each.memory_mb), each.licence, each.quality))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)]
        yield f"  {'  '.join(cells)}"


def advice(folder: Path, trial: Trial, record: InstalledModel | None) -> Iterator[str]:
    """Yield the lines of `sayso models check` for a model that works.

    Args:
        folder: The model's folder.
        trial: What came out when it was tried.
        record: What is known of it.
    """
    whole = "; its files are those that were installed" if record else ""
    yield f"{model_name(folder)} works{whole}."
    heard = f"'{trial.words}'" if trial.words else "no word (which is right only if it is not for English)"
    yield f"  test recording   {heard}"
    graph = "two parts: can be adapted and take word lists" if is_look_ahead(folder) else "one piece: cannot be adapted"
    yield f"  graph            {graph}"
    yield f"  memory           {trial.memory_mb:.0f} MB; the rest of a station needs about {REST_OF_STATION_MB} MB"
    for name, has_mb in {f"{this_machine()} ({memory_mb():,.0f} MB)": memory_mb(), **PIS}.items():
        yield f"    {'fits     ' if fits(trial.memory_mb, has_mb) else 'too large'} {name}"
    yield (
        f"  speed            {trial.real_time_factor:.2f} s of one processor for each second of speech: "
        f"{speed_in_words(trial.real_time_factor)}"
    )
    if this_machine() == "this machine":
        yield "                   This is no Raspberry Pi. How fast a Pi is only this command on the Pi can tell."
    yield f"Advice: {_advice(trial)}"


def _advice(trial: Trial) -> str:
    if not fits(trial.memory_mb, memory_mb()):
        return "choose a smaller model: with this one recording would compete for memory."
    if trial.real_time_factor > 1:
        return "a smaller model, unless it is no matter that the words come later."
    return "this machine is good enough for it."
