# ruff: noqa: PYI021  (there is no Python source to hold the docstrings)
"""The core of CIFT Markets: the pipeline's batch calls, and the engine for its own sake.

Bytes go in and bytes come out; the interpreter lock is released while a batch is worked on. An
object may be used from any thread, by one at a time.
"""

from typing import Self, final

class CiftError(Exception):
    """What the core refuses; base of the tree."""

class LogError(CiftError):
    """A log can't be followed: bad frame, wrong sequence, unknown version, digest mismatch."""

class BadRequest(CiftError):
    """A malformed request; `violations` names each field and what is wrong with it."""

    violations: tuple[tuple[str, str], ...]

class NotFound(CiftError):
    """No such thing for this firm."""

class Overloaded(CiftError):
    """A bounded queue is full; try again."""

@final
class Header:
    """The numbers at the head of a frame; those that its log doesn't have are 0."""

    @property
    def log(self) -> str:
        """'orders', 'risked' or 'fills'."""

    @property
    def shard(self) -> int:
        """0 to 255."""

    @property
    def sequence(self) -> int:
        """Place in the log, from 1; 0 in ORDERS, which is written before it has one."""

    @property
    def time_ns(self) -> int:
        """Journal time, nanoseconds since the Unix epoch; 0 in ORDERS."""

    @property
    def origin(self) -> int:
        """The process that wrote the ORDERS batch; 1: the relay of reference data."""

    @property
    def batch(self) -> int:
        """The batch's number among that origin's, from 1."""

    @property
    def fills_seen(self) -> int:
        """ORDERS: the last FILLS sequence its origin had seen; RISKED: the last risk applied."""

    @property
    def input_digest(self) -> bytes:
        """16 bytes, low first: the digest of the message of the log before; zeros in ORDERS."""

    @property
    def state_hash(self) -> int:
        """Running hash of the writer's state after the message; 0 in ORDERS."""

    @property
    def status(self) -> int:
        """What became of the batch: 0 applied, 1 repeated, 2 void, 3 held."""

    @property
    def count(self) -> int:
        """Commands in it, or outcomes; 0 unless the batch was applied."""

def header(frame: bytes) -> Header:
    """Check a frame of any log in full and return the numbers at its head. LogError: bad frame."""

def digest(frame: bytes) -> bytes:
    """XXH3-128 of the segment, 16 bytes, low first, as the next log's message carries it."""

@final
class RiskStage:
    """Risk as a function: ORDERS and FILLS in, RISKED out. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last ORDERS sequence applied, 0 at first."""

    @property
    def fills_applied(self) -> int:
        """The last FILLS sequence applied, 0 at first."""

    @property
    def state_hash(self) -> int:
        """Running hash of the state, as the last RISKED message carries it."""

    def fills_wanted(self, sequence: int, orders: bytes) -> int:
        """Return p(n): the FILLS sequence up to which to apply fills, and no further, before this,
        the next ORDERS message. LogError: bad frame.
        """

    def apply_fills(self, sequence: int, fills: bytes) -> None:
        """Apply the next FILLS message, `fills_applied` + 1.

        LogError: not the next one, bad frame, or not caused by the RISKED message written here.
        """

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes) -> bytes:
        """Apply the next ORDERS message, stored at `timestamp_ns`, and return its RISKED message.

        LogError: not the next one, bad frame, or fills not applied up to exactly p(n).
        """

@final
class MatchingStage:
    """Matching as a function: RISKED in, FILLS out. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last RISKED sequence applied, 0 at first."""

    @property
    def state_hash(self) -> int:
        """Running hash of the state, as the last FILLS message carries it."""

    def apply(self, sequence: int, risked: bytes) -> bytes:
        """Apply the next RISKED message and return its FILLS message.

        LogError: not the next one, or bad frame.
        """

@final
class Replayer:
    """Risk and matching in one function from ORDERS to RISKED and FILLS. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last ORDERS sequence applied, 0 at first. CiftError after `into_stages`."""

    @property
    def fills_applied(self) -> int:
        """p of that message: what risk has applied of FILLS. CiftError after `into_stages`."""

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes) -> tuple[bytes, bytes]:
        """Apply the next ORDERS message, stored at `timestamp_ns`; return RISKED and FILLS.

        LogError: not the next one, or bad frame. CiftError after `into_stages`.
        """

    def into_stages(self) -> tuple[RiskStage, MatchingStage]:
        """Turn into the two stages as they stand; risk goes on reading FILLS after `fills_applied`.
        The replayer can't be used any more.
        """
