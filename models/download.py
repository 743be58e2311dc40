"""Fetches a model's zip from its publisher, and goes on where it stopped.

Only `sayso models get` uses this; nothing else in Sayso reaches for the network. The publisher is spoken to by https
alone (tests: by http to this very machine), also where it sends on to another address.
"""

import contextlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.errors import DownloadError, SaysoError, UsageError
from models.partial_file import PartialFile
from models.unpack import MOST_BYTES

#: The publisher says nothing for this long: the connection is given up, and tried again.
STALL_S = 30.0
#: A connection that broke is tried again so often without a byte of progress, after 1, 2, 4 ... seconds.
_TRIES, _PAUSE_S = 5, 1.0
_LIST = "model-list.json"
_LIST_BYTES = 5_000_000
_MD5 = re.compile(r"[0-9a-f]{32}")
_CHUNK_BYTES = 1 << 16
_HERE = ("127.0.0.1", "::1", "localhost")
#: Answers that may be other ones in a moment: too many requests, and whatever goes wrong in the publisher's house.
_PERHAPS_LATER = frozenset((408, 429, *range(500, 600)))

#: Told how many bytes there are now, and how many there will be (None: the publisher does not say).
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Expected:
    """What the publisher's list says of a zip."""

    md5: str
    size: int | None


class _Cut(Exception):
    """The connection broke, or the publisher was busy: to be tried again."""


class _StartOver(_Cut):
    """What was fetched so far is of no use: to be tried again from the beginning."""


