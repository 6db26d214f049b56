"""Values of pre-trade risk: limits, positions, exposure, profit and loss, and what risk did.

Quantities are in the instrument's unit. Money is in whole units of a currency: the instrument's
for what a position tells, the holder's for all else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from cift.client import messages
from cift.client.enums import Level, RejectReason, Side
from cift.client.holders import Holder, holder_of
from cift.client.types import DecimalLike, Place, decimal_text
from cift.risk.v1 import risk_pb2, risk_service_pb2

__all__ = [
    "Breach",
    "Check",
    "CheckResult",
    "DuplicateFlow",
    "Exposure",
    "KillSwitch",
    "LimitTerms",
    "Limits",
    "MessageRate",
    "Position",
    "PositionsUpdate",
    "ProfitAndLoss",
    "breach_of",
    "check_of",
    "exposure_of",
    "kill_switch_of",
    "limits_message",
    "limits_of",
    "position_of",
    "positions_update_of",
    "profit_and_loss_of",
]

DECIMALS = (
    "max_order_quantity",
    "max_order_notional",
    "max_position",
    "credit",
    "max_gross_position",
    "max_gross_exposure",
    "max_short",
    "max_daily_loss",
)
INTEGERS = ("collar_bps", "max_open_orders")


@dataclass(frozen=True, slots=True)
class MessageRate:
    """A bucket of `burst` new orders and replaces, filled by `per_second` on the journal's time."""

    per_second: int
    burst: int


@dataclass(frozen=True, slots=True)
class DuplicateFlow:
    """So many times the same order in a row, when two are no further apart than the window."""

    window_ms: int
    max_in_a_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of an account, a firm or the venue; None: that check is off.

    A firm's limits and the venue's are held against what all their accounts have together.
    """

    max_order_quantity: DecimalLike | None = None
    """Of one order."""
    max_order_notional: DecimalLike | None = None
    """Of one order; one without a price counts at the worst that it may trade at."""
    collar_bps: int | None = None
    """Largest distance of a price from the reference price, in basis points."""
    max_position: DecimalLike | None = None
    """Per instrument, long or short, all open orders of the worse side counted as filled."""
    max_open_orders: int | None = None
    credit: DecimalLike | None = None
    """Buying power before any order."""
    max_gross_position: DecimalLike | None = None
    """Per instrument, with the open orders of both sides."""
    max_gross_exposure: DecimalLike | None = None
    """What positions cost and open orders may cost, in all instruments."""
    message_rate: MessageRate | None = None
    duplicate_flow: DuplicateFlow | None = None
    restricted: bool = False
    """No order is let through."""
    max_short: DecimalLike | None = None
    """Per instrument, what may be sold beyond the position; what was located for an account comes
    on top of its own."""
    max_daily_loss: DecimalLike | None = None
    """Since 00:00 UTC; beyond it only orders that can but reduce a position are let through."""
    etag: str = field(default="", compare=False)
    """Of limits that were read: a change made with it is refused if somebody came in between."""
    sequence: int = field(default=0, compare=False)
    """Of limits that were set: the journal sequence at which they took effect."""
    not_in_force: str = field(default="", compare=False)
    """Of limits that were read: why the engine refused them, so that those before still count."""


class LimitTerms(TypedDict, total=False):
    """Limits to change; the fields are those of `Limits`, None and False: off."""

    max_order_quantity: DecimalLike | None
    max_order_notional: DecimalLike | None
    collar_bps: int | None
    max_position: DecimalLike | None
    max_open_orders: int | None
    credit: DecimalLike | None
    max_gross_position: DecimalLike | None
    max_gross_exposure: DecimalLike | None
    message_rate: MessageRate | None
    duplicate_flow: DuplicateFlow | None
    restricted: bool
    max_short: DecimalLike | None
    max_daily_loss: DecimalLike | None


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an account in one instrument; money in the instrument's currency."""

    account: str
    symbol: str
    quantity: Decimal
    """Bought less sold."""
    open_buy_quantity: Decimal
    open_sell_quantity: Decimal
    net_cost: Decimal
    """Money paid less money received; fees not counted."""
    average_price: Decimal | None
    """What the position cost for one unit; None: there is none."""
    realized_pnl: Decimal
    """Of what was closed, at average cost."""
    unrealized_pnl: Decimal | None
    """At the reference price; None: there is none."""
    fees: Decimal
    """Paid, less rebates."""
    reference_price: Decimal | None
    """The last trade, before one the instrument's reference price."""
    currency: str


