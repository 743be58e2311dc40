"""A site of its own for each module, in real Chromium. A module may put its own stories or people in their place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import set_up
from tests.admin_web.making import Admin


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return DataFolder.open(tmp_path_factory.mktemp("site") / "data")


@pytest.fixture(scope="module")
def admin(data: DataFolder) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture(scope="module")
def signed_in(admin: Admin, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of somebody who set the site up, typing as a person does."""
    return set_up(browser, admin, tmp_path_factory.mktemp("cookies") / "state.json")
