"""What the station asks and tells, as people change it: the file `programme/programme.json` and those before it."""

import hashlib
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from admin_web.archive.log import Log
from kiosk.errors import ChangedMeanwhile, NotAllowed, ProgrammeBroken, ProgrammeNotWritten
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.programme import FILE, Programme, parse_programme, write_programme
from kiosk.stories.records import Record

#: So many are kept; older ones go.
KEPT = 20
#: In `programme/`: the programmes before this one, and what nobody could read.
_EARLIER, _BROKEN = "earlier", "broken.json"
_NAME = re.compile(r"(\d{6})\.json")


class Earlier(Record):
    """A programme that was in force once.

    Attributes:
        number: Counts them; the highest is the one before the present one.
        until: When another took its place.
        by: The account that wrote the other one.
    """

    number: int
    until: AwareDatetime
    by: str
    programme: Programme


@dataclass(frozen=True)
class InForce:
    """The programme as it is in its file.

    Attributes:
        programme: What the station asks and tells; the station's own where there is no file.
        seen: Stands for the file's content: whoever changes it says which one they saw.
        trouble: Why the file cannot be used, in a sentence; empty if it can.
    """

    programme: Programme
    seen: str
    trouble: str = ""


class Programmes:
    """Reads and changes the programme. Any thread may use it; no other process writes it (a text editor may)."""

    def __init__(self, folder: DataFolder, log: Log) -> None:
        self._folder, self._log = folder, log
        self._lock = threading.Lock()

    def now(self) -> InForce:
        """Return what is in the file."""
        content = self._content()
        seen = hashlib.sha256(content).hexdigest()[:16] if content is not None else "none"
        if content is None:
            return InForce(Programme(), seen)
        try:
            return InForce(parse_programme(content), seen)
        except ProgrammeBroken as error:
            before = self.earlier()
            return InForce(before[0].programme if before else Programme(), seen, str(error))

    def change(self, programme: Programme, *, seen: str, by: str) -> bool:
        """Put another programme in force, from the next visit on; the present one is kept. Durable on return.

        Returns:
            False, where this is the programme already.

        Raises:
            ChangedMeanwhile: The file is not the one that the person saw.
            ProgrammeNotWritten: The disk does not take it; the present one stays in force.
        """
        with self._lock:
            now = self.now()
            if now.seen != seen:
                raise ChangedMeanwhile(
                    "Somebody else changed the programme first. Nothing was overwritten.",
                    theirs=now.programme, yours=programme,
                )  # fmt: skip
            if programme == now.programme and not now.trouble:
                return False
            try:
                self._keep(now, by)
                write_programme(self._folder, programme)
            except OSError as error:
                raise ProgrammeNotWritten(f"The programme cannot be written: {error.strerror}.") from error
            self._log.add(by, "programme changed", questions=len(programme.questions))
            return True

    def earlier(self) -> list[Earlier]:
        """Return those that were in force before, the last one first. What cannot be read is left out."""
        found = []
        for number in sorted(self._numbers(), reverse=True):
            try:
                found.append(Earlier.model_validate_json(self._file(number).read_bytes()))
            except (OSError, ValidationError):
                continue
        return found

    def bring_back(self, number: int, *, seen: str, by: str) -> bool:
        """Put an earlier programme in force again, as `change` does.

        Raises:
            NotAllowed: There is none of this number.
            ChangedMeanwhile: The present one is not the one that the person saw.
            ProgrammeNotWritten: The disk does not take it.
        """
        found = next((each for each in self.earlier() if each.number == number), None)
        if found is None:
            raise NotAllowed("That programme is not kept any more.")
        return self.change(found.programme, seen=seen, by=by)

    def _keep(self, now: InForce, by: str) -> None:
        folder = self._folder.programme / _EARLIER
        folder.mkdir(mode=0o700, exist_ok=True)
        if now.trouble:
            # Somebody's own work, though we cannot read it.
            write_whole(folder / _BROKEN, self._content() or b"")
            return
        numbers = self._numbers()
        number = max(numbers, default=0) + 1
        record = Earlier(number=number, until=datetime.now(UTC), by=by, programme=now.programme)
        write_whole(self._file(number), record.to_bytes())
        for old in sorted(numbers)[: max(0, len(numbers) + 1 - KEPT)]:
            self._file(old).unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in (self._folder.programme / _EARLIER).iterdir()]
        except OSError:
            return []
        return [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]

    def _file(self, number: int) -> Path:
        return self._folder.programme / _EARLIER / f"{number:06}.json"

    def _content(self) -> bytes | None:
        try:
            return (self._folder.programme / FILE).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProgrammeNotWritten(f"The programme cannot be read: {error.strerror}.") from error
