"""A market of a test's own on a mesh, traded and heard as lines of text.

A line such as `hit trade 5@99` is an execution of the order that was sent as `hit`.
"""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import count
from typing import Any

from cift.client import (
    CancelOrder,
    CiftClient,
    ExecType,
    Execution,
    Instrument,
    NewOrder,
    OrderList,
    Outcome,
    Result,
    Retry,
    Side,
    kinds,
)

__all__ = ["PATIENT", "SECONDS", "Desk", "at"]

PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
SYMBOLS = count(1)
SECONDS = 10.0
"""Longest wait for what must be heard."""


class Desk:
    """A market of a test's own, two accounts on it, and what is heard of their orders.

    `ann` stands for DEMO-1, `bob` for DEMO-2. A command's `cl_ord_id` is its name in the lines.
    """

    def __init__(self, trader: CiftClient, operator: CiftClient) -> None:
        self.trader, self.operator = trader, operator
        self.symbol = f"KIND-{next(SYMBOLS)}"
        self.ids: dict[str, int] = {}
        """Name → order id."""
        self._names: dict[int, str] = {}
        self.executions: list[Execution] = []
        """Heard so far."""
        self._heard: AsyncIterator[Execution] | None = None

    async def open(self, **terms: Any) -> None:
        """Make the market: prices with two decimals, a tick of 0.01."""
        values = {"symbol": self.symbol, "currency": "USD", "price_scale": 2, "tick_size": "0.01"}
        values["reference_price"] = "100"
        await self.operator.admin.create_instrument(Instrument(**{**values, **terms}))
        now = (await self.operator.market.status(self.symbol)).sequence
        self._heard = self.trader.stream_executions(after_sequence=now)

    def args(self, who: str, side: Side, quantity: int) -> tuple[str, str, Side, int]:
        """How every order begins."""
        return {"ann": "DEMO-1", "bob": "DEMO-2"}[who], self.symbol, side, quantity

    def id_of(self, name: str) -> str:
        """The client order id of a name, which no other market has."""
        return f"{self.symbol}.{name}"

    async def send(self, name: str, order: NewOrder) -> Result:
        """Send an order under a name."""
        result = await self.trader.submit(self.named(name, order))
        self.ids[name] = result.order_id
        return result

    def named(self, name: str, order: NewOrder) -> NewOrder:
        """The order under a name."""
        values = {field: getattr(order, field) for field in NewOrder.__slots__}
        return NewOrder(**{**values, "cl_ord_id": self.id_of(name)})

    async def send_list(self, orders: OrderList, *names: str) -> list[Result]:
        """Send an order list, each order under its name."""
        own = tuple(map(self.named, names, orders.orders))
        return await self.trader.submit_list(OrderList(orders.contingency, own))

    async def limits(self, who: str, side: Side, *orders: tuple[str, int, str]) -> None:
        """Let limit orders rest: name, quantity, price of each."""
        for name, quantity, price in orders:
            result = await self.send(name, kinds.limit(*self.args(who, side, quantity), price))
            assert (result.outcome, result.fills) == (Outcome.ACCEPTED, ())
            await self.hears(f"{name} new")

    async def cancel(self, who: str, name: str) -> Result:
        """Cancel an order."""
        account = self.args(who, Side.BUY, 1)[0]
        return await self.trader.cancel(CancelOrder(account, self.id_of(name)))

    async def hears(self, *lines: str) -> None:
        """Wait for as many executions, which must be these."""
        assert await self.lines(len(lines)) == list(lines)

    async def hears_nothing(self) -> None:
        """Nothing is told until another order's refusal has come."""
        late = await self.trader.cancel(CancelOrder("DEMO-1", order_id=1))
        assert late.outcome == Outcome.REJECTED
        async with asyncio.timeout(SECONDS):
            while True:
                assert self._heard is not None
                execution = await anext(self._heard)
                if execution.place.sequence >= late.place.sequence:
                    return
                assert execution.symbol != self.symbol, execution

    async def lines(self, number: int) -> list[str]:
        """So many executions, whatever they are."""
        return [await self._line() for _ in range(number)]

    async def position_becomes(self, account: str, quantity: int, cost: int) -> None:
        """Wait until an account holds this; the journal's next tick tells risk of a trade."""
        async with asyncio.timeout(SECONDS):
            while True:
                found = await self.trader.risk.list_positions(account)
                own = [(p.quantity, p.net_cost) for p in found if p.symbol == self.symbol]
                if (own or [(Decimal(0), Decimal(0))])[0] == (Decimal(quantity), Decimal(cost)):
                    return
                await asyncio.sleep(0.05)

    async def _line(self) -> str:
        assert self._heard is not None
        async with asyncio.timeout(SECONDS):
            while True:
                execution = await anext(self._heard)
                if execution.symbol == self.symbol:
                    self.executions.append(execution)
                    # A bust names its order by the venue's id alone.
                    name = execution.cl_ord_id or self._names.get(execution.order_id, "")
                    self._names.setdefault(execution.order_id, name)
                    return line_of(execution, name)


def at(quantity: Decimal | None, price: Decimal | None) -> str:
    """A quantity at a price."""
    return f"{quantity or 0:f}@{(price or Decimal(0)).normalize():f}"


def line_of(execution: Execution, name: str) -> str:
    """An execution as a line; the numbers that matter for its kind."""
    kind = execution.exec_type
    words = [name.partition(".")[2], kind.name.lower().replace("_", " ")]
    if kind in (ExecType.TRADE, ExecType.TRADE_BUST):
        words.append(at(execution.last_quantity, execution.last_price))
    if kind in (ExecType.RESTATED, ExecType.REPLACED) and execution.price is not None:
        words.append(at(execution.leaves_quantity, execution.price))
    if kind in (ExecType.REJECTED, ExecType.CANCEL_REJECTED):
        words.append(execution.reason.name.lower())
    elif execution.restatement_reason:
        words.append(execution.restatement_reason.name.lower())
    return " ".join(words)
