"""What the transcriber says of itself in `status/transcriber.json`."""

import time
from pathlib import Path
from typing import Any

from kiosk.errors import ModelError
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import Fault, StatusFile
from models.again import AgainQueue
from models.choice import NONE
from models.installed import InstalledModels
from models.job import BYTES_PER_S
from models.model_files import model_name
from models.offered import Offered
from models.recogniser_process import RecogniserDied
from models.work import Work

#: The status changes with each piece of sound; it is written no more often than this.
_SHOW_EVERY_S = 0.5
#: How many ids or reasons are listed; the counts are always whole.
_LISTED = 20
#: A crash that was mended by itself is shown this long.
_CRASH_SHOWN_S = 60.0


class Report:
    """Collects faults and writes the status file.

    Its fields: `state` ("starting", "waiting", "transcribing", "no model"), `model` (name of the one in memory or
    wanted there; "none" if people type), `worker_pid` (process with the model, or null), `working_on` (id or null),
    `queue` (ids waiting, the first few), `queued` (how many wait), `seconds_behind` (sound not listened to yet),
    `set_aside`, `damaged` and `by_hand` (lists of `{"id", "reason"}`), `faults`; `again`, how far stories are that are
    written down again, and `models`, with which they can be (`kiosk.stories.again`).
    """

    def __init__(self, folder: DataFolder) -> None:
        self._status = StatusFile(folder, "transcriber")
        self._offered = Offered(InstalledModels(folder))
        self._shown_at = float("-inf")
        self._no_model: dict[Path, Fault] = {}
        self._not_stored: Fault | None = None
        self._died: Fault | None = None
        self._died_at = float("-inf")

    def no_model(self, model: Path, error: ModelError) -> None:
        """A model is missing or broken."""
        self._no_model[model] = Fault(
            "no-model",
            f"No speech model: {error}",
            "Stories are recorded and kept all the same; they are written down as soon as the model works.",
        )

    def model_works(self, model: Path) -> None:
        """A model is loaded."""
        self._no_model.pop(model, None)

    def chosen_again(self) -> None:
        """Other models are chosen: whatever was wrong with the old ones is of no interest."""
        self._no_model.clear()

    def died(self, death: RecogniserDied, story_id: str | None, back_off_s: float) -> None:
        """The recogniser's process has ended."""
        over = f" while it listened to {story_id}" if story_id else ""
        again = f"in {back_off_s:.0f} s" if back_off_s >= 1 else "at once"
        self._died_at = time.monotonic()
        if death.crashed:
            fix = "Nothing to do, unless it comes again: then choose another speech model."
        else:
            fix = "If it comes again, this machine has too little memory for the speech model: choose a smaller one."
        self._died = Fault(
            "recogniser-died", f"The speech recogniser stopped ({death.how}){over}; it is started again {again}.", fix
        )

    def not_stored(self, story_id: str, error: OSError) -> None:
        """A transcript could not be written."""
        self._not_stored = Fault(
            "transcript-not-written",
            f"The transcript of {story_id} cannot be written: {error.strerror}. It is kept in memory and tried again.",
            "Make room on the disk: copy stories elsewhere and delete what is no longer needed.",
        )

    def all_stored(self) -> None:
        """Every transcript has been written."""
        self._not_stored = None

    def show(
        self,
        work: Work,
        again: AgainQueue,
        *,
        model: Path | None,
        own: Path | None,
        worker_pid: int | None,
        ready: bool,
    ) -> None:
        """Write the status, if it has changed and the last one is not too fresh.

        Args:
            work: What there is to do.
            again: What is to be done once more, when there is nothing else to do.
            model: The model in memory, or wanted there.
            own: That of the station's language; None if people type.
            worker_pid: The process with the model.
            ready: Whether it can be asked.
        """
        now = time.monotonic()
        if now - self._shown_at < _SHOW_EVERY_S:
            return
        self._shown_at = now
        in_hand = work.in_hand()
        progress = again.progress(others_first=bool(in_hand) or not work.is_quiet())
        no_model = [fault for each, fault in self._no_model.items() if each in (own, *(job.model for job in in_hand))]
        if not ready and no_model:
            state = "no model"
        elif not ready and model:
            state = "starting"
        else:
            state = "transcribing" if in_hand or again.job else "waiting"
        working_on = next((job.id for job in in_hand if ready and job.model == model), None)
        queue = [job.id for job in in_hand if job.id != working_on]
        self._status.show(
            state=state,
            model=model_name(shown) if (shown := model or own) else NONE,
            worker_pid=worker_pid,
            working_on=working_on,
            queue=queue[:_LISTED],
            queued=len(queue),
            seconds_behind=sum(job.size - job.done for job in in_hand if job.has_sound) // BYTES_PER_S,
            set_aside=_listed(work.set_aside),
            damaged=_listed(work.damaged.why),
            by_hand=_listed(work.by_hand),
            again=progress.model_dump() if progress else None,
            models=[each.model_dump() for each in self._offered.look()],
            faults=[fault.as_dict() for fault in (*no_model, *self._faults(work, now))],
        )

    def _faults(self, work: Work, now: float) -> list[Fault]:
        faults = [self._not_stored] if self._not_stored else []
        if self._died and now - self._died_at < _CRASH_SHOWN_S:
            faults.append(self._died)
        if work.set_aside:
            some = ", ".join(sorted(work.set_aside)[:3])
            faults.append(
                Fault(
                    "stories-set-aside",
                    f"{len(work.set_aside)} story(ies) could not be written down by the machine: {some}.",
                    "Listen to them on the staff site and type the words.",
                )
            )
        for story_id in sorted(work.damaged.why)[:3]:
            faults.append(
                Fault(
                    "story-damaged",
                    f"The story {story_id} cannot be read: {work.damaged.why[story_id]}",
                    "Copy its folder again from where it came from. It is looked at again by itself.",
                )
            )
        return faults


def _listed(reasons: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": story_id, "reason": reasons[story_id]} for story_id in sorted(reasons)[:_LISTED]]
