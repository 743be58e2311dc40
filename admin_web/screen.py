"""The station screen: a page for a display beside the buttons, without sign-in, for this machine and one more at most.

It shows what the kiosk tells at its local socket (`kiosk.shown.live`), line by line, and nothing of anybody's story.
"""

import hashlib
import ipaddress
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, render_template, request

from admin_web.rights import AT_THE_STATION, STAFF, open_to
from admin_web.site import current_site
from kiosk.errors import PanelError, StationAway
from kiosk.shown.live import follow, press
from kiosk.shown.pictures import PICTURES
from kiosk.shown.signs import SIGNS, svg_parts
from kiosk.stories.folder import DataFolder

screen = Blueprint("screen", __name__, url_prefix="/screen")

#: How soon a kiosk that is not there is looked for again: well within what feels like at once.
_AGAIN_S = 0.1
#: A page is answered for so long, then asks again: an answer to a display that was unplugged does not last for ever.
_ANSWER_S = 600.0
_AWAY = b'{"away":true}\n'
_OF_THE_PAGE = ("screen.js", "screen.css")


def at_the_station() -> bool:
    """Return whether the request comes from this machine, or from the one display that the settings name."""
    return _is_ours(request.host) and _is_near(request.remote_addr or "")


def _is_near(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    settings = current_site().settings
    # Who reaches a site that listens on one address by asking from that very address is on this machine.
    return found.is_loopback or str(found) in {settings.host, settings.screen_display}


def _is_ours(host: str) -> bool:
    """Return whether a `Host` header has a name that only this machine has.

    Any site may give its own name our address, and would then be taken for us (DNS rebinding).
    """
    mine = socket.gethostname().lower()
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name in ("localhost", mine, f"{mine}.local") or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


@screen.get("")
@open_to(STAFF)
def page() -> str:
    """Show the page; it then asks for what it shows."""
    return _page(_edition())


@screen.get("/now")
@open_to(STAFF)
def now() -> Response | tuple[str, int, dict[str, str]]:
    """Tell what the station shows, line by line, for as long as somebody reads."""
    site = current_site()
    place = site.screens.open()
    if place is None:
        return site.screens.words["elsewhere"], 503, {"Retry-After": "5", "Content-Type": "text/plain; charset=utf-8"}
    answer = Response(_lines(site.folder, _edition()), mimetype="application/x-ndjson")
    # Called in any case, also if nobody ever reads a line.
    answer.call_on_close(lambda: site.screens.close(place))
    return answer


@screen.post("/press/<button>")
@open_to(AT_THE_STATION)
def press_button(button: str) -> tuple[str, int, dict[str, str]]:
    """Press a simulated button. Only the page itself may, and only beside the station."""
    # Without sign-in there is no form's token. A browser always tells where such a request comes from.
    if not at_the_station() or request.headers.get("Origin") != request.host_url.rstrip("/"):
        abort(403)
    try:
        press(current_site().folder, button)
    except PanelError as error:
        return str(error), 409, {"Content-Type": "text/plain; charset=utf-8"}
    return "", 204, {}


def _lines(folder: DataFolder, edition: str) -> Iterator[bytes]:
    until = time.monotonic() + _ANSWER_S
    yield json.dumps({"edition": edition}).encode() + b"\n"
    while time.monotonic() < until:
        try:
            for line in follow(folder):
                yield line.to_bytes()
                if time.monotonic() >= until:
                    return
        except StationAway:
            yield _AWAY
            time.sleep(_AGAIN_S)


def _edition() -> str:
    """Return a hash of the page and what belongs to it: a page that is older than the site loads itself anew."""
    digest = hashlib.sha256(_page("").encode())
    for name in _OF_THE_PAGE:
        digest.update((Path(current_app.static_folder or "") / name).read_bytes())
    return digest.hexdigest()[:12]


def _page(edition: str) -> str:
    signs = {name: svg_parts(name) for name in (*SIGNS, *PICTURES)}
    return render_template("screen.html", signs=signs, screens=current_site().screens, edition=edition)
