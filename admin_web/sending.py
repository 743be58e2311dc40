"""Long answers that leave room for short ones."""

import time
from collections.abc import Generator, Iterable

#: After a piece the rest is so many times as long as the work on it. The thread that sends has as much to do again.
_REST = 2


def unhurried(pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Go through the pieces of a long answer, resting after each.

    One thread of a Python process works at a time, and each question to the archive lets go of its turn: beside an
    answer that never rests, a page takes several times as long.
    """
    worked_s = time.thread_time()
    for piece in pieces:
        yield piece
        time.sleep(_REST * (time.thread_time() - worked_s))
        worked_s = time.thread_time()
