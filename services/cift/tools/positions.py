"""`cift positions`: what an account holds, has at stake, has won and lost.

    cift positions DEMO-1
    cift positions DEMO-1 --watch                   tells it again as it changes, until Ctrl-C
    cift positions --watch                          all accounts of the key's firm
    cift positions --firm DEMO                      what a firm has won and lost; or --venue

Money of a position is in its instrument's currency, all other money in the account's. What is tied
up is rounded up, what there is down. `--json`: a line of JSON for each row or document, whose
`kind` says which it is.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cift.client import CiftClient, Exposure, Holder, Position, ProfitAndLoss
from cift.tools import operating
from cift.tools.operating import Answer, UsageError
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "account": "account",
    "symbol": "symbol",
    "quantity": "quantity",
    "open_buy_quantity": "buys",
    "open_sell_quantity": "sells",
    "average_price": "average",
    "reference_price": "price",
    "realized_pnl": "realized",
    "unrealized_pnl": "unreal.",
    "fees": "fees",
    "currency": "in",
}
CLEAR = "\x1b[H\x1b[2J"
"""To the terminal's corner, and nothing below."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    operating.with_examples(parser, __doc__)
    operating.add_common(parser)
    operating.add_holder(parser)
    parser.add_argument("--watch", action="store_true", help="tell it again as it changes")
    parser.set_defaults(work=_act)


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("positions", args)


async def _act(client: CiftClient, args: argparse.Namespace) -> Answer:
    if args.watch:
        if args.firm or args.venue:
            raise UsageError("--watch takes an account, or none: all of the key's firm")
        await _watch(client, args)
        return Answer()
    holder = operating.holder_of(args)
    result = _result(holder, await client.risk.get_profit_and_loss(holder))
    if not holder.account:
        return Answer([result])
    positions = await client.risk.list_positions(holder.account)
    exposure = _exposure(await client.risk.get_exposure(holder.account))
    return Answer([_table(positions, holder.account), exposure, result])


async def _watch(client: CiftClient, args: argparse.Namespace) -> None:
    """Until the stream fails or Ctrl-C; a screen is drawn anew, else each change is a line."""
    held: dict[tuple[str, str], Position] = {}
    redraw = sys.stdout.isatty() and not args.json
    async for update in client.risk.stream_positions(args.account):
        if update.snapshot:
            held.clear()
        for position in update.positions:
            held[position.account, position.symbol] = position
        if redraw:
            operating.say(f"{CLEAR}positions after {update.through_sequence}")
            operating.tell(_table([held[key] for key in sorted(held)], args.account), False)
            continue
        for position in update.positions:
            values = {**_values(position), "through_sequence": update.through_sequence}
            operating.tell(Document(values, line=True), args.json)


def _table(positions: Sequence[Position], account: str) -> Table:
    """Of one account, which then needs no column, or of several."""
    columns = {name: title for name, title in COLUMNS.items() if name != "account" or not account}
    return Table(columns, [_values(position) for position in positions], "no positions")


def _values(position: Position) -> dict[str, Any]:
    return {"kind": "position", **asdict(position)}


def _exposure(exposure: Exposure) -> Document:
    return Document({"kind": "exposure", **asdict(exposure)})


def _result(holder: Holder, result: ProfitAndLoss) -> Document:
    return Document(
        {"kind": "profit_and_loss", **operating.holder_values(holder), **asdict(result)}
    )
