"""RiskService: limits, positions and exposure, out of the state machine that judges the orders.

An account is seen by its firm's keys and by operators; to others it does not exist. Risk takes
fills in when the next ORDERS message, a tick at the latest, is judged: what is told holds after the
FILLS sequence that is told with it, which on a quiet shard is up to two seconds behind.
"""

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
                quantity=render(row.quantity, row.quantity_scale),
                open_buy_quantity=render(row.open_buy_quantity, row.quantity_scale),
                open_sell_quantity=render(row.open_sell_quantity, row.quantity_scale),
                net_cost=render(row.net_cost, core.money_scale),
            )
            for row in core.positions(request.account)
        ]
        return pb.ListPositionsResponse(positions=positions, sequence=core.fills_applied)

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
            reserved=render(row.reserved, core.money_scale),
            used=render(row.used, core.money_scale),
        )
        if row.buying_power is not None:
            exposure.buying_power = render(row.buying_power, core.money_scale)
        return pb.GetExposureResponse(exposure=exposure, sequence=core.fills_applied)

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
        own = core.limits(account)
        if own is None:
            raise NotFound("NO_LIMITS", f"account {account} was never given limits")
        scale, sizes = 0, own
        # The account's row has whole units; the instrument with the finest scale has them all.
        for instrument in sorted(core.instruments(), key=lambda row: -row.quantity_scale):
            if instrument.quantity_scale == 0:
                break
            special = core.limits(account, instrument.id)
            if special is not None:
                scale, sizes = instrument.quantity_scale, special
                break
        return _limits(own, sizes, scale)


def _limits(own: LimitsRow, sizes: LimitsRow, scale: int) -> risk_pb2.Limits:
    """An account's own limits, with the sizes of a row in units of 10^-scale."""
    shown = risk_pb2.Limits(collar_bps=own.collar_bps, max_open_orders=own.max_open_orders)
    if own.max_order_notional is not None:
        shown.max_order_notional = render(own.max_order_notional, validation.MONEY_SCALE)
    if own.credit is not None:
        shown.credit = render(own.credit, validation.MONEY_SCALE)
    if sizes.max_order_quantity is not None:
        shown.max_order_quantity = render(sizes.max_order_quantity, scale)
    if sizes.max_position is not None:
        shown.max_position = render(sizes.max_position, scale)
    return shown


def _is_operator(principal: Principal) -> bool:
    return "admin" in principal.scopes


def _unknown(account: str) -> NotFound:
    return NotFound("UNKNOWN_ACCOUNT", f"no account {account} of this key's firm")
