"""Trying a speech model out."""

from pathlib import Path

from kiosk.config import Place
from kiosk.stories.folder import DataFolder
from models.catalogue import language_name
from models.choice import Choice
from models.model_files import STARTER, model_folder
from models.recogniser_process import LOAD_WITHIN_S, RecogniserProcess


def try_model(folder: Path, timeout_s: float = LOAD_WITHIN_S) -> str:
    """Load a model in a process of its own and let it hear a second of noise.

    Args:
        folder: The model's folder.
        timeout_s: How long loading may take, in seconds.

    Returns:
        The model's name.

    Raises:
        ModelError: It is missing, incomplete or damaged; the message says what to do.
    """
    with RecogniserProcess(folder) as process:
        process.wait_ready(timeout_s)
        return process.model


def look_at_model(place: Place) -> str:
    """Return a sentence on the model of the station's language, for `sayso check`.

    Raises:
        ModelError: It cannot be used; the message says what to do.
    """
    choice = Choice(DataFolder(place.data.resolve()), place.load())
    language = language_name(choice.language)
    model = choice.model(choice.language)
    if model is None:
        return f"None for {language}: stories are recorded and kept, and people type the words."
    choice.check(model)
    works = f"'{try_model(model)}' writes down {language}."
    if model == model_folder(STARTER):
        works += " It is for trying things out, not for visitors: 'sayso models list' shows real ones."
    return works
