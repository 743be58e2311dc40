"""What proves who somebody is: passwords, one-time codes, and the key that signs the cookies."""

import hashlib
import hmac
import secrets
import threading
import unicodedata
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from admin_web.archive import Link
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder

#: The only rule for a password (NIST SP 800-63B): length.
SHORTEST_PASSWORD = 12
#: Longer ones are refused before anything is reckoned with them.
LONGEST_PASSWORD = 1000
#: Letters and digits that are not taken for one another, written or read aloud: no 0 O, 1 I L, 8 B, 5 S, 2 Z, U V.
CODE_LETTERS = "3456789ACDEFGHJKMNPQRTWXY"
CODE_GROUP_LETTERS = 4
#: 16 x log2(25) = 74 bits, in memory and for a few minutes.
SET_UP_CODE_GROUPS = 4
#: 24 x log2(25) = 111 bits: nobody finds it from its hash, and it can still be typed into an old tablet.
LINK_CODE_GROUPS = 6
#: How long a one-time link opens an account: handed over on a Friday, it is still good on Monday.
LINK_LASTS = timedelta(days=3)
_KEY_BYTES = 32


class Passwords:
    """argon2id with OWASP's smallest memory (19 MiB, 2 rounds), one at a time: a Pi has little to spare."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._one_at_a_time = threading.Lock()
        # Nobody's: what is reckoned with where there is no such person.
        self._no_ones = self._hasher.hash(secrets.token_hex(32))

    def hash(self, password: str) -> str:
        """Return what to keep of a password."""
        with self._one_at_a_time:
            return self._hasher.hash(_normal(password))

    def fits(self, password_hash: str, password: str) -> bool:
        """Return whether `password` is the one that was hashed; never if `password_hash` is empty, in the same time."""
        with self._one_at_a_time:
            try:
                return self._hasher.verify(password_hash or self._no_ones, _normal(password)) and bool(password_hash)
            except (VerificationError, InvalidHashError):
                return False


class SetUpCode:
    """The code that lets the first person in. It is held in memory only and is good for one account."""

    def __init__(self) -> None:
        self.text = _new_code(SET_UP_CODE_GROUPS)

    def fits(self, typed: str) -> bool:
        """Return whether `typed` is the code; small letters, spaces and missing hyphens do not matter."""
        # Compared in a time that does not tell how much of it is right.
        return hmac.compare_digest(_bare(self.text).encode(), _bare(typed).encode())


def new_link() -> tuple[str, Link]:
    """Return the code of a new one-time link, to be shown once, and what to keep of it."""
    code = _new_code(LINK_CODE_GROUPS).lower()
    return code, Link(hash=link_hash(code), until=datetime.now(UTC) + LINK_LASTS)


def link_hash(code: str) -> str:
    """Return the hash of a link's code, however it is typed. It needs no salt: no two codes are the same."""
    return hashlib.sha256(_bare(code).encode("utf-8", "replace")).hexdigest()


def secret_key(folder: DataFolder) -> bytes:
    """Return the key that signs cookies; made at the first start, readable by the station's account only.

    Raises:
        OSError: It cannot be read or written.
    """
    path = folder.archive / "secret-key"
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) == _KEY_BYTES:
        return key
    # None yet, or damaged; a new one only means that everybody signs in again.
    key = secrets.token_bytes(_KEY_BYTES)
    write_whole(path, key)
    return key


def _normal(text: str) -> str:
    # The same letter may come as one or two code points, by keyboard and system (RFC 8265).
    return unicodedata.normalize("NFC", text)


def _new_code(groups: int) -> str:
    letters = (secrets.choice(CODE_LETTERS) for _ in range(groups * CODE_GROUP_LETTERS))
    return "-".join("".join(group) for group in zip(*[letters] * CODE_GROUP_LETTERS, strict=True))


def _bare(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()
