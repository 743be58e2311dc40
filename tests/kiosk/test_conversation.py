"""The conversation on simulated time: what a visitor meets, step by step."""

from kiosk import conversation
from kiosk.conversation import Visit, goes_on_at, says, step
from kiosk.devices import Light, Lights
from kiosk.flow import CARD, SCENES, TAKE, TONE, Action, State, Trigger
from kiosk.rules import Rules
from tests.kiosk.conversations import HEARD, KEPT, NOBODY, RULES, TELL, TOLD, WAITED, G, R, follow, state_after


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
    assert state_after(*TELL, Trigger.LOST) is State.SORRY
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


def test_who_asks_to_hear_it_again_has_all_the_time_to_answer_again() -> None:
    visit, _ = follow(G, G)
    visit, _ = step(visit, HEARD, 35.0, RULES)
    visit = conversation.once_more(visit, 54.0, RULES)
    assert step(visit, WAITED, 56.0, RULES)[0] == visit
    visit, _ = step(visit, HEARD, 60.0, RULES)
    assert goes_on_at(visit, RULES) == 80.0


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
