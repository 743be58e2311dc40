"""Exports that were asked for on the site, and how far they are. They are forgotten when the site ends."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_web.archive import Archive
from admin_web.archive.export import Wish, contents, zipped
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder

#: More than anybody comes back to.
_REMEMBERED = 20


@dataclass
class Export:
    """One of them.

    Attributes:
        number: Counts from 1.
        wish: What was asked for.
        asked_at: When.
        state: Whether it is on its way, arrived, or was broken off.
        done: Stories that are through.
        of: How many there are; 0 while nobody knows.
    """

    number: int
    wish: Wish
    asked_at: datetime
    state: Literal["waiting", "going", "done", "stopped"] = "waiting"
    done: int = 0
    of: int = 0


class Exports:
    """The exports of a site. One goes out at a time: each keeps one of the server's threads as long as it lasts."""

    def __init__(self, folder: DataFolder, archive: Archive) -> None:
        self._folder, self._archive = folder, archive
        self._lock, self._count = threading.Lock(), 0
        self._known: dict[int, Export] = {}

    def ask(self, wish: Wish, at: datetime) -> Export:
        """Remember what somebody wants."""
        with self._lock:
            self._count += 1
            export = self._known[self._count] = Export(self._count, wish, at)
            self._known.pop(self._count - _REMEMBERED, None)
        return export

    def get(self, number: int) -> Export | None:
        """Return one, if it is still remembered."""
        return self._known.get(number)

    def send(self, number: int) -> Iterator[bytes]:
        """Return an export as a zip, in pieces; it is made while it is read. It may be sent again if it was broken off.

        Raises:
            NotAllowed: Another one is on its way.
        """
        export = self._known[number]
        with self._lock:
            if any(each.state == "going" for each in self._known.values()):
                raise NotAllowed("Another export is just being sent. Wait until it has arrived, then press again.")
            export.state = "going"
        return self._sent(export)

    def _sent(self, export: Export) -> Iterator[bytes]:
        def told(done: int, of: int) -> None:
            export.done, export.of = done, of

        try:
            yield from zipped(contents(self._folder, self._archive, export.wish, told))
            export.state = "done"
        finally:
            # Whatever went wrong, the browser sees that the zip is not whole: its end is missing.
            if export.state == "going":
                export.state = "stopped"
