"""RPC handlers of `cift.order_entry.v1.OrderEntryService`: bytes in, bytes out."""

import contextlib
from collections.abc import AsyncGenerator

from cift.kit.errors import NotFound
from cift.kit.rpc import Call, rpc
from cift.order_entry.executions import ExecutionStreams
from cift.order_entry.journal import Journal
from cift.order_entry.session import Sessions
from cift.order_entry.store import OrderStore
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import Gateway

__all__ = ["OrderEntry", "patience"]

MARGIN_SECONDS = 0.1
"""OUTCOME_UNKNOWN is answered so long before the client's deadline, so that it still arrives."""
MARGIN_PART = 0.2
"""Of a deadline that is short itself, at most this part."""


class OrderEntry:
    """What clients call; the work is done by the parts it is given."""

    def __init__(
        self,
        journal: Journal,
        gateway: Gateway,
        sessions: Sessions,
        executions: ExecutionStreams,
        orders: OrderStore,
        *,
        answer_seconds: float,
    ) -> None:
        self._journal = journal
        self._gateway = gateway
        self._sessions = sessions
        self._executions = executions
        self._orders = orders
        self._answer_seconds = answer_seconds

    @rpc("trade", raw=True, timed=True)
    async def submit_order(self, request: bytes, call: Call) -> bytes:
        """Send one new order."""
        return await self._command(Gateway.METHOD_SUBMIT, request, call)

    @rpc("trade", raw=True, timed=True)
    async def cancel_order(self, request: bytes, call: Call) -> bytes:
        """Cancel one order."""
        return await self._command(Gateway.METHOD_CANCEL, request, call)

    @rpc("trade", raw=True, timed=True)
    async def replace_order(self, request: bytes, call: Call) -> bytes:
        """Change one order."""
        return await self._command(Gateway.METHOD_REPLACE, request, call)

    @rpc("trade", raw=True, timed=True)
    async def submit_order_list(self, request: bytes, call: Call) -> bytes:
        """Send an order list: all of it or nothing."""
        return await self._command(Gateway.METHOD_ORDER_LIST, request, call)

    @rpc("trade", raw=True, timed=True)
    async def mass_cancel(self, request: bytes, call: Call) -> bytes:
        """Cancel all open orders that fit."""
        return await self._command(Gateway.METHOD_MASS_CANCEL, request, call)

    @rpc("trade", raw=True, timed=True)
    async def submit_batch(self, request: bytes, call: Call) -> bytes:
        """Send up to 1,000 commands."""
        return await self._command(Gateway.METHOD_BATCH, request, call)

    @rpc("trade", raw=True, drains=True)
    async def session(self, call: Call) -> None:
        """Serve a pipelined session."""
        await self._sessions.serve(call)

    @rpc("read", raw=True)
    async def get_order(self, request: bytes, call: Call) -> pb.GetOrderResponse | bytes:
        """Look one order up, in memory, then in the projection."""
        self._journal.check_readable()
        firm = call.principal.firm
        found = self._gateway.get_order(request, firm)
        if found is not None:
            return found
        stored = await self._orders.find(pb.GetOrderRequest.FromString(request), firm)
        if stored is None:
            raise NotFound("UNKNOWN_ORDER", "the account has no such order")
        return stored

    @rpc("read")
    async def stream_executions(
        self, request: pb.StreamExecutionsRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """Stream what happens to the firm's orders."""
        self._journal.check_readable()
        stream = self._executions.stream(request, call.principal.firm)
        async with contextlib.aclosing(stream) as responses:
            async for response in responses:
                yield response

    async def _command(self, method: int, request: bytes, call: Call) -> bytes:
        ticket, answer = self._journal.submit(method, request, call.principal.firm)
        if isinstance(answer, bytes):
            return answer
        return await self._journal.answer(ticket, answer, patience(call, self._answer_seconds))


def patience(call: Call, answer_seconds: float) -> float:
    """Seconds until the answer must be given, known or not."""
    left = call.seconds_left()
    if left is None:
        return answer_seconds
    return min(answer_seconds, left - min(MARGIN_SECONDS, left * MARGIN_PART))
