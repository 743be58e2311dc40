"""Looks at a page in Chromium as people with and without disabilities would."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.admin_web.browsing import until

#: WCAG 2.2 to AA, and of AAA what we promise: a contrast of 7:1.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]}, "resultTypes": ["violations"]}
#: Whatever can be pressed and is too small for a finger. A choice is pressed anywhere in its label, a card anywhere; a
#: link in a sentence is as high as its line.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), textarea, .choice")]
    .filter(e => e.checkVisibility() && !e.matches(".skip, .notice a"))
    .map(e => [e.outerHTML, e.closest(".choice") ?? (e.matches(":is(h2, h3) > a") ? e.closest(".card") : e)])
    .map(([html, pressed]) => [html, pressed.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44).map(([html]) => html)"""
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
#: A desktop screen at 400 %.
ENLARGED = {"width": 320, "height": 200}


def assert_well_made(page: Page) -> None:
    """Nothing that axe finds, in light and dark; nothing too wide or too small, on a phone, a desktop, and enlarged."""
    # Words can be found on a page before its styles have come.
    page.wait_for_load_state()
    for scheme, rules in (("light", RULES), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=rules).response["violations"]
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        assert not told, (page.url, scheme, told)
    for size in (PHONE, DESKTOP, ENLARGED):
        page.set_viewport_size(size)
        until(page, f"innerWidth === {size['width']} && innerHeight === {size['height']}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (page.url, size)
        too_small = page.evaluate(TOO_SMALL)
        assert too_small == [], (page.url, size, too_small)
