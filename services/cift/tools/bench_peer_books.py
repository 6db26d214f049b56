"""A peer of `FastOrderBook` on a flow, in the peer's own virtual environment.

Run as a program of its own, which imports nothing of CIFT: `bench_peer_books.py PEER SECONDS` reads
the flow from standard input and prints one JSON document. The loop is the same for all; results are
kept and read when the clock has stopped. It stops early when its seconds are over.
"""

import contextlib
import datetime as dt
import gc
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["PEERS"]

Flow = list[tuple[bool, int, bool, bool, int, int]]
"""New or a cancel, order number, buys, immediate or cancel, price, quantity."""
Trades = Iterator[tuple[int, int, int]]
"""Number of the order that rested, price, quantity."""
LOOK_EVERY = 256
"""Operations between two looks at the clock."""


class LightMatchingEngine:
    """`lightmatchingengine`: add and cancel; it has no immediate-or-cancel order."""

    package = "lightmatchingengine"

    def __init__(self) -> None:
        from lightmatchingengine.lightmatchingengine import (  # type: ignore[import-not-found]
            LightMatchingEngine as Engine,
        )

        self._engine = Engine()

    def submit(self, _number: int, buys: bool, immediate: bool, price: int, quantity: int) -> Any:
        """Add an order; what is left of an immediate one is cancelled by a second call."""
        order, trades = self._engine.add_order("X", price, quantity, 1 if buys else 2)
        if immediate and order.leaves_qty:
            self._engine.cancel_order(order.order_id, "X")
        return trades

    def cancel(self, number: int) -> Any:
        """Cancel an order: it numbers them from 1, as the flow does. It fails on filled ones."""
        with contextlib.suppress(AssertionError):
            self._engine.cancel_order(number, "X")

    def trades(self, result: Any) -> Trades:
        """Read the trades: of each level the taker's first, then the makers'."""
        taker = result[0].order_id if result else 0
        for trade in result or ():
            if trade.order_id != taker:
                yield trade.order_id, int(trade.trade_price), int(trade.trade_qty)


class PyOrderBook:
    """`pyorderbook`: match and cancel; it has no immediate-or-cancel order."""

    package = "pyorderbook"

    def __init__(self) -> None:
        from pyorderbook import Book, ask, bid  # type: ignore[import-not-found]

        self._book, self._ask, self._bid = Book(), ask, bid
        self._orders: dict[int, Any] = {}
        self._numbers: dict[Any, int] = {}

    def submit(self, number: int, buys: bool, immediate: bool, price: int, quantity: int) -> Any:
        """Match an order; what is left of an immediate one is cancelled by a second call."""
        order = (self._bid if buys else self._ask)("X", price, quantity)
        self._orders[number] = order
        blotter = self._book.match(order)
        if immediate and order.quantity:
            self._book.cancel(order)
        return blotter

    def cancel(self, number: int) -> Any:
        """Cancel an order, if it is there: it raises where it isn't, and logs that."""
        order = self._orders[number]
        if order.quantity:
            self._book.cancel(order)

    def trades(self, result: Any) -> Trades:
        """Read the trades."""
        if not self._numbers:
            self._numbers = {order.id: number for number, order in self._orders.items()}
        for trade in result.trades if result else ():
            number = self._numbers[trade.standing_order_id]
            yield number, int(trade.fill_price), int(trade.fill_quantity)


class OrderMatching:
    """`order-matching`: place and match; it has no immediate-or-cancel order."""

    package = "order-matching"

    def __init__(self) -> None:
        from loguru import logger  # type: ignore[import-not-found]
        from order_matching.enums import Side  # type: ignore[import-not-found]
        from order_matching.matching_engine import (  # type: ignore[import-not-found]
            MatchingEngine,
        )
        from order_matching.order import LimitOrder  # type: ignore[import-not-found]
        from order_matching.orders import Orders  # type: ignore[import-not-found]

        # It writes a line for every order otherwise.
        logger.remove()
        self._engine = MatchingEngine(seed=1)
        self._order, self._orders = LimitOrder, Orders
        self._sides = (Side.SELL, Side.BUY)
        self._now = dt.datetime(2012, 6, 21)  # noqa: DTZ001 -- theirs are naive too
        self._step = dt.timedelta(microseconds=1)

    def submit(self, number: int, buys: bool, immediate: bool, price: int, quantity: int) -> Any:
        """Place an order and match; what is left of an immediate one is cancelled."""
        self._now += self._step
        order = self._order(
            side=self._sides[buys],
            price=price,
            size=quantity,
            timestamp=self._now,
            order_id=str(number),
            trader_id="1",
        )
        self._engine.place(self._orders([order]))
        trades = self._engine.match(timestamp=self._now)
        if immediate and order.size:
            self._engine.cancel_order(str(number))
        return trades

    def cancel(self, number: int) -> Any:
        """Cancel an order; it raises where there is none."""
        with contextlib.suppress(ValueError):
            self._engine.cancel_order(str(number))

    def trades(self, result: Any) -> Trades:
        """Read the trades."""
        for trade in result.trades if result else ():
            yield int(trade.book_order_id), int(trade.price), int(trade.size)


PEERS: dict[str, Callable[[], Any]] = {
    peer.package: peer for peer in (LightMatchingEngine, PyOrderBook, OrderMatching)
}


def play(peer: Any, flow: Flow, seconds_max: float) -> tuple[float, list[Any]]:
    """Play as much of a flow as there is time for; the seconds that it took, and each result."""
    results: list[Any] = []
    keep, submit, cancel = results.append, peer.submit, peer.cancel
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    for first in range(0, len(flow), LOOK_EVERY):
        for new, number, buys, immediate, price, quantity in flow[first : first + LOOK_EVERY]:
            if new:
                keep(submit(number, buys, immediate, price, quantity))
            else:
                keep(cancel(number))
        if time.perf_counter() - started > seconds_max:
            break
    seconds = time.perf_counter() - started
    gc.enable()
    return seconds, results


def main(package: str, seconds_max: float) -> None:
    """Read the flow, play it, print what came of it."""
    flow: Flow = [tuple(one) for one in json.load(sys.stdin)]
    peer = PEERS[package]()
    seconds, results = play(peer, flow, seconds_max)
    trades = [
        (place, *trade) for place, result in enumerate(results) for trade in peer.trades(result)
    ]
    document = {
        "version": importlib.metadata.version(package),
        "operations": len(results),
        "seconds": seconds,
        "trades": trades,
    }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
