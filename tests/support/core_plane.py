"""The order plane in one process: gateways, stages and a feed, wired by plain calls.

What the bus does between them is here a list of messages: ORDERS as a gateway froze it gets the
next sequence and a stored timestamp, risk and matching answer, and every gateway and the feed see
the FILLS message. The frames are real and so is all that reads and writes them.
"""

from dataclasses import dataclass, field
from typing import Any

from cift.common.v1 import types_pb2 as types
from cift.order_entry.v1 import order_entry_service_pb2 as service
from cift.order_entry.v1 import order_pb2 as orders
from cift_core import (
    Applied,
    Frozen,
    Gateway,
    MarketDataFeed,
    MatchingStage,
    RiskStage,
    encode_reference,
)

__all__ = ["ALPHA", "BETA", "Plane", "cancel", "limit", "market", "replace"]

START_NS = 1_700_000_000 * 10**9
STEP_NS = 1_000_000
MONEY = 10**12
# Firms.
ALPHA, BETA = 1, 2
REFERENCE: list[tuple[str, dict[str, int | str]]] = [
    ("instrument", {"id": 1, "price_scale": 2, "flags": 1, "symbol": "AMZN", "currency": "USD",
                    "tick_size": 1, "lot_size": 1, "initial_margin_bps": 10_000}),
    ("instrument", {"id": 2, "price_scale": 4, "quantity_scale": 8, "flags": 1,
                    "symbol": "BTC-USD", "currency": "USD", "tick_size": 5, "lot_size": 1000}),
    ("account", {"id": 1, "firm": ALPHA, "flags": 1, "name": "A1", "currency": "USD"}),
    ("account", {"id": 2, "firm": ALPHA, "flags": 1, "name": "A2", "currency": "USD"}),
    ("account", {"id": 3, "firm": BETA, "flags": 1, "name": "B1", "currency": "USD"}),
    ("limits", {"account": 1, "checks": 0}),
    ("limits", {"account": 2, "checks": 63, "max_order_quantity": 10**12, "collar_bps": 5_000,
                "max_order_notional": str(10**6 * MONEY), "max_position": 10**12,
                "max_open_orders": 3, "credit": str(10**9 * MONEY)}),
    ("limits", {"account": 3, "checks": 0}),
]  # fmt: skip


@dataclass
class Plane:
    """One shard."""

    risk: RiskStage = field(default_factory=RiskStage)
    matching: MatchingStage = field(default_factory=MatchingStage)
    feed: MarketDataFeed = field(default_factory=MarketDataFeed)
    gateways: list[Gateway] = field(default_factory=lambda: [Gateway(0, 1000)])
    asked: list[tuple[int, bytes]] = field(default_factory=list)
    risked: list[bytes] = field(default_factory=list)
    fills: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store(encode_reference(1, REFERENCE))

    @property
    def gateway(self) -> Gateway:
        """The first one."""
        return self.gateways[0]

    def store(self, frame: bytes) -> list[Applied]:
        """Put a message into ORDERS; what FILLS then means to each gateway."""
        sequence = len(self.asked) + 1
        timestamp_ns = START_NS + sequence * STEP_NS
        for n in range(self.risk.fills_applied, self.risk.fills_wanted(sequence, frame)):
            self.risk.apply_fills(n + 1, self.fills[n])
        risked = self.risk.apply(sequence, timestamp_ns, frame)
        fills = self.matching.apply(sequence, risked)
        self.asked.append((timestamp_ns, frame))
        self.risked.append(risked)
        self.fills.append(fills)
        self.feed.apply(sequence, fills)
        return [gateway.apply_fills(sequence, fills) for gateway in self.gateways]

    def flush(self, gateway: Gateway | None = None) -> dict[int, bytes]:
        """Send all that waits in a gateway; the answers by ticket."""
        gateway = gateway or self.gateway
        answers: dict[int, bytes] = {}
        while (frozen := gateway.freeze(gateway.applied)) is not None:
            answers |= self.send(frozen, gateway)
        return answers

    def send(self, frozen: Frozen, gateway: Gateway | None = None) -> dict[int, bytes]:
        """Send one batch; the answers by ticket, first outcomes of repeats fetched."""
        gateway = gateway or self.gateway
        applied = self.store(frozen.frame)[self.gateways.index(gateway)]
        answers = dict(gateway.stored(frozen.batch, len(self.asked)))
        assert applied.own_batch == frozen.batch
        answers |= dict(applied.completed)
        for ticket, sequences in applied.repeats:
            frames = {sequence: self.fills[sequence - 1] for sequence in sequences}
            answers[ticket] = gateway.complete_repeats(ticket, frames)
        return answers

    def ask(
        self, *commands: Any, firm: int = ALPHA, session: int = 0, received: bool = False
    ) -> list[orders.CommandResult]:
        """Send commands as one batch request and return their results."""
        wait_for = orders.WAIT_FOR_RECEIVED if received else orders.WAIT_FOR_UNSPECIFIED
        wrapped = [wrap(command) for command in commands]
        method = Gateway.METHOD_SESSION if session else Gateway.METHOD_BATCH
        request = (
            service.SessionRequest(request_id=77, commands=wrapped, wait_for=wait_for)
            if session
            else service.SubmitBatchRequest(commands=wrapped, wait_for=wait_for)
        )
        submitted = self.gateway.submit(method, request.SerializeToString(), firm, session)
        answer = submitted.response or self.flush()[submitted.ticket]
        if session:
            return list(service.SessionResponse.FromString(answer).results)
        return list(service.SubmitBatchResponse.FromString(answer).results)


