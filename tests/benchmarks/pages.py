"""Pages of the staff site at 10,000 and 100,000 stories: from a real `sayso admin`, to somebody who is signed in."""

import math
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import SAMPLERATE_HZ
from tests.admin_web.browsing import chromium
from tests.admin_web.making import Admin
from tests.benchmarks import proc
from tests.benchmarks.archive_build import build_archive, disk
from tests.benchmarks.archive_data import vocabulary
from tests.benchmarks.archive_stores import timed_ms
from tests.benchmarks.noise import noise_story
from tests.benchmarks.results import Result, Took
from tests.benchmarks.results import spread as told
from tests.benchmarks.site_client import SiteClient

SIZES = (10_000, 100_000)
STORY_S, WORDS = 600, 1500
RANGE_BYTES = 256 * 1024
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
            long = noise_story(data, STORY_S, vocabulary()[:WORDS])
            with Admin(data.root) as admin:
                results += _at(size, admin, long, 20 if quick else 100)
    return results


def _at(size: int, admin: Admin, long: StoryFolder, times: int) -> Iterator[Result]:
    client = SiteClient(admin)
    client.until_there(f"/stories/{long.id}")
    word, rarer = vocabulary()[0], vocabulary()[300]
    bare = Took([timed_ms(lambda: client.get("/healthz")) for _ in range(times)])

    def row(name: str, path: str, most_ms: float = 0, most_bytes: int = 0, part: str = "") -> Result:
        sizes: list[int] = []
        before_s = proc.cpu_s(admin.process.pid)
        took = Took([timed_ms(lambda: sizes.append(len(client.get(path, part)))) for _ in range(times)])
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


def _painted(size: int, admin: Admin, client: SiteClient, long: StoryFolder, times: int) -> Result:
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
