"""Plays the publisher of models: a real HTTP server on this machine that can do all that goes wrong on the way."""

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "vosk-model-small-en-gb-0.15"
Handler = Callable[["Answer"], None]


class Answer(BaseHTTPRequestHandler):
    """One question and its answer."""

    server: "Publishing"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        if self.path == "/models/model-list.json":
            if self.server.list_instead:
                self.server.list_instead(self)
            else:
                self.send_all(json.dumps(self.server.listed).encode())
        elif self.path == f"/models/{NAME}.zip":
            self.server.misbehaving.pop(0)(self) if self.server.misbehaving else self.send_file()
        else:
            self.send_error(404)

    def send_all(self, content: bytes, **headers: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send_file(self, stop_after: int | None = None) -> None:
        """Send the zip as a good server does; with `stop_after` break off after so many bytes of this answer."""
        content, etag, start = self.server.content, self.server.etag, 0
        asked = self.headers.get("Range")
        if asked and self.server.ranges and self.headers.get("If-Range") == etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        for at in range(start, len(content) if stop_after is None else start + stop_after, self.server.piece):
            self.server.before_piece(at)
            end = min(at + self.server.piece, len(content) if stop_after is None else start + stop_after)
            self.wfile.write(content[at:end])
            self.server.sent += end - at
        return None

    def log_message(self, *_: Any) -> None:
        pass


class Publishing(ThreadingHTTPServer):
    """The server.

    Attributes:
        content: The zip.
        etag: What it is called; empty: it says nothing.
        ranges: Whether it goes on in the middle.
        listed: Its model-list.json.
        asked: Path and Range of every question so far.
        sent: Bytes of the zip so far.
        misbehaving: How to answer the next questions for the zip, one each.
        list_instead: How to answer those for the list.
        piece: The zip goes out in pieces of so many bytes; `before_piece` is called before each.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.etag, self.ranges, self.piece = '"one"', True, 1 << 16
        self.before_piece: Callable[[int], None] = lambda at: None
        self.asked: list[tuple[str, str | None]] = []
        self.sent = 0
        self.misbehaving: list[Handler] = []
        self.list_instead: Handler | None = None
        self.publish(content)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def publish(self, content: bytes, **listed: Any) -> None:
        self.content = content
        md5 = hashlib.md5(content).hexdigest()
        self.listed: Any = [
            {"name": NAME, "md5": md5, "size": len(content), "lang": "en-gb", "obsolete": "false"} | listed
        ]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/models"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no mistake of ours."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
