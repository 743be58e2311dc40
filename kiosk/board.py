"""What the station shows now, and the local socket at which others see it, press simulated buttons and test the sound.

The other end, and what goes over it: `kiosk.shown.live`.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import cast

from kiosk.devices import Button
from kiosk.errors import SaysoError
from kiosk.shown.live import BEAT_S, Line, Progress, Scene, short_path
from kiosk.stories.folder import DataFolder

#: How often the time and the level are sent while somebody tells: smooth for the eye, next to nothing for a Pi.
_PROGRESS_S = 0.25
#: A client that says nothing, or does not take what it asked for, is sent away after this.
_PATIENCE_S = 2.0
#: So many may be connected at once. More than any station has screens; a program gone wild gets no thread for each try.
_MOST = 16
_BUTTONS = {"green", "red", "blue"}


class Board:
    """Holds what is shown, and wakes whoever waits for it to change.

    Attributes:
        closed: Nothing more will be shown.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._scene: Scene | None = None
        self._number = 0
        self.closed = False

    def show(self, scene: Scene) -> None:
        """Show this from now on."""
        with self._changed:
            if scene != self._scene:
                self._scene = scene
                self._number += 1
                self._changed.notify_all()

    def wait(self, seen: int, timeout_s: float) -> tuple[int, Scene | None]:
        """Return what is shown and how manieth it is, once that is no longer `seen`, or after `timeout_s` as it is."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._number != seen, timeout_s)
            return self._number, self._scene

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()


class BoardSocket:
    """Answers at the socket while the kiosk runs; only this account can reach it."""

    def __init__(
        self,
        folder: DataFolder,
        board: Board,
        *,
        press: Callable[[Button], None],
        progress: Callable[[], Progress],
        test_sound: Callable[[], bytes],
    ) -> None:
        """Begin to answer.

        Args:
            folder: Where the socket stands.
            board: What is shown.
            press: Presses a button; raises a `SaysoError` where that is not for programs.
            progress: Tells how far telling has come; called from any thread.
            test_sound: Returns a few seconds of sound as a WAV file, or raises a `SaysoError`; called from any thread.
        """
        self._board = board
        self._press = press
        self._progress = progress
        self._test_sound = test_sound
        self._places = threading.BoundedSemaphore(_MOST)
        self._one_finger = threading.Lock()
        with short_path(folder) as path:
            self._path = folder.status / path.rsplit("/", 1)[1]
            # What a killed kiosk left; the lock on the folder says that no other one runs.
            self._path.unlink(missing_ok=True)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(path)
        self._path.chmod(0o600)
        self._socket.listen()
        threading.Thread(target=self._serve, name="board", daemon=True).start()

    def close(self) -> None:
        """Stop answering; who watches sees it at once."""
        self._board.close()
        # shutdown() wakes the thread that waits in accept(); close() alone would leave it there.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return  # closed
            if self._places.acquire(blocking=False):
                threading.Thread(target=self._attend, args=[client], name="board-client", daemon=True).start()
            else:
                client.close()

    def _attend(self, client: socket.socket) -> None:
        try:
            with client, contextlib.suppress(OSError):
                client.settimeout(_PATIENCE_S)
                asked = client.recv(64).decode(errors="replace")
                if asked == "watch":
                    self._stream(client)
                else:
                    client.sendall(self._answer(asked))
        finally:
            self._places.release()

    def _stream(self, client: socket.socket) -> None:
        seen, telling = 0, False
        while True:
            number, scene = self._board.wait(seen, _PROGRESS_S if telling else BEAT_S)
            if self._board.closed:
                return
            new, progress = number != seen, self._progress() if telling else None
            line = Line(scene=scene) if new else Line(progress=progress)
            client.sendall(line.to_bytes())
            seen, telling = number, scene is not None and scene.telling

    def _answer(self, asked: str) -> bytes:
        if asked not in _BUTTONS | {"test"}:
            return b"There is no such button; there are green, red and blue."
        try:
            if asked == "test":
                return self._test_sound()
            with self._one_finger:
                self._press(cast(Button, asked))
        except SaysoError as error:
            return str(error).encode()
        return b"ok"
