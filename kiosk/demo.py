"""`sayso demo`: one visit from the press to the page, in a folder of its own, checked at every step."""

import html
import http.cookiejar
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import wave
from io import BytesIO
from pathlib import Path

import click

from kiosk.config import Place
from kiosk.crew import Crew
from kiosk.run import show_visit, stop_on_signals
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from kiosk.visit import VisitFailed

_NAME = "demo"
_PATIENCE_S = 60.0
_LOOK_S = 0.2


@click.command()
@click.option("--once", is_flag=True, help="End after the visit; 0 only if the story was found on the site.")
@click.pass_obj
def demo(place: Place, once: bool) -> None:
    """Show one visit: a made-up voice tells a story, the words appear on the site.

    It works in a folder of its own below the data folder, removed at the end, and touches no story of yours.
    """
    config = place.load()
    mine = Path(tempfile.mkdtemp(prefix="demo-", dir=DataFolder.open(place.data).root))
    folder = DataFolder.open(mine)
    stop_on_signals()
    crew = Crew(Place(mine, place.config_file))
    try:
        crew.start("transcribe")
        admin = crew.start("admin", "--host", "127.0.0.1", "--port", str(_free_port()), output=subprocess.PIPE)
        site = SiteVisitor(*_greeting(admin))
        _require_model(folder, crew)
        crew.start("kiosk", "--sample-story")
        story_id = show_visit(config, folder, crew)
        password = site.make_account()
        site.find(story_id, folder)
        click.echo(f"Found on the site: {site.address}/stories/{story_id}")
        if once:
            return
        click.echo(
            f"Look at it there: sign in as '{_NAME}' with the password {password}. Ctrl-C ends the demonstration."
        )
        crew.wait_for(lambda: False)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        crew.stop_all()
        shutil.rmtree(mine)


def _require_model(folder: DataFolder, crew: Crew) -> None:
    """Wait until stories can be written down.

    Raises:
        VisitFailed: The speech model cannot be used.
    """

    def ready() -> bool:
        status = read_status(folder, "transcriber") or {}
        if status.get("state") == "no model":
            raise VisitFailed(" ".join(f"{fault['message']} {fault['fix']}" for fault in status["faults"]))
        return status.get("state") == "waiting"

    crew.wait_for(ready)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _greeting(admin: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the site's address and set-up code from what it prints at its start."""
    assert admin.stdout is not None  # noqa: S101 - we asked for a pipe
    said = ""
    for line in admin.stdout:
        said += line
        if found := re.search(r"site: (\S+).*set-up code: (\S+)", said, re.DOTALL):
            return found[1], found[2]
    raise VisitFailed(f"The site did not start. It said: {said or 'nothing'}")


class SiteVisitor:
    """Reads the site as a browser does, signed in with an account of its own."""

    def __init__(self, address: str, set_up_code: str) -> None:
        """Get ready to visit the site at `address`, which nobody has an account on yet."""
        self.address = address
        self._set_up_code = set_up_code
        jar = http.cookiejar.CookieJar()
        # The site is on this machine: no proxy stands between.
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({})
        )

    def make_account(self) -> str:
        """Make the first account and return its password.

        Raises:
            VisitFailed: The site did not take it.
        """
        password = secrets.token_urlsafe(12)
        form = self.get("/setup").decode()
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
        if not token:
            raise VisitFailed("The site showed no set-up form.")
        fields = {"csrf_token": token[1], "code": self._set_up_code, "name": _NAME, "password": password}
        self.get("/setup", fields)
        return password

    def find(self, story_id: str, folder: DataFolder) -> None:
        """Find a story's words and sound on the site.

        Raises:
            VisitFailed: They are not there, or are not those of the folder.
        """
        story = folder.story(story_id)
        transcript = story.transcript()
        assert transcript is not None  # noqa: S101 - whoever calls has waited for it
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                page = self.get(f"/stories/{story_id}").decode()
                if transcript.text in _words_on(page):
                    break
            except urllib.error.HTTPError as error:
                if error.code != 404:  # the site has not taken it in yet
                    raise VisitFailed(f"The site answered with an error: {error}") from error
            if time.monotonic() > deadline:
                raise VisitFailed("The words of the story did not appear on the site.")
            time.sleep(_LOOK_S)
        sound = self.get(f"/stories/{story_id}/audio")
        with wave.open(BytesIO(sound)) as played:
            if played.getnframes() != story.story().frames:
                raise VisitFailed("The sound on the site is not that of the story.")

    def get(self, path: str, fields: dict[str, str] | None = None) -> bytes:
        """Return a page; `fields` are sent as a form."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(self.address + path, data, {"Referer": self.address + path})  # noqa: S310
        with self._opener.open(request, timeout=_PATIENCE_S) as answer:
            return bytes(answer.read())


def _words_on(page: str) -> str:
    """Return a page's text as one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
