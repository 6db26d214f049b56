"""Pre-trade risk: limits, positions, exposure, profit and loss, kill switches, breaches."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Unpack

from google.protobuf.field_mask_pb2 import FieldMask

from cift.client import limits as values
from cift.client import messages, streams
from cift.client.holders import HolderLike, holder_fields
from cift.client.limits import (
    Breach,
    Check,
    Exposure,
    KillSwitch,
    Limits,
    LimitTerms,
    Position,
    PositionsUpdate,
    ProfitAndLoss,
)
from cift.client.pages import Pages
from cift.client.types import NewOrder
from cift.risk.v1 import risk_service_pb2 as pb
from cift.risk.v1 import risk_service_pb2_grpc

if TYPE_CHECKING:
    from cift.client.client import CiftClient

__all__ = ["Risk"]


class Risk:
    """Calls that need scope `read`; `set_limits`, `update_limits` and `unkill` need `admin`.

    `kill` needs `trade` for the key's own firm and its accounts, else `admin`. A holder is an
    account's name, `Holder(firm=…)` or `VENUE`; all that concerns the venue needs `admin`. What is
    another firm's is a NotFoundError.
    """

    def __init__(self, client: "CiftClient") -> None:
        self._client = client
        self._risk = risk_service_pb2_grpc.RiskServiceStub(client.channel(client.endpoints.risk))

    async def check_order(self, order: NewOrder, session: str = "") -> Check:
        """Ask what risk would say to an order now, check by check, without sending it.

        `session`: the id of the session that would send it.
        """
        message = messages.new_order_message(order)
        request = pb.CheckOrderRequest(order=message, session=session)
        return values.check_of(await self._client.query(self._risk.CheckOrder, request))

    async def get_limits(self, holder: HolderLike, symbol: str = "") -> Limits:
        """The limits in force on all instruments, or those in one only; see `not_in_force`.

        NotFoundError: there were never any. An account without limits cannot trade.
        """
        request = pb.GetLimitsRequest(symbol=symbol, **holder_fields(holder))
        reply = await self._client.query(self._risk.GetLimits, request)
        return values.limits_of(reply.limits, reply.etag, not_in_force=reply.not_in_force)

    async def set_limits(self, holder: HolderLike, limits: Limits, symbol: str = "") -> Limits:
        """Set limits, all at once; what is in force then, and from which sequence on.

        In one instrument only: `max_order_quantity`, `max_position`, `max_gross_position`,
        `max_short` and `restricted`, which take the place of those on all. AbortedError: `limits`
        were read, so they have an etag, and somebody set others since.
        """
        message = values.limits_message({n: getattr(limits, n) for n in Limits.__slots__})
        request = pb.SetLimitsRequest(
            limits=message, symbol=symbol, etag=limits.etag, **holder_fields(holder)
        )
        reply = await self._client.query(self._risk.SetLimits, request)
        return values.limits_of(reply.limits, reply.etag, sequence=reply.sequence)

    async def update_limits(
        self, holder: HolderLike, symbol: str = "", *, etag: str = "", **terms: Unpack[LimitTerms]
    ) -> Limits:
        """Change the limits that are named and leave the others; None: off."""
        if not terms:
            raise ValueError("name the limits that shall change")
        request = pb.SetLimitsRequest(
            limits=values.limits_message(terms),
            symbol=symbol,
            update_mask=FieldMask(paths=list(terms)),
            etag=etag,
            **holder_fields(holder),
        )
        reply = await self._client.query(self._risk.SetLimits, request)
        return values.limits_of(reply.limits, reply.etag, sequence=reply.sequence)

    def list_positions(self, account: str) -> Pages[Position]:
        """Where an account has a position or open orders, by symbol.

        Await it to have all, iterate it to read a page at a time; each page is as things stand when
        it is read.
        """
        return self._client.pages(
            self._risk.ListPositions,
            pb.ListPositionsRequest(account=account),
            lambda reply: [values.position_of(position) for position in reply.positions],
        )

    async def get_exposure(self, account: str) -> Exposure:
        """What an account has at stake, and its buying power."""
        request = pb.GetExposureRequest(account=account)
        return values.exposure_of(await self._client.query(self._risk.GetExposure, request))

    async def get_profit_and_loss(self, holder: HolderLike) -> ProfitAndLoss:
        """What an account, a firm or the venue has won and lost."""
        request = pb.GetProfitAndLossRequest(**holder_fields(holder))
        reply = await self._client.query(self._risk.GetProfitAndLoss, request)
        return values.profit_and_loss_of(reply)

    def stream_positions(
        self, account: str = "", *, resume: bool = True
    ) -> AsyncGenerator[PositionsUpdate, None]:
        """All positions of an account or of the key's firm, then those that change.

        After a break another snapshot comes, unless `resume` is False. A slow reader misses states
        of a position that were soon replaced, never the newest.
        """
        return streams.positions(self._client, account, resume)

    def list_breaches(self, account: str = "") -> Pages[Breach]:
        """What risk refused, the newest first: of an account, of the key's firm, with `admin` all.

        Await it to have all, iterate it to read a page at a time. It comes out of the history, a
        moment behind; what is refused now is told by `stream_breaches`.
        """
        return self._client.pages(
            self._risk.ListBreaches,
            pb.ListBreachesRequest(account=account),
            lambda reply: [values.breach_of(breach) for breach in reply.breaches],
        )

    def stream_breaches(
        self, account: str = "", *, after_sequence: int | None = None, resume: bool = True
    ) -> AsyncGenerator[Breach, None]:
        """What risk refuses: after a journal sequence, None: from now on; gapless.

        A broken stream is resumed where it stopped, unless `resume` is False.
        """
        return streams.breaches(self._client, account, after_sequence, resume)

    async def kill(self, holder: HolderLike, comment: str = "") -> int:
        """Cancel all open orders of the holder and let no new one through.

        `comment` says why, up to 200 characters. Returns the journal sequence of it. The same again
        is no error.
        """
        request = pb.KillRequest(comment=comment, **holder_fields(holder))
        return int((await self._client.query(self._risk.Kill, request)).sequence)

    async def unkill(self, holder: HolderLike, comment: str = "") -> int:
        """Let orders of the holder through again; the journal sequence of it."""
        request = pb.UnkillRequest(comment=comment, **holder_fields(holder))
        return int((await self._client.query(self._risk.Unkill, request)).sequence)

    def list_kill_switches(self) -> Pages[KillSwitch]:
        """Switches that are on: of the key's firm, its accounts and the venue; with `admin` all.

        Await it to have all, iterate it to read a page at a time.
        """
        return self._client.pages(
            self._risk.ListKillSwitches,
            pb.ListKillSwitchesRequest(),
            lambda reply: [values.kill_switch_of(switch) for switch in reply.kill_switches],
        )
