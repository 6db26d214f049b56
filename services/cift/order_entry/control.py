"""RPC handlers of `cift.order_entry.v1.MarketControlService`: an operator's hand on a market.

A request becomes a command in the journal like any order, and its answer comes back through FILLS.
Each may be sent again without harm: a session that is set again stays, a trade that was undone is
told to be so. A client's session is killed by the process that serves it, as it alone can end the
stream.
"""

import asyncio

from cift.common.v1 import types_pb2
from cift.kit.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, NotFound
from cift.kit.logging import get_logger
from cift.kit.rpc import Call, rpc
from cift.order_entry.journal import Journal
from cift.order_entry.service import patience
from cift.order_entry.session import Sessions
from cift.order_entry.v1 import market_control_service_pb2 as pb
from cift.order_entry.v1 import order_pb2
from cift_core import Gateway

__all__ = ["MarketControl"]

REASON_PREFIX = "REJECT_REASON_"
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000

log = get_logger("control")


class MarketControl:
    """What operators call; each call is written down with the key that made it."""

    def __init__(self, journal: Journal, sessions: Sessions, *, answer_seconds: float) -> None:
        self._journal = journal
        self._sessions = sessions
        self._answer_seconds = answer_seconds

    @rpc("admin", raw=True, timed=True)
    async def set_session(self, request: bytes, call: Call) -> pb.SetSessionResponse:
        """Take an instrument to another session."""
        result = await self._control(Gateway.METHOD_SET_SESSION, request, call, "set session")
        return pb.SetSessionResponse(place=result.place)

    @rpc("admin", raw=True, timed=True)
    async def set_last_trade(self, request: bytes, call: Call) -> pb.SetLastTradeResponse:
        """Set the last trade of an instrument."""
        result = await self._control(Gateway.METHOD_SET_LAST_TRADE, request, call, "set last trade")
        return pb.SetLastTradeResponse(place=result.place)

    @rpc("admin", raw=True, timed=True)
    async def bust_trade(self, request: bytes, call: Call) -> pb.BustTradeResponse:
        """Undo a trade; the journal tells whose it was."""
        ticket, answer = await self._journal.bust(request)
        result = await self._result(ticket, answer, call, "bust trade")
        if result.reject_reason == types_pb2.REJECT_REASON_UNKNOWN_ORDER:
            raise NotFound("UNKNOWN_TRADE", "there is no such trade")
        return pb.BustTradeResponse(place=_accepted(result).place)

    @rpc("admin", raw=True, timed=True)
    async def cancel_all(self, request: bytes, call: Call) -> pb.CancelAllResponse:
        """Cancel all open orders that fit, of whatever firm."""
        result = await self._control(Gateway.METHOD_CANCEL_ALL, request, call, "cancel all")
        return pb.CancelAllResponse(result=result)

    @rpc("admin")
    async def list_sessions(
        self, request: pb.ListSessionsRequest, _call: Call
    ) -> pb.ListSessionsResponse:
        """List the clients' sessions of this process."""
        self._journal.check_readable()
        if not 0 <= request.page_size <= PAGE_SIZE_MAX:
            said = f"must be from 1 to {PAGE_SIZE_MAX}; 0: {PAGE_SIZE_DEFAULT}"
            raise InvalidArgument.of([("page_size", said)])
        size = request.page_size or PAGE_SIZE_DEFAULT
        streams, token = self._sessions.page(size, request.page_token)
        sessions = [
            pb.ClientSession(
                session=self._sessions.identity(stream.number),
                origin=self._journal.origin,
                number=stream.number,
                firm=stream.principal.firm_name,
                api_key_id=stream.principal.key_id,
                create_time_ns=stream.create_time_ns,
                open_orders=self._journal.open_in_session(stream.number),
            )
            for stream in streams
        ]
        return pb.ListSessionsResponse(sessions=sessions, next_page_token=token)

    @rpc("admin", timed=True)
    async def kill_session(
        self, request: pb.KillSessionRequest, call: Call
    ) -> pb.KillSessionResponse:
        """Stop a client's session, cancel its orders and end its stream."""
        try:
            async with asyncio.timeout(patience(call, self._answer_seconds)):
                place = await self._sessions.kill(request.session)
        except TimeoutError:
            raise _unknown() from None
        log.info(
            "kill session",
            key=call.principal.key_id,
            session=request.session,
            sequence=place.sequence,
        )
        return pb.KillSessionResponse(place=place)

    async def _control(
        self, method: int, request: bytes, call: Call, what: str
    ) -> order_pb2.CommandResult:
        ticket, answer = self._journal.control(method, request)
        return _accepted(await self._result(ticket, answer, call, what))

    async def _result(
        self, ticket: int, answer: asyncio.Future[bytes], call: Call, what: str
    ) -> order_pb2.CommandResult:
        response = await self._journal.answer(ticket, answer, patience(call, self._answer_seconds))
        result: order_pb2.CommandResult = pb.CancelAllResponse.FromString(response).result
        log.info(
            what,
            key=call.principal.key_id,
            outcome=order_pb2.Outcome.Name(result.outcome),
            sequence=result.place.sequence,
        )
        return result


def _accepted(result: order_pb2.CommandResult) -> order_pb2.CommandResult:
    """The result, if it took effect."""
    if result.outcome == order_pb2.OUTCOME_REJECTED:
        known = result.reject_reason in types_pb2.RejectReason.values()
        number = result.reject_reason if known else types_pb2.REJECT_REASON_OTHER
        reason = types_pb2.RejectReason.Name(number).removeprefix(REASON_PREFIX)
        raise FailedPrecondition(reason, result.reject_text or reason)
    if result.outcome != order_pb2.OUTCOME_ACCEPTED:
        raise _unknown()
    return result


def _unknown() -> DeadlineExceeded:
    return DeadlineExceeded(
        "OUTCOME_UNKNOWN", "no outcome in time; it may still take effect: send it again"
    )
