"""What an operator does to a market and to who sends orders, and what a market is at."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cift.client import messages
from cift.client.enums import SessionState, Side
from cift.client.pages import Pages
from cift.client.types import DecimalLike, InstrumentStatus, Place, Result, decimal_text
from cift.common.v1 import types_pb2
from cift.matching.v1 import matching_service_pb2, matching_service_pb2_grpc
from cift.order_entry.v1 import market_control_service_pb2 as pb
from cift.order_entry.v1 import market_control_service_pb2_grpc

if TYPE_CHECKING:
    from cift.client.client import CiftClient

__all__ = ["ClientSession", "Market"]


@dataclass(frozen=True, slots=True)
class ClientSession:
    """A session stream that a client has open."""

    session: str
    """Its identity, `<origin>-<number>`."""
    origin: int
    """The order_entry process that has it."""
    number: int
    firm: str
    api_key_id: int
    create_time_ns: int
    open_orders: int
    """Orders it sent that are open."""


class Market:
    """Calls that need scope `admin`, and `status`, which needs `read`.

    A refusal by the engine is a ConflictError whose `reason` is the reject reason's name. Each
    call may be repeated without harm, and is, until it is answered.
    """

    def __init__(self, client: "CiftClient") -> None:
        self._client = client
        self._control = market_control_service_pb2_grpc.MarketControlServiceStub(
            client.channel(client.endpoints.order_entry)
        )
        self._matching = matching_service_pb2_grpc.MatchingServiceStub(
            client.channel(client.endpoints.matching)
        )

    async def set_session(
        self, symbol: str, session: SessionState, *, reference_price: DecimalLike | None = None
    ) -> Place:
        """Take an instrument to a session: halt, resume, start an auction, or trade it.

        From an auction to CONTINUOUS or POST_CLOSE trades what has collected;
        `reference_price` is that of the auction, None: the usual one.
        """
        request = pb.SetSessionRequest(
            symbol=symbol,
            session=types_pb2.SessionState.ValueType(session),
            reference_price=messages.optional_text(reference_price),
        )
        reply = await self._client.query(self._control.SetSession, request)
        return messages.place_of(reply.place)

    async def set_last_trade(self, symbol: str, price: DecimalLike) -> Place:
        """Set the last trade of an instrument; stops follow as after a trade."""
        request = pb.SetLastTradeRequest(symbol=symbol, price=decimal_text(price))
        reply = await self._client.query(self._control.SetLastTrade, request)
        return messages.place_of(reply.place)

    async def bust_trade(self, place: Place, match_id: int) -> Place:
        """Undo a trade, named by the place of one of its executions and its match id.

        A ConflictError with reason TOO_LATE: it was undone before.
        """
        request = pb.BustTradeRequest(place=messages.place_message(place), match_id=match_id)
        reply = await self._client.query(self._control.BustTrade, request)
        return messages.place_of(reply.place)

    async def cancel_all(
        self,
        *,
        account: str = "",
        symbol: str = "",
        side: Side = Side.UNSPECIFIED,
        tag: str = "",
    ) -> Result:
        """Cancel all open orders, or those of one account, symbol, side or tag."""
        request = pb.CancelAllRequest(
            account=account, symbol=symbol, side=types_pb2.Side.ValueType(side), tag=tag
        )
        reply = await self._client.query(self._control.CancelAll, request)
        return messages.result_of(reply.result)

    def list_sessions(self) -> Pages[ClientSession]:
        """The session streams that clients have open on this order_entry process."""

        def sessions(reply: pb.ListSessionsResponse) -> list[ClientSession]:
            return [
                ClientSession(
                    session=found.session,
                    origin=found.origin,
                    number=found.number,
                    firm=found.firm,
                    api_key_id=found.api_key_id,
                    create_time_ns=found.create_time_ns,
                    open_orders=found.open_orders,
                )
                for found in reply.sessions
            ]

        return self._client.pages(self._control.ListSessions, pb.ListSessionsRequest(), sessions)

    async def kill_session(self, session: str) -> Place:
        """Stop a session stream: its orders are canceled, none is taken any more, and it ends.

        It can't come back, and a new one is a new start: to keep a client out, kill its account or
        disable its key. NotFoundError: it has ended, or is another process's.
        """
        request = pb.KillSessionRequest(session=session)
        reply = await self._client.query(self._control.KillSession, request)
        return messages.place_of(reply.place)

    async def status(self, symbol: str) -> InstrumentStatus:
        """What an instrument is at now, as the engine holds it."""
        request = matching_service_pb2.GetBookRequest(symbol=symbol, max_orders=1)
        reply = await self._client.query(self._matching.GetBook, request)
        return messages.status_of(symbol, reply.sequence, reply.status)
