"""The conversation as staff may choose it: several questions, a yes said aloud, rest."""

from kiosk.conversation import says
from kiosk.flow import Action, State, Trigger
from kiosk.rules import Asks, Rules
from tests.kiosk.conversations import HEARD, KEPT, KINDS, NOBODY, RULES, TELL, WAITED, G, R, follow, state_after

SEVERAL = Rules(asks=3 * (Asks(),))
TO_CHOOSE = (G, HEARD, G)


def test_several_questions_are_offered_one_by_one_before_the_microphone_opens() -> None:
    visit, actions = follow(*TO_CHOOSE, rules=SEVERAL)
    assert (visit.state, visit.question, actions) == (State.CHOOSE, 0, [])
    assert says(visit, SEVERAL) == ("question", "to_answer", "other_question")
    visit, _ = follow(*TO_CHOOSE, R, R, rules=SEVERAL)
    assert (visit.state, visit.question) == (State.CHOOSE, 2)
    visit, actions = follow(*TO_CHOOSE, R, R, G, Trigger.RECORDING, rules=SEVERAL)
    assert (visit.state, visit.question, actions) == (State.QUESTION, 2, [Action.OPEN])
    # Who tries again is asked the same question.
    told = (*TO_CHOOSE, R, G, Trigger.RECORDING, HEARD, WAITED, HEARD, G, Trigger.NOTHING_TOLD, G, Trigger.RECORDING)
    visit, _ = follow(*told, rules=SEVERAL)
    assert (visit.state, visit.question) == (State.QUESTION, 1)


def test_who_wants_none_of_the_questions_may_hear_them_again_or_stop() -> None:
    none = (*TO_CHOOSE, R, R, R)
    assert says(follow(*none, rules=SEVERAL)[0], SEVERAL) == ("no_more", "to_hear_again", "to_stop")
    visit, _ = follow(*none, G, rules=SEVERAL)
    assert (visit.state, visit.question) == (State.CHOOSE, 0)
    assert state_after(*none, R, rules=SEVERAL) is State.GOODBYE
    assert follow(*TO_CHOOSE, *NOBODY, rules=SEVERAL) == (follow(*TO_CHOOSE, *NOBODY, rules=SEVERAL)[0], [])
    assert state_after(*TO_CHOOSE, *NOBODY, rules=SEVERAL) is State.IDLE


def test_the_next_visitor_hears_the_first_question_first() -> None:
    visit, _ = follow(*TO_CHOOSE, R, *NOBODY, *TO_CHOOSE, rules=SEVERAL)
    assert (visit.state, visit.question) == (State.CHOOSE, 0)


def test_with_one_switch_each_question_is_offered_and_the_last_one_leads_to_what_else_there_is() -> None:
    rules = Rules(asks=2 * (Asks(),), one_switch=True)
    to_choose = (G, HEARD, HEARD, G)  # a press, what is to be said, the first offer taken
    visit, _ = follow(*to_choose, HEARD, HEARD, WAITED, rules=rules)
    assert says(visit, rules) == ("other_question",)
    other = (*to_choose, HEARD, HEARD, WAITED, G)
    assert follow(*other, rules=rules)[0].question == 1
    assert state_after(*other, HEARD, HEARD, WAITED, G, rules=rules) is State.NO_MORE


SPOKEN = Rules(spoken=True)


def test_a_yes_is_also_said_aloud_where_the_station_asks_for_it() -> None:
    visit, _ = follow(*KEPT, R, G, rules=SPOKEN)
    assert (visit.state, says(visit, SPOKEN)) == (State.SAY, ("say_yes",))
    visit, actions = follow(*KEPT, G, R, HEARD, WAITED, Trigger.ENDED, rules=SPOKEN)
    assert visit.state is State.SAVING
    assert actions[-6:] == [
        Action.WORDS_YES, Action.VOICE_NO, Action.OPEN_CLIP, Action.LISTEN_CLIP, Action.END_CLIP, Action.KEEP,
    ]  # fmt: skip


def test_two_noes_need_not_be_said_aloud() -> None:
    assert follow(*KEPT, R, R, rules=SPOKEN)[1][-1] is Action.KEEP


def test_a_yes_that_cannot_be_recorded_is_kept_as_it_was_pressed() -> None:
    said = (*KEPT, G, G)
    for way in ((Trigger.CANNOT_RECORD,), (HEARD, Trigger.CANNOT_RECORD), (HEARD, Trigger.CUT), (Trigger.CUT,)):
        visit, actions = follow(*said, *way, rules=SPOKEN)
        assert (visit.state, actions[-1]) == (State.SAVING, Action.KEEP)