@dataclass(frozen=True, slots=True)
class PositionsUpdate:
    """All positions (`snapshot`), or those that changed, after a journal sequence.

    One that is closed and has no open orders comes once more, with quantity 0.
    """

    positions: tuple[Position, ...]
    through_sequence: int
    snapshot: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an account has at stake, in its currency."""

    account: str
    open_orders: int
    reserved: Decimal
    """For open orders."""
    used: Decimal
    """Tied up by positions: their initial margin at cost."""
    buying_power: Decimal | None
    """None: that check is off."""
    credit: Decimal | None
    """Buying power before any order; None: that check is off."""
    gross_exposure: Decimal | None
    """Cost of positions and open orders; None: no limit asks for it."""
    equity: Decimal
    """Credit, realised and unrealised profit, less fees."""
    maintenance_margin: Decimal
    """What positions must keep of equity at reference prices."""
    close_only: bool
    """Only orders that can but reduce a position are let through."""
    killed: bool
    """A kill switch of the account, its firm or the venue is on."""
    currency: str
    sequence: int
    """Journal sequence after which it holds."""


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """What an account, a firm or the venue has won and lost, in its currency, less fees.

    What is None is told of accounts only.
    """

    day: Decimal
    """Since 00:00 UTC, realised and at reference prices."""
    total: Decimal
    realized: Decimal | None
    unrealized: Decimal | None
    fees: Decimal | None
    """Paid, less rebates."""
    traded_30_days: Decimal | None
    """Executed in the last 30 UTC days; None also: no schedule of fees has tiers."""
    currency: str
    """Empty: its accounts have several, and it is told in the unit that all currencies share."""
    sequence: int
    """Journal sequence after which it holds."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check says; the numbers are None where the check has none, or is off.

    So are the venue's, which count what all firms have, unless the key has scope `admin`.
    """

    check: str
    level: Level
    passed: bool
    off: bool
    limit: Decimal | None
    value: Decimal | None
    headroom: Decimal | None
    reject_reason: RejectReason
    """What an order would be told that fails it."""


@dataclass(frozen=True, slots=True)
class Check:
    """What risk would say to an order now."""

    accepted: bool
    reject_reason: RejectReason
    reject_text: str
    """The first reason in words, with the limit, the value and the headroom as far as told."""
    results: tuple[CheckResult, ...]
    """Every check, in order of precedence."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that do not pass."""
        return tuple(result.check for result in self.results if not result.passed)

    def result(self, check: str, level: Level = Level.ACCOUNT) -> CheckResult:
        """What one check says at one level; KeyError: there is none."""
        for result in self.results:
            if (result.check, result.level) == (check, level):
                return result
        raise KeyError(f"{check} of the {level.name.lower()}")


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A kill switch that is on."""

    holder: Holder
    comment: str
    """Why, as the one said who switched it on."""
    actor: str
    """Who: the number of the API key."""
    time_ns: int
    sequence: int
    """Journal sequence at which it took effect."""
    actor_user: str = ""
    """Whose key it was; told of the key's own firm, with scope `admin` of all."""
    actor_firm: str = ""
    """That user's firm."""


@dataclass(frozen=True, slots=True)
class Breach:
    """An order or replace that risk refused."""

    place: Place
    transact_time_ns: int
    account: str
    firm: str
    symbol: str
    cl_ord_id: str
    reject_reason: RejectReason
    reject_text: str
    side: Side
    price: Decimal | None
    quantity: Decimal


def limits_message(values: Mapping[str, Any]) -> risk_pb2.Limits:
    """As protobuf; what is None or not there is left out, which is off."""
    message = risk_pb2.Limits(restricted=bool(values.get("restricted")))
    for name in DECIMALS:
        if values.get(name) is not None:
            setattr(message, name, decimal_text(values[name]))
    for name in INTEGERS:
        if values.get(name) is not None:
            setattr(message, name, values[name])
    if (rate := values.get("message_rate")) is not None:
        message.message_rate.per_second = rate.per_second
        message.message_rate.burst = rate.burst
    if (flow := values.get("duplicate_flow")) is not None:
        message.duplicate_flow.window_ms = flow.window_ms
        message.duplicate_flow.max_in_a_row = flow.max_in_a_row
    return message


