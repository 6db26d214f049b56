"""Are the logs what they must be? Checked at each start, and in full by `cift logs verify`.

JetStream can bring a log back shorter, or with a hole, without a word: a flipped bit or a truncated
file silently costs messages. So every start compares the logs' ends, counts and first sequences
with one another, and the replay of a start or of `verify` compares what is stored with what ORDERS
says must be there. Each finding is a LogFault, which names the log, the sequence and what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cift.kit.bus import (
    Bus,
    Log,
    LogHole,
    LogMessage,
    LogMismatch,
    LogMissing,
    LogReader,
    LogShort,
    LogState,
    ReplayNeeded,
    ShardLogs,
    find_hole,
    first_difference,
    read_message,
    read_state,
)

__all__ = [
    "FrameHeader",
    "Replay",
    "Tails",
    "Verified",
    "check_links",
    "check_start",
    "replay",
    "verify",
]

BATCH = 512
STALL_S = 1.0
LINK_SAMPLES = 16


class Replay(Protocol):
    """ORDERS -> (RISKED, FILLS): the order plane as one pure function (cift_core.Replayer)."""

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes, /) -> tuple[bytes, bytes]:
        """The RISKED and the FILLS frame that ORDERS message `sequence` causes."""
        ...


class FrameHeader(Protocol):
    """What every RISKED and FILLS frame says of itself (cift_core.header)."""

    @property
    def sequence(self) -> int:
        """Its place in the log."""
        ...

    @property
    def input_digest(self) -> bytes:
        """Digest of the message that caused it."""
        ...

    @property
    def state_hash(self) -> int:
        """Running hash of the writer's state after it."""
        ...


Digest = Callable[[bytes], bytes]
Header = Callable[[bytes], FrameHeader]


@dataclass(frozen=True, slots=True)
class Tails:
    """The ends of the three logs, found consistent; `notes` are worth a line in the service log."""

    orders: LogState
    risked: LogState | None
    fills: LogState
    notes: tuple[str, ...]


async def check_start(bus: Bus, logs: ShardLogs) -> Tails:
    """Check what the server says of the logs, or raise the LogFault; takes three requests.

    RISKED may be missing or end before FILLS: it is in memory, and risk makes it anew.
    """
    # From the last log to the first: each ends no later than the one before it, also while they
    # grow.
    fills = await _state(bus, logs.fills)
    risked = await read_state(bus, logs.risked)
    orders = await _state(bus, logs.orders)
    notes: list[str] = []
    for which, state in ((logs.orders, orders), (logs.fills, fills), (logs.risked, risked)):
        if state is None:
            notes.append(f"{which.name} is missing and will be made anew after {fills.last}")
            continue
        if which is not logs.risked and state.first != 1:
            raise LogHole(which.name, 1, state.first)
        if state.missing:
            raise await find_hole(bus, which, state)
        if state.lost_bytes:
            notes.append(
                f"{which.name}: the server could not read {state.lost_bytes} bytes at its start, "
                f"the log ends at {state.last}; if more than a message that was being written when "
                "the server died is missing, restore the log from a copy"
            )
    if fills.last > orders.last:
        raise LogShort(logs.orders.name, fills.last, orders.last)
    if risked is not None:
        if risked.last > orders.last:
            raise LogShort(logs.orders.name, risked.last, orders.last)
        if risked.first > fills.last + 1:
            raise LogHole(logs.risked.name, fills.last + 1, risked.first)
        if risked.last < fills.last:
            notes.append(f"{logs.risked.name} is being made anew: {risked.last} of {fills.last}")
    return Tails(orders, risked, fills, tuple(notes))


