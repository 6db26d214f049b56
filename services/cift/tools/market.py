"""`cift market`: what an operator does to a market of a running mesh.

    cift market list                           instruments
    cift market status AMZN
    cift market halt AMZN                      orders can be canceled and nothing else
    cift market auction AMZN                   orders collect; --closing for the closing auction
    cift market resume AMZN                    trades what has collected, then as orders come
    cift market session AMZN post_close        any other session
    cift market last-trade AMZN 223.18         stops follow
    cift market bust 1042.7 318                undo match 318, told at event 7 of message 1042
    cift market cancel-all --account DEMO-1 --symbol AMZN
    cift market sessions                       who sends orders; `cift kill --session` ends one

Each change is a command in the journal and is in effect when this returns. Needs a key with scope
admin. `--json`: a line of JSON for each row or document.
"""

import argparse
import re
from dataclasses import asdict
from typing import Any

from cift.client import CiftClient, Instrument, Place, SessionState, Side
from cift.tools import operating
from cift.tools.arguments import decimal, integer
from cift.tools.operating import Actions
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

SESSIONS = [state.name.lower() for state in SessionState if state]
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
PLACE = re.compile(r"(?:(\d{1,3})\.)?(\d{1,18})\.(\d{1,6})")

SESSION_COLUMNS = {
    "session": "session",
    "firm": "firm",
    "api_key_id": "key",
    "create_time_ns": "since (UTC)",
    "open_orders": "open orders",
}
COLUMNS = {
    "symbol": "symbol",
    "currency": "currency",
    "tick_size": "tick",
    "lot_size": "lot",
    "reference_price": "reference",
    "initial_margin_bps": "initial margin bps",
    "maintenance_margin_bps": "maintenance",
    "disabled": "disabled",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = Actions(parser, __doc__)
    actions.add("list", _list, "list instruments")

    def action(name: str, work: operating.Work, words: str, *, symbol: bool = True) -> Any:
        found = actions.add(name, work, words)
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
            "--reference-price", type=decimal, metavar="P", help="of the auction"
        )
    last = action("last-trade", _last_trade, "set its last trade; stops follow")
    last.add_argument("price", type=decimal, metavar="PRICE")
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
    actions.add("sessions", _sessions, "list the streams by which clients send orders")


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("market", args)


async def _list(client: CiftClient, args: argparse.Namespace) -> Table:
    rows = [_values(instrument) for instrument in await client.admin.list_instruments()]
    return Table(COLUMNS, rows, "no instruments")


def _values(instrument: Instrument) -> dict[str, Any]:
    values = asdict(instrument)
    return {name: value for name, value in values.items() if name not in ("auction", "rules")}


async def _status(client: CiftClient, args: argparse.Namespace) -> Document:
    return Document(asdict(await client.market.status(args.symbol)), line=True)


async def _session(client: CiftClient, args: argparse.Namespace) -> Document:
    session = SessionState[args.session.upper()]
    place = await client.market.set_session(
        args.symbol, session, reference_price=args.reference_price
    )
    return operating.one_line(symbol=args.symbol, session=session, place=place)


async def _last_trade(client: CiftClient, args: argparse.Namespace) -> Document:
    place = await client.market.set_last_trade(args.symbol, args.price)
    return operating.one_line(symbol=args.symbol, last_price=args.price, place=place)


async def _bust(client: CiftClient, args: argparse.Namespace) -> Document:
    place = await client.market.bust_trade(args.place, args.match_id)
    return operating.one_line(match_id=args.match_id, place=place)


async def _cancel_all(client: CiftClient, args: argparse.Namespace) -> Document:
    side = SIDES[args.side] if args.side else Side.UNSPECIFIED
    result = await client.market.cancel_all(
        account=args.account, symbol=args.symbol, side=side, tag=args.tag
    )
    return operating.one_line(canceled_orders=result.canceled_orders, place=result.place)


async def _sessions(client: CiftClient, args: argparse.Namespace) -> Table:
    rows = [asdict(session) for session in await client.market.list_sessions()]
    return Table(SESSION_COLUMNS, rows, "no session is open")


def _place(text: str) -> Place:
    match = PLACE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not [SHARD.]SEQUENCE.INDEX")
    return Place(int(match[1] or 0), int(match[2]), int(match[3]))
