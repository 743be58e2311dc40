"""What a list of stories shows."""

import html
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient

from admin_web.site import Site
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story

NASTY = "<script>alert(1)</script>"


def shown(client: FlaskClient, path: str = "/", **query: str) -> list[str]:
    """The titles of the stories on a page."""
    answer = client.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return re.findall(r"<h2><a [^>]*>([^<]*)<", answer.text)


def errors(client: FlaskClient, path: str = "/", **query: str) -> list[str]:
    answer = client.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 422
    assert "Nothing is shown yet" in answer.text and 'class="card story' not in answer.text
    return [html.unescape(each) for each in re.findall(r'class="error".*?</svg>([^<]*)', answer.text)]


def told(site: Site, at: str = "2026-03-01T12:00", text: str = "the lunch was warm", **changed: Any) -> StoryFolder:
    return make_story(site.folder, text, seconds=0.1, started_at=datetime.fromisoformat(at).astimezone(), **changed)
