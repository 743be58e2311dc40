"""Which presses count."""

from kiosk.presses import STUCK_S, PressFilter


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


def test_a_button_that_stays_down_too_long_is_stuck_until_it_comes_up() -> None:
    presses = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0)
    presses.counts("red", True, 10.0)
    assert presses.stuck(10.0 + STUCK_S - 0.1) is None
    assert presses.stuck(10.0 + STUCK_S) == "red"
    presses.counts("red", False, 50.0)
    assert presses.stuck(1000.0) is None
