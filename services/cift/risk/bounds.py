"""How many streams of one kind may be open: each takes time of the process that judges orders."""

import contextlib
from collections import Counter
from collections.abc import Iterator

from cift.kit.errors import ResourceExhausted

__all__ = ["StreamBound"]

STREAMS_MAX = 256
FIRM_STREAMS_MAX = 64
"""Of one firm, so that no firm keeps the others out."""


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
