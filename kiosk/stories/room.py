"""How much room for stories the disk has."""

import shutil

from kiosk.errors import DiskFull
from kiosk.stories import wav
from kiosk.stories.folder import DataFolder


def require_room(folder: DataFolder, longest_story_s: float, reserve_bytes: float) -> None:
    """Make sure that the longest story fits on the disk, before the visitor is asked to tell it.

    Raises:
        DiskFull: It does not.
    """
    needed = longest_story_s * wav.SAMPLERATE_HZ * wav.FRAME_BYTES + reserve_bytes
    free = shutil.disk_usage(folder.root).free
    if free < needed:
        raise DiskFull(
            f"The disk of {folder.root} has {free / 1e6:.0f} MB left and a story may need {needed / 1e6:.0f} MB. "
            "Copy stories elsewhere and delete what is no longer needed."
        )


def hours_of_room(folder: DataFolder, reserve_bytes: float) -> float:
    """Return how many hours of stories still fit on the disk; what stays free in any case is not counted.

    Raises:
        OSError: The folder cannot be reached.
    """
    free = max(0.0, shutil.disk_usage(folder.root).free - reserve_bytes)
    return free / (wav.SAMPLERATE_HZ * wav.FRAME_BYTES * 3600)