def test_a_station_that_rests_says_so_and_asks_nothing() -> None:
    resting = (Trigger.REST, G)
    assert says(follow(*resting)[0], RULES) == ("resting",)
    assert state_after(*resting, HEARD) is State.IDLE
    assert state_after(Trigger.REST, Trigger.FAULT, Trigger.WAKE) is State.IDLE
    assert state_after(Trigger.FAULT, Trigger.REST) is State.RESTING
    assert state_after(*TELL, Trigger.REST) is State.TELLING


KIND = {asks.kind: Rules(asks=(asks,)) for asks in KINDS}
ANSWERS = (G, HEARD, G, HEARD)


def test_who_is_asked_for_a_word_has_time_for_more_and_is_warned_before_it_ends() -> None:
    rules, telling = KIND["one-word"], (G, G, G, Trigger.RECORDING, HEARD, WAITED, HEARD)
    assert says(follow(*telling[:4], rules=rules)[0], rules) == ("question", "one_word", "to_finish", "after_tone")
    visit, _ = follow(*telling, rules=rules)
    assert [mark.trigger for mark in visit.marks] == [Trigger.NEARLY_OVER, Trigger.LIMIT]
    assert state_after(*telling, WAITED, Trigger.BREATH, rules=rules) is State.ANNOUNCE


def test_answers_are_offered_one_by_one_before_the_microphone_opens() -> None:
    rules = KIND["choose-one"]
    visit, actions = follow(*ANSWERS, rules=rules)
    assert (visit.state, visit.answer, actions) == (State.ANSWER, 0, [])
    visit, actions = follow(*ANSWERS, R, G, Trigger.RECORDING, rules=rules)
    assert (visit.state, visit.answer, actions) == (State.ADD, 1, [Action.OPEN])


def test_who_chose_an_answer_and_says_no_more_is_asked_whether_to_keep_it() -> None:
    chosen = (*ANSWERS, G, Trigger.RECORDING, HEARD, WAITED, HEARD, G, Trigger.ANSWERED)
    visit, actions = follow(*chosen, rules=KIND["choose-one"])
    assert visit.state is State.KEEP and Action.THROW_AWAY not in actions
    assert follow(*chosen, R, R, rules=KIND["choose-one"])[1][-1] is Action.THROW_AWAY


def test_an_answer_that_was_chosen_outlives_a_microphone_that_fails_at_any_moment_after_it() -> None:
    rules, opened = KIND["choose-one"], (*ANSWERS, G, Trigger.RECORDING)
    for then in ((), (R,), (HEARD,), (HEARD, WAITED), (HEARD, WAITED, HEARD), (HEARD, WAITED, HEARD, Trigger.SILENCE)):
        visit, actions = follow(*opened, *then, Trigger.ANSWERED, rules=rules)
        assert visit.state is State.KEEP and Action.THROW_AWAY not in actions, then
    assert state_after(*opened, R, R, Trigger.ANSWERED, rules=rules) is State.GOODBYE


def test_who_wants_none_of_the_answers_may_hear_them_again_stop_or_walk_away() -> None:
    rules = KIND["choose-one"]
    assert state_after(*ANSWERS, R, R, rules=rules) is State.NO_MORE_ANSWERS
    visit, _ = follow(*ANSWERS, R, R, G, rules=rules)
    assert (visit.state, visit.answer) == (State.ANSWER, 0)
    assert state_after(*ANSWERS, R, R, R, rules=rules) is State.GOODBYE
    assert follow(*ANSWERS, *NOBODY, rules=rules)[1] == []
    assert state_after(*ANSWERS, *NOBODY, rules=rules) is State.IDLE


def test_with_one_switch_each_answer_is_offered_to_be_taken_or_passed_over() -> None:
    rules = Rules(asks=KINDS[2:], one_switch=True)
    # A press, what is to be said, the first offer taken, the question.
    answers = (G, HEARD, HEARD, G, HEARD)
    visit, _ = follow(*answers, HEARD, rules=rules)
    assert says(visit, rules) == ("to_choose",)
    other = (*answers, HEARD, HEARD, WAITED, G)
    assert follow(*other, rules=rules)[0].answer == 1


def test_in_the_short_conversation_a_question_of_another_kind_is_asked_by_itself() -> None:
    word, choice = (Rules(profile="short", asks=(asks,)) for asks in KINDS[1:])
    assert state_after(G, rules=word) is State.SHORTLY
    assert state_after(G, G, Trigger.RECORDING, rules=word) is State.WORD
    assert state_after(G, G, HEARD, G, Trigger.RECORDING, rules=choice) is State.ADD


def test_each_of_several_questions_is_asked_in_its_own_way() -> None:
    rules, opened = Rules(asks=KINDS), (G, Trigger.RECORDING)
    assert state_after(*TO_CHOOSE, *opened, rules=rules) is State.QUESTION
    assert state_after(*TO_CHOOSE, R, *opened, rules=rules) is State.WORD
    assert state_after(*TO_CHOOSE, R, R, G, HEARD, *opened, rules=rules) is State.ADD
