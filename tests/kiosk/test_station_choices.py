"""What staff choose (questions, rest, spoken consent), and how the station answers a press, in one process."""

import os
import wave
from pathlib import Path

from kiosk.devices import Light, Lights
from kiosk.flow import State
from kiosk.narrator import LOUDER_DB
from kiosk.prompts import NEWS
from kiosk.stories.folder import DataFolder
from kiosk.stories.programme import FILE, Programme, Question, Said, write_programme
from tests.kiosk.running import SETTINGS, WAITING, WAY, Running, Start
from tests.sound_card import wait_until

TWO = Programme(questions=(Question(text="How is the bus?"), Question(text="How is the food?")))


def wait_taken_up(station: Running, programme: Programme) -> None:
    wait_until(lambda: station.station._prompts.edition.programme == programme, "the programme is taken up")


def test_the_question_that_a_visitor_chose_stands_in_the_story(data: DataFolder, start: Start) -> None:
    write_programme(data, TWO)
    station = start()
    station.walk(State.CHOOSE)
    station.press("red", State.CHOOSE)
    wait_until(lambda: station.station._visit.question == 1, "the second one is offered")
    station.panel.press("green")
    station.reach(State.TELLING)
    station.tell()
    station.press("red", State.HEAR_IT)
    station.keep()
    assert station.data.story_folders()[0].story().question == "How is the food?"


def test_a_story_is_of_the_language_that_staff_chose_for_the_day(data: DataFolder, start: Start) -> None:
    station = start()
    write_programme(data, Programme(language="cy"))
    wait_taken_up(station, Programme(language="cy"))
    station.tell()
    assert '"language": "cy"' in (station.data.takes / station.status()["take"] / "take.json").read_text()
    station.press("red", State.HEAR_IT)
    station.keep()
    assert station.data.story_folders()[0].story().language == "cy"


def test_a_change_is_taken_up_between_two_visits_and_never_during_one(data: DataFolder, start: Start) -> None:
    station = start()
    station.walk(State.BEFORE)
    write_programme(data, TWO)
    wait_until(lambda: station.station._next_edition, "the change was seen")
    station.tell()
    station.press("red", State.HEAR_IT)
    station.keep()
    story = station.data.story_folders()[0].story()
    assert story.question == "What is good here? And what could be better?"
    wait_taken_up(station, TWO)
    station.walk(State.CHOOSE)


def test_a_broken_programme_is_shown_to_staff_and_the_visit_goes_on_with_the_last_good_one(
    data: DataFolder, start: Start
) -> None:
    write_programme(data, TWO)
    station = start()
    (data.programme / FILE).write_text("{")
    wait_until(lambda: station.fault_codes() == {"programme"}, "staff see it")
    station.tell()
    assert station.station._prompts.edition.programme == TWO
    write_programme(data, TWO)
    station.press("red", State.HEAR_IT)
    station.keep()
    wait_until(lambda: not station.fault_codes(), "it has healed")


def test_a_station_that_staff_let_rest_takes_no_story_says_so_and_wakes_up(data: DataFolder, start: Start) -> None:
    station = start()
    write_programme(data, Programme(asking=False))
    station.reach(State.RESTING)
    assert station.status()["lights"] == {"green": "off", "red": "off"}
    station.panel.press("green")
    wait_until(lambda: "resting" in station.heard(), "the visitor is told")
    write_programme(data, Programme())
    station.reach(State.IDLE)
    station.walk(State.TELLING)


def test_all_news_of_the_programme_is_told_in_order(data: DataFolder, start: Start) -> None:
    write_programme(data, Programme(news=(Said(text="There is a new bus."), Said(text="Lunch is warm."))))
    station = start(panel=SETTINGS.panel.model_copy(update={"blue_button_pin": 5}))
    station.panel.press("blue")
    wait_until(lambda: len(station.heard()) == 2, "both are told")
    said = [station.station._prompts.find_said(said) for said in station.station._prompts.news]
    assert station.speaker.played == said
    assert NEWS not in station.heard()


def spoken(start: Start) -> Running:
    return start(conversation=WAITING.model_copy(update={"consent": "spoken"}))


def test_a_spoken_yes_is_kept_as_a_clip_with_the_story(start: Start) -> None:
    station = spoken(start)
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.SAYING, way={**WAY, State.VOICE_TOO: "red"})
    clip = station.data.takes / station.status()["take"] / "consent.wav"
    wait_until(lambda: clip.stat().st_size > 44 + 32_000, "a second of it was said")
    station.walk(State.IDLE, way={State.SAYING: "green"})
    (kept,) = station.data.story_folders()
    story = kept.story()
    assert (story.agreed, story.permissions.words, story.permissions.voice) == (True, True, False)
    assert story.consent_sha256 and "say_yes" in station.heard()
    with wave.open(str(kept.path / "consent.wav")) as file:
        assert file.getnframes() >= 16_000
    with wave.open(str(kept.audio)) as file:
        assert file.getnframes() == story.frames


