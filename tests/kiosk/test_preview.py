"""A visit in advance: what the site shows before anybody comes is what the station then does."""

import pytest

from kiosk.config import Config, ConversationSettings, PanelSettings
from kiosk.flow import SCENES, State
from kiosk.shown.preview import Step, previews, speaking_s
from kiosk.stories.programme import Programme, Question, Said
from tests.kiosk import met

NOTHING = Programme()


def only(config: Config, programme: Programme) -> tuple[Step, ...]:
    (visit,) = previews(config, programme)
    return visit.steps


def test_the_preview_is_what_a_visitor_meets_in_each_state() -> None:
    steps = only(Config(), NOTHING)
    assert [step.state for step in steps] == [
        State.IDLE, State.WELCOME, State.BEFORE, State.OPENING, State.QUESTION, State.PAUSE, State.TONE, State.TELLING,
        State.STOPPING, State.HEAR_IT, State.PLAYING, State.KEEP, State.WORDS, State.VOICE, State.SAVING, State.NUMBER,
        State.THANKS,
    ]  # fmt: skip
    sounds = {"(a soft tone)": met.TONE, "(what was just told)": met.STORY, "(the story number)": met.NUMBER}
    for step in steps:
        words = tuple(sounds.get(sentence.words, sentence.words) for sentence in step.sentences)
        assert (f"{step.green} {step.red}", words) == met.MET[State(step.state)]


def test_the_words_of_the_programme_stand_in_it() -> None:
    programme = Programme(
        questions=(Question(text="How is the bus?"), Question(text="How is the food?")),
        prompts={"welcome": "Hello, you."},
    )
    bus, food = previews(Config(), programme)
    assert (bus.question, food.question) == ("How is the bus?", "How is the food?")
    for visit, offered in ((bus, ["How is the bus?"]), (food, ["How is the bus?", "How is the food?"])):
        said = [sentence.words for step in visit.steps for sentence in step.sentences]
        assert "Hello, you." in said and met.MET[State.WELCOME][1][0] not in said
        choosing = [step for step in visit.steps if step.state == State.CHOOSE]
        assert [step.sentences[0].words for step in choosing] == offered
        assert [step.press for step in choosing] == ["red"] * (len(offered) - 1) + ["green"]
        (asked,) = [step for step in visit.steps if step.state == State.QUESTION]
        assert asked.sentences[0].words == visit.question


def test_each_question_is_shown_as_it_is_answered() -> None:
    answers = (Said(text="Good"), Said(text="Bad"))
    tell, word, choose = previews(
        Config(),
        Programme(
            questions=(
                Question(text="How is the bus?"),
                Question(text="How is the food?", kind="one-word"),
                Question(text="How is the room?", kind="choose-one", choices=answers),
            )
        ),
    )
    ways = [[step.state for step in visit.steps] for visit in (tell, word, choose)]
    assert [way.count(State.QUESTION) for way in ways] == [1, 0, 0]
    assert [way.count(State.WORD) for way in ways] == [0, 1, 0]
    assert [way.count(State.ANSWER) for way in ways] == [0, 0, 2]
    assert [way[-1] for way in ways] == [State.THANKS] * 3


def test_one_switch_is_offered_one_choice_after_the_other() -> None:
    steps = only(Config(panel=PanelSettings(switches="one")), NOTHING)
    (keep,) = [step for step in steps if step.state == State.KEEP]
    assert [(each.words, each.green, each.red) for each in keep.sentences] == [
        ("To keep your story, press now.", "on", "off"), ("To throw it away, press now.", "off", "on"),
    ]  # fmt: skip


@pytest.mark.parametrize("profile", ["full", "short"])
@pytest.mark.parametrize("consent", ["press", "spoken"])
@pytest.mark.parametrize("questions", [0, 1, 6])
def test_every_kind_of_visit_comes_to_its_end(profile: str, consent: str, questions: int) -> None:
    settings = ConversationSettings.model_validate({"profile": profile, "consent": consent})
    programme = Programme(questions=tuple(Question(text=f"How is it {number}?") for number in range(questions)))
    visits = previews(Config(conversation=settings), programme)
    assert len(visits) == max(1, questions)
    for visit in visits:
        states = [step.state for step in visit.steps]
        assert states[-1] == State.THANKS and State.TELLING in states
        assert (State.SAYING in states) == (consent == "spoken")
        for step in visit.steps:
            assert bool(step.sentences) == bool(SCENES[State(step.state)].says or SCENES[State(step.state)].choices)


def test_longer_words_take_longer_to_say() -> None:
    assert 1 < speaking_s("How is the bus?", 130) < 4 < speaking_s("word " * 15, 130) < speaking_s("word " * 15, 80)
