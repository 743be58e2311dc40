"""Holds the process with the speech model that is wanted: one at a time, started again when it dies."""

import time
from collections.abc import Callable, Set
from pathlib import Path

from kiosk.errors import ModelError
from models.choice import Choice
from models.job import BYTES_PER_S
from models.model_files import model_size_and_age
from models.recogniser_process import RecogniserDied, RecogniserProcess
from models.report import Report

#: How often to look whether a missing or broken model has been mended, and to try one again that looks the same.
_MODEL_AGAIN_S, _SAME_MODEL_AGAIN_S = 2.0, 60.0
#: A recogniser that keeps dying is started again after 0, 0.5, 1, 2 ... up to this many seconds.
_LONGEST_BACK_OFF_S = 30.0
#: So much sound heard by one recogniser shows that it works, and the back-off begins anew.
_WORKS_AFTER_S = 10.0


class Holder:
    """The recogniser's process.

    Attributes:
        process: The process, which may still be loading; None while there is none.
        model: The model that it holds, or that was last wanted.
    """

    def __init__(
        self, choice: Choice, report: Report, *, while_waiting: Callable[[], None], ended: Callable[[], None]
    ) -> None:
        """Begin with no process.

        Args:
            choice: What was chosen.
            report: Is told which models work.
            while_waiting: Called again and again while an answer is awaited; may raise, to give up.
            ended: Called when the process has gone, and with it all that it has heard.
        """
        self.process: RecogniserProcess | None = None
        self.model: Path | None = None
        self._choice, self._report = choice, report
        self._while_waiting, self._ended = while_waiting, ended
        self._start_at, self._look_at = float("-inf"), float("-inf")
        self._deaths, self._heard_bytes = 0, 0
        self._made: object = None
        #: Models that cannot be used: how their files looked, and when.
        self._refused: dict[Path, tuple[object, float]] = {}
        self._why: dict[Path, str] = {}

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self.process is not None and self.process.loaded

    def refused(self) -> Set[Path]:
        """Return the models not to be tried now: they were refused, and nobody has mended them since."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _MODEL_AGAIN_S
            for model, (files, at) in list(self._refused.items()):
                if now - at >= _SAME_MODEL_AGAIN_S or model_size_and_age(model) != files:
                    del self._refused[model]
        return self._refused.keys()

    def why_refused(self, model: Path | None) -> str:
        """Return why a model is refused, in a sentence; empty: it is not."""
        return self._why.get(model, "") if model in self._refused else ""

    def chosen_again(self) -> None:
        """Forget which models were refused: somebody has chosen anew."""
        self._refused.clear()
        self._report.chosen_again()

    def replaced(self) -> bool:
        """Say whether the model in memory was installed anew since it was loaded."""
        return self.process is not None and _made(self.model) not in (self._made, None)

    def hold(self, model: Path | None) -> bool:
        """Have this model in memory, or none, and return whether it can be asked.

        Raises:
            RecogniserDied: Its process has ended or cannot be started; whoever catches this calls `bury`.
        """
        if self.process and model != self.model:
            self.end()
        self.model = model
        if model is None or (self.process is None and time.monotonic() < self._start_at):
            return False
        try:
            if self.process is None:
                self._choice.check(model)
                self._made = _made(model)
                self.process = RecogniserProcess(model, while_waiting=self._while_waiting)
            ready = self.process.ready()
        except ModelError as error:
            self.refuse(error)
            return False
        except RecogniserDied:
            raise
        except OSError as error:  # no memory for another process
            raise RecogniserDied(f"it could not be started: {error.strerror}", crashed=False) from error
        if ready:
            self._report.model_works(model)
        return ready

    def refuse(self, error: ModelError) -> None:
        """Give the model up until somebody mends it."""
        self.end()
        assert self.model  # noqa: S101 - it was just used
        self._refused[self.model] = model_size_and_age(self.model), time.monotonic()
        self._why[self.model] = str(error)
        self._report.no_model(self.model, error)

    def bury(self, death: RecogniserDied, story_id: str | None) -> None:
        """Deal with a process that died, while it listened to a story if `story_id` says so."""
        self.end()
        self._deaths += 1
        back_off_s = min(_LONGEST_BACK_OFF_S, 0.25 * 2 ** min(self._deaths, 10)) if self._deaths > 1 else 0.0
        self._start_at = time.monotonic() + back_off_s
        self._report.died(death, story_id, back_off_s)

    def heard(self, size: int) -> None:
        """Count bytes of sound that were heard."""
        self._heard_bytes += size
        if self._heard_bytes >= _WORKS_AFTER_S * BYTES_PER_S:
            self.works()

    def works(self) -> None:
        """It has done its work: the next death begins a new count."""
        self._deaths = 0

    def end(self) -> None:
        """End the process."""
        if self.process:
            self.process.close()
            self.process = None
        self._heard_bytes = 0
        self._ended()


def _made(model: Path | None) -> object:
    """Return what tells one folder from another of the same name; None if there is none."""
    try:
        stat = model.stat() if model else None
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino) if stat else None