def limits_of(
    message: risk_pb2.Limits, etag: str, *, sequence: int = 0, not_in_force: str = ""
) -> Limits:
    """From protobuf."""
    values: dict[str, Any] = {"restricted": message.restricted}
    for name in DECIMALS:
        values[name] = Decimal(getattr(message, name)) if message.HasField(name) else None
    for name in INTEGERS:
        values[name] = getattr(message, name) if message.HasField(name) else None
    if message.HasField("message_rate"):
        rate = message.message_rate
        values["message_rate"] = MessageRate(rate.per_second, rate.burst)
    if message.HasField("duplicate_flow"):
        flow = message.duplicate_flow
        values["duplicate_flow"] = DuplicateFlow(flow.window_ms, flow.max_in_a_row)
    return Limits(**values, etag=etag, sequence=sequence, not_in_force=not_in_force)


def position_of(message: risk_pb2.Position) -> Position:
    """From protobuf."""
    return Position(
        account=message.account,
        symbol=message.symbol,
        quantity=messages.decimal_of(message.quantity),
        open_buy_quantity=messages.decimal_of(message.open_buy_quantity),
        open_sell_quantity=messages.decimal_of(message.open_sell_quantity),
        net_cost=messages.decimal_of(message.net_cost),
        average_price=messages.optional_of(message.average_price),
        realized_pnl=messages.decimal_of(message.realized_pnl),
        unrealized_pnl=messages.optional_of(message.unrealized_pnl),
        fees=messages.decimal_of(message.fees),
        reference_price=messages.optional_of(message.reference_price),
        currency=message.currency,
    )


def positions_update_of(message: risk_service_pb2.StreamPositionsResponse) -> PositionsUpdate:
    """From protobuf."""
    positions = tuple(position_of(position) for position in message.positions)
    return PositionsUpdate(positions, message.through_sequence, message.snapshot)


def exposure_of(reply: risk_service_pb2.GetExposureResponse) -> Exposure:
    """From protobuf."""
    message = reply.exposure
    return Exposure(
        account=message.account,
        open_orders=message.open_orders,
        reserved=messages.decimal_of(message.reserved),
        used=messages.decimal_of(message.used),
        buying_power=messages.optional_of(message.buying_power),
        credit=messages.optional_of(message.credit),
        gross_exposure=messages.optional_of(message.gross_exposure),
        equity=messages.decimal_of(message.equity),
        maintenance_margin=messages.decimal_of(message.maintenance_margin),
        close_only=message.close_only,
        killed=message.killed,
        currency=message.currency,
        sequence=reply.sequence,
    )


def profit_and_loss_of(reply: risk_service_pb2.GetProfitAndLossResponse) -> ProfitAndLoss:
    """From protobuf."""
    message = reply.profit_and_loss
    return ProfitAndLoss(
        day=messages.decimal_of(message.day),
        total=messages.decimal_of(message.total),
        realized=messages.optional_of(message.realized),
        unrealized=messages.optional_of(message.unrealized),
        fees=messages.optional_of(message.fees),
        traded_30_days=messages.optional_of(message.traded_30_days),
        currency=message.currency,
        sequence=reply.sequence,
    )


def check_of(reply: risk_service_pb2.CheckOrderResponse) -> Check:
    """From protobuf."""
    results = tuple(
        CheckResult(
            check=message.check,
            level=messages.enum_of(Level, message.level),
            passed=message.passed,
            off=message.off,
            limit=messages.optional_of(message.limit),
            value=messages.optional_of(message.value),
            headroom=messages.optional_of(message.headroom),
            reject_reason=messages.reject_reason(message.reject_reason),
        )
        for message in reply.checks
    )
    reason = messages.reject_reason(reply.reject_reason)
    return Check(reply.accepted, reason, reply.reject_text, results)


def kill_switch_of(message: risk_pb2.KillSwitch) -> KillSwitch:
    """From protobuf."""
    return KillSwitch(
        holder_of(message),
        message.comment,
        message.actor,
        message.time_ns,
        message.sequence,
        message.actor_user,
        message.actor_firm,
    )


def breach_of(message: risk_pb2.Breach) -> Breach:
    """From protobuf."""
    return Breach(
        place=messages.place_of(message.place),
        transact_time_ns=message.transact_time_ns,
        account=message.account,
        firm=message.firm,
        symbol=message.symbol,
        cl_ord_id=message.cl_ord_id,
        reject_reason=messages.reject_reason(message.reject_reason),
        reject_text=message.reject_text,
        side=messages.enum_of(Side, message.side),
        price=messages.optional_of(message.price),
        quantity=messages.decimal_of(message.quantity),
    )
