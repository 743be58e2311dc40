"""What is sent to the site: how much of it is taken, and where it waits until a view has read it.

waitress reads the whole body of a request before the site sees any of it. So it asks here first: more than a form holds
is taken only for the few views that want it, and only from somebody who may use them. Nobody else can fill the disk.
"""

import copy
import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from flask import Flask, Request, current_app, request
from waitress.buffers import FileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

from admin_web import sessions
from admin_web.rights import most_bytes_for, visitors_of
from admin_web.site import Site, current_site, site_of

#: As much as waitress keeps in memory of a body that anybody may send.
_IN_MEMORY_BYTES = 1 << 20
#: A body lies on the disk twice: as it came, and as the file that was in it.
_TIMES_ON_DISK = 2


class BoundedRequest(Request):
    """A request of which nothing is written to a disk, but where more may come than fits into memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if (self.max_content_length or 0) > _IN_MEMORY_BYTES:
            return _waiting_file(current_site().folder.archive)
        return io.BytesIO()


class NoRoom(Error):  # type: ignore[misc] # waitress comes without types
    """waitress's own short answer where a body is not taken at all."""

    code, reason = 507, "Insufficient Storage"


def channels(app: Flask) -> type[HTTPChannel]:
    """Return the class of waitress's connections for `app`."""

    def parser(settings: Any) -> _Parser:
        return _Parser(settings, app)

    return type("Channel", (HTTPChannel,), {"parser_class": staticmethod(parser)})


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's reader of requests, with a limit that depends on what is asked for and by whom."""

    def __init__(self, settings: Any, app: Flask) -> None:
        super().__init__(settings)
        self.adj: Any = settings
        self._app = app

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header, and settle how much may follow it."""
        super().parse_header(header_plus)
        if self.chunked or self.content_length < self.adj.max_request_body_size:
            return
        most = self._most()
        if self.content_length >= most:
            # waitress refuses it.
            return
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size = most
        site = site_of(self._app)
        if has_room(site, _TIMES_ON_DISK * self.content_length):
            self.body_rcv.buf = FileBasedBuffer(_waiting_file(site.folder.archive))
        else:
            self.error = NoRoom("The disk is nearly full. Nothing was changed. Tell whoever looks after the station.")
            self.completed = True

    def _most(self) -> int:
        environ = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": self.path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "HTTP_COOKIE": self.headers.get("COOKIE", ""),
        }
        with self._app.request_context(environ):
            return most_bytes_now() or 0


def has_room(site: Site, size: float) -> bool:
    """Say whether the disk can take so many bytes and still has what the station needs for itself."""
    return shutil.disk_usage(site.folder.root).free >= size + site.config.disk.reserve_mb * 1e6


def most_bytes_now() -> int | None:
    """Return how much whoever asks may send to the view that they ask for; None: what a form holds."""
    view: Callable[..., object] | None = current_app.view_functions.get(request.endpoint or "")
    most, who = most_bytes_for(view), sessions.person()
    return most if who and who.role in visitors_of(view) else None


def _waiting_file(folder: Path) -> IO[bytes]:
    # On the data folder's disk: the system's own folder for such files is often a piece of a small memory, and people's
    # voices have no place in it. Without a name nothing of it stays when the site is killed.
    return tempfile.TemporaryFile(dir=folder)
