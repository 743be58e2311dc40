"""Results of steps, kept in a folder: a step that was done with the same inputs is not done again.

Each step has a folder of its own. While it is being made it holds `being-made`, afterwards `made-of`; both hold the
fingerprint of what the step depends on. A step that was cut off goes on in its folder if nothing has changed.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import click

_MADE, _UNDER_WAY = "made-of", "being-made"


def fingerprint(settings: object, modules: Iterable[ModuleType], files: Iterable[Path]) -> str:
    """Return a number that changes with the settings, the code of the modules and the content of the files."""
    found = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*(Path(str(module.__file__)) for module in modules), *files]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@dataclass
class WorkFolder:
    """A folder of steps."""

    root: Path
    trust: bool = False
    """Take results of older code too."""
    marks: dict[str, str] = field(default_factory=dict)
    """Step -> fingerprint, of the steps done so far."""

    def step(
        self,
        name: str,
        make: Callable[[Path], None],
        *,
        settings: object = None,
        modules: Iterable[ModuleType] = (),
        files: Iterable[Path] = (),
        after: Iterable[str] = (),
    ) -> Path:
        """Return the folder of a step, made now unless it is there.

        Args:
            name: Of the step and its folder.
            make: Leaves the results in the folder it is given.
            settings: Numbers and names that decide the result; anything that JSON can hold.
            modules: Whose code decides the result.
            files: Whose content decides the result.
            after: Steps whose results are used.
        """
        folder = self.root / name
        mark = fingerprint([settings, [self.marks[each] for each in after]], modules, files)
        made, under_way = folder / _MADE, folder / _UNDER_WAY
        if made.exists() and (self.trust or made.read_text() == mark):
            self.marks[name] = made.read_text()
            click.echo(f"{name}: there")
            return folder
        if folder.exists() and not (under_way.exists() and (self.trust or under_way.read_text() == mark)):
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        under_way.write_text(mark)
        click.echo(f"{name} ...")
        began = time.monotonic()
        make(folder)
        under_way.rename(made)
        self.marks[name] = mark
        click.echo(f"{name}: done in {time.monotonic() - began:.0f} s")
        return folder
