"""What the client takes and gives: plain values, prices and quantities as `Decimal`.

Where a decimal is taken, `Decimal`, `str` and `int` will do; a `float` is refused, since 223.18 is
none. Enumerations have the numbers and the meaning of the protobuf interface.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum
from typing import Any, TypeAlias, TypeVar
from uuid import uuid4

from cift.common.v1 import types_pb2
from cift.market_data.v1 import market_data_pb2
from cift.order_entry.v1 import order_pb2

__all__ = [
    "BookLevel",
    "BookUpdate",
    "CancelOrder",
    "Command",
    "DecimalLike",
    "ExecType",
    "Execution",
    "Fill",
    "Liquidity",
    "NewOrder",
    "OrdStatus",
    "OrdType",
    "Order",
    "Outcome",
    "Place",
    "RejectReason",
    "ReplaceOrder",
    "Result",
    "Side",
    "TimeInForce",
    "Trade",
    "WaitFor",
    "decimal_text",
]

DecimalLike: TypeAlias = Decimal | str | int
ZERO = Decimal(0)


class Side(IntEnum):
    """FIX 54."""

    UNSPECIFIED = 0
    BUY = 1
    SELL = 2


class OrdType(IntEnum):
    """FIX 40."""

    UNSPECIFIED = 0
    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """FIX 59; unspecified: GTC for limit, IOC for market orders."""

    UNSPECIFIED = 0
    DAY = 1
    GTC = 2
    IOC = 3
    FOK = 4


class OrdStatus(IntEnum):
    """FIX 39."""

    UNSPECIFIED = 0
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    EXPIRED = 5
    REJECTED = 6


class ExecType(IntEnum):
    """FIX 150."""

    UNSPECIFIED = 0
    NEW = 1
    TRADE = 2
    REPLACED = 3
    CANCELED = 4
    EXPIRED = 5
    REJECTED = 6
    CANCEL_REJECTED = 7


class Liquidity(IntEnum):
    """FIX 851."""

    UNSPECIFIED = 0
    MAKER = 1
    TAKER = 2


class Outcome(IntEnum):
    """What became of a command."""

    UNSPECIFIED = 0
    RECEIVED = 1
    ACCEPTED = 2
    REJECTED = 3
    UNKNOWN = 4


class WaitFor(IntEnum):
    """What a call waits for."""

    UNSPECIFIED = 0
    RECEIVED = 1
    RESULT = 2


class RejectReason(IntEnum):
    """Why a command was refused; numbers below 100 are FIX 103's."""

    UNSPECIFIED = 0
    UNKNOWN_SYMBOL = 1
    MARKET_CLOSED = 2
    EXCEEDS_LIMIT = 3
    TOO_LATE = 4
    UNKNOWN_ORDER = 5
    DUPLICATE_CL_ORD_ID = 6
    STALE = 8
    UNSUPPORTED_CHARACTERISTIC = 11
    INCORRECT_QUANTITY = 13
    UNKNOWN_ACCOUNT = 15
    PRICE_BAND = 16
    TICK_SIZE = 18
    NO_REFERENCE_PRICE = 19
    INSUFFICIENT_CREDIT = 25
    CLIP_SIZE = 26
    MAX_ORDER_NOTIONAL = 27
    OTHER = 99
    FOK_UNFILLABLE = 102
    ACCOUNT_DISABLED = 105
    MAX_OPEN_ORDERS = 106
    SYSTEM_UNAVAILABLE = 107


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the journal: the total order of everything that happens in a shard."""

    shard: int
    sequence: int
    index: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A new order; without `price` a market order, unless `ord_type` says otherwise."""

    account: str
    symbol: str
    side: Side
    quantity: DecimalLike
    price: DecimalLike | None = None
    time_in_force: TimeInForce = TimeInForce.UNSPECIFIED
    cl_ord_id: str = ""
    ord_type: OrdType = OrdType.UNSPECIFIED
    cancel_on_disconnect: bool = False


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancels one order, named by `order_id` or by `orig_cl_ord_id`."""

    account: str
    orig_cl_ord_id: str = ""
    order_id: int = 0
    cl_ord_id: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Changes an order, named by either id; what is None stays as it is.

    `quantity` is the new total, `leaves_quantity` the open quantity wanted; not both.
    """

    account: str
    symbol: str
    orig_cl_ord_id: str = ""
    order_id: int = 0
    price: DecimalLike | None = None
    quantity: DecimalLike | None = None
    leaves_quantity: DecimalLike | None = None
    cl_ord_id: str = ""


