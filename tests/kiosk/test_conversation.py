from hypothesis import given
from hypothesis import strategies as st

from kiosk.conversation import SCENES, TABLE, Action, Limits, State, Trigger, Visit, Wait, step
from kiosk.devices import Light, Lights
from kiosk.devices.panel import BLINK_S, BREATH_S
from kiosk.presses import PressFilter
from kiosk.prompts import TONE, load_texts

LIMITS = Limits(answer_wait_s=20, longest_story_s=900)


def follow(*triggers: Trigger, visit: Visit | None = None) -> tuple[State, list[Action]]:
    """Walk through the table; time jumps to the deadline where nobody presses."""
    visit, now, done = visit or Visit(), 0.0, []
    for trigger in triggers:
        if trigger is Trigger.WAITED:
            assert visit.deadline is not None
            now = visit.deadline
        visit, actions = step(visit, trigger, now, LIMITS)
        done += actions
    return visit.state, done


G, R, WAITED, HEARD = Trigger.GREEN, Trigger.RED, Trigger.WAITED, Trigger.HEARD
TELL = (G, G, Trigger.RECORDING)
TOLD = (*TELL, G, Trigger.ENDED)


def test_a_visit_with_green_alone_keeps_the_story() -> None:
    assert follow(*TOLD, G) == (State.SAVING, [Action.BEGIN_TAKE, Action.END_TAKE, Action.KEEP])
    assert follow(*TOLD, G, Trigger.SAVED, HEARD, WAITED)[0] is State.IDLE


def test_any_press_ends_telling_and_none_deletes() -> None:
    for button in (G, R):
        assert follow(*TELL, button) == (State.STOPPING, [Action.BEGIN_TAKE, Action.END_TAKE])


def test_throwing_away_takes_two_red_presses() -> None:
    assert follow(*TOLD, R)[1][-1] is not Action.THROW_AWAY
    assert follow(*TOLD, R, R) == (State.THROWN, [Action.BEGIN_TAKE, Action.END_TAKE, Action.THROW_AWAY])
    assert follow(*TOLD, R, G)[1][-1] is Action.KEEP


def test_who_walks_away_before_telling_leaves_nothing() -> None:
    assert follow(G, HEARD, WAITED, HEARD, WAITED) == (State.IDLE, [])
    assert follow(G, R, HEARD, WAITED) == (State.IDLE, [])


def test_who_walks_away_after_telling_is_asked_twice_and_then_not_agreed() -> None:
    assert follow(*TOLD, HEARD, WAITED)[0] is State.KEEP_AGAIN
    assert follow(*TOLD, HEARD, WAITED, HEARD, WAITED) == (
        State.IDLE,
        [Action.BEGIN_TAKE, Action.END_TAKE, Action.KEEP_NOT_AGREED],
    )
    assert follow(*TOLD, R, HEARD, WAITED)[1][-1] is Action.KEEP_NOT_AGREED


def test_the_longest_story_ends_and_is_asked_about() -> None:
    state, actions = follow(*TELL, WAITED)
    assert (state, actions[-1]) == (State.STOPPING, Action.END_TAKE_AT_LIMIT)


def test_a_microphone_lost_while_telling_leads_to_the_same_choice() -> None:
    assert follow(*TELL, Trigger.CUT)[0] is State.CUT_SHORT
    assert follow(*TELL, Trigger.CUT, G)[1][-1] is Action.KEEP
    assert follow(*TELL, Trigger.CUT, HEARD, WAITED, HEARD, WAITED)[1][-1] is Action.KEEP_NOT_AGREED


def test_a_station_that_cannot_record_says_so_before_anybody_talks() -> None:
    assert follow(Trigger.FAULT, G, HEARD, WAITED, Trigger.FAULT)[0] is State.OUT_OF_ORDER
    assert follow(Trigger.FAULT, Trigger.HEALED)[0] is State.IDLE
    assert follow(G, G, Trigger.CANNOT_RECORD)[0] is State.SORRY
    assert follow(*TELL, Trigger.FAULT)[0] is State.TELLING


