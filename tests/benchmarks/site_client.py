"""A browser of the site's first lead, over one connection, for benchmarks of a real `sayso admin`."""

import http.client
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.admin_web.making import Admin, csrf_token
from tests.sound_card import wait_until

NAME, PASSWORD = "Bench", "three calm wooden ducks"
_BLOCK_BYTES = 64 * 1024


class SiteClient:
    """Asks for pages, signed in.

    Attributes:
        cookie: That of the session.
    """

    def __init__(self, admin: Admin, cookie: str = "") -> None:
        """Make the first account of a fresh site and sign in; or go on with a session on another connection."""
        self._admin, self.cookie = admin, cookie
        self._connection = http.client.HTTPConnection("127.0.0.1", admin.port, timeout=120)
        if not cookie:
            token = csrf_token(self.get("/setup").decode())
            fields = {"code": admin.code, "name": NAME, "password": PASSWORD, "csrf_token": token}
            self._ask("POST", "/setup", fields).read()

    def another(self) -> "SiteClient":
        """Return a second connection of the same person: they have two windows open."""
        return SiteClient(self._admin, self.cookie)

    def get(self, path: str, part: str = "") -> bytes:
        """Return what is there. Raises RuntimeError if it is refused."""
        answer = self._ask("GET", path, headers={"Range": part} if part else {})
        body = answer.read()
        if answer.status not in (200, 206):
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return body

    def post(self, path: str, fields: dict[str, str], page: str) -> str:
        """Press a button of the form on `page`; return where that leads."""
        answer = self._ask("POST", path, {**fields, "csrf_token": csrf_token(self.get(page).decode())})
        body = answer.read()
        if answer.status != 303:
            raise RuntimeError(f"{path} was answered with {answer.status}: {body[:200]!r}")
        return answer.headers["Location"]

    def sizes(self, path: str, fields: dict[str, str] | None = None, page: str = "") -> Iterator[int]:
        """Go through the sizes of what comes, a block at a time; with `fields` a form on `page` is sent first."""
        sent = {**fields, "csrf_token": csrf_token(self.get(page).decode())} if fields else None
        answer = self._ask("POST" if sent else "GET", path, sent)
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}: {answer.read()[:200]!r}")
        while block := answer.read(_BLOCK_BYTES):
            yield len(block)

    def until_there(self, path: str) -> None:
        """Wait until the site has taken a story in."""

        def there() -> bool:
            answer = self._ask("GET", path)
            answer.read()
            return answer.status == 200

        wait_until(there, "the site has taken the story in", 120)

    def _ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        body = urlencode(fields) if fields else None
        self._connection.request(method, path, body, {**kind, **(headers or {}), "Cookie": self.cookie})
        answer = self._connection.getresponse()
        for each in answer.headers.get_all("Set-Cookie") or []:
            # The session's; the other one only tells that this device is known.
            if found := re.match(r"sayso=[^;]*", each):
                self.cookie = found[0]
        return answer
