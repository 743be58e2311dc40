"""Exports that were asked for on the site, and how far they are. They are forgotten when the site ends."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_web.archive import Archive
from admin_web.archive.export import Wish, contents, zipped
from admin_web.sending import unhurried
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


class UnderWay:
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

    def send(self, number: int) -> "Sending":
        """Return an export as a zip, in pieces; it is made while it is read. It may be sent again if it was broken off.

        Raises:
            NotAllowed: Another one is on its way.
        """
        export = self._known[number]
        with self._lock:
            if any(each.state == "going" for each in self._known.values()):
                raise NotAllowed("Another export is just being sent. Wait until it has arrived, then press again.")
            export.state = "going"
        return Sending(self._folder, self._archive, export)


class Sending:
    """The pieces of an export on its way. Whoever takes them closes it, also before the first."""

    def __init__(self, folder: DataFolder, archive: Archive, export: Export) -> None:
        export.done = export.of = 0
        self._export = export
        self._pieces = unhurried(zipped(contents(folder, archive, export.wish, self._told)))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._export.state = "done"
            raise

    def close(self) -> None:
        """Note that it is not on its way any more. A browser sees by the missing end that a zip is not whole."""
        if self._export.state == "going":
            self._export.state = "stopped"

    def _told(self, done: int, of: int) -> None:
        self._export.done, self._export.of = done, of
