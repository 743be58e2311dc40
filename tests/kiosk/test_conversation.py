"""The conversation on simulated time: the table, what a visitor meets, and whatever visitors may do."""

import random
import re
from collections import deque
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import conversation, explain
from kiosk.conversation import Rules, Visit, goes_on_at, says, step
from kiosk.devices import Light, Lights
from kiosk.devices.panel import BLINK_S, BREATH_S
from kiosk.flow import CARD, SCENES, TAKE, Action, State, Trigger, Wait
from kiosk.presses import PressFilter
from kiosk.prompts import TONE
from kiosk.shown.texts import load_texts
from kiosk.table import TABLES, Profile, states

G, R, WAITED, HEARD = Trigger.GREEN, Trigger.RED, Trigger.WAITED, Trigger.HEARD
RULES = Rules()
PROFILES = get_args(Profile)


def follow(*triggers: Trigger, rules: Rules = RULES) -> tuple[Visit, list[Action]]:
    """Walk through the table from idle; time jumps to where the visit goes on by itself when nobody presses."""
    visit, now, done = Visit(), 0.0, []
    for trigger in triggers:
        if trigger is WAITED:
            at = goes_on_at(visit, rules)
            assert at is not None, visit.state
            now = at
        visit, actions = step(visit, trigger, now, rules)
        done += actions
    return visit, done


def state_after(*triggers: Trigger, rules: Rules = RULES) -> State:
    return follow(*triggers, rules=rules)[0].state


TELL = (G, G, G, Trigger.RECORDING, HEARD, WAITED, HEARD)
TOLD = (*TELL, G, Trigger.ENDED)
KEPT = (*TOLD, R, G)
#: Asked, waited for, asked once more, waited for.
NOBODY = (HEARD, WAITED, HEARD, WAITED)


def test_a_whole_visit_says_and_shows_what_the_flow_asks_for() -> None:
    way = (
        G,
        HEARD,
        G,
        Trigger.RECORDING,
        HEARD,
        WAITED,
        HEARD,
        G,
        Trigger.ENDED,
        G,
        HEARD,
        G,
        G,
        R,
        Trigger.SAVED,
        HEARD,
    )
    visit, now, heard, actions = Visit(), 0.0, [], []
    for trigger in way:
        if trigger is WAITED:
            now = goes_on_at(visit, RULES) or now
        visit, done = step(visit, trigger, now, RULES)
        heard.append((visit.state, says(visit, RULES)))
        actions += done
    assert heard == [
        (State.WELCOME, ("welcome",)),
        (State.BEFORE, ("who_listens", "safety", "stop_any_time", "no_names", "to_talk", "to_stop")),
        (State.OPENING, ()),
        (State.QUESTION, ("question", "after_tone")),
        (State.PAUSE, ()),
        (State.TONE, (TONE,)),
        (State.TELLING, ()),
        (State.STOPPING, ()),
        (State.HEAR_IT, ("told", "to_hear", "to_go_on")),
        (State.PLAYING, (TAKE,)),
        (State.KEEP, ("to_keep", "to_throw")),
        (State.WORDS, ("use_words", "for_yes", "for_no")),
        (State.VOICE, ("play_voice", "for_yes", "for_no")),
        (State.SAVING, ()),
        (State.NUMBER, ("number", CARD, "once_more", CARD, "take_back")),
        (State.THANKS, ("thanks",)),
    ]
    assert actions == [
        Action.OPEN, Action.LISTEN, Action.TONE_OVER, Action.END_TAKE, Action.AGREE, Action.WORDS_YES, Action.VOICE_NO,
        Action.KEEP,
    ]  # fmt: skip
    assert step(visit, HEARD, now, RULES)[0].state is State.IDLE


def test_the_short_conversation_joins_the_first_steps_and_does_not_play_the_story() -> None:
    rules = Rules(profile="short")
    visit, _ = follow(G, rules=rules)
    assert says(visit, rules) == (
        "welcome", "who_listens", "safety", "stop_any_time", "no_names", "question", "after_tone", "to_talk", "to_stop",
    )  # fmt: skip
    tell = (G, G, Trigger.RECORDING, WAITED, HEARD)
    assert state_after(*tell, rules=rules) is State.TELLING
    assert state_after(*tell, G, Trigger.ENDED, rules=rules) is State.KEEP
    assert follow(*tell, G, Trigger.ENDED, G, G, G, rules=rules)[1][-1] is Action.KEEP


