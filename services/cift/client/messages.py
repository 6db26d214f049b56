"""Values of the client to protobuf messages and back."""

from decimal import Decimal
from enum import IntEnum
from typing import Any, TypeVar

from cift.client.enums import (
    ExecType,
    Liquidity,
    OrdStatus,
    OrdType,
    Outcome,
    RejectReason,
    RestatementReason,
    SessionState,
    Side,
    TimeInForce,
)
from cift.client.types import (
    BookLevel,
    CancelOrder,
    Command,
    DecimalLike,
    Execution,
    Fill,
    InstrumentStatus,
    MassCancel,
    NewOrder,
    Order,
    OrderList,
    Place,
    ReplaceOrder,
    Result,
    Trade,
    TrailingStop,
    decimal_text,
)
from cift.common.v1 import types_pb2
from cift.market_data.v1 import market_data_pb2
from cift.order_entry.v1 import order_pb2

__all__ = [
    "cancel_order_message",
    "command_message",
    "decimal_of",
    "enum_of",
    "execution_of",
    "levels_of",
    "mass_cancel_message",
    "new_order_message",
    "optional_of",
    "optional_text",
    "order_list_message",
    "order_of",
    "place_message",
    "place_of",
    "reject_reason",
    "replace_order_message",
    "result_of",
    "status_of",
    "trade_of",
]

E = TypeVar("E", bound=IntEnum)
ZERO = Decimal(0)
DECIMALS = ("price", "stop_price", "display_quantity", "min_visible_quantity", "min_quantity")
"""Of a new order, those that may be left out."""


def new_order_message(order: NewOrder) -> order_pb2.NewOrder:
    """As protobuf."""
    time_in_force = order.time_in_force
    if order.expire_time_ns and not time_in_force:
        time_in_force = TimeInForce.GTD
    message = order_pb2.NewOrder(
        account=order.account,
        cl_ord_id=order.cl_ord_id,
        symbol=order.symbol,
        side=types_pb2.Side.ValueType(order.side),
        ord_type=types_pb2.OrdType.ValueType(order.ord_type or _ord_type(order)),
        time_in_force=types_pb2.TimeInForce.ValueType(time_in_force),
        quantity=decimal_text(order.quantity),
        cancel_on_disconnect=order.cancel_on_disconnect,
        expire_time_ns=order.expire_time_ns,
        all_or_none=order.all_or_none,
        post_only=order_pb2.PostOnly.ValueType(order.post_only),
        reduce_only=order.reduce_only,
        self_trade_prevention=types_pb2.SelfTradePrevention.ValueType(order.self_trade_prevention),
        self_trade_group=order.self_trade_group,
        tag=order.tag,
    )
    for name in DECIMALS:
        value = getattr(order, name)
        if value is not None:
            setattr(message, name, decimal_text(value))
    if order.trailing_stop is not None:
        _set_trailing(message.trailing_stop, order.trailing_stop)
    if order.peg is not None:
        message.peg.follows = order_pb2.PegPrice.ValueType(order.peg.follows)
        message.peg.offset = decimal_text(order.peg.offset) if order.peg.offset else ""
    return message


def _ord_type(order: NewOrder) -> OrdType:
    """What its fields make of it."""
    if order.peg is not None:
        return OrdType.PEGGED
    if order.stop_price is not None or order.trailing_stop is not None:
        return OrdType.STOP if order.price is None else OrdType.STOP_LIMIT
    return OrdType.MARKET if order.price is None else OrdType.LIMIT


def _set_trailing(message: order_pb2.TrailingStop, trailing: TrailingStop) -> None:
    if (trailing.price_offset is None) == (trailing.basis_points is None):
        raise ValueError("a stop trails by `price_offset` or by `basis_points`, one of them")
    if trailing.price_offset is not None:
        message.price_offset = decimal_text(trailing.price_offset)
    if trailing.basis_points is not None:
        message.basis_points = trailing.basis_points
    message.activation_price = optional_text(trailing.activation_price)
    message.take_profit = trailing.take_profit


def order_list_message(orders: OrderList) -> order_pb2.OrderList:
    """As protobuf."""
    return order_pb2.OrderList(
        contingency=order_pb2.Contingency.ValueType(orders.contingency),
        orders=[new_order_message(order) for order in orders.orders],
    )


