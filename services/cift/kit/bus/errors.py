"""The one tree of errors that the bus raises.

    BusError
    ├── BusUnavailable        no connection, no answer, or no room to send: may pass
    ├── ApiError              the server refused a JetStream call; carries its codes
    ├── JournalUnavailable    ORDERS did not take a batch, and certainly did not store it
    ├── ReplayNeeded          this process must rebuild its state from ORDERS and go on
    └── LogFault              a log is not what it must be: names it, the sequence, and what to do
        ├── IncompatibleLog   its stream is configured in a way that would lose or misread messages
        ├── LogMissing        its stream is not there
        ├── LogHole           a message is missing from it
        ├── LogShort          it ends before a message that was already seen
        ├── LogMismatch       what is stored is not what was computed, or seen before
        └── Fenced            another writer stored something else at this writer's place

A `LogFault` never passes by itself: the process must stop trading and tell an operator.
"""

__all__ = [
    "ApiError",
    "BusError",
    "BusUnavailable",
    "Fenced",
    "IncompatibleLog",
    "JournalUnavailable",
    "LogFault",
    "LogHole",
    "LogMismatch",
    "LogMissing",
    "LogShort",
    "ReplayNeeded",
    "first_difference",
]

_DERIVED = (
    "it is derived from ORDERS: stop every service, move the stream's folder out of the data "
    "folder, start again, and it is made anew byte for byte"
)
_MEMORY = "it is held in memory and derived from ORDERS: restart nats-server and it is made anew"
_TRUTH = (
    "ORDERS is the only truth: keep the data folder as it is, don't trade on it, restore it from "
    "a copy, and see what is lost with `cift logs verify`"
)


class BusError(Exception):
    """Everything that the bus raises."""


class BusUnavailable(BusError):
    """No connection, no answer in time, or no room to send; trying again may succeed."""


class ApiError(BusError):
    """The server refused a JetStream call."""

    def __init__(self, call: str, code: int, err_code: int, description: str) -> None:
        super().__init__(f"{call}: {description} (code {code}, error {err_code})")
        self.code = code
        self.err_code = err_code
        self.description = description


class JournalUnavailable(BusError):
    """ORDERS did not take the batch. It is certain that nothing of it was stored."""

    def __init__(self, reason: str, retry_after_s: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class ReplayNeeded(BusError):
    """What this process holds in memory can't carry on from the logs; a replay from ORDERS can."""


class LogFault(BusError):
    """A log is not what it must be; `advice` says what an operator can do about it."""

    def __init__(self, log: str, sequence: int, what: str, advice: str | None = None) -> None:
        self.log = log
        self.sequence = sequence
        self.what = what
        self.advice = advice if advice is not None else _advice(log)
        super().__init__(f"{log} {sequence}: {what}; {self.advice}")


class IncompatibleLog(LogFault):
    """The stream's configuration is dangerous, or its messages are of a version we don't know."""


class LogMissing(LogFault):
    """The stream is not there although it must be."""


class LogHole(LogFault):
    """Message `sequence` is missing although the log goes on, at least to `found`."""

    def __init__(self, log: str, sequence: int, found: int) -> None:
        self.found = found
        super().__init__(log, sequence, f"missing, though the log goes on to {found}")


class LogShort(LogFault):
    """Message `sequence` was seen, yet the log now ends at `last`."""

    def __init__(self, log: str, sequence: int, last: int) -> None:
        self.last = last
        super().__init__(log, sequence, f"lost, the log ends at {last}")


class LogMismatch(LogFault):
    """The stored message differs from the one computed (or read earlier) at the same place."""

    def __init__(self, log: str, sequence: int, what: str) -> None:
        super().__init__(
            log,
            sequence,
            what,
            f"another build wrote it, or a log is damaged: try the build that wrote it first; "
            f"{_advice(log)}",
        )


class Fenced(LogFault):
    """Another writer stored different bytes at this writer's place: the two disagree on state."""

    def __init__(self, log: str, sequence: int, difference: str) -> None:
        super().__init__(
            log,
            sequence,
            f"another writer stored a different message here ({difference})",
            "stop both writers, check that they run the same build, and run `cift logs verify`",
        )


def first_difference(computed: bytes, stored: bytes) -> str:
    """Say where two frames part, for an error message."""
    for at, (ours, theirs) in enumerate(zip(computed, stored, strict=False)):
        if ours != theirs:
            return (
                f"byte {at} of {len(computed)} is {ours:#04x} as computed, {theirs:#04x} as stored"
            )
    if len(computed) != len(stored):
        return f"{len(computed)} bytes as computed, {len(stored)} as stored"
    return "no difference"


def _advice(log: str) -> str:
    if log.startswith("ORDERS"):
        return _TRUTH
    return _MEMORY if log.startswith("RISKED") else _DERIVED