async def check_links(
    bus: Bus, logs: ShardLogs, tails: Tails, *, digest: Digest, header: Header
) -> int:
    """Check, for the ends of RISKED and some places between, that each message carries its own
    sequence and the digest of its cause; returns how many links were checked."""
    risked = tails.risked
    if risked is None or risked.messages == 0:
        return 0
    step = max(1, risked.messages // LINK_SAMPLES)
    places = sorted({*range(risked.first, risked.last + 1, step), risked.last})
    checked = 0
    for sequence in places:
        orders = await _message(bus, logs.orders, sequence)
        effect = await _message(bus, logs.risked, sequence)
        _check_link(logs.risked, sequence, effect, digest(orders), header)
        checked += 1
        if sequence <= tails.fills.last:
            fills = await _message(bus, logs.fills, sequence)
            _check_link(logs.fills, sequence, fills, digest(effect), header)
            checked += 1
    return checked


async def replay(
    bus: Bus,
    logs: ShardLogs,
    replayer: Replay,
    last: int,
    *,
    on_outputs: Callable[[int, bytes, bytes], None] | None = None,
) -> None:
    """Apply ORDERS 1 to `last` and compare each FILLS frame with the stored one, byte for byte.

    Raises the LogFault at the first difference; ReplayNeeded when the server went away meanwhile,
    since FILLS may then have come back shorter than `last`.
    """
    async with LogReader(bus, logs.orders) as orders, LogReader(bus, logs.fills) as fills:
        stored = _Cursor(bus, fills)
        done = 0
        epoch = bus.epoch
        while done < last:
            for message in await _some(bus, orders, epoch):
                if message.sequence > last:
                    break
                done = message.sequence
                risked, filled = replayer.apply(done, message.timestamp_ns, message.data)
                found = await stored.take(epoch)
                if found.data != filled:
                    raise LogMismatch(
                        logs.fills.name,
                        done,
                        "not what a replay of ORDERS gives: "
                        + first_difference(filled, found.data),
                    )
                if on_outputs is not None:
                    on_outputs(done, risked, filled)


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` compared, and the state at the end."""

    orders: int
    """Messages replayed."""
    risked: int
    """Messages compared; RISKED may begin late, since it is in memory."""
    risked_last: int
    fills: int
    state_hash: int
    """FILLS' running hash after the last message compared; 0 when there is none."""
    notes: tuple[str, ...]


async def verify(
    bus: Bus,
    logs: ShardLogs,
    replayer: Replay,
    *,
    digest: Digest,
    header: Header,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Replay all of ORDERS; compare every digest, state hash and stored frame of FILLS and RISKED.

    Raises the LogFault that names the first difference. `progress` is called with (done, all).
    Run it on logs that nobody writes; stop the services, or copy the data folder, first.
    """
    tails = await check_start(bus, logs)
    counts = {logs.risked.name: 0, logs.fills.name: 0}
    state_hash = 0
    risked_first = tails.risked.first if tails.risked is not None else 1
    risked_last = tails.risked.last if tails.risked is not None else 0
    async with (
        LogReader(bus, logs.orders) as orders,
        LogReader(bus, logs.risked, after=risked_first - 1) as risked,
        LogReader(bus, logs.fills) as fills,
    ):
        stored_risked, stored_fills = _Cursor(bus, risked), _Cursor(bus, fills)
        done = 0
        epoch = bus.epoch
        while done < tails.orders.last:
            for message in await _some(bus, orders, epoch):
                done = message.sequence
                computed = _replayed(replayer, logs, message)
                causes = (digest(message.data), digest(computed[0]))
                if risked_first <= done <= risked_last:
                    found = await stored_risked.take(epoch)
                    _check_frame(logs.risked, done, found.data, computed[0], causes[0], header)
                    counts[logs.risked.name] += 1
                if done <= tails.fills.last:
                    found = await stored_fills.take(epoch)
                    _check_frame(logs.fills, done, found.data, computed[1], causes[1], header)
                    counts[logs.fills.name] += 1
                    state_hash = header(found.data).state_hash
                if done >= tails.orders.last:
                    break
            if progress is not None:
                progress(done, tails.orders.last)
    return Verified(
        orders=done,
        risked=counts[logs.risked.name],
        risked_last=risked_last,
        fills=counts[logs.fills.name],
        state_hash=state_hash,
        notes=tails.notes,
    )


class _Cursor:
    """Takes a log's messages one by one."""

    def __init__(self, bus: Bus, reader: LogReader) -> None:
        self._bus = bus
        self._reader = reader
        self._batch: list[LogMessage] = []
        self._at = 0

    async def take(self, epoch: int) -> LogMessage:
        if self._at == len(self._batch):
            self._batch = await _some(self._bus, self._reader, epoch)
            self._at = 0
        self._at += 1
        return self._batch[self._at - 1]


async def _some(bus: Bus, reader: LogReader, epoch: int) -> list[LogMessage]:
    """The next messages, which are known to be there: only a server that restarts can delay them
    for long, or for ever."""
    while True:
        if bus.epoch != epoch:
            raise ReplayNeeded(f"the server came back while {reader.log.name} was read")
        batch = await reader.next_batch(BATCH, timeout_s=STALL_S)
        if batch:
            return batch


def _replayed(replayer: Replay, logs: ShardLogs, message: LogMessage) -> tuple[bytes, bytes]:
    try:
        return replayer.apply(message.sequence, message.timestamp_ns, message.data)
    except Exception as error:
        raise LogMismatch(
            logs.orders.name, message.sequence, f"can't be applied: {error}"
        ) from error


def _check_frame(
    which: Log, sequence: int, stored: bytes, computed: bytes, cause: bytes, header: Header
) -> None:
    """Name the most telling difference first: place, cause, state, then any byte."""
    if stored == computed:
        _check_link(which, sequence, stored, cause, header)
        return
    _check_link(which, sequence, stored, cause, header)
    ours, theirs = header(computed).state_hash, header(stored).state_hash
    if ours != theirs:
        raise LogMismatch(
            which.name, sequence, f"state hash is {theirs:#018x}, a replay gives {ours:#018x}"
        )
    raise LogMismatch(which.name, sequence, first_difference(computed, stored))


def _check_link(which: Log, sequence: int, frame: bytes, cause: bytes, header: Header) -> None:
    try:
        said = header(frame)
    except Exception as error:
        raise LogMismatch(which.name, sequence, f"can't be read: {error}") from error
    if said.sequence != sequence:
        raise LogMismatch(which.name, sequence, f"holds the message of place {said.sequence}")
    if said.input_digest != cause:
        raise LogMismatch(
            which.name,
            sequence,
            f"made from another input: it names digest {said.input_digest.hex()}, the input's is "
            f"{cause.hex()}",
        )


async def _state(bus: Bus, which: Log) -> LogState:
    state = await read_state(bus, which)
    if state is None:
        raise LogMissing(which.name, 1, "there is no such stream")
    return state


async def _message(bus: Bus, which: Log, sequence: int) -> bytes:
    message = await read_message(bus, which, sequence)
    if message is None:
        raise LogHole(which.name, sequence, sequence)
    return message.data
