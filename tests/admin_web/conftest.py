from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web import create_app
from admin_web.archive import Archive, Quote, Role
from admin_web.credentials import Passwords, secret_key
from admin_web.site import Site, site_of
from kiosk.config import Config
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import NAME, PASSWORD, add_person, named, sign_in, take_in_cat_27
from tests.admin_web.quoting import checked

#: argon2id as ever, and only as slow as it must be: hundreds of tests sign in.
QUICK = Passwords(rounds=1, memory_kib=8)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "data")


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Routes and templates are compiled once, and not for each of a thousand sites."""
    return create_app(DataFolder.open(tmp_path_factory.mktemp("pages") / "data"), test_config={"TESTING": True})


@pytest.fixture
def app(pages: Flask, folder: DataFolder) -> Flask:
    pages.extensions["sayso"] = Site.open(folder, Config())
    pages.secret_key = secret_key(folder)
    return pages


@pytest.fixture
def site(app: Flask) -> Site:
    site = site_of(app)
    site.passwords = QUICK
    return site


@pytest.fixture(scope="session")
def password_hash() -> str:
    return QUICK.hash(PASSWORD)


@pytest.fixture
def stranger(app: Flask, site: Site, password_hash: str) -> FlaskClient:
    """A browser of nobody; there is an account."""
    site.archive.people.make_first(NAME, password_hash)
    site.set_up_code = None
    return app.test_client()


@pytest.fixture
def enter(app: Flask, site: Site, stranger: FlaskClient, password_hash: str) -> Callable[[Role], FlaskClient]:
    """Lets somebody of a role in, by name "A staff", "A lead" or "A group", and returns their browser."""

    def entered(role: Role) -> FlaskClient:
        browser = app.test_client()
        add_person(site, f"A {role}", role, password_hash)
        assert sign_in(browser, f"A {role}").status_code == 303
        return browser

    return entered


@pytest.fixture
def client(stranger: FlaskClient) -> FlaskClient:
    """A browser that is signed in."""
    assert sign_in(stranger, NAME, PASSWORD).status_code == 303
    return stranger


@pytest.fixture
def story(site: Site) -> str:
    """The id of a story of which the words may be used; its card is "cat 27"."""
    return take_in_cat_27(site)


@pytest.fixture
def archive(site: Site, story: str) -> Archive:
    """The site's archive, with that story in it."""
    return site.archive


@pytest.fixture
def kept(site: Site, stranger: FlaskClient) -> StoryFolder:
    """A story whose words somebody stands for, and whose teller allowed all."""
    return checked(site)


@pytest.fixture
def quote(site: Site, kept: StoryFolder) -> Quote:
    """Three of its words, proposed."""
    return site.archive.quotes.propose(kept.id, 1, 3, by=named(site).id)
