from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web import create_app
from admin_web.credentials import Passwords
from admin_web.site import Site, site_of
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import NAME, PASSWORD, csrf_token


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "data")


@pytest.fixture
def app(folder: DataFolder) -> Flask:
    return create_app(folder, test_config={"TESTING": True})


@pytest.fixture
def site(app: Flask) -> Site:
    return site_of(app)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return Passwords().hash(PASSWORD)


@pytest.fixture
def stranger(app: Flask, site: Site, password_hash: str) -> FlaskClient:
    """A browser of nobody; there is an account."""
    site.archive.people.make_first(NAME, password_hash)
    site.set_up_code = None
    return app.test_client()


@pytest.fixture
def client(stranger: FlaskClient) -> FlaskClient:
    """A browser that is signed in."""
    token = csrf_token(stranger.get("/sign-in").text)
    answer = stranger.post("/sign-in", data={"name": NAME, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303
    return stranger