Command: TypeAlias = NewOrder | CancelOrder | ReplaceOrder


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade of the order that a command concerns."""

    price: Decimal
    quantity: Decimal
    match_id: int
    liquidity: Liquidity


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one command."""

    cl_ord_id: str
    outcome: Outcome
    order_id: int
    duplicate: bool
    reject_reason: RejectReason
    reject_text: str
    ord_status: OrdStatus
    cum_quantity: Decimal
    leaves_quantity: Decimal
    fills: tuple[Fill, ...]
    place: Place

    @property
    def accepted(self) -> bool:
        """Whether it took effect."""
        return self.outcome == Outcome.ACCEPTED

    @property
    def rejected(self) -> bool:
        """Whether it was refused; `reject_reason` says why."""
        return self.outcome == Outcome.REJECTED


@dataclass(frozen=True, slots=True)
class Execution:
    """One thing that happened to one order."""

    place: Place
    exec_type: ExecType
    order_sequence: int
    order_id: int
    cl_ord_id: str
    account: str
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    ord_status: OrdStatus
    price: Decimal | None
    quantity: Decimal
    last_price: Decimal | None
    last_quantity: Decimal | None
    cum_quantity: Decimal
    leaves_quantity: Decimal
    cum_notional: Decimal
    liquidity: Liquidity
    match_id: int
    reason: RejectReason
    transact_time_ns: int


@dataclass(frozen=True, slots=True)
class Order:
    """The state of an order."""

    order_id: int
    cl_ord_id: str
    account: str
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    ord_status: OrdStatus
    price: Decimal | None
    quantity: Decimal
    cum_quantity: Decimal
    leaves_quantity: Decimal
    cum_notional: Decimal
    place: Place