def wrap(command: Any) -> orders.Command:
    """A command as one of a list."""
    match command:
        case orders.NewOrder():
            return orders.Command(new_order=command)
        case orders.CancelOrder():
            return orders.Command(cancel_order=command)
        case orders.OrderList():
            return orders.Command(order_list=command)
        case orders.MassCancel():
            return orders.Command(mass_cancel=command)
        case _:
            return orders.Command(replace_order=command)


def limit(
    cl_ord_id: str,
    side: str,
    quantity: str,
    price: str,
    account: str = "A1",
    symbol: str = "AMZN",
    **more: Any,
) -> orders.NewOrder:
    """A limit order: `limit("b1", "buy", "100", "223.18")`."""
    return orders.NewOrder(
        account=account, cl_ord_id=cl_ord_id, symbol=symbol, side=sides(side),
        ord_type=types.ORD_TYPE_LIMIT, quantity=quantity, price=price, **more,
    )  # fmt: skip


def market(
    cl_ord_id: str, side: str, quantity: str, account: str = "A1", symbol: str = "AMZN"
) -> orders.NewOrder:
    """A market order."""
    return orders.NewOrder(
        account=account, cl_ord_id=cl_ord_id, symbol=symbol, side=sides(side),
        ord_type=types.ORD_TYPE_MARKET, quantity=quantity,
    )  # fmt: skip


def cancel(target: int | str, cl_ord_id: str = "", account: str = "A1") -> orders.CancelOrder:
    """A cancel by the venue's id or by a client order id."""
    if isinstance(target, int):
        return orders.CancelOrder(account=account, cl_ord_id=cl_ord_id, order_id=target)
    return orders.CancelOrder(account=account, cl_ord_id=cl_ord_id, orig_cl_ord_id=target)


def replace(
    target: str, cl_ord_id: str, account: str = "A1", symbol: str = "AMZN", **terms: Any
) -> orders.ReplaceOrder:
    """A replace: `replace("b1", "b2", price="223.20", quantity="50")`."""
    return orders.ReplaceOrder(
        account=account, cl_ord_id=cl_ord_id, orig_cl_ord_id=target, symbol=symbol, **terms
    )


def sides(side: str) -> types.Side:
    """Buy or sell."""
    return types.SIDE_BUY if side == "buy" else types.SIDE_SELL
