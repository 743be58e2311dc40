"""The models with which stories can be written down again, for the transcriber's status.

The site offers these; it reads them there, and loads none of this package.
"""

import time

from kiosk.errors import ModelError
from kiosk.stories.again import OfferedModel
from models.catalogue import catalogue, spoken
from models.installed import InstalledModels
from models.model_files import STARTER, check_model

#: How often to look, beside when a model comes or goes.
_AGAIN_S = 30.0


class Offered:
    """The models that are there."""

    def __init__(self, installed: InstalledModels) -> None:
        self._installed = installed
        self._known: list[OfferedModel] = []
        self._seen: object = ()
        self._look_at = float("-inf")

    def look(self) -> list[OfferedModel]:
        """Return the models, the one that comes with Sayso first; costs microseconds while nothing has changed."""
        now = time.monotonic()
        if (seen := self._state()) != self._seen or now >= self._look_at:
            self._seen, self._look_at = seen, now + _AGAIN_S
            self._known = [self._offered(name) for name in (STARTER, *self._installed.names())]
        return self._known

    def _offered(self, name: str) -> OfferedModel:
        try:
            check_model(self._installed.folder(name))
        except ModelError as error:
            return OfferedModel(name=name, language=self._language(name), trouble=str(error))
        return OfferedModel(name=name, language=self._language(name))

    def _language(self, name: str) -> str:
        if name == STARTER:
            return "en"
        record, listed = self._installed.record(name), catalogue().find(name)
        if told := (record and record.language) or (listed and listed.language):
            return spoken(told)
        try:
            in_use = self._installed.in_use()
        except ModelError:
            in_use = {}
        return next((language for language, model in in_use.items() if model == name), "")

    def _state(self) -> object:
        times = []
        for path in (self._installed.root, self._installed.in_use_path):
            try:
                times.append(path.stat().st_mtime_ns)
            except OSError:
                times.append(0)
        return times
