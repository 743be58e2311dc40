"""Handing out quotes with their sound: how much memory the site needs for it, and how others are answered meanwhile."""

import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from admin_web.archive import Archive
from admin_web.credentials import Passwords
from admin_web.intake import Intake
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from tests.admin_web.making import Admin, csrf_token, make_story, spread, write_words
from tests.benchmarks import proc
from tests.benchmarks.archive_stores import timed_ms
from tests.benchmarks.results import Result
from tests.benchmarks.results import spread as told

PASSWORD, REASON = "three calm wooden ducks", "To see how much memory it takes."
#: Each quote is a clip of this length.
QUOTE_S, WORDS = 150, 150
TOTAL_MB, QUICK_MB = 500, 40
LIMIT_MB, LIMIT_MS = 40, 100
_BLOCK = 64 * 1024


def measure_handing_out(*, quick: bool) -> list[Result]:
    """Hand out many clips, and ask for a list of quotes again and again meanwhile."""
    clips = (QUICK_MB if quick else TOTAL_MB) * 1_000_000 // (QUOTE_S * 32_000) + 1
    with tempfile.TemporaryDirectory(prefix="sayso-bench-quotes-") as root:
        data = DataFolder.open(Path(root) / "data")
        _fill(data, clips)
        with Admin(data.root) as admin:
            return _measured(admin, clips)


def _fill(data: DataFolder, clips: int) -> None:
    """Make a long story, many approved quotes of it, and a lead."""
    kept = make_story(data, None, seconds=QUOTE_S, permissions=Permissions(words=True, voice=True))
    write_words(kept, spread(["word"] * WORDS, word_s=QUOTE_S / WORDS))
    with Archive(data) as archive:
        archive.people.make_first("Ann", Passwords(rounds=1, memory_kib=8).hash(PASSWORD))
        Intake(data, archive).look()
        archive.texts.confirm(kept.id, by="ann", revision=0)
        with archive.transaction():
            for _ in range(clips):
                quote = archive.quotes.propose(kept.id, 0, WORDS - 1, by="ann")
                archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)


def _measured(admin: Admin, clips: int) -> list[Result]:
    client = _Client(admin)
    alone = [timed_ms(lambda: client.get("/quotes")) for _ in range(20)]
    before = peak = proc.memory(admin.process.pid).rss
    others: list[float] = []
    done = threading.Event()

    def ask() -> None:
        other = _Client(admin)
        while not done.is_set():
            others.append(timed_ms(lambda: other.get("/quotes")))
            time.sleep(0.05)

    asking = threading.Thread(target=ask)
    asking.start()
    got, begun = 0, time.monotonic()
    try:
        for block in client.export():
            got += block
            peak = max(peak, proc.memory(admin.process.pid).rss) if got % (4 * _BLOCK) < _BLOCK else peak
    finally:
        took_s = time.monotonic() - begun
        done.set()
        asking.join()
    p95 = sorted(others)[int(0.95 * (len(others) - 1))]
    return [
        Result(
            f"handing out {clips} clips, {got / 1e6:.0f} MB: memory of the site",
            f"{peak:.0f} MB at most",
            "the same site before",
            f"{before:.0f} MB",
            f"{peak - before:+.0f} MB",
            f"at most {LIMIT_MB} MB more",
            peak - before <= LIMIT_MB,
            f"Sent in {took_s:.1f} s, {got / 1e6 / took_s:.0f} MB/s, to a client on this machine.",
        ),
        Result(
            "handing out: another request meanwhile (the list of quotes)",
            f"{told(others, 'ms')}, p95 {p95:.0f} ms",
            "the same while nothing is handed out",
            told(alone, "ms"),
            target=f"p95 at most {LIMIT_MS} ms",
            met=p95 <= LIMIT_MS,
        ),
    ]


class _Client:
    """A browser of the lead."""

    def __init__(self, admin: Admin) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", admin.port, timeout=120)
        self._cookie = ""
        token = csrf_token(self.get("/sign-in"))
        self._ask("POST", "/sign-in", {"name": "Ann", "password": PASSWORD, "csrf_token": token}).read()

    def get(self, path: str) -> str:
        return self._ask("GET", path).read().decode()

    def export(self) -> Iterator[int]:
        """Go through the sizes of what comes."""
        token = csrf_token(self.get("/exports"))
        answer = self._ask("POST", "/exports", {"reason": REASON, "sound": "wav", "csrf_token": token})
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {answer.read()[:200]!r}")
        while block := answer.read(_BLOCK):
            yield len(block)

    def _ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> http.client.HTTPResponse:
        headers = {"Cookie": self._cookie}
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, urlencode(fields) if fields else None, headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            if name == "sayso":
                self._cookie = f"sayso={rest.split(';')[0]}"
        return answer
