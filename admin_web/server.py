"""Serves the app with waitress, and ends within a second when it is told to."""

import gc
import logging
import os
import signal
import socket
from types import FrameType

from flask import Flask
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from admin_web import LARGEST_FORM_BYTES
from admin_web.bodies import channels
from kiosk.errors import AddressError

THREADS = 8
#: Connections that may wait while all threads work.
_BACKLOG = 128
#: How long answers under way may go on when the site is told to end; a large recording on a slow line is cut off.
_END_S = 0.5
#: waitress itself cuts off what is far beyond any form (but see bodies.py); below this our own page explains it.
LARGEST_BODY_BYTES = 16 * LARGEST_FORM_BYTES
#: So much of an answer waits in memory for a slow line; whoever makes it waits then. From 1 MB on waitress would lay it
#: down in the system's folder for temporary files, where people's words and voices have no place.
_WAITING_BYTES = 512 * 1024


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, before anything else is begun.

    Raises:
        AddressError: The port is taken or not allowed, or `host` is no address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(_why_not(host, port, error)) from error
    try:
        # A site that was stopped a moment ago leaves the port in a state that only this lets us use again.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressError(_why_not(host, port, error)) from error
    return listening


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        why = "this account may not use it. Ports from 1024 are open to every account"
    elif isinstance(error, socket.gaierror):
        why = "there is no such address. 127.0.0.1 is this machine alone, 0.0.0.0 the whole network"
    else:
        why = f"{os.strerror(error.errno) if error.errno else error}. Another program may use this port"
    return f"The site cannot listen on {host} port {port}: {why}. Choose another with --host, --port or in [admin]."


class _PromptDispatcher(ThreadedTaskDispatcher):  # type: ignore[misc] # waitress comes without types
    """waitress's threads; they get `_END_S` to end instead of five seconds."""

    def shutdown(self, cancel_pending: bool = True, timeout: float = _END_S) -> bool:
        """End the threads; True if what waited was cancelled."""
        # A screen is answered for as long as it is open; that its thread ends with the process is no news.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        return bool(super().shutdown(cancel_pending, timeout))


def end_on_signals() -> None:
    """Make SIGTERM and SIGINT (Ctrl-C) an orderly end with exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def serve(app: Flask, listening: socket.socket) -> None:
    """Answer requests until a signal (see `end_on_signals`)."""
    dispatcher = _PromptDispatcher()
    dispatcher.set_thread_count(THREADS)
    server = create_server(
        app,
        _dispatcher=dispatcher,
        sockets=[listening],
        threads=THREADS,
        # Say nothing of what serves here, and believe no headers that only a proxy may set.
        ident=None,
        clear_untrusted_proxy_headers=True,
        outbuf_high_watermark=_WAITING_BYTES,
        max_request_body_size=LARGEST_BODY_BYTES,
        # In memory, whole: nothing that is sent touches a disk before we have looked at it.
        inbuf_overflow=LARGEST_BODY_BYTES,
        channel_timeout=60,
    )
    server.channel_class = channels(app)
    # What was loaded so far stays to the end: nobody need look through it again and again for what can be thrown away.
    gc.collect()
    gc.freeze()
    try:
        server.run()
    finally:
        server.close()


def _end(number: int, frame: FrameType | None) -> None:
    # waitress's loop lets this through, and then ends its threads.
    raise SystemExit(0)
