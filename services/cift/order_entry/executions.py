"""Execution streams: what happens to orders, out of FILLS (see `cift.kit.fills`).

Which executions a stream may tell is decided by firm and account for every event, in Rust.
"""

import contextlib
from collections.abc import AsyncGenerator

from cift.kit.bus import Bus, LogMessage, ShardLogs
from cift.kit.errors import InvalidArgument
from cift.kit.fills import FillStreams, RecentFills
from cift.kit.history import HistoryPlaces
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import Applied, Gateway

__all__ = ["ExecutionStreams", "Recent"]


class Recent(RecentFills):
    """The last messages of FILLS; a follower of the journal."""

    def on_fills(self, message: LogMessage, _applied: Applied) -> None:
        """Keep the message."""
        self.add(message.sequence, message.data)

    def on_batch(self) -> None:
        """Wake all who wait for more."""
        self.wake()


class ExecutionStreams:
    """Serves `StreamExecutions`."""

    def __init__(
        self, bus: Bus, logs: ShardLogs, gateway: Gateway, recent: Recent, history_readers: int
    ) -> None:
        self._gateway = gateway
        places = HistoryPlaces(bus, logs.fills, history_readers)
        self._streams = FillStreams(places, recent, through=_through)

    async def stream(
        self, request: pb.StreamExecutionsRequest, firm: int
    ) -> AsyncGenerator[bytes, None]:
        """Everything after `after_sequence`, then live; each response is encoded already."""
        if request.live_only and request.after_sequence:
            raise InvalidArgument.of([("after_sequence", "must be 0 with live_only")])
        account: str = request.account
        gateway = self._gateway
        if account:
            gateway.account_id(account, firm)  # NotFound if it is not the firm's
        after = None if request.live_only else request.after_sequence
        stream = self._streams.stream(
            after, lambda sequence, frame: gateway.executions(sequence, frame, firm, account)
        )
        async with contextlib.aclosing(stream) as responses:
            async for response in responses:
                yield response


def _through(sequence: int) -> bytes:
    encoded: bytes = pb.StreamExecutionsResponse(through_sequence=sequence).SerializeToString()
    return encoded
