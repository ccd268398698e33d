"""How many requests a minute: of one credential, and of unknown keys from one address.

Windows are fixed minutes, counted in the memory of this process alone: several processes allow several times as much.
All that is counted is forgotten when the next minute begins, so nothing has to be expired.
"""

import math
import time
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import Final

from msgspec import Struct

from app.errors import TooManyRequests

WINDOW: Final = 60
MOST_ADDRESSES: Final = 10_000
MOST_KEYS: Final = 10_000


class Spent(Struct, frozen=True, gc=False):
    """Where somebody stands in the present minute: what is left, none when one more was too many."""

    limit: int
    left: int | None
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers spells it."""
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW}',
            "RateLimit": f'"minute";r={self.left or 0};t={self.seconds}',
        }


class Minute:
    """Counts what each has spent in the present minute. `most` others at once; those beyond share one count."""

    def __init__(self, limit: int, clock: Callable[[], float], *, most: int | None = None) -> None:
        self.limit = limit
        self._clock = clock
        self._most = most
        self._number = 0
        self._counts: dict[Hashable, int] = {}

    def spend(self, who: Hashable) -> Spent:
        """Count one more, unless it is one too many."""
        now = self._turn()
        who = self._known(who)
        count = self._counts.get(who, 0)
        if count < self.limit:
            self._counts[who] = count + 1
        return self._spent(now, self.limit - count - 1 if count < self.limit else None)

    def standing(self, who: Hashable) -> Spent:
        """As `spend` would answer, without counting."""
        now = self._turn()
        left = self.limit - self._counts.get(self._known(who), 0)
        return self._spent(now, left if left > 0 else None)

    def _turn(self) -> float:
        now = self._clock()
        number = int(now // WINDOW)
        if number != self._number:
            self._number = number
            self._counts.clear()
        return now

    def _known(self, who: Hashable) -> Hashable:
        full = self._most is not None and len(self._counts) >= self._most
        return None if full and who not in self._counts else who

    def _spent(self, now: float, left: int | None) -> Spent:
        return Spent(self.limit, left, max(1, math.ceil((self._number + 1) * WINDOW - now)))


class RateLimits:
    """The two limits of a process; a limit of 0 is none."""

    def __init__(self, requests: int, unknown_keys: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = Minute(requests, clock) if requests else None
        self._failures = Minute(unknown_keys, clock, most=MOST_ADDRESSES) if unknown_keys else None
        self._good: dict[bytes, None] = {}

    def request(self, credential: Hashable) -> Spent | None:
        """One more request of a known credential; none where nothing is limited."""
        return None if self._requests is None else self._requests.spend(credential)

    def before_lookup(self, address: str, key: str | None = None) -> None:
        """Raise `TooManyRequests` for another guess from an address with too many. Keys found good before pass."""
        if self._failures is None or (key is not None and _digest(key) in self._good):
            return
        standing = self._failures.standing(address)
        if standing.left is None:
            detail = "Too many unknown keys, tokens or assertions came from this address."
            raise TooManyRequests(detail, headers={"Retry-After": str(standing.seconds)})

    def unknown(self, address: str) -> None:
        """A key that nobody has came from there."""
        if self._failures is not None:
            self._failures.spend(address)

    def good(self, key: str) -> None:
        """The key is somebody's: whoever shares an address with a guesser is not shut out with it."""
        if self._failures is None or (digest := _digest(key)) in self._good:
            return
        if len(self._good) >= MOST_KEYS:
            del self._good[next(iter(self._good))]
        self._good[digest] = None


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
