"""`cift market`: what an operator does to a market of a running mesh.

    cift market status AMZN
    cift market halt AMZN                      orders can be canceled and nothing else
    cift market auction AMZN                   orders collect; --closing for the closing auction
    cift market resume AMZN                    trades what has collected, then as orders come
    cift market session AMZN post_close        any other session
    cift market last-trade AMZN 223.18         stops follow
    cift market bust 1042.7 318                undo match 318, told at event 7 of message 1042
    cift market cancel-all --account DEMO-1 --symbol AMZN

Each is a command in the journal and is in effect when this returns. `--json`: one line of JSON.
"""

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from decimal import Decimal
from enum import IntEnum
from typing import Any

from cift.client import (
    CiftClient,
    CiftError,
    ConflictError,
    Endpoints,
    Place,
    SessionState,
    Side,
)
from cift.local.ports import HOST
from cift.local.up import DEFAULT_PORT_BASE
from cift.tools.arguments import integer
from cift.tools.mesh import KEY_VARIABLE
from cift.tools.report import console

__all__ = ["add_arguments", "run"]

SESSIONS = [state.name.lower() for state in SessionState if state]
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
PLACE = re.compile(r"(?:(\d{1,3})\.)?(\d{1,18})\.(\d{1,6})")

Work = Callable[[CiftClient, argparse.Namespace], Awaitable[dict[str, Any]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--target",
        default=f"{HOST}:{DEFAULT_PORT_BASE}",
        metavar="HOST:PORT_BASE",
        help="the mesh, as `cift up --port-base` makes it (default: %(default)s)",
    )
    common.add_argument(
        "--key",
        default=os.environ.get(KEY_VARIABLE, ""),
        help=f"an operator's API key (default: {KEY_VARIABLE})",
    )
    common.add_argument("--json", action="store_true", help="print one line of JSON")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, work: Work, words: str, *, symbol: bool = True) -> Any:
        found = actions.add_parser(name, help=words, description=words, parents=[common])
        found.set_defaults(work=work)
        if symbol:
            found.add_argument("symbol", metavar="SYMBOL")
        return found

    action("status", _status, "say what an instrument is at")
    action("halt", _session, "halt it").set_defaults(session="halted", reference_price=None)
    auction = action("auction", _session, "let orders collect for an auction")
    auction.add_argument(
        "--closing",
        dest="session",
        action="store_const",
        const="closing_auction",
        default="opening_auction",
        help="for the closing auction (default: the opening one)",
    )
    resume = action("resume", _session, "trade what has collected, then as orders come")
    resume.set_defaults(session="continuous")
    session = action("session", _session, "take it to a session")
    session.add_argument("session", choices=SESSIONS, metavar="SESSION", help=", ".join(SESSIONS))
    for parser_of in (auction, resume, session):
        parser_of.add_argument(
            "--reference-price", type=_decimal, metavar="P", help="of the auction"
        )
    last = action("last-trade", _last_trade, "set its last trade; stops follow")
    last.add_argument("price", type=_decimal, metavar="PRICE")
    bust = action("bust", _bust, "undo a trade", symbol=False)
    bust.add_argument(
        "place", type=_place, metavar="[SHARD.]SEQUENCE.INDEX", help="of one of its executions"
    )
    bust.add_argument("match_id", type=integer(1, 2**64 - 1), metavar="MATCH_ID")
    cancel = action("cancel-all", _cancel_all, "cancel all open orders that fit", symbol=False)
    cancel.add_argument("--account", default="", help="only of this account")
    cancel.add_argument("--symbol", default="", help="only of this symbol")
    cancel.add_argument("--side", choices=SIDES, help="only of this side")
    cancel.add_argument("--tag", default="", help="only with this tag")


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    host, _, port = args.target.rpartition(":")
    if not host or not port.isdigit():
        print(f"market: {args.target!r} is not HOST:PORT_BASE", file=sys.stderr)
        return 2
    if not args.key:
        print(f"market: give an operator's key as --key or {KEY_VARIABLE}", file=sys.stderr)
        return 2
    try:
        told = asyncio.run(_act(args, Endpoints.local(int(port), host)))
    except ConflictError as error:
        print(f"market: refused: {error.reason}: {error}", file=sys.stderr)
        return 1
    except CiftError as error:
        print(f"market: {error}", file=sys.stderr)
        return 2
    shown = {name: _plain(value) for name, value in told.items() if value is not None}
    if args.json:
        print(json.dumps(shown))
    else:
        console.print("  ".join(f"{name} {value}" for name, value in shown.items()), markup=False)
    return 0


async def _act(args: argparse.Namespace, endpoints: Endpoints) -> dict[str, Any]:
    async with CiftClient(endpoints, api_key=args.key) as client:
        told: dict[str, Any] = await args.work(client, args)
        return told


async def _status(client: CiftClient, args: argparse.Namespace) -> dict[str, Any]:
    return asdict(await client.market.status(args.symbol))


async def _session(client: CiftClient, args: argparse.Namespace) -> dict[str, Any]:
    session = SessionState[args.session.upper()]
    place = await client.market.set_session(
        args.symbol, session, reference_price=args.reference_price
    )
    return {"symbol": args.symbol, "session": session, "place": place}


async def _last_trade(client: CiftClient, args: argparse.Namespace) -> dict[str, Any]:
    place = await client.market.set_last_trade(args.symbol, args.price)
    return {"symbol": args.symbol, "last_price": args.price, "place": place}


async def _bust(client: CiftClient, args: argparse.Namespace) -> dict[str, Any]:
    place = await client.market.bust_trade(args.place, args.match_id)
    return {"match_id": args.match_id, "place": place}


async def _cancel_all(client: CiftClient, args: argparse.Namespace) -> dict[str, Any]:
    side = SIDES[args.side] if args.side else Side.UNSPECIFIED
    result = await client.market.cancel_all(
        account=args.account, symbol=args.symbol, side=side, tag=args.tag
    )
    return {"canceled_orders": result.canceled_orders, "place": result.place}


def _plain(value: Any) -> Any:
    """As JSON has it; a place as `cift market bust` takes it."""
    match value:
        case Place():
            return f"{value.shard}.{value.sequence}.{value.index}"
        case IntEnum():
            return value.name.lower()
        case Decimal():
            return f"{value:f}"
        case _:
            return value


def _place(text: str) -> Place:
    match = PLACE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not [SHARD.]SEQUENCE.INDEX")
    return Place(int(match[1] or 0), int(match[2]), int(match[3]))


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a decimal") from None
