from flask.testing import FlaskClient

from admin_web.throttle import ADDRESSES, FREE_ATTEMPTS, LONGEST_WAIT_S, Throttle
from tests.admin_web.making import sign_in


class TestThrottle:
    def test_guessing_is_slowed_down_and_the_right_password_waits_as_well(self, stranger: FlaskClient) -> None:
        for _ in range(FREE_ATTEMPTS):
            assert sign_in(stranger, password="wrong wrong wrong").status_code == 422
        answer = sign_in(stranger)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert "Wait" in answer.text

    def test_the_wait_grows_but_never_locks_out_for_long(self) -> None:
        now = 0.0
        throttle = Throttle(clock=lambda: now)
        for _ in range(FREE_ATTEMPTS):
            assert throttle.attempt("them") == 0
        waits = []
        for _ in range(8):
            waits.append(throttle.attempt("them"))
            now += waits[-1]
            assert throttle.attempt("them") == 0
        assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
        assert set(waits[5:]) == {LONGEST_WAIT_S}
        assert throttle.attempt("somebody else") == 0

    def test_a_success_clears_it(self) -> None:
        throttle = Throttle(clock=lambda: 0.0)
        for _ in range(FREE_ATTEMPTS):
            assert throttle.attempt("them") == 0
        assert throttle.attempt("them") > 0
        throttle.succeeded("them")
        assert throttle.attempt("them") == 0

    def test_many_addresses_do_not_fill_the_memory(self) -> None:
        throttle = Throttle(clock=lambda: 0.0)
        for n in range(ADDRESSES + 50):
            throttle.attempt(str(n))
        assert len(throttle._failures) == ADDRESSES
