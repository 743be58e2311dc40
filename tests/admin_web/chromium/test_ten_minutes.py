"""A support worker's ten minutes: sign in, hear a new story, put a word right, say what it is about, go on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from admin_web.archive import About, Archive
from admin_web.credentials import Passwords, new_link
from kiosk.stories.folder import DataFolder, StoryFolder
from tests.admin_web.browsing import tab_until
from tests.admin_web.looking import DESKTOP, PHONE
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story
from tests.sound_card import wait_until

WORKER = "Support Worker"
HAS_FOCUS = """(element) => {
    const at = document.activeElement;
    return element.contains(at) || (at !== document.body && at.contains(element));
}"""


@pytest.fixture(scope="module")
def stories(data: DataFolder, admin: Admin, signed_in: object) -> Iterator[StoryFolder]:
    """New stories, one for each way through them, and one more that waits."""
    kept = [make_story(data, "the lunch was grate", seconds=1.6, card=f"cat {40 + n}") for n in range(7)]
    with Archive(data) as archive:
        wait_until(lambda: all(archive.texts.get(each.id) for each in kept), "they are taken in")
        lead = archive.people.named(NAME)
        assert lead
        _, link = new_link()
        archive.people.invite(WORKER, "staff", link, by=lead.id)
        archive.people.choose_password(link.hash, Passwords(rounds=1, memory_kib=8).hash(PASSWORD))
    return iter(kept)


class Keyboard:
    """The Tab key goes to each thing in turn; Enter and Space press it."""

    touch = False

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, what: Locator) -> None:
        expect(what).to_be_visible()
        tab_until(self.page, lambda: what.evaluate(HAS_FOCUS), what, most=200)

    def press(self, what: Locator) -> None:
        self.go_to(what)
        self.page.keyboard.press("Enter")

    def type_into(self, what: Locator, text: str) -> None:
        self.go_to(what)
        self.page.keyboard.type(text)

    def put_right(self, last_word: Locator, by: str) -> None:
        # Whoever begins to put words right has the cursor in them.
        self.page.keyboard.press("Control+End")
        self.page.keyboard.press("Control+Shift+ArrowLeft")
        self.page.keyboard.type(by)

    def choose(self, what: Locator) -> None:
        self.go_to(what)
        self.page.keyboard.press("Space")

    def choose_first(self, group: Locator) -> None:
        # A group is one stop; from its last choice, which is chosen, the arrow goes on at the first.
        self.go_to(group)
        self.page.keyboard.press("ArrowDown")


class Mouse(Keyboard):
    """Everything that is pressed is clicked; words are typed."""

    def go_to(self, what: Locator) -> None:
        what.click()

    def press(self, what: Locator) -> None:
        self.go_to(what)

    def put_right(self, last_word: Locator, by: str) -> None:
        last_word.dblclick()
        self.page.keyboard.type(by)

    def choose(self, what: Locator) -> None:
        self.go_to(what)

    def choose_first(self, group: Locator) -> None:
        self.go_to(group.get_by_role("radio").first)


class Touch(Mouse):
    """A finger on a tablet or a phone: no pointer over anything, and nothing is clicked twice."""

    touch = True

    def go_to(self, what: Locator) -> None:
        what.tap()

    def put_right(self, last_word: Locator, by: str) -> None:
        box = last_word.bounding_box()
        assert box
        last_word.tap(position={"x": box["width"] - 1, "y": box["height"] / 2})
        for _ in last_word.inner_text():
            self.page.keyboard.press("Backspace")
        self.page.keyboard.type(by)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("way", [Keyboard, Mouse, Touch])
def test_a_new_story_is_heard_put_right_and_tagged(
    browser: Browser, admin: Admin, data: DataFolder, stories: Iterator[StoryFolder], way: type[Keyboard], size: dict
) -> None:
    kept = next(stories)
    with browser.new_context(viewport=size, has_touch=way.touch, is_mobile=way.touch) as context:
        walk(way(context.new_page()), admin, kept.story().card.capitalize())
    with Archive(data) as archive:
        entry, text = archive.stories.known(kept.id), archive.texts.get(kept.id)
        assert entry.heard_at and entry.state == "checked" and entry.about == About(tags=("food",), feeling="good")
        assert text and text.text == "the lunch was great"


def walk(by: Keyboard, admin: Admin, title: str) -> None:
    page = by.page
    page.goto(f"{admin.address}/sign-in")
    by.type_into(page.get_by_label("Your name"), WORKER)
    by.type_into(page.get_by_label("Password", exact=True), PASSWORD)
    by.press(page.get_by_role("button", name="Sign in"))
    by.press(page.get_by_role("link", name=title))
    by.press(page.get_by_role("button", name="Play"))
    expect(page.get_by_text("Heard", exact=True)).to_be_visible()
    by.press(page.get_by_text("Put the words right"))
    expect(page.get_by_role("textbox", name="What was said at 0:00")).to_be_focused()
    by.put_right(page.get_by_text("grate", exact=True), "great")
    expect(page.locator("#saving")).to_contain_text("Saved at")
    by.press(page.get_by_text("I am done"))
    # The page comes again, as it is kept; what is pressed before would be lost with the old one.
    expect(page.get_by_text("Not checked yet")).to_be_visible()
    by.press(page.get_by_role("button", name="I have listened. The words are right."))
    expect(page.get_by_text("Thank you. These words are checked now.")).to_be_visible()
    by.choose(page.get_by_role("checkbox", name="Food"))
    by.choose_first(page.get_by_role("group", name="How do they feel about it?"))
    expect(page.locator("#about-saving")).to_contain_text("Saved at")
    expect(page.locator("h1 ~ .labels").first).to_contain_text("Good")
    by.press(page.get_by_role("link", name="Next story to listen to"))
    expect(page.get_by_text("0 % of this story has been played")).to_be_visible()
