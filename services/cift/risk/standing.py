"""What the engine says of positions, exposure and profit, as messages of the interface."""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

from cift.kit.decimals import render
from cift.kit.stores.limits import MONEY_SCALE
from cift.risk.v1 import risk_pb2
from cift_core import ExposureRow, PositionRow, ProfitAndLossRow

__all__ = ["Held", "exposure", "positions", "profit_and_loss"]

AVERAGE_DIGITS = 6
"""Of an average price, beyond those of a price."""
ROWS_PER_TURN = 64
"""Written at once, some 2 ms: the same process judges orders."""

Held: TypeAlias = tuple[str, str, PositionRow | None]
"""Account, symbol, and what there is; None: nothing, nor was it ever traded."""


async def positions(held: Sequence[Held]) -> list[risk_pb2.Position]:
    """Show positions as they were when they were looked at, and let others work meanwhile."""
    found: list[risk_pb2.Position] = []
    for start in range(0, len(held), ROWS_PER_TURN):
        if start:
            await asyncio.sleep(0)
        for account, symbol, row in held[start : start + ROWS_PER_TURN]:
            found.append(_closed(account, symbol) if row is None else _position(account, row))
    return found


def _position(account: str, row: PositionRow) -> risk_pb2.Position:
    """Show the position of an account in an instrument."""
    shown = risk_pb2.Position(
        account=account,
        symbol=row.symbol,
        quantity=render(row.quantity, row.quantity_scale),
        open_buy_quantity=render(row.open_buy_quantity, row.quantity_scale),
        open_sell_quantity=render(row.open_sell_quantity, row.quantity_scale),
        net_cost=_money(row.net_cost),
        realized_pnl=_money(row.realized),
        fees=_money(row.fees),
        currency=row.currency,
    )
    if row.average_price is not None:
        shown.average_price = render(row.average_price, row.price_scale + AVERAGE_DIGITS)
    if row.unrealized is not None:
        shown.unrealized_pnl = _money(row.unrealized)
    if row.reference_price:
        shown.reference_price = render(row.reference_price, row.price_scale)
    return shown


def _closed(account: str, symbol: str) -> risk_pb2.Position:
    """Show that nothing is left of a position, nor was ever traded."""
    return risk_pb2.Position(
        account=account,
        symbol=symbol,
        quantity="0",
        open_buy_quantity="0",
        open_sell_quantity="0",
        net_cost=_money(0),
        realized_pnl=_money(0),
        fees=_money(0),
    )


def exposure(account: str, row: ExposureRow) -> risk_pb2.Exposure:
    """Show what an account has at stake."""
    return risk_pb2.Exposure(
        account=account,
        open_orders=row.open_orders,
        reserved=_money(row.reserved),
        used=_money(row.used),
        buying_power=_optional(row.buying_power),
        credit=_optional(row.credit),
        gross_exposure=_optional(row.gross_exposure),
        equity=_money(row.equity),
        maintenance_margin=_money(row.maintenance_margin),
        close_only=row.close_only,
        killed=row.killed,
        currency=row.currency,
    )


def profit_and_loss(row: ProfitAndLossRow) -> risk_pb2.ProfitAndLoss:
    """Show what a holder has won and lost."""
    return risk_pb2.ProfitAndLoss(
        day=_money(row.day),
        total=_money(row.total),
        realized=_optional(row.realized),
        unrealized=_optional(row.unrealized),
        fees=_optional(row.fees),
        traded_30_days=_optional(row.traded_30_days),
        currency=row.currency,
    )


def _money(units: int) -> str:
    return render(units, MONEY_SCALE)


def _optional(units: int | None) -> str:
    return "" if units is None else _money(units)
