"""The site in real Chromium, for tests."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from admin_web.archive import Archive
from tests.admin_web.making import NAME, PASSWORD, Admin
from tests.sound_card import wait_until

#: Debian's Chromium without its windows: the same engine, and a fraction of the work of one that hides them.
CHROMIUM = "/usr/bin/chromium-headless-shell"


@contextlib.contextmanager
def chromium(playwright: Playwright, *options: str) -> Iterator[Browser]:
    """A browser of a test's own."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *options])
    # However busy the machine is, a page and what is pressed on it are waited for as all else is.
    browser.on("context", lambda context: context.set_default_timeout(60_000))
    yield browser
    browser.close()


def set_up(browser: Browser, admin: Admin, kept: Path) -> Path:
    """Set the site up, typing as a person does, and keep the cookies in a file; then the site has all stories."""
    page = browser.new_page()
    page.goto(admin.address)
    page.get_by_label("Set-up code").fill(admin.code.lower())
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_text("you are signed in")).to_be_visible()
    page.context.storage_state(path=kept)
    page.close()
    with Archive(admin.data) as archive:
        stories = admin.data.story_folders()
        wait_until(lambda: all(archive.stories.is_known(each.id) for each in stories), "the stories are taken in")
    return kept


@contextlib.contextmanager
def page_of(browser: Browser, cookies: Path, *, expected: tuple[str, ...] = ()) -> Iterator[Page]:
    """A page that must not complain: no error in a script, no breach of the policy, nothing missing.

    `expected`: parts of complaints that belong to what is tested (an answer with an error's code, say).
    """
    # Whoever goes on with the Tab key before a page is whole keeps their place, and the browser says so.
    expected = (*expected, "Autofocus processing was blocked")
    context = browser.new_context(storage_state=cookies, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    unexpected = [each for each in complaints if not any(part in each for part in expected)]
    assert not unexpected, unexpected


def tab_until(page: Page, reached: Callable[[], bool], what: object, most: int) -> None:
    """Press the Tab key until something is reached, at most so often.

    A page that is on its way has no focus yet: it is waited for, once the test has seen something of it.
    """
    page.wait_for_load_state()
    for _ in range(most):
        page.keyboard.press("Tab")
        if reached():
            return
    raise AssertionError(f"the Tab key does not reach {what}")


def until(page: Page, script: str, timeout_s: float = 60) -> None:
    """Wait for a condition. (Playwright's own waiting needs `eval`, which the site's policy forbids.)"""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(script):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(20)