def test_any_press_ends_telling_and_none_deletes() -> None:
    for button in (G, R):
        visit, actions = follow(*TELL, button)
        assert (visit.state, actions) == (
            State.STOPPING, [Action.OPEN, Action.LISTEN, Action.TONE_OVER, Action.END_TAKE],
        )  # fmt: skip


def test_throwing_away_takes_two_red_presses() -> None:
    asked = (*TOLD, R, R)
    assert state_after(*asked) is State.SURE
    visit, actions = follow(*asked, R)
    assert (visit.state, actions[-1]) == (State.THROWN, Action.THROW_AWAY)
    assert follow(*asked, G)[1][-1] is Action.AGREE
    assert follow(*asked, *NOBODY)[1][-1] is Action.KEEP_NOT_AGREED


def test_who_walks_away_before_telling_leaves_nothing() -> None:
    for way in ((G, HEARD, *NOBODY), (G, R, HEARD), (G, G, R, HEARD)):
        visit, actions = follow(*way)
        assert (visit.state, actions) == (State.IDLE, [])


def test_who_walks_away_after_telling_is_asked_twice_and_then_not_agreed() -> None:
    keep = (*TOLD, *NOBODY)
    visit, _ = follow(*keep, HEARD, WAITED)
    assert (visit.state, visit.asked) == (State.KEEP, 2)
    assert says(visit, RULES) == ("to_keep", "to_throw", "ask_person")
    visit, actions = follow(*keep, *NOBODY)
    assert (visit.state, actions[-1]) == (State.IDLE, Action.KEEP_NOT_AGREED)


def test_no_answer_to_a_permission_is_a_no_and_the_story_is_kept() -> None:
    assert follow(*KEPT, *NOBODY, *NOBODY)[1][-3:] == [
        Action.WORDS_UNANSWERED, Action.VOICE_UNANSWERED, Action.KEEP,
    ]  # fmt: skip
    assert follow(*KEPT, R, G)[1][-3:] == [Action.WORDS_NO, Action.VOICE_YES, Action.KEEP]


def test_who_said_nothing_is_asked_to_try_again_and_nothing_of_it_stays() -> None:
    unheard = (*TELL, G, Trigger.NOTHING_TOLD)
    assert says(follow(*unheard)[0], RULES) == ("unheard", "to_try_again", "to_stop")
    visit, actions = follow(*unheard, G)
    assert (visit.state, actions[-2:]) == (State.OPENING, [Action.THROW_AWAY, Action.OPEN])
    assert follow(*unheard, R)[1][-1] is Action.THROW_AWAY
    assert follow(*unheard, *NOBODY)[1][-1] is Action.THROW_AWAY


def test_a_soft_voice_gets_one_hint_and_only_after_telling() -> None:
    visit, _ = follow(*TELL, G, Trigger.SOFT)
    assert says(visit, RULES) == ("nearer",)
    assert state_after(*TELL, G, Trigger.SOFT, HEARD) is State.HEAR_IT


def test_long_silence_is_asked_about_and_cuts_nothing_off() -> None:
    asked = (*TELL, Trigger.SILENCE)
    visit, actions = follow(*asked)
    assert (says(visit, RULES), actions[-1]) == (("finished",), Action.HOLD)
    assert follow(*asked, HEARD)[1][-1] is Action.GO_ON
    assert state_after(*asked, HEARD, WAITED) is State.TELLING
    assert state_after(*asked, HEARD, R) is State.TELLING
    assert state_after(*asked, HEARD, G) is State.STOPPING
    assert state_after(*asked, HEARD, WAITED, Trigger.SILENCE) is State.ASK_FINISHED


def test_the_times_of_telling_are_kept_and_the_end_is_announced_a_minute_ahead() -> None:
    visit, _ = step(follow(*TELL[:-1])[0], HEARD, 1000.0, RULES)
    assert visit.state is State.TELLING
    moments = []
    for _ in range(20):
        now = goes_on_at(visit, RULES)
        if now is None:
            break
        visit, actions = step(visit, WAITED, now, RULES)
        moments.append((now - 1000.0, visit.state, actions))
    # Nobody says anything, and no prompt is ever reported as heard.
    assert [moment for moment in moments if moment[1] in (State.LONG, State.LATE, State.STOPPING)] == [
        (300, State.LONG, ()),
        (840, State.LATE, ()),
        (900, State.STOPPING, (Action.END_TAKE_AT_LIMIT,)),
    ]
    late = [state for _, state, _ in moments]
    assert late.index(State.ANNOUNCE) == late.index(State.LATE) + 1


