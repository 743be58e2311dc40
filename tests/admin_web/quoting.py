"""A story that is quoted, and who says what of the quote."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import Quote
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import make_story, named, send

WORDS = "the lunch was warm and everybody sat together"
BOTH = Permissions(words=True, voice=True)
TICKS = dict.fromkeys(("no_names", "no_dates", "no_places", "no_small_numbers"), "y")


def checked(site: Site, words: str = WORDS, permissions: Permissions = BOTH, **changed: object) -> StoryFolder:
    """A story whose words somebody stands for."""
    kept = make_story(site.folder, words, seconds=4.0, permissions=permissions, **changed)
    site.intake.look()
    site.archive.texts.confirm(kept.id, by=named(site).id, revision=0)
    return kept


def propose(browser: FlaskClient, kept: StoryFolder, **fields: object) -> TestResponse:
    proposed = {"revision": 1, "first": 1, "last": 3, "wording": "lunch was warm", "note": "", **TICKS, **fields}
    return send(browser, f"/stories/{kept.id}/quotes/new", **{k: v for k, v in proposed.items() if v is not None})


def decide(browser: FlaskClient, quote: Quote, state: str, **fields: object) -> TestResponse:
    return send(browser, f"/quotes/{quote.number}/decision", **{"state": state, "revision": quote.revision, **fields})


def now(site: Site, quote: Quote) -> Quote:
    known = site.archive.quotes.get(quote.number)
    assert known
    return known
