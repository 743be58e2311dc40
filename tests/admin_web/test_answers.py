"""Questions for a word, or with answers to choose from: asked on the site, counted from stories that may be used."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, Role
from admin_web.archive.answers import words_of
from admin_web.archive.permitted import why_not_words
from admin_web.site import Site
from kiosk.stories.programme import Question, Said
from kiosk.stories.records import Permissions
from tests.admin_web.archive.told import check_words, take_in, told
from tests.admin_web.making import make_story, send

Enter = Callable[[Role], FlaskClient]
BUS, DAY = "How is the bus?", "Which word comes to mind?"
YES = Permissions(words=True, voice=True)


def word(number: int, text: str = "noisy", **changed: Any) -> Any:
    return told(number, text, question=DAY, question_kind="one-word", **changed)


def chosen(number: int, choice: str = "Good", **changed: Any) -> Any:
    return told(number, "", question=BUS, question_kind="choose-one", choice=choice, **changed)


@pytest.fixture
def archive(site: Site) -> Archive:
    return site.archive


class TestCounting:
    def test_words_that_tell_something_are_counted_once_a_story_from_checked_ones_alone(self, archive: Archive) -> None:
        texts = ("Noisy, noisy!", "It is a bit NOISY", "calm [support worker]", "unchecked")
        for story, text in zip(take_in(archive, *(word(n) for n in range(4))), texts[:3], strict=False):
            check_words(archive, story, text)
        tally = archive.answers.tally("one-word", DAY)
        assert (tally.counts, tally.stories, tally.waiting) == ({"noisy": 2, "bit": 1, "calm": 1}, 3, 1)

    def test_each_answer_is_counted(self, archive: Archive) -> None:
        take_in(archive, chosen(1), chosen(2, "Bad"), chosen(3), told(4, question=BUS))
        assert archive.answers.tally("choose-one", BUS).counts == {"Good": 2, "Bad": 1}
        assert archive.answers.questions() == [("choose-one", BUS)]

    def test_only_what_may_be_used_counts(self, archive: Archive) -> None:
        closed = [
            chosen(1, agreed=False),
            chosen(2, permissions=Permissions(words=False, voice=True)),
            chosen(3, permissions=Permissions()),
            chosen(8, sample=True),
        ]
        stories = take_in(archive, *closed, chosen(4), chosen(5), chosen(6), chosen(7))
        archive.flags.raise_flag(stories[4], reason="a worry", by="ann")
        archive.deleting.withdraw(stories[5], by="ann")
        archive.stories.missing([stories[6]])
        for story in (*stories[:5], *stories[6:]):
            entry = archive.stories.known(story)
            may = not why_not_words(entry.model_copy(update={"state": "checked"})) and entry.present
            assert (may and not entry.sample) is (story == stories[7])
        assert archive.answers.tally("choose-one", BUS).counts == {"Good": 1}

    def test_small_words_numbers_and_what_staff_put_in_are_no_answers(self) -> None:
        assert words_of("It's the 3 self-made [my] cakes, don\u2019t you think") == {"self-made", "cakes", "don't"}


class TestPage:
    def test_staff_see_every_number_and_groups_none_below_five(self, archive: Archive, enter: Enter) -> None:
        take_in(archive, *(chosen(n) for n in range(1, 7)), chosen(7, "Bad"), chosen(8, "Late"), chosen(9, "Late"))
        exact, page = (enter(role).get("/station/answers").text for role in ("staff", "group"))
        assert re.findall(r"<td>([^<]*)", exact) == ["6", "2", "1"]
        assert re.findall(r"<td>([^<]*)", page) == ["6", "fewer than 5", "fewer than 5"]
        # Neither how many there are in all, nor the order of the small ones, tells more.
        assert "count here" not in page and page.index("Bad") < page.index("Late")

    def test_what_is_asked_now_stands_there_also_without_an_answer(self, site: Site, enter: Enter) -> None:
        question = Question(text=BUS, kind="choose-one", choices=(Said(text="Good"), Said(text="Bad")))
        now = site.programmes.now()
        site.programmes.change(now.programme.model_copy(update={"questions": (question,)}), seen=now.seen, by="x")
        take_in(site.archive, chosen(1))
        assert re.findall(r"<td>([^<]*)", enter("staff").get("/station/answers").text) == ["1", "0"]

    def test_words_have_a_size_and_the_same_numbers_in_a_table(self, archive: Archive, enter: Enter) -> None:
        texts = [*["noisy"] * 5, "calm"]
        for story, text in zip(take_in(archive, *(word(n) for n in range(6))), texts, strict=True):
            check_words(archive, story, text)
        page = enter("staff").get("/station/answers").text
        assert re.findall(r'"size-(\d)">([^<]*)', page) == [("5", "noisy"), ("1", "calm")]
        assert re.findall(r"<td>([^<]*)", page) == ["5", "1"]

    def test_the_answer_stands_on_the_story_and_in_lists(self, site: Site, enter: Enter) -> None:
        story = make_story(
            site.folder, "", seconds=0.1, question=BUS, question_kind="choose-one", choice="Often <late>"
        )
        site.intake.look()
        staff = enter("staff")
        for path in ("/", f"/stories/{story.id}"):
            assert "<strong>Often &lt;late&gt;</strong>" in staff.get(path).text, path
        assert "No words were heard" not in staff.get("/").text

    def test_a_choice_without_a_sound_has_a_page_with_nothing_to_play(self, site: Site, enter: Enter) -> None:
        asked = {"question": BUS, "question_kind": "choose-one", "choice": "Often late"}
        story = make_story(site.folder, "", seconds=0, ending="microphone", **asked)
        site.intake.look()
        staff = enter("staff")
        page = staff.get(f"/stories/{story.id}").text
        assert "<strong>Often late</strong>" in page and "<audio" not in page and "Listen to it" not in page
        assert "There is nothing to listen to. Mark it as heard." in page
        for path in ("edit", "drafts", "redact", "permissions"):
            page = staff.get(f"/stories/{story.id}/{path}")
            assert page.status_code == 200 and "<audio" not in page.text, path


class TestAsking:
    def test_kind_and_answers_are_kept_and_stand_in_the_visit(self, site: Site, enter: Enter) -> None:
        lead = enter("lead")
        fields = {
            "seen": site.programmes.now().seen, "asking": "yes", "volume_db": "0",
            "questions-0": BUS, "kinds-0": "choose-one", "answers-0": " Good \n\nNot  good",
            "questions-1": DAY, "kinds-1": "one-word", "answers-1": "left from before",
        }  # fmt: skip
        assert send(lead, "/station/programme", **fields).status_code == 303
        bus, day = site.programmes.now().programme.questions
        assert (bus.kind, [each.text for each in bus.choices]) == ("choose-one", ["Good", "Not good"])
        assert (day.kind, day.choices) == ("one-word", ())
        page = lead.get("/station/programme").text
        assert "Good\r\nNot good" in page or "Good\nNot good" in page
        assert "One word is enough." in lead.get("/station/visit").text
        assert "Not good" in lead.get("/station/voices").text
        fields |= {"seen": site.programmes.now().seen, "questions-1": "", "answers-1": "", "kinds-1": "tell"}
        assert send(lead, "/station/programme", **fields).status_code == 303
        visit = lead.get("/station/visit").text
        assert all(
            f'<p class="said">{said}</p>' in visit for said in ("Good", "Not good", "To choose this, press green.")
        )

    @pytest.mark.parametrize(
        ("question", "kind", "lines", "told"),
        [
            (BUS, "choose-one", "Good", "Write 2 to 4 answers"),
            (BUS, "choose-one", "1\n2\n3\n4\n5", "There are 5 now"),
            (BUS, "choose-one", " \n\n", "There are 0 now"),
            (BUS, "choose-one", "Good\nBad\n good", "The same answer is there twice"),
            (BUS, "choose-one", "Good\n" + "very " * 40, "15 are enough"),
            (BUS, "choose-one", "Good\nPress red.", "Say first what it is for"),
            ("", "choose-one", "Good\nBad", "Write the question, too"),
            (BUS, "shout", "", "Choose one."),
            (" ".join(["what do you think"] * 10), "one-word", "", "40 words; 15 are enough"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_with_the_reason_and_nothing_is_lost(
        self, site: Site, enter: Enter, question: str, kind: str, lines: str, told: str
    ) -> None:
        before = site.programmes.now()
        fields = {"seen": before.seen, "asking": "yes", "volume_db": "0", "kinds-0": kind, "answers-0": lines}
        answer = send(enter("group"), "/station/programme", **{"questions-0": question, **fields})
        assert answer.status_code == 422 and told in answer.text
        assert lines.strip().split("\n")[-1].strip() in answer.text
        assert site.programmes.now() == before
