"""What clients may take of the time of the process that judges orders: open streams of one kind,
and dry runs a second.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator

from cift.kit.errors import ResourceExhausted
from cift.kit.rpc import Principal

__all__ = ["CheckRates", "StreamBound"]

STREAMS_MAX = 256
FIRM_STREAMS_MAX = 64
"""Of one firm, so that no firm keeps the others out."""
SECOND_NS = 10**9


class StreamBound:
    """Counts the open streams of one kind, in all and of each firm."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._of_firm: Counter[int] = Counter()

    @contextlib.contextmanager
    def opened(self, firm: int) -> Iterator[None]:
        """Count a stream of a firm while the block runs; RESOURCE_EXHAUSTED: there are too many."""
        if self._of_firm[firm] >= FIRM_STREAMS_MAX:
            raise _too_many(f"{FIRM_STREAMS_MAX} streams of {self._what} of this firm are open")
        if self._of_firm.total() >= STREAMS_MAX:
            raise _too_many(f"{STREAMS_MAX} streams of {self._what} are open")
        self._of_firm[firm] += 1
        try:
            yield
        finally:
            self._of_firm[firm] -= 1
            if not self._of_firm[firm]:
                del self._of_firm[firm]


def _too_many(text: str) -> ResourceExhausted:
    return ResourceExhausted(
        "TOO_MANY_STREAMS", f"{text}: close one, or retry later", retry_after_seconds=5.0
    )


class CheckRates:
    """Bounds dry runs by token buckets, one of each key and one of each firm; a bucket holds what
    comes in a second."""

    def __init__(
        self, of_key: int, of_firm: int, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._clock = clock
        self._of_key = _Buckets(of_key)
        self._of_firm = _Buckets(of_firm)

    def take(self, principal: Principal) -> None:
        """Count a dry run; RESOURCE_EXHAUSTED: the key, or its firm, has made too many."""
        now_ns = self._clock()
        wait_ns, rate, who = max(
            (self._of_key.wait(principal.key_id, now_ns), self._of_key.rate, "of this key"),
            (self._of_firm.wait(principal.firm, now_ns), self._of_firm.rate, "of this firm"),
        )
        if wait_ns > 0:
            raise ResourceExhausted(
                "TOO_MANY_CHECKS",
                f"more than {rate} dry runs {who} a second: send fewer, or the orders themselves, "
                "which are judged alike",
                retry_after_seconds=wait_ns / SECOND_NS,
            )
        self._of_key.take(principal.key_id, now_ns)
        self._of_firm.take(principal.firm, now_ns)


class _Buckets:
    """Token buckets, each as the time when it is full again. There are as many as keys or firms."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._token_ns = SECOND_NS // rate
        self._full_at_ns: dict[int, int] = {}

    def wait(self, who: int, now_ns: int) -> int:
        """Nanoseconds until there is a token."""
        empty_ns = (self.rate - 1) * self._token_ns
        return max(0, self._full_at_ns.get(who, now_ns) - now_ns - empty_ns)

    def take(self, who: int, now_ns: int) -> None:
        """Take one that is there."""
        full_at_ns = max(self._full_at_ns.get(who, now_ns), now_ns)
        self._full_at_ns[who] = full_at_ns + self._token_ns
