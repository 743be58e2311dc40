"""The kiosk's socket: who watches, and what they see."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from kiosk.board import Board, BoardSocket
from kiosk.errors import PanelError, StationAway, StationBusy
from kiosk.flow import State
from kiosk.shown import live
from kiosk.shown.live import Line, Progress, Scene, follow
from kiosk.stories.folder import DataFolder
from tests.kiosk.test_screen import draw
from tests.sound_card import wait_until


class Answering:
    """A board with its socket, as the kiosk has it."""

    def __init__(self, data: DataFolder) -> None:
        self.board = Board()
        self.pressed: list[str] = []
        self.heard: bytes | None = None
        self.told = Progress(seconds=1.5, level=0.25)
        self._socket = BoardSocket(
            data, self.board, press=self.pressed.append, progress=lambda: self.told, test_sound=self.listen
        )

    def listen(self) -> bytes:
        if self.heard is None:
            raise StationBusy("Somebody is here.")
        return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def answering(data: DataFolder) -> Iterator[Answering]:
    answering = Answering(data)
    yield answering
    answering.close()


def scenes(lines: Iterator[Line]) -> Iterator[Scene]:
    return (line.scene for line in lines if line.scene)


@contextlib.contextmanager
def connected(data: DataFolder) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client, live.short_path(data) as path:
        client.settimeout(60)
        client.connect(path)
        yield client


def test_who_watches_sees_what_is_shown_and_every_change(data: DataFolder, answering: Answering) -> None:
    answering.board.show(draw(State.IDLE))
    seen = scenes(follow(data))
    assert next(seen) == draw(State.IDLE)
    for state in (State.WELCOME, State.BEFORE, State.OPENING):
        answering.board.show(draw(state))
        assert next(seen).state == state


def test_while_nothing_changes_the_kiosk_says_that_it_lives(data: DataFolder, answering: Answering) -> None:
    lines = follow(data)
    assert next(lines) == Line()
    answering.board.show(draw(State.IDLE))
    assert next(scenes(lines)).state == State.IDLE
    answering.board.show(draw(State.IDLE))
    assert next(lines) == Line()


def test_while_somebody_tells_time_and_level_come_by_themselves(data: DataFolder, answering: Answering) -> None:
    answering.board.show(draw(State.TELLING))
    lines = follow(data)
    assert next(lines).scene
    assert next(lines).progress == Progress(seconds=1.5, level=0.25)
    answering.told = Progress(seconds=1.75, level=1)
    while next(lines).progress != answering.told:
        pass
    answering.board.show(draw(State.STOPPING))
    assert next(scenes(lines)).state == State.STOPPING
    assert next(lines) == Line()


def test_when_the_kiosk_ends_who_watches_is_told(data: DataFolder, answering: Answering) -> None:
    answering.board.show(draw(State.IDLE))
    lines = follow(data)
    next(lines)
    answering.close()
    with pytest.raises(StationAway, match="has ended"):
        list(lines)
    with pytest.raises(StationAway, match="sayso run"):
        next(follow(data))


def test_what_a_killed_kiosk_left_is_no_station_and_is_taken_over(data: DataFolder) -> None:
    with live.short_path(data) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(path)
    with pytest.raises(StationAway):
        next(follow(data))
    answering = Answering(data)
    live.press(data, "red")
    answering.close()
    assert answering.pressed == ["red"]


@pytest.mark.parametrize("said", [b"not JSON\n", b'{"scene": {"state": 5}}\n', b""])
def test_what_is_no_station_is_not_believed(data: DataFolder, said: bytes) -> None:
    def answer() -> None:
        client, _ = server.accept()
        with client:
            client.recv(64)
            client.sendall(said)

    with live.short_path(data) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises(StationAway):
            next(follow(data))
        answering.join()


def test_a_newer_kiosk_may_say_more(data: DataFolder) -> None:
    newer = Line(scene=draw(State.IDLE)).to_bytes().replace(b'"state"', b'"colour":"blue","state"')
    assert Line.model_validate_json(newer) == Line(scene=draw(State.IDLE))


def test_a_client_that_says_nothing_holds_up_nobody_and_is_sent_away(data: DataFolder, answering: Answering) -> None:
    with connected(data) as silent:
        live.press(data, "green")
        assert answering.pressed == ["green"]
        assert silent.recv(10) == b""


def test_so_many_at_once_and_no_more(data: DataFolder, answering: Answering) -> None:
    answering.board.show(draw(State.IDLE))
    with contextlib.ExitStack() as watching:
        for _ in range(16):
            lines = follow(data)
            watching.callback(lines.close)
            next(lines)
        with pytest.raises(StationAway):
            next(follow(data))
        with pytest.raises(PanelError):
            live.press(data, "green")

    def heard() -> bool:
        with contextlib.suppress(PanelError):
            live.press(data, "green")
        return bool(answering.pressed)

    wait_until(heard, "places become free when nobody watches any more")


@pytest.mark.parametrize("asked", ["purple", "watch me"])
def test_a_button_that_is_not_there_is_refused_with_those_that_are(
    data: DataFolder, answering: Answering, asked: str
) -> None:
    with pytest.raises(PanelError):
        live.press(data, asked)
    assert answering.pressed == []


def test_a_test_of_the_microphone_is_handed_out_whole_or_refused_with_a_reason(
    data: DataFolder, answering: Answering
) -> None:
    answering.heard = b"RIFF" + bytes(200_000)
    assert live.test_sound(data) == answering.heard
    answering.heard = None
    with pytest.raises(StationBusy, match="Somebody is here"):
        live.test_sound(data)
    answering.close()
    with pytest.raises(StationAway):
        live.test_sound(data)
