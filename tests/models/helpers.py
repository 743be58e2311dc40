"""Telling takes as the kiosk does, and watching the transcriber as a process."""

import signal
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from kiosk.stories import takes
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript
from kiosk.stories.status import read_status
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.takes import Recording, TakeFolder
from kiosk.stories.wav import WavWriter

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
SHORT = "The staff at the day centre are very kind and they always help me with my lunch."
LONG = (
    "I would like the bus to come earlier in the morning because I am often late. "
    "Sometimes the noise in the big room is too much for me and I need a quiet place to sit. "
    "My mother says that the new garden is lovely. I want to cook my own dinner on Fridays with my friends."
)


def wait_for(what: Callable[[], T | bool | None], *, within_s: float = 120) -> T:
    """Return the first true answer of `what`; fail when there is none within `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        answer = what()
        if answer:
            return answer  # type: ignore[return-value]
        assert time.monotonic() < deadline, f"waited {within_s} s in vain"
        time.sleep(0.02)


def right_words(said: str, heard: str) -> float:
    """Return which part of the words said was heard."""
    words = said.lower().replace(".", "").split()
    return sum(word in heard.split() for word in words) / len(words)


@dataclass
class Teller:
    """Tells a take as the kiosk does."""

    folder: DataFolder
    language: str = "en-GB"
    take: TakeFolder = field(init=False)
    writer: WavWriter = field(init=False)

    def __post_init__(self) -> None:
        self.take = takes.begin(
            self.folder, station="test", language=self.language, clock_quality="ntp", microphone="espeak-ng"
        )
        self.writer = WavWriter(self.take.audio)

    def tell(self, pcm: bytes) -> "Teller":
        for start in range(0, len(pcm), 3200):
            self.writer.append(pcm[start : start + 3200])
        return self

    def tell_until(self, noticed: Callable[[], object]) -> "Teller":
        """Go on without a word until it is noticed: a take in which nothing comes is soon followed no longer."""
        wait_for(lambda: self.tell(bytes(3200)) and noticed())
        return self

    def keep(self) -> StoryFolder:
        self.writer.close()
        recording = Recording(
            frames=self.writer.frames, overflows=0, lost_frames=0, ending="press", ended_at=datetime.now(UTC)
        )
        return takes.keep(self.take, recording, agreed=True)

    def throw_away(self) -> None:
        self.writer.close()
        takes.throw_away(self.take)

    @property
    def id(self) -> str:
        return self.take.take.id


@dataclass
class Running:
    """`sayso transcribe` as a process."""

    folder: DataFolder
    process: subprocess.Popen[bytes]

    def status(self) -> dict[str, Any]:
        status = read_status(self.folder, "transcriber")
        return status if status and status["pid"] == self.process.pid else {}

    def wait_status(self, right: Callable[[dict[str, Any]], object], *, within_s: float = 120) -> dict[str, Any]:
        """Wait until it says of itself what is right, and return all that it said then."""
        return wait_for(lambda: (told := self.status()) and right(told) and told, within_s=within_s)

    def wait_state(self, state: str, *, within_s: float = 120) -> dict[str, Any]:
        return self.wait_status(lambda told: told["state"] == state, within_s=within_s)

    def wait_fault(self, code: str, *, within_s: float = 120) -> dict[str, str]:
        def fault() -> dict[str, str] | None:
            return next((each for each in self.status().get("faults", []) if each["code"] == code), None)

        return wait_for(fault, within_s=within_s)

    def wait_worker(self, *, other_than: int | None = None) -> int:
        def worker() -> int | None:
            status = self.status()
            pid: int | None = status.get("worker_pid")
            return pid if status.get("state") in ("waiting", "transcribing") and pid != other_than else None

        return wait_for(worker)

    def wait_working_on(self, story_id: str, *, worker_other_than: int | None = None) -> int:
        """Wait until it listens to a story, and return the process that does."""

        def worker() -> int | None:
            status = self.status()
            right = status.get("working_on") == story_id and status["worker_pid"] != worker_other_than
            return status["worker_pid"] if right else None

        return wait_for(worker)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def wait_transcript(story: StoryFolder, *, within_s: float = 120) -> Transcript:
    return wait_for(story.transcript, within_s=within_s)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def open_files(pid: int) -> list[str]:
    found = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(handle.readlink()))
        except FileNotFoundError:
            continue
    return found


def move_words_into_graph(model: Path) -> None:
    """Make a model as the publisher's vosk-model-small-en-us-0.15 is: no words.txt, the words in Gr.fst itself.

    The layout is OpenFst's: `FstHeader::Write`, then `SymbolTableImpl::Write`.
    """
    graph, words = model / "graph" / "Gr.fst", model / "graph" / "words.txt"
    old, at = graph.read_bytes(), 4
    for _ in range(2):
        at += 4 + struct.unpack_from("<i", old, at)[0]
    header_end = at + struct.calcsize("<iiQqqq")
    header = bytearray(old[:header_end])
    struct.pack_into("<i", header, at + 4, struct.unpack_from("<i", old, at + 4)[0] | 2)
    symbols = [(word.encode(), int(number)) for word, number in map(str.split, words.read_text().splitlines())]
    table = struct.pack("<ii5sqq", 2125658996, 5, b"words", max(number for _, number in symbols) + 1, len(symbols))
    for word, number in symbols:
        table += struct.pack(f"<i{len(word)}sq", len(word), word, number)
    graph.write_bytes(bytes(header) + table + old[header_end:])
    words.unlink()
