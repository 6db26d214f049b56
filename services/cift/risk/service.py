"""RiskService: limits, positions and exposure, out of the state machine that judges the orders.

An account is seen by its firm's keys and by operators; to others it does not exist.
"""

from collections.abc import Sequence

from cift.kit.decimals import render
from cift.kit.errors import InvalidArgument, NotFound, Unavailable
from cift.kit.rpc import Call, Principal, rpc
from cift.kit.stage import Stage
from cift.risk import validation
from cift.risk.admin import actor, seconds_to_wait
from cift.risk.reference import Reference
from cift.risk.v1 import risk_pb2
from cift.risk.v1 import risk_service_pb2 as pb
from cift_core import LimitsRow, RiskStage

__all__ = ["Risk"]

CHECK_ORDER_QUANTITY = 1 << 0
CHECK_ORDER_NOTIONAL = 1 << 1
CHECK_COLLAR = 1 << 2
CHECK_POSITION = 1 << 3
CHECK_OPEN_ORDERS = 1 << 4
CHECK_CREDIT = 1 << 5


class Risk:
    """Answers from the core of a stage; UNAVAILABLE while it is being built."""

    def __init__(self, stage: Stage[RiskStage], reference: Reference) -> None:
        self._stage = stage
        self._reference = reference

    @rpc("read", raw=True)
    async def check_order(self, raw: bytes, call: Call) -> bytes:
        """Judge an order as the next one would be, and change nothing."""
        principal = call.principal
        firm = None if _is_operator(principal) else principal.firm
        return self._core().check(raw, firm)

    @rpc("read")
    async def get_limits(self, request: pb.GetLimitsRequest, call: Call) -> pb.GetLimitsResponse:
        """Tell the limits in force."""
        core = self._core_of(request.account, call)
        return pb.GetLimitsResponse(limits=self._limits(core, request.account))

    @rpc("admin", timed=True)
    async def set_limits(self, request: pb.SetLimitsRequest, call: Call) -> pb.SetLimitsResponse:
        """Store the limits with their command, and wait until it has taken effect."""
        seconds = seconds_to_wait(call)
        if violations := validation.name("account", request.account):
            raise InvalidArgument.of(violations)
        wanted = validation.limits(request.limits)
        named = await self._reference.account(request.account)
        if named is None:
            raise _unknown(request.account)
        number = await self._reference.set_limits(named.account.id, wanted, actor(call))
        sequence = await self._reference.in_effect(number, seconds)
        limits = self._limits(self._core(), request.account)
        return pb.SetLimitsResponse(limits=limits, sequence=sequence)

    @rpc("read")
    async def list_positions(
        self, request: pb.ListPositionsRequest, call: Call
    ) -> pb.ListPositionsResponse:
        """Tell what an account holds and has open."""
        core = self._core_of(request.account, call)
        positions = [
            risk_pb2.Position(
                account=request.account,
                symbol=row.symbol,
                quantity=row.quantity,
                open_buy_quantity=row.open_buy_quantity,
                open_sell_quantity=row.open_sell_quantity,
                net_cost=row.net_cost,
            )
            for row in core.positions(request.account)
        ]
        return pb.ListPositionsResponse(positions=positions, sequence=core.applied)

    @rpc("read")
    async def get_exposure(
        self, request: pb.GetExposureRequest, call: Call
    ) -> pb.GetExposureResponse:
        """Tell what an account has at stake."""
        core = self._core_of(request.account, call)
        row = core.exposure(request.account)
        if row is None:
            raise _unknown(request.account)
        exposure = risk_pb2.Exposure(
            account=request.account,
            open_orders=row.open_orders,
            reserved=row.reserved,
            used=row.used,
            buying_power=row.buying_power,
        )
        return pb.GetExposureResponse(exposure=exposure, sequence=core.applied)

    def _core(self) -> RiskStage:
        core = self._stage.core
        if core is None:
            raise Unavailable(
                "REPLAYING", "the state is being built from the journal", retry_after_seconds=1.0
            )
        return core

    def _core_of(self, account: str, call: Call) -> RiskStage:
        """The state, if the caller may see the account in it."""
        if violations := validation.name("account", account):
            raise InvalidArgument.of(violations)
        core = self._core()
        firm = core.account_firm(account)
        if firm is None or (firm != call.principal.firm and not _is_operator(call.principal)):
            raise _unknown(account)
        return core

    def _limits(self, core: RiskStage, account: str) -> risk_pb2.Limits:
        rows = core.limits(account)
        if not rows:
            raise NotFound("NO_LIMITS", f"account {account} was never given limits")
        return _limits(rows)


def _limits(rows: Sequence[LimitsRow]) -> risk_pb2.Limits:
    """The account's own row, with sizes as the instrument with the finest scale has them."""
    own = rows[0]
    shown = risk_pb2.Limits()
    if own.checks & CHECK_ORDER_NOTIONAL:
        shown.max_order_notional = render(own.max_order_notional, validation.MONEY_SCALE)
    if own.checks & CHECK_COLLAR:
        shown.collar_bps = own.collar_bps
    if own.checks & CHECK_OPEN_ORDERS:
        shown.max_open_orders = own.max_open_orders
    if own.checks & CHECK_CREDIT:
        shown.credit = render(own.credit, validation.MONEY_SCALE)
    finest = max(rows, key=lambda row: row.quantity_scale)
    scale = finest.quantity_scale
    if own.checks & CHECK_ORDER_QUANTITY:
        shown.max_order_quantity = render(finest.max_order_quantity, scale)
    if own.checks & CHECK_POSITION:
        shown.max_position = render(finest.max_position, scale)
    return shown


def _is_operator(principal: Principal) -> bool:
    return "admin" in principal.scopes


def _unknown(account: str) -> NotFound:
    return NotFound("UNKNOWN_ACCOUNT", f"no account {account} of this key's firm")
