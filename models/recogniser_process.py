"""The parent's end of the process that holds the speech model."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from kiosk.errors import ModelError, SaysoError
from models.model_files import check_model, model_name
from models.recogniser import HeardWord
from models.worker import ACCEPT, DROP, FINISH, REQUEST

#: Signals by which the kernel ends a process for what its own code did.
CRASH_SIGNALS = frozenset((signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP))
#: A quarter of a second of sound takes milliseconds, and on a busy Pi perhaps a second. After this it hangs for good.
ANSWER_WITHIN_S = 120.0
#: The largest models take a minute from a slow card.
LOAD_WITHIN_S = 600.0
#: While it waits for an answer the parent looks up this often (to end, or to show that it lives).
_LOOK_UP_EVERY_S = 0.2
#: How much of what native code wrote to standard error is kept, in bytes.
_KEPT_STDERR = 4000


class RecogniserDied(SaysoError, RuntimeError):
    """The process with the speech model has ended or hangs.

    Attributes:
        crashed: Its own code did it (a crash signal, a hang, an answer that is none). False: it was ended from outside.
        how: The reason in a few words, as "SIGSEGV".
    """

    def __init__(self, how: str, *, crashed: bool) -> None:
        super().__init__(f"The speech recogniser stopped ({how}).")
        self.how, self.crashed = how, crashed


class RecogniserProcess:
    """A speech model in a process of its own. Each recording that it listens to has a number, chosen by the caller.

    Attributes:
        model: The model's name.
        pid: The process's number.
        loaded: Whether it has said that the model is loaded.
    """

    def __init__(self, folder: Path, *, while_waiting: Callable[[], None] = lambda: None) -> None:
        """Start to load the model; returns at once.

        Args:
            folder: The model.
            while_waiting: Called every 0.2 s while an answer is awaited; may raise, to give up.

        Raises:
            ModelError: The folder does not hold the files of a model.
            OSError: The process cannot be started.
        """
        check_model(folder)
        self.model = model_name(folder)
        self._folder = folder
        self._while_waiting = while_waiting
        self.loaded = False
        self._started_at = time.monotonic()
        self._answers, self._stderr = b"", b""
        # -P and PYTHONPATH: this very code is run, whatever `models` folder the person stands beside.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "models.worker", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            start_new_session=True,  # Ctrl-C is the parent's business
        )
        self.pid = self._process.pid
        self._pipes = selectors.DefaultSelector()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None  # noqa: S101 - asked for above
            os.set_blocking(pipe.fileno(), False)
            self._pipes.register(pipe, selectors.EVENT_READ)

    def __enter__(self) -> "RecogniserProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ready(self) -> bool:
        """Say whether the model is loaded and the process alive; never waits.

        Raises:
            ModelError: The model cannot be loaded.
            RecogniserDied: The process was ended from outside, or has crashed while nothing was asked of it.
        """
        self._read(0)
        answer = self._next_answer()
        if answer is not None:
            self._refuse(answer)
            self.loaded = True
        elif not self.loaded and time.monotonic() - self._started_at > LOAD_WITHIN_S:
            raise self._cannot_load(f"it is not loaded after {LOAD_WITHIN_S:.0f} s")
        elif not self._pipes.get_map():
            raise self._death()
        return self.loaded

    def wait_ready(self, timeout_s: float = LOAD_WITHIN_S) -> None:
        """Wait until the model is loaded.

        Raises:
            ModelError: It cannot be loaded, or not within `timeout_s`, or the process was ended from outside.
        """
        deadline = time.monotonic() + timeout_s
        try:
            while not self.loaded and not self.ready():
                if time.monotonic() > deadline:
                    raise self._cannot_load(f"it is not loaded after {timeout_s:.0f} s")
                self._while_waiting()
                self._read(min(_LOOK_UP_EVERY_S, timeout_s))
        except RecogniserDied as death:
            raise ModelError(
                f"The speech model {self._folder} could not be loaded. {death} "
                "If this comes again, this machine has too little memory for it: choose a smaller model."
            ) from death

    def accept(self, number: int, pcm: bytes) -> list[HeardWord]:
        """Let it hear more of recording `number` (16 kHz mono s16le), and return the words of an ended utterance.

        Raises:
            RecogniserDied: It crashed, hangs or was ended; everything heard of every recording is forgotten.
            ModelError: The model turned out to be useless.
        """
        return self._ask(ACCEPT, number, pcm)

    def finish(self, number: int) -> list[HeardWord]:
        """Return the last words of recording `number`, and forget it. Raises as `accept` does."""
        return self._ask(FINISH, number, b"")

    def drop(self, number: int) -> None:
        """Forget recording `number`. A process that has died meanwhile is noticed at the next question."""
        try:
            self._send(REQUEST.pack(DROP, number, 0))
        except BrokenPipeError:
            return

    def close(self) -> None:
        """End the process at once: it holds nothing that is worth keeping."""
        self._process.kill()
        self._process.wait()
        self._pipes.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None  # noqa: S101 - asked for above
            pipe.close()

    def _ask(self, what: bytes, number: int, pcm: bytes) -> list[HeardWord]:
        try:
            self._send(REQUEST.pack(what, number, len(pcm)) + pcm)
        except BrokenPipeError:
            raise self._death() from None
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while (answer := self._next_answer()) is None:
            if not self._pipes.get_map():
                raise self._death()
            if time.monotonic() > deadline:
                raise RecogniserDied(f"no answer in {ANSWER_WITHIN_S:.0f} s", crashed=True)
            if not self._read(_LOOK_UP_EVERY_S):
                self._while_waiting()
        self._refuse(answer)
        words: list[HeardWord] = answer["words"]
        return words

    def _send(self, request: bytes) -> None:
        # Never blocks: one question at a time, and a pipe takes more than the largest.
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        self._process.stdin.write(request)

    def _read(self, timeout_s: float) -> bool:
        """Take in what the process has said, and return whether it said anything or closed a pipe."""
        ready = self._pipes.select(timeout_s)
        for key, _ in ready:
            content = os.read(key.fd, 65536)
            if not content:
                self._pipes.unregister(key.fileobj)
            elif key.fileobj is self._process.stdout:
                self._answers += content
            else:
                self._stderr = (self._stderr + content)[-_KEPT_STDERR:]
        return bool(ready)

    def _next_answer(self) -> dict[str, Any] | None:
        line, newline, rest = self._answers.partition(b"\n")
        if not newline:
            return None
        self._answers = rest
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _refuse(self, answer: dict[str, Any]) -> None:
        if "refused" in answer:
            self._drain()
            if not answer["model_to_blame"]:
                raise ModelError(answer["refused"])
            raise ModelError(f"{answer['refused']}{self._reason()} {_mend(self._folder)}")

    def _death(self) -> SaysoError:
        self._drain()
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return RecogniserDied("it closed its pipes and lives on", crashed=True)
        if code < 0:
            how, crashed = signal.Signals(-code).name, -code in CRASH_SIGNALS
        else:
            how, crashed = f"exit code {code}{self._reason()}", True
        if crashed and not self.loaded:
            return self._cannot_load(f"Vosk ends with {how}{self._reason() if code < 0 else ''}")
        return RecogniserDied(how, crashed=crashed)

    def _cannot_load(self, why: str) -> ModelError:
        return ModelError(f"The speech model {self._folder} cannot be used: {why}. {_mend(self._folder)}")

    def _drain(self) -> None:
        deadline = time.monotonic() + 1
        while self._pipes.get_map() and time.monotonic() < deadline:
            self._read(_LOOK_UP_EVERY_S)

    def _reason(self) -> str:
        """Return the line in which native code or Python named the cause, in brackets, or nothing."""
        lines = self._stderr.decode(errors="replace").splitlines()
        told = [line.strip() for line in lines if "ERROR" in line or "ASSERTION_FAILED" in line]
        told = told or [line.strip() for line in lines[-1:]]
        return f" ({told[-1]})" if told and told[-1] else ""


def _mend(folder: Path) -> str:
    return f"A file in {folder} is damaged or of another model: copy the model again, or choose another."
