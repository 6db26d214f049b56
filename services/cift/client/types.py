"""What the client takes and gives: plain values, prices and quantities as `Decimal`.

Where a decimal is taken, `Decimal`, `str` and `int` will do; a `float` is refused, since 223.18 is
none.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias, TypeVar
from uuid import uuid4

from cift.client.enums import (
    Contingency,
    ExecType,
    Liquidity,
    OrdStatus,
    OrdType,
    Outcome,
    PegPrice,
    PostOnly,
    RejectReason,
    RestatementReason,
    SelfTradePrevention,
    SessionState,
    Side,
    TimeInForce,
)

__all__ = [
    "BookLevel",
    "BookUpdate",
    "CancelOrder",
    "Command",
    "DecimalLike",
    "Execution",
    "Fill",
    "InstrumentStatus",
    "MassCancel",
    "NewOrder",
    "Order",
    "OrderList",
    "Peg",
    "Place",
    "ReplaceOrder",
    "Result",
    "Trade",
    "TrailingStop",
    "decimal_text",
    "with_id",
]

DecimalLike: TypeAlias = Decimal | str | int


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the journal: the total order of everything that happens in a shard."""

    shard: int
    sequence: int
    index: int


@dataclass(frozen=True, slots=True)
class TrailingStop:
    """How a stop trails the best last trade: by a price, or by basis points of that trade.

    It begins to trail when the last trade reaches `activation_price`, None: at once;
    `take_profit`: reached in the order's favour instead of against it.
    """

    price_offset: DecimalLike | None = None
    basis_points: int | None = None
    activation_price: DecimalLike | None = None
    take_profit: bool = False


@dataclass(frozen=True, slots=True)
class Peg:
    """What a pegged order follows, and an offset, which may be negative."""

    follows: PegPrice
    offset: DecimalLike = 0


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A new order; `cift.client.kinds` has a function for each kind.

    What `ord_type` leaves unsaid the fields tell: `peg` makes a pegged order, a stop price or a
    trailing stop a stop (with a price a stop-limit) order, a price a limit order, none a market
    order. `expire_time_ns` makes it good till then.
    """

    account: str
    symbol: str
    side: Side
    quantity: DecimalLike
    price: DecimalLike | None = None
    time_in_force: TimeInForce = TimeInForce.UNSPECIFIED
    cl_ord_id: str = ""
    ord_type: OrdType = OrdType.UNSPECIFIED
    cancel_on_disconnect: bool = False
    stop_price: DecimalLike | None = None
    trailing_stop: TrailingStop | None = None
    expire_time_ns: int = 0
    display_quantity: DecimalLike | None = None
    min_visible_quantity: DecimalLike | None = None
    min_quantity: DecimalLike | None = None
    all_or_none: bool = False
    post_only: PostOnly = PostOnly.UNSPECIFIED
    reduce_only: bool = False
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.UNSPECIFIED
    self_trade_group: int = 0
    peg: Peg | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class OrderList:
    """Orders that are accepted all or not at all, and then tied; see `cift.client.kinds`."""

    contingency: Contingency
    orders: tuple[NewOrder, ...]


@dataclass(frozen=True, slots=True)
class MassCancel:
    """Cancels all open orders of an account, or those of one symbol, side or tag."""

    account: str
    symbol: str = ""
    side: Side = Side.UNSPECIFIED
    tag: str = ""
    cl_ord_id: str = ""


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
    stop_price: DecimalLike | None = None


Command: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | OrderList | MassCancel


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
    restatement_reason: RestatementReason = RestatementReason.UNSPECIFIED
    """Why what was accepted ended at once without being asked to."""
    legs: tuple["Result", ...] = ()
    """Of an order list, one for each order; the fields above are those of the first."""
    canceled_orders: int = 0
    """Of a mass cancel."""

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
    restatement_reason: RestatementReason = RestatementReason.UNSPECIFIED
    stop_price: Decimal | None = None
    display_quantity: Decimal | None = None


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
    stop_price: Decimal | None = None
    display_quantity: Decimal | None = None


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
    auction: bool = False
    """Traded in an auction: no side was the aggressor's, the buyer stands for the taker."""
    busted: bool = False
    """The trade of this match id was undone; side and order ids are not told again."""


@dataclass(frozen=True, slots=True)
class InstrumentStatus:
    """What an instrument is at; while orders collect, what an auction would do now."""

    symbol: str
    sequence: int
    """Journal sequence after which it holds."""
    session: SessionState
    auction_price: Decimal | None = None
    """None: nothing would trade."""
    auction_quantity: Decimal | None = None
    auction_imbalance: Decimal | None = None
    """What would be left at the price, positive on the buy side."""
    last_price: Decimal | None = None
    """Of the last trade; not told by the status stream. Likewise the last auction's."""
    last_auction_price: Decimal | None = None
    last_auction_quantity: Decimal | None = None


C = TypeVar("C", bound=Command)


def with_id(command: C) -> C:
    """The command with a client order id, made up when it has none: what makes a repeat safe."""
    if isinstance(command, OrderList):
        return replace(command, orders=tuple(with_id(order) for order in command.orders))
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