def test_the_station_waits_for_a_breath_before_it_talks_into_a_long_story() -> None:
    long = (*TELL, WAITED)
    assert state_after(*long) is State.LONG
    visit, actions = follow(*long, Trigger.BREATH)
    assert (says(visit, RULES), actions[-1]) == (("carry_on",), Action.HOLD)
    assert state_after(*long, Trigger.BREATH, HEARD, G) is State.TELLING
    assert state_after(*long, Trigger.BREATH, HEARD, R) is State.STOPPING
    assert state_after(*long, Trigger.BREATH, HEARD, WAITED) is State.TELLING


def test_a_microphone_lost_while_telling_leads_to_the_choice_to_keep() -> None:
    cut = (*TELL, Trigger.CUT)
    assert says(follow(*cut)[0], RULES) == ("cut_short", "to_keep", "to_throw")
    assert follow(*cut, G)[1][-1] is Action.AGREE
    assert follow(*cut, *NOBODY)[1][-1] is Action.KEEP_NOT_AGREED


def test_a_station_that_cannot_record_says_so_before_anybody_talks() -> None:
    assert says(follow(Trigger.FAULT, G)[0], RULES) == ("sorry", "tell_person")
    assert state_after(Trigger.FAULT, G, HEARD, Trigger.FAULT) is State.OUT_OF_ORDER
    assert state_after(Trigger.FAULT, Trigger.HEALED) is State.IDLE
    assert state_after(G, G, G, Trigger.CANNOT_RECORD) is State.SORRY
    assert state_after(*TELL, Trigger.FAULT) is State.TELLING


def test_red_in_the_question_asks_before_it_stops() -> None:
    asked = (G, G, G, Trigger.RECORDING, R)
    assert says(follow(*asked)[0], RULES) == ("want_to_stop", "to_stop", "to_talk")
    assert state_after(*asked, G) is State.PAUSE
    assert follow(*asked, R, Trigger.NOTHING_TOLD)[1][-1] is Action.THROW_AWAY


def test_a_press_too_many_says_the_story_number_again() -> None:
    number = (*KEPT, G, G, Trigger.SAVED)
    visit, _ = follow(*number)
    again, _ = follow(*number, G)
    assert again.state is State.NUMBER and again.number == visit.number + 1


def test_the_blue_button_tells_what_has_changed_or_says_kindly_that_there_is_nothing() -> None:
    assert says(follow(Trigger.NEWS)[0], RULES) == ("news",)
    assert says(follow(Trigger.NO_NEWS)[0], RULES) == ("no_news",)
    assert state_after(Trigger.NEWS, HEARD) is State.IDLE
    assert state_after(*TELL, Trigger.NEWS) is State.TELLING


def test_waiting_begins_when_all_was_said_and_not_before() -> None:
    visit, _ = follow(G, G)
    visit, _ = step(visit, HEARD, 35.0, RULES)
    assert step(visit, WAITED, 54.9, RULES)[0] == visit
    assert step(visit, WAITED, 55.0, RULES)[0].asked == 2


def test_prompts_that_are_never_heard_do_not_hold_the_visit() -> None:
    assert state_after(G, WAITED, WAITED, WAITED) is State.IDLE
    assert state_after(*KEPT, G, G, Trigger.SAVED, WAITED, WAITED) is State.IDLE


ONE = Rules(one_switch=True)


def test_one_switch_alone_tells_and_keeps_a_story() -> None:
    offers = (G, HEARD, HEARD)  # a press, what is to be said, the first offer
    visit, _ = follow(*offers, HEARD, rules=ONE)
    assert (visit.state, visit.offered) == (State.BEFORE, SCENES[State.BEFORE].choices[0])
    assert says(visit, ONE) == ("to_talk",)
    assert conversation.lights(visit, ONE) == Lights(green=Light.ON)
    second, _ = step(visit, WAITED, goes_on_at(visit, ONE) or 0, ONE)
    assert conversation.lights(second, ONE) == Lights(red=Light.ON)
    told = (*offers, HEARD, G, Trigger.RECORDING, HEARD, WAITED, HEARD, G, Trigger.ENDED)
    # Hear it? The first offer goes by; the second one, to go on, is taken. Then keep, words and voice: yes.
    yes = (HEARD, G)
    way = (*told, HEARD, HEARD, WAITED, HEARD, G, *yes, *yes, *yes)
    assert follow(*way, rules=ONE)[1][-4:] == [Action.AGREE, Action.WORDS_YES, Action.VOICE_YES, Action.KEEP]


