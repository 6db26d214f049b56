"""A small order plane in plain Python, for tests of what carries messages and not of what they say.

It keeps every rule that stages rely on: one message in, one message out; risk applies FILLS up to
p(n) before n; a batch counts only as its origin's last + 1; each output names its place, the digest
of its input and a running hash of the state, and everything that came before changes that hash.
"""

import hashlib
import struct
from dataclasses import dataclass

__all__ = [
    "APPLIED",
    "REPEAT",
    "VOID",
    "FakeHeader",
    "FakeMatching",
    "FakeReplayer",
    "FakeRisk",
    "digest",
    "header",
    "orders_frame",
]

APPLIED, REPEAT, VOID = 0, 1, 2

_ORDERS = struct.Struct("<4sQQQ")
_EFFECT = struct.Struct("<4sQ16sQQQQB")


@dataclass(frozen=True, slots=True)
class FakeHeader:
    """What a frame says of itself."""

    log: str
    sequence: int
    input_digest: bytes
    state_hash: int
    origin: int
    batch: int
    fills_seen: int
    status: int


def digest(frame: bytes) -> bytes:
    """16 bytes that change with any byte of the frame."""
    return hashlib.blake2b(frame, digest_size=16).digest()


def orders_frame(origin: int, batch: int, stamp: int, payload: bytes = b"") -> bytes:
    """An ORDERS frame; `stamp` is the FILLS sequence that its writer has seen."""
    return _ORDERS.pack(b"ORDR", origin, batch, stamp) + payload


def header(frame: bytes) -> FakeHeader:
    """Read a frame's header; ValueError when it is none of ours."""
    kind = frame[:4]
    if kind == b"ORDR":
        _, origin, batch, stamp = _ORDERS.unpack_from(frame)
        return FakeHeader("orders", 0, bytes(16), 0, origin, batch, stamp, APPLIED)
    if kind not in (b"RISK", b"FILL"):
        raise ValueError(f"no frame begins with {kind!r}")
    _, sequence, cause, state, origin, batch, seen, status = _EFFECT.unpack_from(frame)
    name = "risked" if kind == b"RISK" else "fills"
    return FakeHeader(name, sequence, cause, state, origin, batch, seen, status)


class FakeRisk:
    """ORDERS and FILLS in, RISKED out."""

    def __init__(self) -> None:
        self.applied = 0
        self.fills_applied = 0
        self.state_hash = 0
        self._fills_seen = 0
        self._time_ns = 0
        self._last_batch: dict[int, int] = {}

    def fills_wanted(self, sequence: int, orders: bytes, /) -> int:
        """p(n) = max(p(n - 1), min(stamp, n - 1))."""
        return max(self._fills_seen, min(header(orders).fills_seen, sequence - 1))

    def apply_fills(self, sequence: int, fills: bytes, /) -> None:
        """Every fill changes the state."""
        if sequence != self.fills_applied + 1:
            raise ValueError(f"fills {sequence} after {self.fills_applied}")
        self.fills_applied = sequence
        self._mix(fills)

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes, /) -> bytes:
        """One verdict for the whole batch."""
        if sequence != self.applied + 1:
            raise ValueError(f"orders {sequence} after {self.applied}")
        self._fills_seen = self.fills_wanted(sequence, orders)
        if self.fills_applied != self._fills_seen:
            raise ValueError(f"orders {sequence} wants fills {self._fills_seen}")
        self.applied = sequence
        self._time_ns = max(self._time_ns, timestamp_ns)
        said = header(orders)
        last = self._last_batch.get(said.origin, 0)
        status = APPLIED if said.batch == last + 1 else REPEAT if said.batch <= last else VOID
        if status == APPLIED:
            self._last_batch[said.origin] = said.batch
        self._mix(orders + self._time_ns.to_bytes(8, "little"))
        return (
            _EFFECT.pack(
                b"RISK", sequence, digest(orders), self.state_hash, said.origin, said.batch,
                self._fills_seen, status,
            )
            + orders[_ORDERS.size :]
        )  # fmt: skip

    def _mix(self, data: bytes) -> None:
        mixed = hashlib.blake2b(self.state_hash.to_bytes(8, "little") + data, digest_size=8)
        self.state_hash = int.from_bytes(mixed.digest(), "little")


class FakeMatching:
    """RISKED in, FILLS out."""

    def __init__(self) -> None:
        self.applied = 0
        self.state_hash = 0

    def apply(self, sequence: int, risked: bytes, /) -> bytes:
        """Everything allowed happens."""
        said = header(risked)
        if sequence != self.applied + 1 or said.sequence != sequence:
            raise ValueError(f"risked {sequence} ({said.sequence}) after {self.applied}")
        self.applied = sequence
        mixed = hashlib.blake2b(self.state_hash.to_bytes(8, "little") + risked, digest_size=8)
        self.state_hash = int.from_bytes(mixed.digest(), "little")
        return (
            _EFFECT.pack(
                b"FILL", sequence, digest(risked), self.state_hash, said.origin, said.batch,
                said.fills_seen, said.status,
            )
            + risked[_EFFECT.size :]
        )  # fmt: skip


class FakeReplayer:
    """Risk and matching in one."""

    def __init__(self) -> None:
        self._risk = FakeRisk()
        self._matching = FakeMatching()
        self._fills: dict[int, bytes] = {}

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes, /) -> tuple[bytes, bytes]:
        """ORDERS n to RISKED n and FILLS n."""
        for place in range(
            self._risk.fills_applied + 1, self._risk.fills_wanted(sequence, orders) + 1
        ):
            self._risk.apply_fills(place, self._fills.pop(place))
        risked = self._risk.apply(sequence, timestamp_ns, orders)
        fills = self._matching.apply(sequence, risked)
        self._fills[sequence] = fills
        return risked, fills

    def into_stages(self) -> tuple[FakeRisk, FakeMatching]:
        """Both states."""
        return self._risk, self._matching
