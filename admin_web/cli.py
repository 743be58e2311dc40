"""`sayso admin`."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import click
from flask import Flask

from admin_web import create_app
from admin_web.archive import Archive
from admin_web.housekeeping import keep_house
from admin_web.server import end_on_signals, listen, serve
from admin_web.site import site_of
from kiosk.config import Place
from kiosk.errors import DataFolderError, SaysoError
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import StatusFile

#: How long the intake gets to end its round.
_END_S = 0.3
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for the whole network. [settings: admin.host]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the site. [settings: admin.port]")
@click.option("--end-accounts", is_flag=True, help="No lead knows a password: end all accounts, print a set-up code.")
@click.pass_obj
def admin(place: Place, host: str | None, port: int | None, end_accounts: bool) -> None:
    """Serve the staff site: listen to stories and read what was said.

    The first time it prints a set-up code; with it you make your account on the site. Ctrl-C ends it.
    """
    end_on_signals()
    config = place.load()
    host, port = host or config.admin.host, port or config.admin.port
    logging.basicConfig(level=logging.WARNING, format="sayso admin: %(levelname)s: %(message)s")
    # A request that waits a moment for a thread is nothing that anybody need mend.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    folder = DataFolder.open(place.data)
    with folder.lock("admin"), listen(host, port) as listening:
        try:
            if end_accounts:
                with Archive(folder) as archive:
                    archive.people.end_all(by="command line")
            app = create_app(folder, config)
        except SaysoError:
            raise
        except OSError as error:
            raise DataFolderError(
                f"Cannot start the site on {folder.root}: {error.strerror} ({error.filename}). "
                "Check that the disk has room and that this account may read and write there."
            ) from error
        address = _address(host, port)
        _tell(app, host, port, address)
        with _at_work(app, address):
            serve(app, listening)


@contextlib.contextmanager
def _at_work(app: Flask, address: str) -> Iterator[None]:
    """Meanwhile follow the stories' folder, delete what was kept long enough, and tell leads of worries."""
    site = site_of(app)
    stop = threading.Event()
    status = StatusFile(site.folder, "admin")
    threads = [
        threading.Thread(target=work, args=arguments, name=name, daemon=True)
        for name, work, arguments in (
            ("intake", site.intake.run, (stop, status, address, site.faults)),
            ("housekeeping", keep_house, (site.folder, site.archive, site.keeping, stop)),
            ("notifier", site.notifier.run, (stop,)),
        )
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_END_S)
        status.show(state="stopped", address=address, faults=[])


def _tell(app: Flask, host: str, port: int, address: str) -> None:
    """Print where the site is and how to get in."""
    site = site_of(app)
    lines = [f"Sayso's site: {address}"]
    if site.set_up_code:
        lines.append(f"Nobody has an account yet. Make yours there with this set-up code: {site.set_up_code.text}")
        lines.append("The code works once, and only until the site is stopped.")
    else:
        lines.append("Sign in there with your name and password.")
    if host in _EVERYWHERE:
        lines.append(f"From other machines: http://{socket.gethostname()}:{port}")
        lines.append("Anyone on this network can reach the sign-in page. 127.0.0.1 would be this machine alone.")
    click.echo("\n".join(lines))


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
