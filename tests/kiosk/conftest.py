"""What tests of the kiosk share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.stories.folder import DataFolder
from tests.kiosk.running import SETTINGS, Running, Start


@pytest.fixture
def start(data: DataFolder, short_wav: Path) -> Iterator[Start]:
    running: list[Running] = []

    def start(data: DataFolder = data, **changes: Any) -> Running:
        running.append(Running(data, short_wav, SETTINGS.model_copy(update=changes)))
        return running[-1]

    yield start
    for each in running:
        each.end()