def mass_cancel_message(cancel: MassCancel) -> order_pb2.MassCancel:
    """As protobuf."""
    return order_pb2.MassCancel(
        account=cancel.account,
        cl_ord_id=cancel.cl_ord_id,
        symbol=cancel.symbol,
        side=types_pb2.Side.ValueType(cancel.side),
        tag=cancel.tag,
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
    if order.stop_price is not None:
        message.stop_price = decimal_text(order.stop_price)
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
        case OrderList():
            return order_pb2.Command(order_list=order_list_message(command))
        case MassCancel():
            return order_pb2.Command(mass_cancel=mass_cancel_message(command))


def result_of(message: order_pb2.CommandResult) -> Result:
    """From protobuf."""
    return Result(
        cl_ord_id=message.cl_ord_id,
        outcome=enum_of(Outcome, message.outcome),
        order_id=message.order_id,
        duplicate=message.duplicate,
        reject_reason=enum_of(RejectReason, message.reject_reason),
        reject_text=message.reject_text,
        ord_status=enum_of(OrdStatus, message.ord_status),
        cum_quantity=decimal_of(message.cum_quantity),
        leaves_quantity=decimal_of(message.leaves_quantity),
        fills=tuple(
            Fill(
                price=Decimal(fill.price),
                quantity=Decimal(fill.quantity),
                match_id=fill.match_id,
                liquidity=enum_of(Liquidity, fill.liquidity),
            )
            for fill in message.fills
        ),
        place=place_of(message.place),
        restatement_reason=enum_of(RestatementReason, message.restatement_reason),
        legs=tuple(result_of(leg) for leg in message.legs),
        canceled_orders=message.canceled_orders,
    )


def execution_of(message: order_pb2.Execution) -> Execution:
    """From protobuf."""
    return Execution(
        place=place_of(message.place),
        exec_type=enum_of(ExecType, message.exec_type),
        order_sequence=message.order_sequence,
        order_id=message.order_id,
        cl_ord_id=message.cl_ord_id,
        account=message.account,
        symbol=message.symbol,
        side=enum_of(Side, message.side),
        ord_type=enum_of(OrdType, message.ord_type),
        time_in_force=enum_of(TimeInForce, message.time_in_force),
        ord_status=enum_of(OrdStatus, message.ord_status),
        price=optional_of(message.price),
        quantity=decimal_of(message.quantity),
        last_price=optional_of(message.last_price),
        last_quantity=optional_of(message.last_quantity),
        cum_quantity=decimal_of(message.cum_quantity),
        leaves_quantity=decimal_of(message.leaves_quantity),
        cum_notional=decimal_of(message.cum_notional),
        liquidity=enum_of(Liquidity, message.liquidity),
        match_id=message.match_id,
        reason=enum_of(RejectReason, message.reason),
        transact_time_ns=message.transact_time_ns,
        restatement_reason=enum_of(RestatementReason, message.restatement_reason),
        stop_price=optional_of(message.stop_price),
        display_quantity=optional_of(message.display_quantity),
    )


def order_of(message: order_pb2.Order) -> Order:
    """From protobuf."""
    return Order(
        order_id=message.order_id,
        cl_ord_id=message.cl_ord_id,
        account=message.account,
        symbol=message.symbol,
        side=enum_of(Side, message.side),
        ord_type=enum_of(OrdType, message.ord_type),
        time_in_force=enum_of(TimeInForce, message.time_in_force),
        ord_status=enum_of(OrdStatus, message.ord_status),
        price=optional_of(message.price),
        quantity=decimal_of(message.quantity),
        cum_quantity=decimal_of(message.cum_quantity),
        leaves_quantity=decimal_of(message.leaves_quantity),
        cum_notional=decimal_of(message.cum_notional),
        place=place_of(message.place),
        stop_price=optional_of(message.stop_price),
        display_quantity=optional_of(message.display_quantity),
    )


def trade_of(message: market_data_pb2.Trade) -> Trade:
    """From protobuf."""
    return Trade(
        symbol=message.symbol,
        place=place_of(message.place),
        match_id=message.match_id,
        price=Decimal(message.price),
        quantity=Decimal(message.quantity),
        aggressor_side=enum_of(Side, message.aggressor_side),
        transact_time_ns=message.transact_time_ns,
        taker_order_id=message.taker_order_id,
        maker_order_id=message.maker_order_id,
        auction=message.auction,
        busted=message.busted,
    )


def status_of(symbol: str, sequence: int, message: Any) -> InstrumentStatus:
    """From either of the two messages that tell what an instrument is at."""
    names = ("auction_price", "auction_quantity", "auction_imbalance")
    more = ("last_price", "last_auction_price", "last_auction_quantity")
    return InstrumentStatus(
        symbol,
        sequence,
        enum_of(SessionState, message.session),
        **{name: optional_of(getattr(message, name, "")) for name in (*names, *more)},
    )


def reject_reason(number: int) -> RejectReason:
    """From protobuf."""
    return enum_of(RejectReason, number)


def levels_of(messages: Any) -> tuple[BookLevel, ...]:
    """From protobuf."""
    return tuple(BookLevel(Decimal(m.price), Decimal(m.quantity), m.order_count) for m in messages)


def place_of(message: types_pb2.Place) -> Place:
    """From protobuf."""
    return Place(message.shard, message.sequence, message.index)


def place_message(place: Place) -> types_pb2.Place:
    """As protobuf."""
    return types_pb2.Place(shard=place.shard, sequence=place.sequence, index=place.index)


def optional_text(value: DecimalLike | None) -> str:
    """A decimal that may be left out."""
    return "" if value is None else decimal_text(value)


def _set_target(message: Any, order: CancelOrder | ReplaceOrder) -> None:
    if bool(order.order_id) == bool(order.orig_cl_ord_id):
        raise ValueError("name the order by `order_id` or by `orig_cl_ord_id`, one of them")
    if order.order_id:
        message.order_id = order.order_id
    else:
        message.orig_cl_ord_id = order.orig_cl_ord_id


def enum_of(kind: type[E], number: int) -> E:
    """The member of that number; one that this client does not know yet is UNSPECIFIED."""
    try:
        return kind(number)
    except ValueError:
        return kind(0)


def decimal_of(text: str) -> Decimal:
    """A decimal; one that is left out is 0."""
    return Decimal(text) if text else ZERO


def optional_of(text: str) -> Decimal | None:
    """A decimal that may be left out."""
    return Decimal(text) if text else None
