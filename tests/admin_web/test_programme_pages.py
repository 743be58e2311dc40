"""What the station asks: changed on the site, taken up by the kiosk, kept in versions, and never half."""

import re
from collections.abc import Callable
from datetime import datetime, time

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin_web.archive import Role
from admin_web.programmes import KEPT, Programmes
from admin_web.site import Site
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.prompts import prompts_for
from kiosk.stories.editions import Edition, Editions
from kiosk.stories.programme import FILE, OWN_WORDS, Hours, Programme, Question, Said, write_programme
from kiosk.stories.wording import too_hard
from tests.admin_web.making import csrf_token

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
Enter = Callable[[Role], FlaskClient]
FORTY_WORDS = " ".join(["what do you think of it"] * 6) + " now and then please"


def sent(client: FlaskClient, **fields: object) -> TestResponse:
    """Send the form as the page has it, with these fields otherwise; a list: several of that name; None: left out."""
    page = client.get("/station/programme").text
    data: dict[str, object] = {}
    for each in re.findall(r"<input[^>]*>", page.split("Keep it</button>")[0]):
        about = dict(re.findall(r'(\w+)="([^"]*)"', each))
        if about.get("type") not in ("radio", "checkbox") or re.search(r"\bchecked\b", each):
            data[about["name"]] = about["value"]
    changed = {name.replace("__", "-"): value for name, value in fields.items()}
    return client.post("/station/programme", data={k: v for k, v in {**data, **changed}.items() if v is not None})


def asked(site: Site) -> list[str]:
    """What a kiosk would ask now."""
    edition = Editions(site.folder, prompts_for(site.config, site.folder).fixed).look()
    assert edition
    return [said.text for said in edition.programme.questions]


@pytest.mark.parametrize("role", ["lead", "group"])
def test_a_question_is_kept_and_the_kiosk_takes_it_up(site: Site, enter: Enter, role: Role) -> None:
    browser = enter(role)
    answer = sent(
        browser, questions__0="How is the  bus?", questions__3="How is the food?", news__0="There is a new bus."
    )
    assert answer.status_code == 303
    assert asked(site) == ["How is the bus?", "How is the food?"]
    assert site.programmes.now().programme.news == (Said(text="There is a new bus."),)
    page = browser.get("/station/programme").text
    assert 'value="How is the bus?"' in page and "4 words, about" in page and "Kept." in page
    line = site.archive.log.last()
    assert line and (line.what, line.details["questions"]) == ("programme changed", 2)


def test_what_was_not_changed_is_no_version(site: Site, enter: Enter) -> None:
    lead = enter("lead")
    sent(lead, questions__0="How is the bus?")
    assert sent(lead).status_code == 303
    assert "Nothing was different" in lead.get("/station/programme").text
    assert len(site.programmes.earlier()) == 1


#: What is sent, and what is then said.
REFUSED: list[tuple[dict[str, object], str]] = [
    ({"questions-0": FORTY_WORDS}, "40 words; 15 are enough"),
    ({"questions-5": "Press green to talk."}, "Say first what it is for"),
    ({"news-2": "It is new (and good)."}, "Say one thing at a time"),
    ({"prompts-welcome": FORTY_WORDS}, "40 words; 15 are enough"),
    ({"questions-0": "x" * 301}, "Use 15 words or fewer"),
    ({"questions-0": "a\x07b"}, "letters, numbers and spaces"),
    ({"asking": "perhaps"}, "Please look at what is marked"),
    ({"volume_db": "900"}, "Choose one"),
    ({"volume_db": "loud"}, "Choose one"),
    ({"language": "Polish"}, "Choose one"),
    ({"language": "../pl"}, "Choose one"),
    ({"by_hours": "y", "opens": "17:00", "closes": "09:00"}, "end later than it begins"),
    ({"by_hours": "y", "opens": "", "closes": ""}, "from when until when"),
    ({"by_hours": "y", **dict.fromkeys(map("days-{}".format, WEEKDAYS))}, "Choose one day or more"),
    ({"by_hours": "y", "opens": "soon"}, "Please look at what is marked"),
    ({"seen": None}, "Please look at what is marked"),
]


