"""Taking words out on the pages: with and without scripts, and what everybody is then served."""

import random
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from admin_web.archive import Role
from admin_web.site import Site
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ, header
from tests.admin_web.browsing import page_of, set_up, until
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import Admin, change_story, make_story, named, send
from tests.admin_web.test_rights import VISITORS, table

SAID = "I told Quentin Underhill that the lunch was cold at Sunny Court"
TAKEN = "I told [support worker] that the lunch was cold at Sunny Court"
#: When both words are said.
SPAN_S = (0.8, 1.52)


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    kept = make_story(site.folder, SAID, seconds=5)
    frames = 5 * SAMPLERATE_HZ
    # Sound in which no run of samples is there twice.
    kept.audio.write_bytes(header(frames) + random.Random(2).randbytes(frames * 2))
    change_story(kept, permissions=Permissions(words=True, voice=True))
    site.intake.look()
    return kept


def take_out(client: FlaskClient, story: str, **changed: object) -> int:
    fields = {"first": 3, "last": 4, "role": "support worker", "revision": 0, **changed}
    return send(client, f"/stories/{story}/redact", **fields).status_code


def text_of(site: Site, story: str) -> str:
    text = site.archive.texts.get(story)
    assert text
    return text.text


class TestWithoutScripts:
    def test_words_are_chosen_by_their_numbers(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        site.folder.local_names.write_text("# around here\nSunny Court\n")
        page = client.get(f"/stories/{kept.id}/redact?first=11&last=12").text
        assert "Sunny Court (word 11 to 12)" in page
        assert 'value="11"' in page and 'value="12"' in page
        assert take_out(client, kept.id) == 303
        assert text_of(site, kept.id) == TAKEN
        story = client.get(f"/stories/{kept.id}").text
        assert "Taken out. [support worker] stands there now." in story
        assert 'audio/redacted#t=0.0,2.62"' in story
        # What the list of names knows is marked, and nothing is taken out by itself.
        assert 'data-first="10" data-last="11"' in story

    def test_in_ones_own_words(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        assert take_out(client, kept.id, role="other", own=" a  neighbour ") == 303
        assert "[a neighbour]" in text_of(site, kept.id)

    @pytest.mark.parametrize(
        ("changed", "code", "told"),
        [
            ({"first": ""}, 422, "Type the number of a word."),
            ({"first": "x"}, 422, "Type the number of a word."),
            ({"last": 10**30}, 422, "Type the number of a word."),
            ({"first": 0}, 422, "Type the number of a word."),
            ({"first": 4, "last": 3}, 409, "no such words"),
            ({"last": 13}, 409, "no such words"),
            ({"role": "president"}, 422, "marked"),
            ({"role": "other", "own": ""}, 409, "Say what shall stand there"),
            ({"role": "other", "own": "a]b"}, 409, "Say what shall stand there"),
            ({"role": "other", "own": "a" * 41}, 422, "40 letters or fewer"),
        ],
    )
    def test_what_cannot_be_is_told_and_changes_nothing(
        self, site: Site, client: FlaskClient, kept: StoryFolder, changed: dict[str, object], code: int, told: str
    ) -> None:
        fields = {"first": 3, "last": 4, "role": "support worker", "revision": 0, **changed}
        answer = send(client, f"/stories/{kept.id}/redact", **fields)
        assert (answer.status_code, told in answer.text) == (code, True)
        assert text_of(site, kept.id) == SAID
        assert site.archive.redactions.of(kept.id) == []

    def test_words_that_somebody_changed_meanwhile(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        send(client, f"/stories/{kept.id}/words", text=f"Well {SAID}", revision=0)
        assert take_out(client, kept.id) == 303
        assert "Nothing was taken out" in client.get(f"/stories/{kept.id}").text
        assert text_of(site, kept.id) == f"Well {SAID}"

    def test_a_damaged_recording(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        kept.audio.write_bytes(b"no recording")
        answer = send(client, f"/stories/{kept.id}/redact", first=3, last=4, role="manager", revision=0)
        assert answer.status_code == 503
        assert "Nothing was taken out. audio.wav is damaged" in answer.text
        assert text_of(site, kept.id) == SAID

    def test_a_frozen_story(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        site.archive.flags.raise_flag(kept.id, reason="a worry", by=named(site).id)
        assert take_out(client, kept.id) == 409
        assert 'id="take-out"' not in client.get(f"/stories/{kept.id}").text
        assert "Nobody may change its words" in client.get(f"/stories/{kept.id}/redact").text

    def test_the_tone_moves_and_the_words_come_back(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        take_out(client, kept.id)
        (made,) = site.archive.redactions.of(kept.id)
        at = f"/stories/{kept.id}/redactions/{made.number}"
        assert send(client, f"{at}/move", move="start-earlier", revision=1).status_code == 303
        assert send(client, f"{at}/move", move="end-later", revision=2).status_code == 303
        (moved,) = site.archive.redactions.of(kept.id)
        assert (moved.start, moved.end) == (pytest.approx(made.start - 0.02), pytest.approx(made.end + 0.02))
        for fields in ({"move": "start-sideways", "revision": 3}, {"move": "end-later"}, {"revision": 3}):
            assert send(client, f"{at}/move", **fields).status_code == 400
        for path in ("move", "undo"):
            # Somebody's page from before.
            assert send(client, f"{at}/{path}", move="end-later", revision=2).status_code == 303
            assert "a moment ago" in client.get("/me").text
            assert send(client, f"/stories/{kept.id}/redactions/77/{path}", move="end-later", revision=1).status_code
        assert site.archive.redactions.of(kept.id) == [moved]
        assert send(client, f"{at}/undo", revision=3).status_code == 303
        assert text_of(site, kept.id) == SAID
        assert site.archive.redactions.of(kept.id) == []

    def test_a_name_that_is_said_again_is_asked_about(self, site: Site, client: FlaskClient) -> None:
        kept = make_story(site.folder, "Quentin came and I like Quentin's dog", seconds=4)
        site.intake.look()
        take_out(client, kept.id, first=1, last=1)
        page = client.get(f"/stories/{kept.id}").text
        assert 'data-first="6" data-last="6"' in page
        assert text_of(site, kept.id) == "[support worker] came and I like Quentin's dog"

    def test_what_was_written_over_is_told(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        take_out(client, kept.id)
        send(client, f"/stories/{kept.id}/words", text="I told somebody that the lunch was cold", revision=1)
        assert "The sound stays covered" in client.get(f"/stories/{kept.id}").text


class TestSound:
    def test_the_original_is_taken_away_with_a_line_in_the_log(
        self, site: Site, client: FlaskClient, kept: StoryFolder
    ) -> None:
        take_out(client, kept.id)
        with client.get(f"/stories/{kept.id}/audio/original") as answer:
            assert answer.data == kept.audio.read_bytes()
            assert "station-story-1-original.wav" in answer.headers["Content-Disposition"]
        with client.get(f"/stories/{kept.id}/audio/redacted?download=1") as answer:
            assert answer.data == kept.redacted.read_bytes() != kept.audio.read_bytes()
            assert "station-story-1-for-others.wav" in answer.headers["Content-Disposition"]
        lines = [(line.who, line.story) for line in site.archive.log.page(1, 99) if line.what == "recording downloaded"]
        assert lines == [(named(site).id, kept.id)]

    def test_a_part_of_it(self, client: FlaskClient, kept: StoryFolder) -> None:
        take_out(client, kept.id)
        with client.get(f"/stories/{kept.id}/audio/redacted", headers={"Range": "bytes=100-199"}) as answer:
            assert (answer.status_code, answer.data) == (206, kept.redacted.read_bytes()[100:200])

    def test_a_recording_that_is_gone_or_damaged(self, site: Site, client: FlaskClient, kept: StoryFolder) -> None:
        take_out(client, kept.id)
        kept.audio.write_bytes(b"")
        assert client.get(f"/stories/{kept.id}/audio/redacted").status_code == 503
        site.archive.deleting.delete_audio(kept.id, by="ann")
        for path in ("redacted", "original"):
            assert client.get(f"/stories/{kept.id}/audio/{path}").status_code == 404
        assert not any(line.what == "recording downloaded" for line in site.archive.log.page(1, 99))


def test_nobody_but_staff_is_served_a_name_or_its_sound(
    site: Site, stranger: FlaskClient, enter: Callable[[Role], FlaskClient], kept: StoryFolder
) -> None:
    staff = enter("staff")
    take_out(staff, kept.id)
    site.archive.texts.confirm(kept.id, by="ann", revision=1)
    site.archive.redacted_files.write_due()
    site.archive.checked_files.write_due()
    begin, end = (HEADER_BYTES + round(at * SAMPLERATE_HZ) * 2 for at in SPAN_S)
    taken = kept.audio.read_bytes()[begin:end]
    gaps = {"<story_id>": kept.id, "<int:number>": "1", "<path:filename>": "sayso.css"}

    def served(browser: FlaskClient) -> dict[str, bytes]:
        found = {}
        for method, route in table():
            path = route
            for gap, value in gaps.items():
                path = path.replace(gap, value)
            if method == "GET" and path != "/screen/now":
                with browser.open(path, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}) as answer:
                    found[path] = answer.data
        return found

    def holding(answers: dict[str, bytes]) -> set[str]:
        runs = [taken[at : at + 16] for at in range(0, len(taken) - 16, 16)]
        named = {path for path, told in answers.items() if b"Underhill" in told}
        return named | {path for path, told in answers.items() if any(run in told for run in runs)}

    for visitor in VISITORS:
        if visitor in ("nobody", "group"):
            assert holding(served(stranger if visitor == "nobody" else enter(visitor))) == set()
    # Staff find them in the original and in what the words were before, and nowhere else.
    story = f"/stories/{kept.id}"
    assert holding(served(staff)) == {f"{story}/audio", f"{story}/audio/original", f"{story}/versions"}
    checked = kept.checked()
    assert checked and "[support worker]" in checked.text and "Underhill" not in checked.to_bytes().decode()


def test_by_mouse_by_keyboard_and_for_the_ear(browser: Browser, site: Site, kept: StoryFolder) -> None:
    site.folder.local_names.write_text("Sunny Court\n")
    with Admin(site.folder.root) as admin, page_of(browser, set_up(browser, admin, site.folder.root / "c")) as page:
        page.goto(f"{admin.address}/stories/{kept.id}")
        words, chosen = page.locator("[data-start]"), page.locator("#chosen")
        # By mouse: the first, and the last with shift. By the same, back; and a name from the list.
        words.nth(2).click()
        words.nth(4).click(modifiers=["Shift"])
        expect(chosen).to_have_text("To be taken out: Quentin Underhill that")
        page.keyboard.press("Escape")
        expect(chosen).to_contain_text("Choose words above")
        page.get_by_role("link", name="Sunny Court").click()
        expect(chosen).to_have_text("To be taken out: Sunny Court")
        # By keyboard.
        words.nth(2).click()
        page.keyboard.press("Shift+ArrowRight")
        expect(chosen).to_have_text("To be taken out: Quentin Underhill")
        assert_well_made(page)
        page.set_viewport_size(DESKTOP)
        # As any text is marked.
        page.evaluate(
            "getSelection().setBaseAndExtent(document.querySelectorAll('[data-start]')[2].firstChild, 1,"
            " document.querySelectorAll('[data-start]')[3].firstChild, 2)"
        )
        expect(chosen).to_have_text("To be taken out: Quentin Underhill")
        page.get_by_label("Something else").focus()
        page.keyboard.press("Space")
        page.keyboard.type("a neighbour")
        page.keyboard.press("Enter")
        expect(page.locator(".passage")).to_contain_text("I told [a neighbour] that the lunch")
        page.set_viewport_size(PHONE)
        hear = page.get_by_role("button", name="Hear it")
        edges = hear.get_attribute("data-hear") or ""
        hear.click()
        until(page, "(s => s.currentTime > 1.5 && s.duration > 4.9)(document.querySelector('.redact > audio'))")
        page.get_by_role("group", name="The tone ends").get_by_role("button", name="Later").click()
        expect(hear).not_to_have_attribute("data-hear", edges)
        assert_well_made(page)
        page.goto(f"{admin.address}/stories/{kept.id}/redact")
        assert_well_made(page)
        page.goto(f"{admin.address}/stories/{kept.id}")
        page.get_by_role("button", name="Bring the words back").click()
        expect(page.locator(".passage")).to_contain_text("I told Quentin Underhill that")
