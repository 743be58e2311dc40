"""Simulated buttons pressed from another process: a local socket in the data folder.

`sayso press green` (and the station's screen page) sends the colour; the kiosk moves the mock pin and answers.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator

from kiosk.devices import Button
from kiosk.errors import PanelError, SaysoError
from kiosk.stories.folder import DataFolder

_NAME = "buttons.sock"
#: A client that says nothing does not hold up the next one longer than this.
_PATIENCE_S = 2.0


@contextlib.contextmanager
def _short_path(folder: DataFolder) -> Iterator[str]:
    # A socket's path may have 107 bytes, a data folder's path any number: go through the open folder.
    handle = os.open(folder.status, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{_NAME}"
    finally:
        os.close(handle)


class ButtonSocket:
    """Listens for presses while the kiosk runs; only this account can reach it."""

    def __init__(self, folder: DataFolder, press: Callable[[Button], None]) -> None:
        """Begin to listen.

        Args:
            folder: Where the socket stands.
            press: Presses a simulated button.
        """
        self._press = press
        self._path = folder.status / _NAME
        # What a killed kiosk left; the lock on the folder says that no other one runs.
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short_path(folder) as path:
            self._socket.bind(path)
        self._path.chmod(0o600)
        self._socket.listen()
        threading.Thread(target=self._serve, name="simulated-buttons", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return  # closed
            with client, contextlib.suppress(OSError):
                client.settimeout(_PATIENCE_S)
                client.sendall(self._answer(client.recv(64)))

    def _answer(self, asked: bytes) -> bytes:
        match asked:
            case b"green":
                name: Button = "green"
            case b"red":
                name = "red"
            case b"blue":
                name = "blue"
            case _:
                return b"There is no such button; there are green, red and blue."
        try:
            self._press(name)
        except SaysoError as error:
            return str(error).encode()
        return b"ok"

    def close(self) -> None:
        """Stop listening."""
        # shutdown() wakes the thread that waits in accept(); close() alone would leave it there.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)


def press(folder: DataFolder, name: Button) -> None:
    """Press a button of the kiosk that runs on this data folder.

    Raises:
        PanelError: No kiosk runs there, or its buttons are real.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client, _short_path(folder) as path:
        client.settimeout(2 * _PATIENCE_S)
        try:
            client.connect(path)
            client.sendall(name.encode())
            answer = client.recv(500).decode(errors="replace")
        except OSError as error:
            raise PanelError(
                f"No station with simulated buttons runs on {folder.root}. Start one with 'sayso run', "
                "or name its folder with --data."
            ) from error
    if answer != "ok":
        raise PanelError(answer or "The station was stopped at this moment; press again.")
