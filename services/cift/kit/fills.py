"""Streams out of FILLS: history from the log, then what comes, without a gap.

The last FILLS messages are kept once for all streams. A stream that is behind them reads the log
with a reader of its own until it has reached them; one that then does not keep up, so that they go
without it, is ended and told where to resume. So a slow client costs nothing but its own stream;
nor does it keep others from the log (see `cift.kit.history`).

What a stream tells of a message is for its encoder to say; responses are protobuf messages whose
list comes first, field 1, and whose `through_sequence` says how far they go.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TypeAlias

from cift.kit.errors import OutOfRange, ResourceExhausted
from cift.kit.history import HistoryPlaces

__all__ = ["HEARTBEAT_SECONDS", "LIST_TAG", "FillStreams", "RecentFills"]

HEARTBEAT_SECONDS = 5.0
CHUNK_BYTES = 256 << 10
"""A response is sent once it is so large; one journal message is never divided."""
MESSAGES_AT_ONCE = 256
OVERHEAD_BYTES = 200
"""What a kept message costs beside its bytes."""
LIST_TAG = b"\x0a"
"""How a response with something in its list begins."""

Fills: TypeAlias = tuple[int, bytes]
"""A message of FILLS: its sequence and its frame."""
Encode: TypeAlias = Callable[[int, bytes], bytes]
"""What a stream tells of a message, as an encoded response."""


class RecentFills:
    """The last messages of FILLS, up to `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self.last = 0
        self.beginnings = 0
        """How often `begin` was called."""
        self._max_bytes = max_bytes
        self._bytes = 0
        self._messages: deque[Fills] = deque()
        self._changed = asyncio.Event()

    @property
    def first(self) -> int:
        """The oldest that is kept."""
        return self.last + 1 - len(self._messages)

    def begin(self, last: int) -> None:
        """Begin anew: what comes next follows on `last`."""
        self._messages.clear()
        self._bytes = 0
        self.last = last
        self.beginnings += 1

    def add(self, sequence: int, frame: bytes) -> None:
        """Keep the next message; the oldest go."""
        # Plain tuples, which the garbage collector need not visit again and again.
        self._messages.append((sequence, frame))
        self.last = sequence
        self._bytes += len(frame) + OVERHEAD_BYTES
        while self._bytes > self._max_bytes and len(self._messages) > 1:
            self._bytes -= len(self._messages.popleft()[1]) + OVERHEAD_BYTES

    def wake(self) -> None:
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


class FillStreams:
    """Streams of one kind; `through` encodes a response that only says how far it goes."""

    def __init__(
        self,
        places: HistoryPlaces,
        recent: RecentFills,
        *,
        through: Callable[[int], bytes],
        ahead_seconds: float = 2.0,
    ) -> None:
        """`ahead_seconds`: how long to wait for a place that another replica may know already."""
        self._recent = recent
        self._places = places
        self._through = through
        self._ahead_seconds = ahead_seconds

    async def stream(self, after: int | None, encode: Encode) -> AsyncGenerator[bytes, None]:
        """Everything after a sequence, then live; None: what comes from now on."""
        recent = self._recent
        position = recent.last if after is None else after
        if position > recent.last and not await recent.wait(position - 1, self._ahead_seconds):
            raise OutOfRange("AFTER_THE_END", f"the journal ends at {recent.last}")
        yield self._through(position)
        while True:
            while position + 1 < recent.first:
                async with contextlib.aclosing(self._history(position, encode)) as history:
                    async for chunk, through in history:
                        position = through
                        yield chunk or self._through(position)
            async with contextlib.aclosing(self._live(position, encode)) as live:
                async for chunk, through in live:
                    position = through
                    yield chunk

    async def _live(self, position: int, encode: Encode) -> AsyncGenerator[tuple[bytes, int], None]:
        """From the recent messages, as they come, until those begin anew; at least a heartbeat."""
        recent = self._recent
        beginnings = recent.beginnings
        clock = asyncio.get_running_loop().time
        heartbeat_at = clock() + HEARTBEAT_SECONDS
        while True:
            if await recent.wait(position, heartbeat_at - clock()):
                if recent.beginnings != beginnings:
                    return
                if position + 1 < recent.first:
                    raise ResourceExhausted(
                        "SLOW_CONSUMER",
                        f"too slow for this stream: resume after {position}",
                        metadata={"through_sequence": str(position)},
                    )
                messages = recent.after(position, MESSAGES_AT_ONCE)
                for chunk, through in self._chunks(messages, encode):
                    position = through
                    if chunk:
                        yield chunk, position
                        heartbeat_at = clock() + HEARTBEAT_SECONDS
            if clock() >= heartbeat_at:
                yield self._through(position), position
                heartbeat_at = clock() + HEARTBEAT_SECONDS

    async def _history(
        self, position: int, encode: Encode
    ) -> AsyncGenerator[tuple[bytes, int], None]:
        """From the log, until the recent messages are reached or the place there is lost."""
        async with self._places.place(position) as place:
            while position + 1 < self._recent.first and not place.lost:
                if not await place.read(MESSAGES_AT_ONCE, HEARTBEAT_SECONDS):
                    with place.handing():
                        yield b"", position
                    continue
                messages = ((message.sequence, message.data) for message in place.messages())
                for chunk, through in self._chunks(messages, encode):
                    position = through
                    with place.handing():
                        yield chunk, through

    def _chunks(self, messages: Iterable[Fills], encode: Encode) -> Iterable[tuple[bytes, int]]:
        """Responses for whole messages, b"" when there is nothing to tell, and where each ends.

        Encoded protobuf messages one after the other are one message: lists are joined, and the
        last `through_sequence` counts.
        """
        parts: list[bytes] = []
        size, last = 0, 0
        for last, frame in messages:
            part = encode(last, frame)
            if part.startswith(LIST_TAG):
                parts.append(part)
                size += len(part)
            if size >= CHUNK_BYTES:
                yield b"".join(parts), last
                parts, size = [], 0
        # With nothing listed, or with all of it sent: only how far it goes.
        yield b"".join([*parts, self._through(last)]) if parts else b"", last