class Publisher:
    """The place that models come from."""

    def __init__(self, address: str, *, stall_s: float = STALL_S, tries: int = _TRIES, pause_s: float = _PAUSE_S):
        """Get ready; nothing is asked yet.

        Args:
            address: The folder with the zips and the list, https. http is taken for this machine alone.
            stall_s: A connection that says nothing for so long is given up.
            tries: How often in a row a connection may break without progress.
            pause_s: How long to wait after the first break; doubled each time.

        Raises:
            UsageError: The address is of another kind.
        """
        self.address = address.rstrip("/")
        self._stall_s, self._tries, self._pause_s = stall_s, tries, pause_s
        parts = urllib.parse.urlsplit(self.address)
        self._this_machine = parts.netloc if parts.scheme == "http" and parts.hostname in _HERE else None
        if parts.scheme != "https" and not self._this_machine:
            raise UsageError(f"Models are fetched by https only: {address} is something else.")
        # Put together by hand: urllib's own choice reads files and speaks FTP as well.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler({} if self._this_machine else None),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _SafeRedirects(self._require_safe),
        ):
            self._opener.add_handler(handler)

    def zip_address(self, name: str) -> str:
        """Return where a model's zip is."""
        return f"{self.address}/{name}.zip"

    def expected(self, name: str) -> Expected:
        """Return what the publisher's list says of a model's zip.

        Raises:
            DownloadError: The publisher cannot be reached, or does not list it.
        """
        try:
            with self._open(f"{self.address}/{_LIST}", {}) as answer:
                listed = json.loads(answer.read(_LIST_BYTES))
            found = [each for each in listed if isinstance(each, dict) and each.get("name") == name]
        except DownloadError:
            raise
        except (_Cut, OSError, http.client.HTTPException) as error:
            why = f"{self.address} cannot be reached: {_reason(error)}."
            raise DownloadError(f"{why} {self._on_a_stick(name)}") from error
        except (ValueError, TypeError) as error:
            raise DownloadError(f"The publisher's list at {self.address}/{_LIST} cannot be read. Try later.") from error
        md5, size = (str(found[0].get("md5")).lower(), found[0].get("size")) if found else ("", None)
        if not _MD5.fullmatch(md5):
            raise DownloadError(
                f"The publisher's list at {self.address}/{_LIST} has no checksum for {name} (any more). "
                "Choose another model: sayso models list"
            )
        return Expected(md5, size if isinstance(size, int) else None)

    def fetch(self, name: str, expected: Expected, into: Path, progress: Progress = lambda *_: None) -> None:
        """Bring a model's zip to `into`, from where an earlier attempt stopped, and compare its checksum.

        What was fetched stays in `into` when the connection breaks for good.

        Raises:
            DownloadError: It cannot be had, or is not what the list says. The message says what to do.
            DiskFull: The disk does not take it.
        """
        part = PartialFile(into)
        # Parts of two files, perhaps, or a disk that lost power: that is worth one more attempt, from the beginning.
        for _ in range(2 if part.size else 1):
            self._fetch_all(name, expected, part, progress)
            if part.md5() == expected.md5:
                part.forget_validator()
                return
            part.forget()
        raise DownloadError(
            f"{self.zip_address(name)} is not the file that the publisher's list says: its checksum differs. "
            "It was thrown away. Try again later, perhaps from another network."
        )

    def _fetch_all(self, name: str, expected: Expected, into: PartialFile, progress: Progress) -> None:
        breaks = 0
        while expected.size is None or into.size != expected.size:
            before = into.size
            try:
                self._fetch_on(name, expected, into, progress)
                return
            except _Cut as cut:
                breaks = 1 if into.size > before else breaks + 1
                if breaks >= self._tries:
                    raise DownloadError(
                        f"{self.zip_address(name)} could not be fetched to the end: {cut}. {into.size / 1e6:.1f} MB "
                        f"of it are kept: run the same again, and it goes on. {self._on_a_stick(name)}"
                    ) from cut
                time.sleep(self._pause_s * 2 ** (breaks - 1))

    def _fetch_on(self, name: str, expected: Expected, into: PartialFile, progress: Progress) -> None:
        """Fetch what is missing over one connection.

        Raises:
            _Cut: It broke.
        """
        there, validator = into.size, into.validator
        ask = {"Range": f"bytes={there}-", "If-Range": validator} if there and validator else {}
        try:
            with self._open(self.zip_address(name), ask) as answer:
                start, total = _span(answer, there, validator)
                if expected.size is not None and total not in (None, expected.size):
                    raise DownloadError(
                        f"{self.zip_address(name)} has {total} bytes and the publisher's list says {expected.size}. "
                        "Try again later."
                    )
                if not start:
                    into.begin(_validator(answer))
                _pour(answer, into, start, total or expected.size, progress)
        except SaysoError:
            raise
        except _StartOver:
            into.forget()
            raise
        except (http.client.HTTPException, OSError) as error:
            raise _Cut(_reason(error)) from error

    def _open(self, address: str, headers: dict[str, str]) -> Any:
        """Ask for an address.

        Raises:
            _Cut: The publisher is busy; later it may answer.
            DownloadError: It refuses.
        """
        own = {"User-Agent": "Sayso", "Accept-Encoding": "identity"}
        request = urllib.request.Request(address, headers=own | headers)  # noqa: S310 - looked at when we were made
        try:
            return self._opener.open(request, timeout=self._stall_s)
        except urllib.error.HTTPError as error:
            with contextlib.closing(error):
                if error.code in _PERHAPS_LATER:
                    raise _Cut(f"the publisher answers {error.code} {error.reason}") from error
                if error.code == 416:
                    raise _StartOver("the publisher has fewer bytes than were fetched") from error
                raise DownloadError(
                    f"{address} cannot be had: the publisher answers {error.code} {error.reason}. "
                    "The model may have been replaced: 'sayso models list' shows others."
                ) from error

    def _require_safe(self, address: str) -> None:
        parts = urllib.parse.urlsplit(address)
        same_machine = parts.scheme == "http" and parts.netloc == self._this_machine
        if parts.scheme != "https" and not same_machine:
            raise DownloadError(f"The publisher sends on to {address}, which is not https. Nothing was fetched there.")

    def _on_a_stick(self, name: str) -> str:
        return (
            "If this machine has no network: download that file on another computer, bring it on a USB stick, and run "
            f"'sayso models get /media/STICK/{name}.zip'. Its address: {self.zip_address(name)}"
        )


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def __init__(self, require_safe: Callable[[str], None]) -> None:
        self._require_safe = require_safe

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        to = urllib.parse.urljoin(req.full_url, headers.get("Location", ""))
        self._require_safe(to)
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _span(answer: Any, there: int, validator: str) -> tuple[int, int | None]:
    """Return at which byte an answer begins, and how long the whole is if it says so.

    Raises:
        _StartOver: It is a part, and not the one that is missing.
    """
    length = answer.headers.get("Content-Length", "")
    if answer.status != 206:
        return 0, int(length) if length.isdecimal() else None
    unit, _, span = answer.headers.get("Content-Range", "").partition(" ")
    span, _, total = span.partition("/")
    if unit != "bytes" or not span.startswith(f"{there}-") or _validator(answer) not in ("", validator):
        raise _StartOver("the publisher sent a part that was not asked for")
    return there, int(total) if total.isdecimal() else None


def _pour(answer: Any, into: PartialFile, start: int, total: int | None, progress: Progress) -> None:
    """Write what comes behind the first `start` bytes of a file.

    Raises:
        _Cut: Less came than was promised.
        DownloadError: More came than any model has.
        DiskFull: The disk does not take it.
    """
    done = start
    progress(done, total)
    with into.appending() as append:
        while chunk := answer.read(_CHUNK_BYTES):
            done += len(chunk)
            if done > (total or MOST_BYTES):
                raise DownloadError("More comes than the publisher's list says. Try again later.")
            append(chunk)
            progress(done, total)
    if total is not None and done < total:
        raise _Cut(f"it broke off after {done / 1e6:.1f} of {total / 1e6:.1f} MB")


def _validator(answer: Any) -> str:
    """Return what tells this file from another that may stand at the same address later (RFC 9110, 13.1.5)."""
    etag = answer.headers.get("ETag", "")
    # A weak ETag ("W/...") may stay the same when bytes change; such a file is begun anew rather than gone on with.
    return str(etag if etag.startswith('"') else answer.headers.get("Last-Modified", ""))


def _reason(error: BaseException) -> str:
    """Return why a connection failed, in a few words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "it does not answer"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