def test_one_switch_pressed_before_anything_is_offered_takes_nothing_but_asks_for_the_first_choice() -> None:
    told = (G, HEARD, HEARD, G, Trigger.RECORDING, HEARD, WAITED, HEARD, G, Trigger.ENDED)
    visit, _ = follow(*told, rules=ONE)
    assert (visit.state, visit.offer) == (State.HEAR_IT, None)
    visit, actions = step(visit, G, 0.0, ONE)
    assert (visit.state, visit.offer, actions) == (State.HEAR_IT, 0, ())


def test_with_one_switch_nobody_answering_is_offered_everything_twice_and_then_not_agreed() -> None:
    told = (G, HEARD, HEARD, G, Trigger.RECORDING, HEARD, WAITED, HEARD, G, Trigger.ENDED)
    each = (HEARD, HEARD, WAITED, HEARD, WAITED)
    assert follow(*told, *each, *each, *each, *each, rules=ONE)[1][-1] is Action.KEEP_NOT_AGREED


# The table itself


@pytest.mark.parametrize("profile", PROFILES)
def test_every_row_is_walked_from_idle_and_goes_where_it_says(profile: Profile) -> None:
    rules = Rules(profile=profile)
    begun = Visit()
    seen, queue, walked = {(begun.state, ())}, deque([(begun, 0.0)]), set()
    while queue:
        visit, now = queue.popleft()
        for trigger in Trigger:
            moment = now
            if trigger is WAITED:
                moment = goes_on_at(visit, rules) or now
                while visit.scene.wait is Wait.ANSWER and visit.scene.choices and visit.asked == 1:
                    visit, _ = step(visit, WAITED, moment, rules)
                    moment = goes_on_at(visit, rules) or now
            after, actions = step(visit, trigger, moment, rules)
            marks = {mark.trigger for mark in visit.marks} - {mark.trigger for mark in after.marks}
            due = next(iter(marks)) if len(marks) == 1 and trigger is WAITED else trigger
            for key in {(visit.state, due), (visit.state, trigger), (visit.state, HEARD)}:
                row = TABLES[profile].get(key)
                if row and after.number == visit.number + 1 and (row.to, row.actions) == (after.state, actions):
                    walked.add(key)
            place = (after.state, tuple(mark.trigger for mark in after.marks))
            if place not in seen:
                seen.add(place)
                queue.append((after, moment))
    # At the limit the mark goes with the state: no difference is left to see.
    limits = {key for key in TABLES[profile] if key[1] is Trigger.LIMIT}
    assert TABLES[profile].keys() - walked - limits == set()
    for state, _ in limits:
        over = Visit(state, marks=(conversation.Mark(5.0, Trigger.LIMIT),))
        assert step(over, WAITED, 5.0, rules) == (
            Visit(State.STOPPING, 1), (Action.END_TAKE_AT_LIMIT,),
        )  # fmt: skip
    assert {state for state, _ in seen} == set(states(profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_state_has_a_scene_and_a_way_back_to_idle(profile: Profile) -> None:
    assert set(SCENES) == set(State)
    leads_home = {State.IDLE}
    while more := {s for (s, _), row in TABLES[profile].items() if row.to in leads_home} - leads_home:
        leads_home |= more
    assert leads_home == set(states(profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_state_that_waits_goes_on_without_a_person(profile: Profile) -> None:
    for state in states(profile):
        wait = SCENES[state].wait
        rows = {trigger for at, trigger in TABLES[profile] if at is state}
        assert (WAITED in rows) == (wait in (Wait.ANSWER, Wait.BREATH, Wait.MOMENT)), state
        assert (HEARD in rows) == (wait is Wait.HEARD), state
        if wait is Wait.TELLING:
            assert Trigger.LIMIT in rows


def test_what_is_said_while_sound_is_recorded_is_nothing_but_the_tone() -> None:
    for state, scene in SCENES.items():
        if scene.lights == Lights(red=Light.ON):
            assert scene.says == ((TONE,) if state is State.TONE else ()), state


def test_the_red_light_alone_means_that_sound_is_recorded() -> None:
    alone = {state for state, scene in SCENES.items() if scene.lights == Lights(red=Light.ON)}
    assert alone == {State.PAUSE, State.TONE, State.TELLING, State.LONG, State.LATE}


def test_every_prompt_of_a_scene_has_a_text_and_every_text_is_used() -> None:
    scenes = SCENES.values()
    prompts = {name for scene in scenes for name in (*scene.says, *(choice.prompt for choice in scene.choices))}
    assert (prompts | {"ask_person"}) - {TONE, TAKE, CARD} == load_texts("en-GB").keys() - {"sample_story"}


@pytest.mark.parametrize("one_switch", [False, True], ids=["two buttons", "one switch"])
def test_prompts_are_short_and_name_the_goal_before_the_button(one_switch: bool) -> None:
    texts = load_texts("en-GB", person="the manager of this day centre", one_switch=one_switch)
    del texts["sample_story"]
    for name, text in texts.items():
        assert len(text.split()) <= 15, f"{name}: {text}"
        assert "{" not in text and text[-1] in ".?", f"{name}: {text}"
        for sentence in re.split(r"[.?] ?", text):
            assert not sentence.lower().startswith("press"), f"{name}: {sentence}"
            assert sentence.count("press") <= 1, f"{name} has more than one idea: {sentence}"
    assert all("green" not in text and "red" not in text.split() for text in texts.values()) or not one_switch


def test_no_light_flashes_faster_than_twice_a_second() -> None:
    assert min(BLINK_S, BREATH_S) >= 0.5


def test_the_page_of_the_conversation_is_what_the_table_says() -> None:
    page = Path(explain.__file__).with_name("CONVERSATION.md")
    assert page.read_text("utf-8") == explain.page(), "sayso kiosk --explain > kiosk/CONVERSATION.md"


# Whatever visitors do


class Simulated:
    """A station without a machine: time is a number, and what the devices report is decided by the test."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.visit, self.now = Visit(), 0.0
        self.owed: list[Trigger] = []
        self.take = "none"
        self.agreed = False
        self.kept = self.thrown = self.not_agreed = 0

    def happens(self, trigger: Trigger) -> None:
        before = self.visit
        self.visit, actions = step(before, trigger, self.now, self.rules)
        lights = conversation.lights(self.visit, self.rules)
        assert {lights.green, lights.red} <= set(Light)
        if trigger is Trigger.CUT and self.take == "open":
            self.take = "ended"
        for action in actions:
            self.done(action, trigger, before)

    def done(self, action: Action, trigger: Trigger, before: Visit) -> None:
        match action:
            case Action.OPEN:
                assert self.take == "none"
                self.take, self.agreed = "open", False
                self.owed = [Trigger.RECORDING]
            case Action.END_TAKE | Action.END_TAKE_AT_LIMIT:
                assert self.take == "open"
                self.owed = [Trigger.ENDED]
            case Action.AGREE:
                assert self.take == "ended" and trigger in (G, R) and not self.agreed
                assert (before.offered.button if before.offered else trigger) is G
                self.agreed = True
            case Action.KEEP:
                assert self.take == "ended" and self.agreed
                self.take, self.kept, self.owed = "none", self.kept + 1, [Trigger.SAVED]
            case Action.KEEP_NOT_AGREED:
                assert self.take == "ended" and not self.agreed
                self.take, self.not_agreed = "none", self.not_agreed + 1
            case Action.THROW_AWAY:
                assert self.take == "ended" and not self.agreed
                nothing_told = before.state in (State.UNHEARD, State.LEAVING, State.QUESTION, State.STOP)
                assert nothing_told or (before.state is State.SURE and trigger in (G, R))
                self.take, self.thrown = "none", self.thrown + 1

    def answer(self, instead: Trigger | None) -> None:
        """The devices do what they owe, or what they do when all does not go well."""
        owed = self.owed.pop()
        other = {
            Trigger.RECORDING: {Trigger.CANNOT_RECORD},
            Trigger.ENDED: {Trigger.SOFT, Trigger.NOTHING_TOLD, Trigger.CUT},
            Trigger.SAVED: {Trigger.NOT_SAVED},
        }[owed]
        trigger = instead if instead in other else owed
        if trigger is Trigger.CANNOT_RECORD:
            self.take = "none"
        if owed is Trigger.ENDED:
            self.take = "ended"
        self.happens(trigger)

    def left_alone(self) -> None:
        for _ in range(200):
            if self.owed:
                self.answer(None)
            elif (at := goes_on_at(self.visit, self.rules)) is not None:
                self.now = max(self.now, at)
                self.happens(WAITED)
            else:
                break
        self.happens(Trigger.HEALED)


EVENTS = [G, R, G, R, G, R, HEARD, HEARD, HEARD, WAITED, *Trigger]
#: These happen whether the station asked for them or not.
AT_ANY_TIME = {G, R, HEARD, WAITED, Trigger.NEWS, Trigger.NO_NEWS, Trigger.FAULT, Trigger.HEALED, Trigger.SILENCE,
               Trigger.BREATH}  # fmt: skip
MOMENTS = st.one_of(st.sampled_from([0.0, 0.3, 1.5, 20.0, 400.0]), st.floats(0, 1000))


def visited(rules: Rules, events: list[tuple[float, Trigger]]) -> Simulated:
    """Let things happen, each so long after the one before; then everybody goes away."""
    station = Simulated(rules)
    for after_s, trigger in events:
        station.now += after_s
        if station.owed:
            station.answer(trigger)
        elif trigger in AT_ANY_TIME or (trigger is Trigger.CUT and station.take == "open"):
            station.happens(trigger)
    station.left_alone()
    assert station.visit.state is State.IDLE
    assert station.take == "none"
    return station


@given(
    rules=st.builds(
        Rules, profile=st.sampled_from(PROFILES), one_switch=st.booleans(), answer_wait_s=st.floats(3, 120),
        offer_wait_s=st.floats(1, 60), carry_on_after_s=st.floats(10, 3600), longest_story_s=st.floats(10, 3600),
    ),
    events=st.lists(st.tuples(MOMENTS, st.sampled_from(EVENTS)), min_size=1, max_size=60),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whatever_anybody_does_whenever_a_visit_ends_idle_and_every_take_as_its_teller_wished(
    rules: Rules, events: list[tuple[float, Trigger]]
) -> None:
    visited(rules, events)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("one_switch", [False, True], ids=["two buttons", "one switch"])
def test_thousands_of_visits_all_end_idle_and_every_kind_of_end_is_among_them(
    profile: Profile, one_switch: bool
) -> None:
    rng, rules = random.Random(f"{profile} {one_switch}"), Rules(profile=profile, one_switch=one_switch)
    moments = [0.0, 0.3, 1.5, 6.0, 20.0, 400.0]
    kept = thrown = not_agreed = 0
    for _ in range(1000):
        # As a person who mostly goes on, and sometimes does anything.
        likely = rng.choice([[G, HEARD, HEARD], [G, R, HEARD], EVENTS, [HEARD, HEARD, WAITED, G]])
        station = visited(rules, [(rng.choice(moments), rng.choice(likely)) for _ in range(rng.randrange(60))])
        kept, thrown = kept + station.kept, thrown + station.thrown
        not_agreed += station.not_agreed
    assert min(kept, thrown, not_agreed) > 5, (kept, thrown, not_agreed)


# Presses


def presses_that_count(presses: PressFilter, edges: list[tuple[str, bool, float]]) -> list[float]:
    counted = []
    for button, down, at in edges:
        while (due := presses.next_due()) is not None and due <= at:
            if presses.due(due):
                counted.append(due)
            elif presses.next_due() == due:
                break
        if presses.counts(button, down, at):  # type: ignore[arg-type]
            counted.append(at)
    return counted


def test_bounces_and_tremor_are_one_press_and_the_other_button_counts() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0)
    moments = [("green", 10.0), ("green", 10.01), ("green", 10.9), ("red", 10.2), ("green", 11.0), ("green", 11.99)]
    assert [presses.counts(button, True, at) for button, at in moments] == [True, False, False, True, True, False]


def test_a_contact_that_bounces_when_it_is_let_go_is_no_second_press() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=0)
    edges = [("green", True, 1.0), ("green", False, 3.0), ("green", True, 3.01), ("green", False, 3.02)]
    assert presses_that_count(presses, edges) == [1.0]


def test_a_button_that_stays_down_is_one_press() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0)
    assert presses_that_count(presses, [("green", True, 1.0), ("green", False, 100.0), ("green", True, 105.0)]) == [
        1.0, 105.0,
    ]  # fmt: skip


def test_where_a_press_must_be_held_a_touch_does_not_count_and_a_bounce_does_not_break_it() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0, hold_s=0.5)
    touch = [("green", True, 1.0), ("green", False, 1.2), ("green", True, 2.0), ("green", False, 2.1)]
    held = [("green", True, 5.0), ("green", False, 5.2), ("green", True, 5.21), ("green", False, 9.0)]
    assert presses_that_count(presses, [*touch, *held, ("red", True, 20.0), ("red", False, 21.0)]) == [5.5, 20.5]
