"""What a station shows at this moment, for a screen beside its buttons: lines of JSON over a local socket.

The kiosk listens (`kiosk.board`); nothing of this is ever written to a disk. Whoever connects and says "green", "red"
or "blue" presses that button, where programs may press. Whoever says "test" gets a few seconds of sound as a WAV file,
or a sentence why not (`kiosk.sound_test`: nobody is recorded unasked). Whoever says "watch" gets a line whenever
something changes:

    {"scene": {...}}       what is shown from now on
    {"progress": {...}}    a few times a second, while somebody tells
    {}                     nothing has changed, and the kiosk lives

Nothing of anybody's story is in it, but for the number of the one that was just kept: it is said aloud as well.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import PanelError, StationAway, StationBusy
from kiosk.stories.folder import DataFolder

#: While nothing changes, the kiosk says so this often (seconds).
BEAT_S = 1.0
#: A kiosk that has not said anything for so long hangs.
SILENT_S = 5.0
#: How long a press may take until it is answered: longer than a finger that must hold the button.
_PRESS_S = 6.0
#: How long a test recording may take: what is about to happen is said first.
_TEST_S = 60.0
#: What a WAV file begins with, and no sentence.
_RIFF = b"RIFF"
_NAME = "kiosk.sock"


class _Part(BaseModel):
    """Fixed once made. What a newer kiosk says besides is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Key(_Part):
    """A button as the screen shows it."""

    button: Literal["green", "red", "blue"] = Field(description="Which one is pressed by it.")
    look: Literal["green", "red", "blue", "any"] = Field(
        description="Whose colour and sign it has. any: the one switch, while it offers nothing."
    )
    name: str = Field(description="What the button is called, for whoever cannot see it.")
    label: str = Field(description="What a press means now, in a word or two; empty: nothing.")
    light: Literal["off", "on", "breathe", "blink"] = Field(description="What the light in it does.")
    spoken: bool = Field(False, description="The station is just saying what this button is for.")


class Scene(_Part):
    """What the screen shows."""

    state: str = Field(description="The conversation's state, for tests and style sheets.")
    picture: str = Field(description="Name of a drawing in `kiosk.shown.pictures`.")
    words: str = Field(description="One short sentence: what is being said, or what there is to do.")
    card: str = Field("", description="The story's number, as on the printed card, while the station says it.")
    telling: bool = Field(False, description="Somebody tells: the time and the level are shown.")
    keys: tuple[Key, ...]
    pressable: bool = Field(description="Whether the station takes presses from a page.")


class Progress(_Part):
    """How far telling has come."""

    seconds: float = Field(ge=0, description="Sound that is in the take's file.")
    level: float = Field(ge=0, le=1, description="How loud it is now: 0 silence, 1 loud speech.")


class Line(_Part):
    """One line; both empty: the kiosk lives."""

    scene: Scene | None = None
    progress: Progress | None = None

    def to_bytes(self) -> bytes:
        """Return the line as it is sent."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"


@contextlib.contextmanager
def short_path(folder: DataFolder) -> Iterator[str]:
    """Yield a path of the socket that is short enough, for as long as the context lasts.

    A socket's path may have 107 bytes, a data folder's path any number: it goes through the open folder.
    """
    handle = os.open(folder.status, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{_NAME}"
    finally:
        os.close(handle)


@contextlib.contextmanager
def _connection(folder: DataFolder, patience_s: float) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client, short_path(folder) as path:
        client.settimeout(patience_s)
        client.connect(path)
        yield client


def follow(folder: DataFolder) -> Iterator[Line]:
    """Yield what the station on this data folder shows, from now on; at least every `BEAT_S` something.

    Raises:
        StationAway: No kiosk runs there, or it has ended, or it hangs.
    """
    try:
        with _connection(folder, SILENT_S) as client, client.makefile("rb") as lines:
            client.sendall(b"watch")
            for line in lines:
                yield Line.model_validate_json(line)
    except (OSError, ValidationError) as error:
        raise StationAway(f"No station answers on {folder.root}: {error}. Start one with 'sayso run'.") from error
    raise StationAway(f"The station on {folder.root} has ended. Start it with 'sayso run'.")


def press(folder: DataFolder, button: str) -> None:
    """Press a button of the kiosk that runs on this data folder.

    Raises:
        PanelError: No kiosk runs there, it has no such button, or only fingers may press it.
    """
    try:
        with _connection(folder, _PRESS_S) as client:
            client.sendall(button.encode())
            answer = client.recv(500).decode(errors="replace")
    except OSError as error:
        raise PanelError(
            f"No station with simulated buttons runs on {folder.root}. Start one with 'sayso run', "
            "or name its folder with --data."
        ) from error
    if answer != "ok":
        raise PanelError(answer or "The station was stopped at this moment; press again.")


def test_sound(folder: DataFolder) -> bytes:
    """Return a few seconds of what the station's microphone hears now, as a WAV file (16 kHz, mono, 16 bits).

    Raises:
        StationAway: No kiosk runs there, it ended meanwhile, or it is of an older Sayso.
        StationBusy: Somebody is using it, or its microphone gives no sound; the message says which.
    """
    answer = bytearray()
    try:
        with _connection(folder, _TEST_S) as client:
            client.sendall(b"test")
            while piece := client.recv(1 << 16):
                answer += piece
    except OSError as error:
        raise StationAway("No station answers. Start it, or ask whoever looks after it.") from error
    if not answer:
        raise StationAway("The station was stopped during the test.")
    if not answer.startswith(_RIFF):
        raise StationBusy(answer.decode(errors="replace"))
    return bytes(answer)