@dataclass(frozen=True, slots=True)
class BookLevel:
    """One price of one side of a book; `quantity` 0 in a delta: the level is gone."""

    price: Decimal
    quantity: Decimal
    order_count: int


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """A whole book (`snapshot`), or what one command changed in it."""

    symbol: str
    place: Place
    snapshot: bool
    bids: tuple[BookLevel, ...] = field(default=())
    asks: tuple[BookLevel, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade, blind to the counterparties."""

    symbol: str
    place: Place
    match_id: int
    price: Decimal
    quantity: Decimal
    aggressor_side: Side
    transact_time_ns: int
    taker_order_id: int
    maker_order_id: int


C = TypeVar("C", bound=NewOrder | CancelOrder | ReplaceOrder)
E = TypeVar("E", bound=IntEnum)


def with_id(command: C) -> C:
    """The command with a client order id, made up when it has none: what makes a repeat safe."""
    return command if command.cl_ord_id else replace(command, cl_ord_id=uuid4().hex)


def decimal_text(value: DecimalLike) -> str:
    """A decimal as the interface writes it: sign, digits, fraction, no exponent."""
    if isinstance(value, bool | float):
        raise TypeError(f"a decimal is a Decimal, a str or an int, not {value!r}")
    return (
        value
        if isinstance(value, str)
        else f"{value:f}"
        if isinstance(value, Decimal)
        else str(value)
    )


def new_order_message(order: NewOrder) -> order_pb2.NewOrder:
    """As protobuf."""
    ord_type = order.ord_type or (OrdType.MARKET if order.price is None else OrdType.LIMIT)
    return order_pb2.NewOrder(
        account=order.account,
        cl_ord_id=order.cl_ord_id,
        symbol=order.symbol,
        side=types_pb2.Side.ValueType(order.side),
        ord_type=types_pb2.OrdType.ValueType(ord_type),
        time_in_force=types_pb2.TimeInForce.ValueType(order.time_in_force),
        quantity=decimal_text(order.quantity),
        price="" if order.price is None else decimal_text(order.price),
        cancel_on_disconnect=order.cancel_on_disconnect,
    )


def cancel_order_message(order: CancelOrder) -> order_pb2.CancelOrder:
    """As protobuf."""
    message = order_pb2.CancelOrder(account=order.account, cl_ord_id=order.cl_ord_id)
    _set_target(message, order)
    return message


def replace_order_message(order: ReplaceOrder) -> order_pb2.ReplaceOrder:
    """As protobuf."""
    if order.quantity is not None and order.leaves_quantity is not None:
        raise ValueError("a replace gives `quantity` or `leaves_quantity`, not both")
    message = order_pb2.ReplaceOrder(
        account=order.account, cl_ord_id=order.cl_ord_id, symbol=order.symbol
    )
    _set_target(message, order)
    if order.price is not None:
        message.price = decimal_text(order.price)
    if order.quantity is not None:
        message.quantity = decimal_text(order.quantity)
    if order.leaves_quantity is not None:
        message.leaves_quantity = decimal_text(order.leaves_quantity)
    return message


def command_message(command: Command) -> order_pb2.Command:
    """As protobuf, for a batch or a session."""
    match command:
        case NewOrder():
            return order_pb2.Command(new_order=new_order_message(command))
        case CancelOrder():
            return order_pb2.Command(cancel_order=cancel_order_message(command))
        case ReplaceOrder():
            return order_pb2.Command(replace_order=replace_order_message(command))


def result_of(message: order_pb2.CommandResult) -> Result:
    """From protobuf."""
    return Result(
        cl_ord_id=message.cl_ord_id,
        outcome=_enum(Outcome, message.outcome),
        order_id=message.order_id,
        duplicate=message.duplicate,
        reject_reason=_enum(RejectReason, message.reject_reason),
        reject_text=message.reject_text,
        ord_status=_enum(OrdStatus, message.ord_status),
        cum_quantity=_decimal(message.cum_quantity),
        leaves_quantity=_decimal(message.leaves_quantity),
        fills=tuple(
            Fill(
                price=Decimal(fill.price),
                quantity=Decimal(fill.quantity),
                match_id=fill.match_id,
                liquidity=_enum(Liquidity, fill.liquidity),
            )
            for fill in message.fills
        ),
        place=place_of(message.place),
    )


def execution_of(message: order_pb2.Execution) -> Execution:
    """From protobuf."""
    return Execution(
        place=place_of(message.place),
        exec_type=_enum(ExecType, message.exec_type),
        order_sequence=message.order_sequence,
        order_id=message.order_id,
        cl_ord_id=message.cl_ord_id,
        account=message.account,
        symbol=message.symbol,
        side=_enum(Side, message.side),
        ord_type=_enum(OrdType, message.ord_type),
        time_in_force=_enum(TimeInForce, message.time_in_force),
        ord_status=_enum(OrdStatus, message.ord_status),
        price=_optional(message.price),
        quantity=_decimal(message.quantity),
        last_price=_optional(message.last_price),
        last_quantity=_optional(message.last_quantity),
        cum_quantity=_decimal(message.cum_quantity),
        leaves_quantity=_decimal(message.leaves_quantity),
        cum_notional=_decimal(message.cum_notional),
        liquidity=_enum(Liquidity, message.liquidity),
        match_id=message.match_id,
        reason=_enum(RejectReason, message.reason),
        transact_time_ns=message.transact_time_ns,
    )


def order_of(message: order_pb2.Order) -> Order:
    """From protobuf."""
    return Order(
        order_id=message.order_id,
        cl_ord_id=message.cl_ord_id,
        account=message.account,
        symbol=message.symbol,
        side=_enum(Side, message.side),
        ord_type=_enum(OrdType, message.ord_type),
        time_in_force=_enum(TimeInForce, message.time_in_force),
        ord_status=_enum(OrdStatus, message.ord_status),
        price=_optional(message.price),
        quantity=_decimal(message.quantity),
        cum_quantity=_decimal(message.cum_quantity),
        leaves_quantity=_decimal(message.leaves_quantity),
        cum_notional=_decimal(message.cum_notional),
        place=place_of(message.place),
    )


def trade_of(message: market_data_pb2.Trade) -> Trade:
    """From protobuf."""
    return Trade(
        symbol=message.symbol,
        place=place_of(message.place),
        match_id=message.match_id,
        price=Decimal(message.price),
        quantity=Decimal(message.quantity),
        aggressor_side=_enum(Side, message.aggressor_side),
        transact_time_ns=message.transact_time_ns,
        taker_order_id=message.taker_order_id,
        maker_order_id=message.maker_order_id,
    )


def reject_reason(number: int) -> RejectReason:
    """From protobuf."""
    return _enum(RejectReason, number)


def levels_of(messages: Any) -> tuple[BookLevel, ...]:
    """From protobuf."""
    return tuple(BookLevel(Decimal(m.price), Decimal(m.quantity), m.order_count) for m in messages)


def place_of(message: types_pb2.Place) -> Place:
    """From protobuf."""
    return Place(message.shard, message.sequence, message.index)


def _set_target(message: Any, order: CancelOrder | ReplaceOrder) -> None:
    if bool(order.order_id) == bool(order.orig_cl_ord_id):
        raise ValueError("name the order by `order_id` or by `orig_cl_ord_id`, one of them")
    if order.order_id:
        message.order_id = order.order_id
    else:
        message.orig_cl_ord_id = order.orig_cl_ord_id


def _enum(kind: type[E], number: int) -> E:
    """The member of that number; one that this client does not know yet is UNSPECIFIED."""
    try:
        return kind(number)
    except ValueError:
        return kind(0)


def _decimal(text: str) -> Decimal:
    return Decimal(text) if text else ZERO


def _optional(text: str) -> Decimal | None:
    return Decimal(text) if text else None
