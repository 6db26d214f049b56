"""Execution streams: history from the log, then what comes, without a gap.

The last FILLS messages are kept once for all streams. A stream that is behind them reads the log
with a reader of its own until it has reached them; one that then does not keep up, so that they go
without it, is ended and told where to resume. So a slow client costs nothing but its own stream.
Which executions it may see is decided by firm and account for every event, in Rust.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import TypeAlias

from cift.kit.bus import Bus, LogMessage, LogReader, ReaderLimits, ShardLogs
from cift.kit.errors import InvalidArgument, OutOfRange, ResourceExhausted
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import Applied, Gateway

__all__ = ["ExecutionStreams", "Recent"]

HEARTBEAT_SECONDS = 5.0
CHUNK_BYTES = 256 << 10
"""A response is sent once it is so large; one journal message is never divided."""
AHEAD_SECONDS = 2.0
"""Another replica may be a little ahead of this one: how long to wait for its place."""
HISTORY_LIMITS = ReaderLimits(queue_bytes=40 << 20, flow_bytes=1 << 20)
MESSAGES_AT_ONCE = 256
OVERHEAD_BYTES = 200
"""What a kept message costs beside its bytes."""
EXECUTIONS_TAG = b"\x0a"
"""How a response with executions begins: field 1 comes first."""

Fills: TypeAlias = tuple[int, bytes]
"""A message of FILLS: its sequence and its frame."""


class Recent:
    """The last messages of FILLS, up to `max_bytes`; a follower of the journal."""

    def __init__(self, max_bytes: int) -> None:
        self.last = 0
        self._max_bytes = max_bytes
        self._bytes = 0
        self._messages: deque[Fills] = deque()
        self._changed = asyncio.Event()

    @property
    def first(self) -> int:
        """The oldest that is kept."""
        return self.last + 1 - len(self._messages)

    def on_fills(self, message: LogMessage, _applied: Applied) -> None:
        """Keep the message; the oldest go."""
        # Plain tuples, which the garbage collector need not visit again and again.
        self._messages.append((message.sequence, message.data))
        self.last = message.sequence
        self._bytes += len(message.data) + OVERHEAD_BYTES
        while self._bytes > self._max_bytes and len(self._messages) > 1:
            self._bytes -= len(self._messages.popleft()[1]) + OVERHEAD_BYTES

    def on_batch(self) -> None:
        """Wake all who wait for more."""
        self._changed.set()
        self._changed = asyncio.Event()

    def after(self, sequence: int, maximum: int) -> list[Fills]:
        """The messages after `sequence`, at most `maximum`; it must be `first` - 1 or later."""
        start = sequence + 1 - self.first
        stop = min(start + maximum, len(self._messages))
        return [self._messages[i] for i in range(start, stop)]

    async def wait(self, sequence: int, seconds: float) -> bool:
        """Wait until there is more than `sequence`; False when that takes longer."""
        try:
            async with asyncio.timeout(seconds):
                while self.last <= sequence:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True


class ExecutionStreams:
    """Serves `StreamExecutions`."""

    def __init__(
        self, bus: Bus, logs: ShardLogs, gateway: Gateway, recent: Recent, history_readers: int
    ) -> None:
        self._bus = bus
        self._logs = logs
        self._gateway = gateway
        self._recent = recent
        self._history_readers = asyncio.Semaphore(history_readers)

    async def stream(
        self, request: pb.StreamExecutionsRequest, firm: int
    ) -> AsyncGenerator[bytes, None]:
        """Everything after `after_sequence`, then live; each response is encoded already."""
        if request.live_only and request.after_sequence:
            raise InvalidArgument.of([("after_sequence", "must be 0 with live_only")])
        if request.account:
            self._gateway.account_id(request.account, firm)  # NotFound if it is not the firm's
        account: str = request.account
        recent = self._recent
        position: int = recent.last if request.live_only else request.after_sequence
        if position > recent.last and not await recent.wait(position - 1, AHEAD_SECONDS):
            raise OutOfRange("AFTER_THE_END", f"the journal ends at {recent.last}")
        yield _through(position)
        if position + 1 < recent.first:
            async with (
                self._history_readers,
                contextlib.aclosing(self._history(position, firm, account)) as history,
            ):
                async for chunk, through in history:
                    position = through
                    yield chunk or _through(position)
        async with contextlib.aclosing(self._live(position, firm, account)) as live:
            async for chunk in live:
                yield chunk

    async def _live(self, position: int, firm: int, account: str) -> AsyncGenerator[bytes, None]:
        """From the recent messages, as they come; at least a heartbeat."""
        recent = self._recent
        clock = asyncio.get_running_loop().time
        heartbeat_at = clock() + HEARTBEAT_SECONDS
        while True:
            if await recent.wait(position, heartbeat_at - clock()):
                if position + 1 < recent.first:
                    raise ResourceExhausted(
                        "SLOW_CONSUMER",
                        f"too slow for this stream: resume after {position}",
                        metadata={"through_sequence": str(position)},
                    )
                messages = recent.after(position, MESSAGES_AT_ONCE)
                for chunk, through in self._chunks(messages, firm, account):
                    position = through
                    if chunk:
                        yield chunk
                        heartbeat_at = clock() + HEARTBEAT_SECONDS
            if clock() >= heartbeat_at:
                yield _through(position)
                heartbeat_at = clock() + HEARTBEAT_SECONDS

    async def _history(
        self, position: int, firm: int, account: str
    ) -> AsyncGenerator[tuple[bytes, int], None]:
        """From the log, until the recent messages are reached."""
        async with LogReader(
            self._bus, self._logs.fills, after=position, limits=HISTORY_LIMITS
        ) as reader:
            while position + 1 < self._recent.first:
                batch = await reader.next_batch(MESSAGES_AT_ONCE, HEARTBEAT_SECONDS)
                if not batch:
                    yield b"", position
                    continue
                messages = [(message.sequence, message.data) for message in batch]
                for chunk, through in self._chunks(messages, firm, account):
                    position = through
                    yield chunk, through

    def _chunks(
        self, messages: Sequence[Fills], firm: int, account: str
    ) -> Iterable[tuple[bytes, int]]:
        """Responses for whole messages, b"" when there is nothing to tell, and where each ends.

        Encoded protobuf messages one after the other are one message: lists are joined, and the
        last `through_sequence` counts.
        """
        parts: list[bytes] = []
        size = 0
        for sequence, frame in messages:
            part = self._gateway.executions(sequence, frame, firm, account)
            if part.startswith(EXECUTIONS_TAG):
                parts.append(part)
                size += len(part)
            if size >= CHUNK_BYTES:
                yield b"".join(parts), sequence
                parts, size = [], 0
        # Without executions, or with all of them sent: only how far it goes.
        last = messages[-1][0]
        yield b"".join([*parts, _through(last)]) if parts else b"", last


def _through(sequence: int) -> bytes:
    encoded: bytes = pb.StreamExecutionsResponse(through_sequence=sequence).SerializeToString()
    return encoded