def test_who_says_nothing_aloud_has_still_agreed_by_the_press(start: Start, short_wav: Path) -> None:
    station = spoken(start)
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.VOICE_TOO)
    station.microphone.mute = True
    station.press("green", State.SAYING)
    station.walk(State.IDLE, way={State.SAYING: "green"})
    (kept,) = station.data.story_folders()
    assert kept.story().permissions.voice is True and kept.story().consent_sha256 is None
    assert sorted(os.listdir(kept.path)) == ["audio.wav", "story.json"]


def test_a_microphone_pulled_before_the_spoken_yes_loses_nothing_that_was_pressed(start: Start) -> None:
    station = spoken(start)
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.VOICE_TOO)
    station.microphone.pulled = True
    station.panel.press("green")
    wait_until(lambda: station.data.story_folders(), "the story is kept")
    story = station.data.story_folders()[0].story()
    assert (story.permissions.words, story.permissions.voice, story.consent_sha256) == (True, True, None)
    assert "microphone" in station.fault_codes()


def test_a_press_shows_also_where_the_next_question_has_the_same_lights(start: Start) -> None:
    station = start()
    station.tell()
    station.press("green", State.HEAR_IT)
    station.walk(State.WORDS)
    both, green = Lights(Light.ON, Light.ON), Lights(Light.ON, Light.OFF)
    wait_until(lambda: station.shown[-1] == both, "the press before is no longer shown")
    station.shown.clear()
    station.press("green", State.VOICE)
    wait_until(lambda: station.shown == [both, green, both], f"the press was shown (is: {station.shown})")


def test_the_blue_button_says_the_same_again_and_louder_and_the_next_visitor_hears_it_as_usual(start: Start) -> None:
    station = start(
        panel=SETTINGS.panel.model_copy(update={"blue_button_pin": 5}),
        conversation=WAITING.model_copy(update={"answer_wait_s": 60}),
    )
    station.walk(State.BEFORE)
    wait_until(lambda: station.heard()[-1] == "to_stop", "all was said")
    assert station.speaker.louder_db == 0
    for step in LOUDER_DB[1:]:
        station.panel.press("blue")
        wait_until(lambda step=step: station.speaker.louder_db == step, "it is louder")
        wait_until(lambda: station.heard()[-1] == "to_stop", "all was said again")
    assert station.status()["state"] == State.BEFORE
    station.panel.press("red")
    wait_until(lambda: station.heard()[-1] == "goodbye", "the visitor goes")
    assert station.speaker.louder_db == LOUDER_DB[-1]
    station.reach(State.IDLE)
    station.walk(State.BEFORE)
    assert station.speaker.louder_db == 0


def test_with_one_switch_in_the_short_conversation_it_is_remembered_what_was_heard(start: Start) -> None:
    station = start(
        panel=SETTINGS.panel.model_copy(update={"switches": "one"}),
        conversation=WAITING.model_copy(update={"profile": "short", "offer_wait_s": 60}),
    )
    station.walk(State.IN_SHORT)
    wait_until(lambda: station.status()["offer"] == "green", "the first choice is offered")
    station.panel.press("green")
    station.reach(State.TELLING)
    assert "safety" in station.station._narrator.said


ANSWERS = (Said(text="Good"), Said(text="Not good"))
CHOOSE_ONE = Programme(questions=(Question(text="How is the bus?", kind="choose-one", choices=ANSWERS),))


def test_who_chooses_an_answer_and_says_no_more_leaves_it_in_a_story(data: DataFolder, start: Start) -> None:
    write_programme(data, CHOOSE_ONE)
    station = start()
    station.walk(State.ANSWER)
    station.press("red", State.ANSWER)
    wait_until(lambda: station.station._visit.answer == 1, "the second one is offered")
    station.microphone.mute = True
    station.panel.press("green")
    station.reach(State.TELLING)
    # It is on the disk from the beginning: a power cut cannot take it away.
    take = station.data.takes / station.status()["take"]
    assert '"choice": "Not good"' in (take / "take.json").read_text()
    station.press("red", State.KEEP)
    station.keep()
    story = station.data.story_folders()[0].story()
    assert (story.question, story.question_kind, story.choice) == ("How is the bus?", "choose-one", "Not good")
    assert story.agreed and story.frames > 0


def test_a_microphone_that_fails_after_an_answer_was_chosen_takes_it_not_away(data: DataFolder, start: Start) -> None:
    write_programme(data, CHOOSE_ONE)
    station = start()
    station.microphone.most_blocks = 1
    station.walk(State.ANSWER)
    station.panel.press("green")
    station.reach(State.TELLING)
    station.microphone.pulled = True
    station.reach(State.KEEP)
    station.keep()
    (kept,) = station.data.story_folders()
    story = kept.story()
    assert (story.choice, story.agreed, story.frames, story.ending) == ("Good", True, 0, "microphone")
    assert not kept.has_audio and not {"sorry", "cut_short"} & set(station.heard())
    assert station.fault_codes() == {"microphone"}
