"""One function for each kind of order: `NewOrder` and `OrderList` with the fields that it needs.

    stop = kinds.stop("DEMO-1", "AMZN", Side.SELL, 100, "220.00")
    pair = kinds.one_cancels_other(kinds.limit("DEMO-1", "AMZN", Side.SELL, 100, "230.00"), stop)
    results = await cift.submit_list(pair)

Each takes the fields that any order may have beside as keywords, such as `time_in_force` or `tag`.
"""

from typing import TypedDict, Unpack

from cift.client.enums import (
    Contingency,
    OrdType,
    PegPrice,
    PostOnly,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from cift.client.types import DecimalLike, NewOrder, OrderList, Peg, TrailingStop

__all__ = [
    "Terms",
    "bracket",
    "iceberg",
    "limit",
    "market",
    "market_to_limit",
    "one_cancels_other",
    "pegged",
    "post_only",
    "stop",
    "stop_limit",
    "trailing_stop",
]


class Terms(TypedDict, total=False):
    """What any kind of order may say beside."""

    time_in_force: TimeInForce
    expire_time_ns: int
    """Good till then, nanoseconds since the Unix epoch."""
    cl_ord_id: str
    tag: str
    """A label for mass cancels."""
    cancel_on_disconnect: bool
    min_quantity: DecimalLike
    """The least that trades at a time."""
    all_or_none: bool
    reduce_only: bool
    self_trade_prevention: SelfTradePrevention
    self_trade_group: int


def limit(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    price: DecimalLike,
    **terms: Unpack[Terms],
) -> NewOrder:
    """Trades at its price or better; what is left rests, unless it is IOC or FOK."""
    return NewOrder(account, symbol, side, quantity, price, **terms)


def market(
    account: str, symbol: str, side: Side, quantity: DecimalLike, **terms: Unpack[Terms]
) -> NewOrder:
    """Takes what the book offers, within the instrument's protection."""
    return NewOrder(account, symbol, side, quantity, **terms)


def market_to_limit(
    account: str, symbol: str, side: Side, quantity: DecimalLike, **terms: Unpack[Terms]
) -> NewOrder:
    """Takes what the book offers; what is left rests at the price of its last trade."""
    return NewOrder(account, symbol, side, quantity, ord_type=OrdType.MARKET_TO_LIMIT, **terms)


def post_only(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    price: DecimalLike,
    *,
    reprice: bool = False,
    **terms: Unpack[Terms],
) -> NewOrder:
    """A limit order that never takes: refused if it would, or repriced one tick away."""
    mode = PostOnly.REPRICE if reprice else PostOnly.REJECT
    return NewOrder(account, symbol, side, quantity, price, post_only=mode, **terms)


def iceberg(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    price: DecimalLike,
    display_quantity: DecimalLike,
    *,
    min_visible_quantity: DecimalLike | None = None,
    **terms: Unpack[Terms],
) -> NewOrder:
    """A limit order that shows a part at a time; refilled when less than the minimum shows."""
    return NewOrder(
        account,
        symbol,
        side,
        quantity,
        price,
        display_quantity=display_quantity,
        min_visible_quantity=min_visible_quantity,
        **terms,
    )


def stop(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    stop_price: DecimalLike,
    **terms: Unpack[Terms],
) -> NewOrder:
    """A market order once the last trade has reached `stop_price`; at once if it has."""
    return NewOrder(account, symbol, side, quantity, stop_price=stop_price, **terms)


def stop_limit(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    stop_price: DecimalLike,
    price: DecimalLike,
    **terms: Unpack[Terms],
) -> NewOrder:
    """A limit order once the last trade has reached `stop_price`; at once if it has."""
    return NewOrder(account, symbol, side, quantity, price, stop_price=stop_price, **terms)


def trailing_stop(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    *,
    price_offset: DecimalLike | None = None,
    basis_points: int | None = None,
    activation_price: DecimalLike | None = None,
    take_profit: bool = False,
    price: DecimalLike | None = None,
    **terms: Unpack[Terms],
) -> NewOrder:
    """A stop (with `price` a stop-limit) order whose stop price follows the best last trade.

    It trails by `price_offset` or by `basis_points`, from the moment the last trade reaches
    `activation_price`, None: at once. See `TrailingStop`.
    """
    trailing = TrailingStop(price_offset, basis_points, activation_price, take_profit)
    return NewOrder(account, symbol, side, quantity, price, trailing_stop=trailing, **terms)


def pegged(
    account: str,
    symbol: str,
    side: Side,
    quantity: DecimalLike,
    follows: PegPrice,
    *,
    offset: DecimalLike = 0,
    price: DecimalLike | None = None,
    **terms: Unpack[Terms],
) -> NewOrder:
    """Rests at a distance from the best bid, the best ask or their middle; `price` bounds it."""
    return NewOrder(account, symbol, side, quantity, price, peg=Peg(follows, offset), **terms)


def one_cancels_other(first: NewOrder, second: NewOrder) -> OrderList:
    """Two orders of one side and quantity; when one trades or ends, the other is canceled."""
    return OrderList(Contingency.ONE_CANCELS_OTHER, (first, second))


def bracket(entry: NewOrder, *exits: NewOrder) -> OrderList:
    """An entry, and one or two exits that wait until it has ended and take what it traded."""
    return OrderList(Contingency.BRACKET, (entry, *exits))
