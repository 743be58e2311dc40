"""Sending much at once: how much memory the site needs for it, and how others are answered meanwhile.

Two ways lead out: quotes with their clips, and everything that there is. Beside them the same server sends one file of
the same size that lies ready, which is the least that any site does.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from admin_web.archive import Archive
from admin_web.intake import Intake
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import Admin
from tests.benchmarks import proc
from tests.benchmarks.archive_build import disk
from tests.benchmarks.archive_stores import timed_ms
from tests.benchmarks.noise import noise_story
from tests.benchmarks.results import Result, Took
from tests.benchmarks.site_client import SiteClient

REASON = "To see how much memory it takes."
#: Each quote is a clip of this length.
QUOTE_S, WORDS = 150, 150
TOTAL_MB, QUICK_MB = 500, 40
LIMIT_MB, LIMIT_MS = 40, 100
#: Somebody else asks for the list of quotes so often.
_ASKED_EVERY_S = 0.05
_LOOKED_EVERY_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Sent:
    """What was seen while something was sent.

    Attributes:
        megabytes: How much it was.
        seconds: How long that took.
        before: Memory of the site before, in MB.
        peak: The most meanwhile.
        others: How long another request took meanwhile.
    """

    megabytes: float
    seconds: float
    before: float
    peak: float
    others: Took


def measure_handing_out(*, quick: bool) -> list[Result]:
    """Send much in each way, and ask for a list of quotes again and again meanwhile."""
    clips = (QUICK_MB if quick else TOTAL_MB) * 1_000_000 // (QUOTE_S * 32_000) + 1
    where, _ = disk()
    results = []
    for way in ("clips", "everything", "file"):
        with tempfile.TemporaryDirectory(prefix="sayso-bench-sending-", dir=where) as root:
            data = DataFolder.open(Path(root) / "data")
            long = _fill(data, clips, way)
            # A site of its own each: what one needed, the next would not be seen to need.
            with Admin(data.root) as admin:
                client = SiteClient(admin)
                alone = Took([timed_ms(lambda: client.get("/quotes")) for _ in range(40)])  # noqa: B023
                results += _rows(way, _send(admin, client, way, long), alone)
    return results


def _fill(data: DataFolder, clips: int, way: str) -> str:
    """Make quotes of a long story, or stories of the same size in all; return the id of the last story."""
    words = ["word"] * WORDS
    for _ in range(clips - 1 if way == "everything" else 0):
        noise_story(data, QUOTE_S, words)
    kept = noise_story(data, QUOTE_S * clips if way == "file" else QUOTE_S, words)
    with Archive(data) as archive:
        Intake(data, archive).look()
        archive.texts.confirm(kept.id, by="ann", revision=0)
        with archive.transaction():
            for _ in range(clips):
                quote = archive.quotes.propose(kept.id, 0, WORDS - 1, by="ann")
                archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)
    return kept.id


def _blocks(client: SiteClient, way: str, long: str) -> Iterator[int]:
    if way == "clips":
        return client.sizes("/exports", {"reason": REASON, "sound": "wav"}, "/exports")
    if way == "everything":
        return client.sizes(client.post("/export", {"what": "everything", "reason": REASON}, "/export") + "/zip")
    return client.sizes(f"/stories/{long}/audio")


def _send(admin: Admin, client: SiteClient, way: str, long: str) -> _Sent:
    others: list[float] = []
    done, other = threading.Event(), client.another()

    def ask() -> None:
        while not done.is_set():
            others.append(timed_ms(lambda: other.get("/quotes")))
            time.sleep(_ASKED_EVERY_S)

    before = peak = proc.memory(admin.process.pid).rss
    asking = threading.Thread(target=ask)
    asking.start()
    got, looked, begun = 0, 0, time.monotonic()
    try:
        for block in _blocks(client, way, long):
            got += block
            if got - looked >= _LOOKED_EVERY_BYTES:
                looked, peak = got, max(peak, proc.memory(admin.process.pid).rss)
    finally:
        seconds = time.monotonic() - begun
        done.set()
        asking.join()
    return _Sent(got / 1e6, seconds, before, peak, Took(others))


def _rows(way: str, sent: _Sent, alone: Took) -> Iterator[Result]:
    name = {"clips": "quotes with clips", "everything": "everything", "file": "one recording that lies ready"}[way]
    more, is_target = sent.peak - sent.before, way != "file"
    yield Result(
        f"sending {name}, {sent.megabytes:.0f} MB: memory of the site",
        f"{sent.peak:.0f} MB at most",
        "the same site before",
        f"{sent.before:.0f} MB",
        f"{more:+.0f} MB",
        f"at most {LIMIT_MB} MB more" if is_target else "",
        more <= LIMIT_MB if is_target else None,
        f"Sent in {sent.seconds:.1f} s, {sent.megabytes / sent.seconds:.0f} MB/s, to a client on this machine.",
    )
    yield Result(
        f"sending {name}: the list of quotes meanwhile",
        str(sent.others),
        "the same while nothing is sent",
        str(alone),
        f"{sent.others.p50 / alone.p50:.1f} times (p50)",
        f"p95 at most {LIMIT_MS} ms" if is_target else "",
        sent.others.p95 <= LIMIT_MS if is_target else None,
    )