def test_what_nobody_could_follow_is_refused_with_the_reason_and_nothing_is_lost(site: Site, enter: Enter) -> None:
    group = enter("group")
    sent(group, questions__1="How is the food?")
    before = (site.folder.programme / FILE).read_bytes()
    for fields, told in REFUSED:
        answer = sent(group, **{"questions-2": "How is the music?", **fields})
        assert answer.status_code == 422 and told in answer.text, fields
        # What was typed stands there still.
        assert 'value="How is the music?"' in answer.text
    assert (site.folder.programme / FILE).read_bytes() == before and len(site.programmes.earlier()) == 1


def test_words_of_its_own_are_said_and_those_of_a_button_or_a_consent_are_not_changed(site: Site, enter: Enter) -> None:
    sent(
        enter("group"),
        prompts__welcome="Hello, good to see you.",
        prompts__use_words="Give us all.",
        prompts__no_news="",
    )
    kept = site.programmes.now().programme
    assert kept.prompts == {"welcome": "Hello, good to see you."}
    prompts = prompts_for(site.config, site.folder)
    prompts.take_up(Editions(site.folder, prompts.fixed).look() or Edition())
    assert prompts.texts["welcome"] == "Hello, good to see you." and "use our words" not in prompts.texts["use_words"]
    for name, text in site.voices.texts().items():
        if name in OWN_WORDS:
            assert not too_hard(text) and "press" not in text.lower()


def test_the_language_of_the_visitors_is_chosen_and_the_settings_one_is_kept_as_none(site: Site, enter: Enter) -> None:
    group = enter("group")
    assert site.config.station.language == "en-GB"
    assert sent(group, language="pl").status_code == 303
    assert site.programmes.now().programme.language == "pl"
    assert '<option value="pl" selected>Polish</option>' in group.get("/station/programme").text
    assert "Visitors speak: Polish" in enter("staff").get("/station/programme").text
    # One that somebody wrote into the file stays to be chosen.
    write_programme(site.folder, Programme(language="yo"))
    assert '<option value="yo" selected>yo</option>' in group.get("/station/programme").text
    assert sent(group, language="").status_code == 303
    assert site.programmes.now().programme.language == ""
    page = group.get("/station/programme").text
    assert '<option value="" selected>English</option>' in page and "Visitors speak" not in page.partition("<form")[0]


def test_hours_and_loudness_are_kept_as_they_were_chosen(site: Site, enter: Enter) -> None:
    fields = {
        "by_hours": "y",
        "opens": "09:30",
        "closes": "16:00",
        "volume_db": "4",
        **dict.fromkeys(map("days-{}".format, WEEKDAYS[1:4])),
    }
    assert sent(enter("group"), **fields).status_code == 303
    kept = site.programmes.now().programme
    assert kept.hours == Hours(opens=time(9, 30), closes=time(16), days=(0, 4)) and kept.volume_db == 4
    monday = datetime(2026, 3, 2, 9, 30)
    for moment, asks in ((monday, True), (monday.replace(hour=16), False), (monday.replace(day=3), False)):
        assert kept.asks_at(moment, lambda: "ntp") == asks
        # Nobody knows what time it is: better awake at night than asleep at noon.
        assert kept.asks_at(moment, lambda: "unknown")
    assert not kept.model_copy(update={"asking": False}).asks_at(monday, lambda: "unknown")


def test_the_visit_is_seen_before_anything_is_kept(site: Site, enter: Enter) -> None:
    answer = sent(enter("group"), questions__0="How is the bus?", do="look")
    assert answer.status_code == 200
    said = re.findall(r'class="said">([^<]+)<', answer.text)
    assert said[0].startswith("Hello") and "How is the bus?" in said and said[-1].startswith("Thank you")
    assert said.index("To keep your story, press green.") > said.index("How is the bus?")
    assert not (site.folder.programme / FILE).exists()
    assert "How is the bus?" not in enter("staff").get("/station/visit").text


def test_staff_look_and_change_nothing(site: Site, enter: Enter) -> None:
    site.programmes.change(Programme(questions=(Question(text="How is the bus?"),)), seen="none", by="x")
    staff = enter("staff")
    page = staff.get("/station/programme").text
    assert "How is the bus?" in page and "Keep it" not in page and "Bring this back" not in page
    token = csrf_token(staff.get("/me").text)
    for path in ("/station/programme", "/station/programme/earlier/1", "/station/voices/welcome/try"):
        assert staff.post(path, data={"csrf_token": token}).status_code == 403


