"""Pages of the staff site at 10,000 and 100,000 stories: from a real `sayso admin`, to somebody who is signed in."""

import http.client
import math
import re
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import sync_playwright

from kiosk.stories import takes
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder, StoryFolder
from kiosk.stories.records import Transcript
from kiosk.stories.wav import SAMPLERATE_HZ, WavWriter
from tests.admin_web.browsing import chromium
from tests.admin_web.making import Admin, csrf_token, spread
from tests.benchmarks import proc
from tests.benchmarks.archive_build import build_archive, disk
from tests.benchmarks.archive_data import vocabulary
from tests.benchmarks.archive_stores import timed_ms
from tests.benchmarks.results import Result
from tests.benchmarks.results import spread as told
from tests.sound_card import wait_until

SIZES = (10_000, 100_000)
STORY_S, WORDS = 600, 1500
RANGE_BYTES = 256 * 1024
PASSWORD = "three calm wooden ducks"
LIST_MS = {10_000: 30, 100_000: 50}
LIST_BYTES, STORY_MS, PAINT_MS = 60_000, 60, 300


def measure_pages(*, quick: bool) -> list[Result]:
    """Return a row for each page at each size."""
    where, _ = disk()
    results = []
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="sayso-bench-pages-", dir=where) as root:
            data = DataFolder.open(Path(root) / "data")
            for name in build_archive(data, size):
                (data.stories / name).mkdir()
            long = _long_story(data)
            with Admin(data.root) as admin:
                results += _at(size, admin, long, 20 if quick else 100)
    return results


def _at(size: int, admin: Admin, long: StoryFolder, times: int) -> Iterator[Result]:
    client = _Client(admin)
    client.until_there(f"/stories/{long.id}")
    word, rarer = vocabulary()[0], vocabulary()[300]
    bare = _Took([timed_ms(lambda: client.get("/healthz")) for _ in range(times)])

    def row(name: str, path: str, most_ms: float = 0, most_bytes: int = 0, part: str = "") -> Result:
        sizes: list[int] = []
        before_s = proc.cpu_s(admin.process.pid)
        took = _Took([timed_ms(lambda: sizes.append(len(client.get(path, part)))) for _ in range(times)])
        targets = [f"{most_ms:g} ms"] * bool(most_ms) + [f"{most_bytes / 1000:g} kB"] * bool(most_bytes)
        return Result(
            f"pages: {name}, {size:,} stories",
            f"{took}, {max(sizes) / 1000:.0f} kB",
            "an answer of two letters (/healthz)",
            str(bare),
            f"{1000 * (proc.cpu_s(admin.process.pid) - before_s) / times:.0f} ms of processor",
            target=f"at most {' and '.join(targets)}" if targets else "",
            met=took.p50 <= (most_ms or math.inf) and max(sizes) <= (most_bytes or math.inf) if targets else None,
        )

    yield row("list", "/", LIST_MS[size], LIST_BYTES)
    yield row("list, all of them", "/?show=all", LIST_MS[size], LIST_BYTES)
    yield row("list, a station and a tag", "/?show=all&station=hall&tag=food")
    yield row("search, a common word", f"/search?q={word}")
    yield row("search, a rarer word", f"/search?q={rarer}")
    yield row("a story of 10 minutes", f"/stories/{long.id}", STORY_MS)
    middle = STORY_S * SAMPLERATE_HZ
    yield row("256 kB of its sound", f"/stories/{long.id}/audio", part=f"bytes={middle}-{middle + RANGE_BYTES - 1}")
    yield _painted(size, admin, client, long, max(3, times // 20))


def _painted(size: int, admin: Admin, client: "_Client", long: StoryFolder, times: int) -> Result:
    path = f"/stories/{long.id}"
    painted_ms = []
    with sync_playwright() as playwright, chromium(playwright) as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        name, _, value = client.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": admin.address}])
        for _ in range(times):
            page = context.new_page()
            page.goto(admin.address + path)
            painted_ms.append(
                float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            )
            page.close()
    return Result(
        f"pages: its first paint in Chromium, {size:,} stories",
        told(painted_ms, "ms"),
        target=f"at most {PAINT_MS} ms",
        met=statistics.median(painted_ms) <= PAINT_MS,
    )


def _long_story(data: DataFolder) -> StoryFolder:
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test", sample=False)
    writer = WavWriter(take.audio)
    writer.append(np.random.default_rng(1).integers(-9000, 9000, STORY_S * SAMPLERATE_HZ, dtype=np.int16).tobytes())
    writer.close()
    kept = takes.keep(take, takes.Recording(writer.frames, 0, 0, "press", datetime.now(UTC)), agreed=True)
    words = spread(vocabulary()[:WORDS], word_s=STORY_S / WORDS)
    text = " ".join(word.word for word in words)
    transcript = Transcript(model="starter", text=text, words=tuple(words), seconds=2.0, failed=None)
    write_whole(kept.transcript_path, transcript.to_bytes())
    return kept


class _Took:
    """How long something took, several times."""

    def __init__(self, values_ms: list[float]) -> None:
        self.p50 = statistics.median(values_ms)
        self.p95 = statistics.quantiles(values_ms, n=20)[-1]

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms"


class _Client:
    """Asks for pages over one connection, as a browser does, signed in as the first lead."""

    def __init__(self, admin: Admin) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", admin.port, timeout=60)
        self.cookie = ""
        fields = {"code": admin.code, "name": "Bench", "password": PASSWORD}
        token = csrf_token(self.get("/setup").decode())
        form = urlencode({**fields, "csrf_token": token}).encode()
        self._ask("POST", "/setup", form, {"Content-Type": "application/x-www-form-urlencoded"})

    def get(self, path: str, part: str = "") -> bytes:
        """Return what is there. Raises RuntimeError if it is refused."""
        status, body = self._ask("GET", path, None, {"Range": part} if part else {})
        if status not in (200, 206):
            raise RuntimeError(f"{path} was answered with {status}")
        return body

    def until_there(self, path: str) -> None:
        """Wait until the site has taken a story in."""
        wait_until(lambda: self._ask("GET", path, None, {})[0] == 200, "the site has taken the story in", 120)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body, {**headers, "Cookie": self.cookie})
        answer = self._connection.getresponse()
        content = answer.read()
        for each in answer.headers.get_all("Set-Cookie") or []:
            # The session's; the other one only tells that this device is known.
            if found := re.match(r"sayso=[^;]*", each):
                self.cookie = found[0]
        return answer.status, content
