"""Trying a speech model out."""

from pathlib import Path

from kiosk.config import Place
from models.model_files import model_folder
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
    """Return a sentence on the model that the settings name, for `sayso check`.

    Raises:
        ModelError: It cannot be used; the message says what to do.
    """
    return f"'{try_model(model_folder(place.load().transcriber.model))}' works."
