"""Slows down whoever guesses passwords or codes, without locking out a whole centre."""

import threading
import time
from collections.abc import Callable

#: Everybody mistypes; up to here nothing happens.
FREE_ATTEMPTS = 5
#: The longest wait. A guesser gets 120 tries an hour; a colleague behind the same address waits half a minute at most.
LONGEST_WAIT_S = 30.0
#: Addresses that are remembered; beyond this the longest silent one is forgotten, so that memory cannot be filled.
ADDRESSES = 1000


class Throttle:
    """Counts failed attempts of each address; after `FREE_ATTEMPTS` the wait doubles with each further one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: Address -> failed attempts, and when the next is heard.
        self._failures: dict[str, tuple[int, float]] = {}

    def attempt(self, address: str) -> float:
        """Count an attempt as failed until `succeeded` says otherwise.

        Returns:
            0 if it shall be heard; else the seconds to wait, and then the attempt does not count.
        """
        with self._lock:
            count, next_at = self._failures.pop(address, (0, 0.0))
            now = self._clock()
            if now < next_at:
                self._failures[address] = count, next_at
                return next_at - now
            over = count + 1 - FREE_ATTEMPTS
            wait_s = min(2.0**over, LONGEST_WAIT_S) if over >= 0 else 0.0
            # Taken out and put back: the order of the dictionary is the order of the last attempts.
            self._failures[address] = min(count + 1, 1000), now + wait_s
            if len(self._failures) > ADDRESSES:
                del self._failures[next(iter(self._failures))]
            return 0.0

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address: its person has proved to be the right one."""
        with self._lock:
            self._failures.pop(address, None)
