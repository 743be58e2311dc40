from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sound_card import SoundCard
from tests.station import StationUnderTest


@pytest.fixture
def station(card: SoundCard, tmp_path: Path) -> Iterator[StationUnderTest]:
    """A running station."""
    card.script.write_bytes(b"")
    station = StationUnderTest(tmp_path / "station", card)
    station.start()
    yield station
    station.stop()
