"""Slows down whoever guesses passwords or codes, and nobody else: neither a whole centre nor the person guessed at.

A try is counted against several things at once (see `strangers_try` and `known_devices_try`). Each has its own count of
failures, from which a wait follows that doubles with each further one, and failures are forgotten with time.
"""

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Counts that are remembered; beyond this the longest silent one is forgotten, so that memory cannot be filled.
REMEMBERED = 10_000


@dataclass(frozen=True)
class Limit:
    """How failures of one kind slow down.

    Attributes:
        kind: What is counted.
        free: So many tries go without any wait.
        longest_wait_s: The wait doubles from 1 s up to this.
        forgotten_s: One failure is forgotten each time this has passed.
    """

    kind: str
    free: int
    longest_wait_s: float
    forgotten_s: float


#: One address at one name. Everybody mistypes; after that a guesser gets about 60 tries an hour.
PAIR = Limit("address and name", free=5, longest_wait_s=60, forgotten_s=900)
#: A device on which somebody signed in before, at that name.
DEVICE = Limit("device and name", free=5, longest_wait_s=60, forgotten_s=900)
#: One name from all addresses: many guessers who share the work. Forgotten twice as quickly as one address can guess,
#: so that a guesser at one address never slows down the person at another.
NAME = Limit("name", free=50, longest_wait_s=10, forgotten_s=30)
#: One address at all names. A centre has one address: many people may mistype on a Monday morning.
ADDRESS = Limit("address", free=50, longest_wait_s=10, forgotten_s=30)
#: Somebody who is signed in, at the present password that a change of it asks for.
OWN = Limit("own password", free=5, longest_wait_s=60, forgotten_s=900)

#: What a try is counted against: limits, each with whose count it is.
Counts = Sequence[tuple[Limit, str]]


def strangers_try(address: str, name: str) -> Counts:
    """Return what a try from a device that we do not know is counted against; `name` as names are compared."""
    place = network_of(address)
    return [(PAIR, f"{place} {name}"), (NAME, name), (ADDRESS, place)]


def known_devices_try(device: str, account_id: str) -> Counts:
    """Return what a try is counted against where that person signed in before: nobody else's guesses touch it."""
    return [(DEVICE, f"{device} {account_id}")]


def network_of(address: str) -> str:
    """Return what one guesser has to himself: an IPv4 address, or the /64 network that every IPv6 customer gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass
class _Count:
    failures: float
    at: float
    next_at: float

    def now(self, limit: Limit, at: float) -> float:
        return max(0.0, self.failures - (at - self.at) / limit.forgotten_s)


class Throttle:
    """Counts failed tries, in memory: a restart forgets them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Count] = {}

    def attempt(self, counts: Counts) -> float:
        """Count a try as failed until `succeeded` says otherwise.

        Returns:
            0 if it shall be heard; else the seconds to wait, and then the try does not count.
        """
        with self._lock:
            now = self._clock()
            wait_s = max(self._count(limit, whose, now).next_at - now for limit, whose in counts)
            if wait_s > 0:
                return wait_s
            for limit, whose in counts:
                self._fail(limit, whose, now)
            while len(self._counts) > REMEMBERED:
                del self._counts[next(iter(self._counts))]
            return 0.0

    def succeeded(self, counts: Counts) -> None:
        """Take back the try that was right.

        What is counted for that person alone is forgotten. Failures of an address or a name as a whole are not: whoever
        has an account of their own could otherwise guess on for ever by signing in between.
        """
        with self._lock:
            for limit, whose in counts:
                count = self._counts.get((limit.kind, whose))
                if limit in (NAME, ADDRESS) and count:
                    count.failures, count.next_at = max(0.0, count.failures - 1), 0.0
                else:
                    self._counts.pop((limit.kind, whose), None)

    def _count(self, limit: Limit, whose: str, now: float) -> _Count:
        return self._counts.get((limit.kind, whose)) or _Count(0.0, now, 0.0)

    def _fail(self, limit: Limit, whose: str, now: float) -> None:
        # Taken out and put back: the order of the dictionary is the order of the last tries.
        count = self._counts.pop((limit.kind, whose), None) or _Count(0.0, now, 0.0)
        failures = count.now(limit, now) + 1
        over = failures - limit.free
        # The exponent is bounded, for it grows as long as somebody goes on.
        wait_s = min(2.0 ** min(over, 30), limit.longest_wait_s) if over >= 0 else 0.0
        self._counts[limit.kind, whose] = _Count(failures, now, now + wait_s)
