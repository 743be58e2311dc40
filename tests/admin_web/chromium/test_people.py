"""People, links and accounts in real Chromium."""

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from admin_web.archive import Account, Archive
from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import tab_until
from tests.admin_web.looking import assert_well_made
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story

NASTY = "<img src=x onerror=\"document.title='run'\">"
#: What has the focus; nothing of the page has it between its end and its start.
FOCUSED = """() => {
    const focused = document.activeElement;
    return focused === document.body ? "" : focused.labels?.[0]?.textContent ?? focused.textContent;
}"""


@pytest.fixture(scope="module")
def admin(data: DataFolder) -> Iterator[Admin]:
    make_story(data)
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture(scope="module")
def lead_state(admin: Admin, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = browser.new_page()
    page.goto(admin.address)
    assert_well_made(page)
    page.get_by_label("Set-up code").fill(admin.code)
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_text("you are signed in")).to_be_visible()
    kept = tmp_path_factory.mktemp("cookies") / "state.json"
    page.context.storage_state(path=kept)
    page.close()
    return kept


@pytest.fixture
def lead(browser: Browser, lead_state: Path) -> Iterator[Page]:
    """The lead's page. It must not complain of anything but the refusals that a test asks for."""
    with browser.new_context(storage_state=lead_state, permissions=["clipboard-write"]) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert [each for each in complaints if "Failed to load resource" not in each] == []


@pytest.fixture
def visitor(browser: Browser, admin: Admin) -> Iterator[BrowserContext]:
    """The browser of whoever gets a link."""
    with browser.new_context() as context:
        yield context


def invite(lead: Page, admin: Admin, name: str, role: str) -> str:
    lead.goto(f"{admin.address}/people/invite")
    lead.get_by_label("Their name").fill(name)
    lead.get_by_role("radio", name=re.compile(f"^{role}")).check()
    lead.get_by_role("button", name="Make the link").click()
    return lead.get_by_label("Link").input_value()


