"""Progress bars of `sayso models get`, on standard error."""

from types import TracebackType
from typing import Any


class Bars:
    """One bar after the other, each for one thing that goes on; none where standard error is no terminal."""

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def show(self, what: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` bytes of `what` are done; no total: that it goes on."""
        from tqdm import tqdm

        if what != self._what:
            self._end()
            # disable=None: no bar where standard error is not a terminal.
            unit: dict[str, Any] = {"unit": "B", "unit_scale": True} if done or total else {"bar_format": "{desc} ..."}
            self._bar = tqdm(desc=what, total=total, initial=done, leave=False, disable=None, **unit)
            self._what = what
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._what, self._bar = "", None
