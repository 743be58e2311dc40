"""What proves who somebody is: passwords, the one-time set-up code, and the key that signs the cookies."""

import hmac
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder

#: The only rule for a password (NIST SP 800-63B): length.
SHORTEST_PASSWORD = 12
#: Longer ones are refused before anything is reckoned with them.
LONGEST_PASSWORD = 1000
#: Letters and digits that are not taken for one another, written or read aloud: no 0 O, 1 I L, 8 B, 5 S, 2 Z, U V.
CODE_LETTERS = "3456789ACDEFGHJKMNPQRTWXY"
#: Four groups of four: 16 x log2(25) = 74 bits.
CODE_GROUPS, CODE_GROUP_LETTERS = 4, 4
_KEY_BYTES = 32


class Passwords:
    """argon2id with OWASP's smallest memory (19 MiB, 2 rounds), one at a time: a Pi has little to spare."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._one_at_a_time = threading.Lock()

    def hash(self, password: str) -> str:
        """Return what to keep of a password."""
        with self._one_at_a_time:
            return self._hasher.hash(_normal(password))

    def fits(self, password_hash: str, password: str) -> bool:
        """Return whether `password` is the one that was hashed."""
        with self._one_at_a_time:
            try:
                return self._hasher.verify(password_hash, _normal(password))
            except (VerificationError, InvalidHashError):
                return False


class SetUpCode:
    """The code that lets the first person in. It is held in memory only and is good for one account."""

    def __init__(self) -> None:
        letters = [secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUPS * CODE_GROUP_LETTERS)]
        groups = ("".join(letters[i : i + CODE_GROUP_LETTERS]) for i in range(0, len(letters), CODE_GROUP_LETTERS))
        self.text = "-".join(groups)

    def fits(self, typed: str) -> bool:
        """Return whether `typed` is the code; small letters, spaces and missing hyphens do not matter."""
        return same_text(_bare(self.text), _bare(typed))


def same_text(one: str, other: str) -> bool:
    """Compare in a time that does not tell how much of it is right."""
    return hmac.compare_digest(one.encode(), other.encode())


def same_name(one: str, other: str) -> bool:
    """Compare names as people do, who type "Reception" for "reception " and do not know two ways to write an accent."""
    return same_text(_normal(one).strip().casefold(), _normal(other).strip().casefold())


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


def _bare(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()
