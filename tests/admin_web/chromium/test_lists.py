"""A support worker's way through lists, filters and search in real Chromium."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import page_of, tab_until, until
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import Admin, make_story

LONG_AGO = datetime.now(UTC) - timedelta(days=9)
#: What has the focus, and whether that can be seen.
FOCUSED = """() => {
    // Between its end and its start nothing of the page has it.
    if (document.activeElement === document.body) return ["", true];
    const focused = document.activeElement, style = getComputedStyle(focused);
    const card = focused.closest("h2") ? getComputedStyle(focused, "::after") : style;
    const seen = parseFloat(style.outlineWidth) >= 2 || parseFloat(card.outlineWidth) >= 2;
    const name = focused.labels?.[0]?.textContent ?? focused.textContent;
    return [name.trim(), seen && (style.outlineStyle !== "none" || card.outlineStyle !== "none")];
}"""


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    data = DataFolder.open(tmp_path_factory.mktemp("lists") / "data")
    texts = ["the lunch was warm", "I waited for the bus", "no lunch on friday"]
    for number, text in enumerate(texts):
        at = LONG_AGO + timedelta(days=number)
        station = ["hall", "lake"][number % 2]
        make_story(data, text, seconds=1.0, started_at=at, station=station, card=f"cat {number + 20}")
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    # A list with a mistake in its filters is answered with an error's code.
    with page_of(browser, signed_in, expected=("422",)) as page:
        yield page


def tab_to(page: Page, name: str) -> None:
    """Go on with the Tab key until what has this name has the focus, to be seen at each stop."""

    def reached() -> bool:
        # A busy browser may draw a moment later.
        until(page, f"({FOCUSED})()[1]")
        return name in page.evaluate(FOCUSED)[0]

    tab_until(page, reached, name, most=160)


def test_by_keyboard_on_a_phone_somebody_searches_listens_and_goes_on(page: Page, admin: Admin) -> None:
    page.set_viewport_size(PHONE)
    page.goto(admin.address)
    expect(page.get_by_role("heading", name="Stories to listen to", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="To listen to 3")).to_have_attribute("aria-current", "page")
    tab_to(page, "Skip to the page")
    page.keyboard.press("Enter")
    tab_to(page, "Search in what was said")
    page.keyboard.type("lunch*")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 stories hold these words")).to_be_visible()
    expect(page.locator("mark")).to_have_text(["lunch", "lunch"])
    tab_to(page, "Cat 20")
    page.keyboard.press("Enter")
    expect(page.locator("mark#found")).to_be_in_viewport()
    expect(page.get_by_text("Nobody has heard this story yet.")).to_be_visible()
    until(page, "document.getElementById('sound').readyState > 0")
    expect(page.get_by_role("link", name="Next story to listen to")).to_be_hidden()
    tab_to(page, "Play")
    page.keyboard.press("Space")
    # Once it was played, what comes next is there, and what waited is gone, without a look away from the page.
    expect(page.get_by_role("link", name="Next story to listen to")).to_be_visible()
    expect(page.get_by_text("Nobody has heard this story yet.")).to_be_hidden()
    tab_to(page, "Next story to listen to")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cat 21")).to_be_visible()
    tab_to(page, "I have heard it all")
    page.keyboard.press("Enter")
    # Whoever has pressed a button is where its outcome is told.
    expect(page.get_by_text("Marked as heard.")).to_be_focused()


def test_by_mouse_on_a_desktop_somebody_chooses_what_to_see(page: Page, admin: Admin) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto(f"{admin.address}/?show=all")
    page.get_by_text("Only some stories").click()
    page.get_by_label("From", exact=True).fill(f"{LONG_AGO.astimezone():%Y-%m-%d}")
    page.get_by_label("Station", exact=True).select_option("hall")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("link", name=re.compile("Station: hall"))).to_be_visible()
    expect(page.locator(".story")).to_have_count(2)
    page.get_by_role("link", name=re.compile("Station: hall")).click()
    expect(page.get_by_role("link", name=re.compile("^From"))).to_be_visible()
    expect(page.locator(".story")).to_have_count(3)
    page.get_by_label("Search in what was said").fill("bus")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 story holds these words")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^From"))).to_be_visible()


def test_without_scripts_it_is_the_same(browser: Browser, admin: Admin, signed_in: Path) -> None:
    with browser.new_context(storage_state=signed_in, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{admin.address}/?show=all")
        page.get_by_text("Only some stories").click()
        page.get_by_label("Station", exact=True).select_option("lake")
        page.get_by_role("button", name="Show these").click()
        expect(page.locator(".story")).to_have_count(1)
        page.get_by_label("Search in what was said").fill("bus")
        page.get_by_label("Search in what was said").press("Enter")
        expect(page.get_by_text("1 story holds these words")).to_be_visible()
        page.get_by_role("link", name="Cat 21").click()
        expect(page.locator("mark#found")).to_be_in_viewport()


def test_every_state_is_well_made(page: Page, admin: Admin) -> None:
    # Chosen, wrong, found, nothing found, empty, the tour.
    paths = [
        "/?show=all&station=hall&since=2026-01-01",
        "/?since=2026-03-02&until=2026-03-01&tag=x",
        "/search?q=20",
        "/search?q=xyzzy&may=words",
    ]
    for path in [*paths, "/?show=checked", "/tour"]:
        page.goto(admin.address + path)
        if path == paths[0]:
            page.get_by_text("Only some stories").click()
        assert_well_made(page)