class TestVersions:
    def test_the_one_before_is_one_press_away_and_there_and_back(self, site: Site, enter: Enter) -> None:
        group = enter("group")
        sent(group, questions__0="How is the bus?")
        sent(group, questions__0="How is the food?")
        page = group.get("/station/programme").text
        assert "Bring this back" in page and "“How is the bus?”" in page
        seen = re.search(r'name="seen" value="([^"]+)"', page)
        assert seen
        answer = group.post("/station/programme/earlier/2", data={"seen": seen[1], "csrf_token": csrf_token(page)})
        assert answer.status_code == 303 and asked(site) == ["How is the bus?"]
        assert site.programmes.earlier()[0].programme.questions == (Question(text="How is the food?"),)

    def test_the_last_ones_are_kept_and_older_ones_go(self, site: Site) -> None:
        for number in range(KEPT + 5):
            question = Programme(questions=(Question(text=f"How is it {number}?"),))
            assert site.programmes.change(question, seen=site.programmes.now().seen, by="x")
        kept = site.programmes.earlier()
        assert [each.number for each in kept] == list(range(KEPT + 5, 5, -1))
        assert kept[0].programme.questions[0].text == f"How is it {KEPT + 3}?"

    def test_nobody_overwrites_anybody_unseen(self, site: Site, enter: Enter) -> None:
        group = enter("group")
        sent(group, questions__0="How is the bus?")
        # Somebody with a text editor.
        write_programme(site.folder, Programme(questions=(Question(text="How is the garden?"),)))
        answer = sent(group, questions__0="How is the food?", seen="none")
        assert answer.status_code == 409 and "Somebody else changed the programme first" in answer.text
        assert 'value="How is the food?"' in answer.text and asked(site) == ["How is the garden?"]
        with pytest.raises(ChangedMeanwhile):
            site.programmes.bring_back(1, seen="none", by="x")
        with pytest.raises(NotAllowed, match="not kept any more"):
            site.programmes.bring_back(99, seen=site.programmes.now().seen, by="x")

    def test_a_file_that_cannot_be_read_is_said_and_set_aside_and_not_lost(self, site: Site, enter: Enter) -> None:
        group = enter("group")
        sent(group, questions__0="How is the bus?")
        (site.folder.programme / FILE).write_text('{"questions": [{"text": "How is the gar')
        page = group.get("/station/programme").text
        assert "cannot be read" in page and group.get("/station/visit").status_code == 200
        assert sent(group, questions__0="How is the food?").status_code == 303
        assert asked(site) == ["How is the food?"]
        assert "How is the gar" in (site.folder.programme / "earlier" / "broken.json").read_text()

    def test_damaged_versions_are_left_out_and_a_full_disk_is_said(self, site: Site, enter: Enter) -> None:
        group = enter("group")
        sent(group, questions__0="How is the bus?")
        (site.folder.programme / "earlier" / "000007.json").write_bytes(b"\xff{")
        assert [each.number for each in Programmes(site.folder, site.archive.log).earlier()] == [1]
        (site.folder.programme / FILE).unlink()
        (site.folder.programme / FILE).mkdir()
        (site.folder.programme / FILE).rmdir()
        (site.folder.programme / "earlier").rename(site.folder.programme / "aside")
        (site.folder.programme / "earlier").write_text("in the way")
        answer = sent(group, questions__0="How is the food?")
        assert answer.status_code == 503 and "could not be kept" in answer.text
        assert not (site.folder.programme / FILE).exists()


def test_a_recording_that_somebody_named_in_the_file_stays_with_its_question(site: Site, enter: Enter) -> None:
    bus = Question(text="How is the bus?", wav="bus.wav")
    write_programme(site.folder, Programme(questions=(bus, Question(text="How is the food?")), volume_db=3))
    group = enter("group")
    assert "As it is now" in group.get("/station/programme").text
    sent(group, questions__1="How is the music?")
    kept = site.programmes.now().programme
    assert kept.questions == (bus, Question(text="How is the music?")) and kept.volume_db == 3