def join(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Keep it and sign in").click()
    expect(page.get_by_text("you are signed in")).to_be_visible()
    return page


def account(data: DataFolder, name: str) -> Account:
    with Archive(data) as archive:
        found = archive.people.named(name)
    assert found
    return found


def press_until_on(page: Page, name: str) -> None:
    """Go on with the Tab key until what has this name has the focus."""
    tab_until(page, lambda: name in page.evaluate(FOCUSED), name, most=30)


def test_by_keyboard_alone_somebody_is_invited_and_joins(lead: Page, admin: Admin, visitor: BrowserContext) -> None:
    lead.goto(admin.address)
    press_until_on(lead, "People")
    lead.keyboard.press("Enter")
    expect(lead.get_by_role("heading", name="People", level=1)).to_be_visible()
    press_until_on(lead, "Invite somebody")
    lead.keyboard.press("Enter")
    expect(lead.get_by_role("heading", name="Invite somebody")).to_be_visible()
    press_until_on(lead, "Their name")
    lead.keyboard.type("Keyboard person")
    lead.keyboard.press("Tab")
    lead.keyboard.press("ArrowDown")
    lead.keyboard.press("ArrowDown")
    press_until_on(lead, "Make the link")
    lead.keyboard.press("Enter")
    expect(lead.get_by_role("heading", name="The link for Keyboard person")).to_be_visible()
    press_until_on(lead, "Copy the link")
    lead.keyboard.press("Enter")
    expect(lead.get_by_text("Copied.")).to_be_visible()
    page = visitor.new_page()
    page.goto(lead.get_by_label("Link").input_value())
    press_until_on(page, "Password")
    page.keyboard.type(PASSWORD)
    press_until_on(page, "Show password")
    page.keyboard.press("Space")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    press_until_on(page, "Keep it and sign in")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello Keyboard person")).to_be_visible()
    expect(page.get_by_role("link", name="Your account: Keyboard person")).to_be_visible()


def test_every_page_is_well_made(
    lead: Page, admin: Admin, data: DataFolder, visitor: BrowserContext, browser: Browser
) -> None:
    link = invite(lead, admin, "Wilhelmina Featherstonehaugh-Cholmondeley-Majoribanks", "Group")
    assert_well_made(lead)
    group = join(visitor, link)
    assert_well_made(group)
    group.goto(f"{admin.address}/people")
    expect(group.get_by_text("This is not for you")).to_be_visible()
    assert_well_made(group)
    waiting = invite(lead, admin, "Not yet here", "Staff")
    out, gone = (invite(lead, admin, name, "Staff") and account(data, name) for name in ("Kept out", "Removed"))
    for who, button in ((out, "Do not let them in"), (gone, "Remove")):
        lead.goto(f"{admin.address}/people/{who.id}")
        if button == "Remove":
            lead.get_by_text("Remove Removed", exact=True).click()
        lead.get_by_role("button", name=button).click()
        expect(lead.get_by_role("status")).to_be_visible()
        assert_well_made(lead)
    me = account(data, NAME)
    for path in ("/nowhere", "/"):
        lead.goto(admin.address + path)
        assert_well_made(lead)
    lead.goto(f"{admin.address}/people/{me.id}")
    lead.get_by_role("button", name="Do not let them in").click()
    expect(lead.get_by_role("alert")).to_contain_text("only lead who can sign in")
    assert_well_made(lead)
    for path, button in (("/people/invite", "Make the link"), ("/me", "Change my password")):
        lead.goto(admin.address + path)
        lead.get_by_role("button", name=button).click()
        expect(lead.get_by_role("alert")).to_be_visible()
        assert_well_made(lead)
    with browser.new_context() as nobody:
        page = nobody.new_page()
        for address in (f"{admin.address}/sign-in", waiting, f"{admin.address}/join/none"):
            page.goto(address)
            assert_well_made(page)
        page.goto(f"{admin.address}/sign-in")
        page.get_by_label("Your name").fill("Nobody")
        page.get_by_label("Password", exact=True).fill("wrong wrong wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("do not fit together")
        assert_well_made(page)


def test_all_of_it_works_without_scripts(browser: Browser, admin: Admin, lead_state: Path, data: DataFolder) -> None:
    with browser.new_context(storage_state=lead_state, java_script_enabled=False) as context:
        page = context.new_page()
        link = invite(page, admin, "No script", "Staff")
        expect(page.get_by_role("button", name="Copy the link")).to_be_hidden()
    with browser.new_context(java_script_enabled=False) as context:
        page = join(context, link)
        page.goto(f"{admin.address}/me")
        page.get_by_label("Your password now").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill("seven brown kettles sing")
        page.get_by_role("button", name="Change my password").click()
        expect(page.get_by_text("Your new password is kept")).to_be_visible()
        page.get_by_label("Your name", exact=True).fill("Still no script")
        page.get_by_role("button", name="Change my name").click()
        expect(page.get_by_text("Your name is Still no script now")).to_be_visible()
    with browser.new_context(storage_state=lead_state, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{admin.address}/people/{account(data, 'Still no script').id}")
        page.get_by_text("Remove Still no script", exact=True).click()
        page.get_by_role("button", name="for good").click()
        expect(page.get_by_text("Still no script is removed")).to_be_visible()


def test_a_link_leaves_no_trace_in_any_request_after_it(lead: Page, admin: Admin, visitor: BrowserContext) -> None:
    link = invite(lead, admin, "Ann", "Staff")
    code = link.rpartition("/")[2]
    asked: list[Request] = []
    visitor.on("request", lambda request: asked.append(request))
    page = join(visitor, link)
    assert asked[0].url == link
    later = asked[1:]
    assert len(later) > 4
    traces = [request.url for request in later if code in request.url or code in str(request.all_headers())]
    assert traces == []
    assert code not in page.evaluate("document.referrer")
    page.go_back()
    assert code not in page.url


def test_a_script_in_a_name_is_read_and_not_run(lead: Page, admin: Admin, visitor: BrowserContext) -> None:
    theirs = join(visitor, invite(lead, admin, NASTY, "Staff"))
    for page, path in ((theirs, "/"), (theirs, "/me"), (lead, "/people")):
        page.goto(admin.address + path)
        expect(page.get_by_text(NASTY).first).to_be_visible()
        assert page.title() != "run" and page.locator("img").count() == 0


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another site on the same machine, so that browsers take it for the same site and send cookies along."""

    actions: tuple[str, ...] = ()

    def do_GET(self) -> None:
        number = int(self.path.strip("/") or 0)
        form = f'<form method="post" action="{self.actions[number]}"><input name="revision" value="1">'
        body = f'{form}<input name="name" value="Evil"><input name="role" value="lead"></form><button>Go</button>'
        script = "<script>document.querySelector('form').submit()</script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((body + script).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_another_site_changes_nothing_with_the_leads_own_browser(lead: Page, admin: Admin, data: DataFolder) -> None:
    invite(lead, admin, "Target", "Staff")
    target = account(data, "Target")
    actions = ["/people/invite", "/me/name", "/me/sign-out-everywhere", "/sign-out"]
    actions += [f"/people/{target.id}/{verb}" for verb in ("role", "link", "disable", "remove", "sign-out-everywhere")]
    Elsewhere.actions = tuple(admin.address + path for path in actions)
    with Archive(data) as archive:
        before = archive.people.everybody()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        try:
            for number in range(len(actions)):
                lead.goto(f"http://127.0.0.1:{elsewhere.server_port}/{number}")
                # The cookie came along (they know who it is), and nothing was done.
                expect(lead.get_by_role("heading", name="This page was open too long")).to_be_visible()
                expect(lead.get_by_role("link", name=f"Your account: {NAME}")).to_be_visible()
        finally:
            elsewhere.shutdown()
    with Archive(data) as archive:
        assert archive.people.everybody() == before
    lead.goto(f"{admin.address}/people")
    expect(lead.get_by_role("heading", name="People", level=1)).to_be_visible()