def test_waiting_begins_when_the_prompt_was_heard_and_not_before() -> None:
    visit, _ = step(Visit(), G, 0.0, LIMITS)
    visit, _ = step(visit, HEARD, 5.0, LIMITS)
    assert step(visit, WAITED, 24.9, LIMITS)[0].state is State.WELCOME
    assert step(visit, WAITED, 25.0, LIMITS)[0].state is State.WELCOME_AGAIN


def test_a_prompt_that_is_never_heard_does_not_hold_the_visit() -> None:
    assert follow(G, WAITED, WAITED) == (State.IDLE, [])
    assert follow(*TOLD, G, Trigger.SAVED, WAITED)[0] is State.IDLE


def test_every_state_has_a_scene_and_a_way_back_to_idle() -> None:
    assert set(SCENES) == set(State)
    leads_home = {State.IDLE}
    while more := {s for (s, _), row in TABLE.items() if row.to in leads_home} - leads_home:
        leads_home |= more
    assert leads_home == set(State)


def test_every_state_that_waits_for_a_person_goes_on_without_one() -> None:
    for state, scene in SCENES.items():
        assert ((state, WAITED) in TABLE) == (scene.wait is not Wait.FOREVER), state


def test_every_prompt_of_a_scene_has_a_text_and_every_text_is_used() -> None:
    prompts = {scene.prompt for scene in SCENES.values() if scene.prompt} - {TONE}
    assert prompts == load_texts("en-GB").keys() - {"sample_story"}


def test_prompts_are_short_sentences() -> None:
    for name, text in load_texts("en-GB").items():
        for sentence in text.rstrip(".?").replace("?", ".").split("."):
            assert len(sentence.split()) <= 15, f"{name}: {sentence}"


def test_no_light_flashes_faster_than_twice_a_second() -> None:
    assert min(BLINK_S, BREATH_S) >= 0.5


def test_the_red_light_is_steady_only_where_sound_is_recorded_or_an_answer_is_asked() -> None:
    alone = {state for state, scene in SCENES.items() if scene.lights == Lights(red=Light.ON)}
    assert alone == {State.TELLING}


@given(st.lists(st.sampled_from(list(Trigger)), max_size=60))
def test_whatever_happens_a_take_is_kept_or_thrown_away_only_after_it_ended(triggers: list[Trigger]) -> None:
    visit, now = Visit(), 0.0
    taking, ended = False, False
    for trigger in triggers:
        now = max(now, visit.deadline) if trigger is WAITED and visit.deadline is not None else now + 0.1
        before = visit.state
        visit, actions = step(visit, trigger, now, LIMITS)
        if before is State.STARTING and visit.state is State.SORRY:
            taking = False
        if visit.state in (State.KEEP, State.CUT_SHORT) and before in (State.TELLING, State.STOPPING):
            ended = True
        for action in actions:
            match action:
                case Action.BEGIN_TAKE:
                    assert not taking
                    taking, ended = True, False
                case Action.KEEP | Action.KEEP_NOT_AGREED | Action.THROW_AWAY:
                    assert taking and ended
                    taking = False
                    if action is Action.KEEP:
                        assert trigger is G
                    if action is Action.THROW_AWAY:
                        assert trigger is R and before is State.SURE
    # Left alone, it always comes back to idle.
    reports = (Trigger.RECORDING, Trigger.ENDED, Trigger.SAVED, Trigger.HEALED)
    for trigger in (*reports, *[WAITED] * 8, Trigger.ENDED, *[WAITED] * 8):
        now = visit.deadline if trigger is WAITED and visit.deadline is not None else now
        visit, _ = step(visit, trigger, now, LIMITS)
    assert visit.state is State.IDLE


def test_bounces_and_tremor_are_one_press_and_the_other_button_counts() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0)
    moments = [("green", 10.0), ("green", 10.01), ("green", 10.9), ("red", 10.2), ("green", 11.0), ("green", 11.99)]
    assert [presses.counts(button, at) for button, at in moments] == [True, False, False, True, True, False]


def test_without_the_guard_against_tremor_bounces_are_still_one_press() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=0)
    assert [presses.counts("green", at) for at in (1.0, 1.02, 1.06)] == [True, False, True]
