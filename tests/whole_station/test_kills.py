"""Each process is killed at random moments of visits: nothing kept is lost, and everything comes back by itself.

SAYSO_TEST_KILLS sets how often each is killed; `make test-long` takes 50.
"""

import os
import random
import signal
import time

import psutil

from kiosk.errors import PanelError
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories import wav
from tests.sound_card import SoundCard, stands_in, wait_until
from tests.station import WAY, StationUnderTest, is_alive

KILLS = int(os.environ.get("SAYSO_TEST_KILLS", "1"))
#: A visit takes about this long; the moment of the kill is drawn from it.
VISIT_S = 10.0
#: The way of a visit: in this state, press this.
PRESSES = {**WAY, State.TELLING: "green"}


class Visit:
    """A visitor who presses whatever is asked for, tells for a moment, and sees what happens."""

    def __init__(self, station: StationUnderTest) -> None:
        self.station = station
        self.kept: str | None = None
        self.told: tuple[str, int] | None = None

    def go(self, kill_at: float, pid_of: str) -> None:
        """Visit; at the moment `kill_at` (monotonic) the process named `pid_of` is killed."""
        before, pressed, killed = self.station.status().get("last_story"), None, False
        give_up_at = kill_at + 240
        while not (killed and self._over(before)):
            assert time.monotonic() < give_up_at, f"the station does not come back: {self.station.status()}"
            if not killed and time.monotonic() >= kill_at:
                self._look_at_take()
                killed = self._kill(pid_of)
            status = self.station.status()
            state, scene = status.get("state"), (status.get("scene"), status.get("pid"))
            if state in PRESSES and scene != pressed and not (killed and state == State.IDLE):
                if state == State.TELLING and status["seconds"] < 2:
                    continue
                try:
                    live.press(self.station.data, PRESSES[state])
                    pressed = scene
                except PanelError:
                    pressed = None  # it was just killed
            time.sleep(0.01)

    def _over(self, before: str | None) -> bool:
        status = self.station.status()
        if (kept := status.get("last_story")) and kept != before:
            self.kept = kept
        return self.station.ready()

    def _kill(self, name: str) -> bool:
        pid = self.station.pids().get(name)
        if pid is None:
            return False
        try:
            process = psutil.Process(pid)
            process.kill()
        except psutil.NoSuchProcess:
            return False
        wait_until(lambda: not is_alive(process), f"{name} has ended")
        return True

    def _look_at_take(self) -> None:
        take = self.station.status().get("take")
        path = self.station.data.takes / str(take) / "audio.wav"
        if take and path.exists():
            frames = wav.frames_in(path)
            self.told = (take, frames) if frames else None


def test_killed_again_and_again_nothing_kept_is_lost(station: StationUnderTest, card: SoundCard) -> None:
    card.script.write_bytes(random.Random(1).randbytes(32_000 * 60))
    chance = random.Random(2)
    victims = KILLS * ["kiosk", "transcriber", "admin", "worker", "microphone", "speaker"]
    chance.shuffle(victims)
    visits = []
    for name in victims:
        visit = Visit(station)
        visit.go(time.monotonic() + chance.uniform(0, VISIT_S), name)
        visits.append(visit)
    stories = {folder.id: folder for folder in station.data.story_folders()}
    for visit in visits:
        if visit.kept:
            assert stories[visit.kept].story().agreed
        if visit.told:
            take, frames = visit.told
            # Thrown away it was never; so it is a story now, with every frame that was there a moment before the kill.
            assert stories[take].story().frames >= frames
    assert os.listdir(station.data.takes) == ["sequence"]
    told = card.script.read_bytes()
    for folder in stories.values():
        stands_in(folder.audio.read_bytes()[44:], told)
        wait_until(folder.transcript, f"{folder.id} is written down", 240)
    site = station.site()
    site.make_account()
    for story_id in stories:
        site.find(story_id, station.data)


def test_a_kiosk_killed_while_somebody_tells_loses_no_more_than_a_second(
    station: StationUnderTest, card: SoundCard
) -> None:
    station.walk(State.TELLING)
    take = station.status()["take"]
    audio = station.data.takes / take / "audio.wav"
    wait_until(lambda: wav.frames_in(audio) > 5 * 16_000, "something was told")
    begun = -wav.frames_in(audio) / 16_000 + time.monotonic()
    wait_until(lambda: wav.frames_in(audio) > 8 * 16_000, "more was told")
    kiosk, told_s = station.pids()["kiosk"], 0.0

    def keeps_up() -> bool:
        nonlocal told_s
        told_s = time.monotonic() - begun
        return wav.frames_in(audio) / 16_000 > told_s - 1

    wait_until(keeps_up, "all but a second of what was told is in the file")
    os.kill(kiosk, signal.SIGKILL)
    wait_until(station.ready, "the kiosk is back")
    story = station.data.story(take).story()
    assert (story.agreed, story.ending) == (False, "station")
    assert story.seconds > told_s - 1
