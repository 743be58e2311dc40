"""Where a command works."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.config.reading import load
from kiosk.config.settings import Config


@dataclass
class Place:
    """Where a command was told to work.

    Attributes:
        data: The data folder (`--data`, else `SAYSO_DATA`, else `sayso-data` where the person stands).
        config_file: The settings file (`--config`, else `SAYSO_CONFIG`), None for the defaults.
    """

    data: Path = field(default_factory=lambda: Path(os.environ.get("SAYSO_DATA") or "sayso-data"))
    config_file: Path | None = field(
        default_factory=lambda: Path(os.environ["SAYSO_CONFIG"]) if os.environ.get("SAYSO_CONFIG") else None
    )

    def load(self) -> Config:
        """Return the settings.

        Raises:
            ConfigError: They hold a fault.
        """
        return load(self.config_file)
