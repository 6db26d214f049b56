"""`cift limits`: what accounts, firms and the venue may do, and what risk would say to an order.

    cift limits show DEMO-1
    cift limits show --firm DEMO                    or --venue; --symbol AMZN: those in it only
    cift limits set DEMO-1 --collar-bps 500 --max-daily-loss 10000      the others stay
    cift limits set DEMO-1 --off collar-bps --off credit
    cift limits set DEMO-1 --symbol AMZN --restricted
    cift limits set --firm DEMO --message-rate 100:200                  a second : at once
    cift limits set --venue --duplicate-flow 1000:5                     window in ms : in a row
    cift limits set DEMO-9 --others-off --max-position 500              the first of an account
    cift limits check DEMO-1 buy AMZN 100 @ 223.18  a dry run, check by check
    cift limits locate DEMO-1 AMZN 5000 --source "desk 4"               it may sell as many short
    cift limits locates DEMO-1
    cift limits release 3

An account that was never given limits cannot trade, and is given its first with --others-off: then
no limit is off that nobody spoke of. A limit that is off is told to be off. A firm's limits and the
venue's are held against what all their accounts have together. Each change is a command in the
journal and is in effect when this returns; with `--etag`, as `show` tells it, it is refused (status
1) if somebody changed them in between. `check` has status 1 when the order would be refused. Needs
a key with scope admin for changes. `--json`: a line of JSON for each row or document.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from cift.client import (
    Check,
    CheckResult,
    CiftClient,
    ConflictError,
    DuplicateFlow,
    Holder,
    Limits,
    Locate,
    MessageRate,
    NewOrder,
    Side,
)
from cift.tools import operating
from cift.tools.arguments import decimal, integer
from cift.tools.operating import Actions, Answer, UsageError
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

PER_INSTRUMENT = (
    "max_order_quantity",
    "max_position",
    "max_gross_position",
    "max_short",
    "restricted",
)
YES_OR_NO = frozenset({"account", "kill_switch", "restricted", "reference_price", "conversion"})
"""Checks that have no numbers."""
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
PAIR = re.compile(r"(\d{1,9}):(\d{1,9})")
CHECK_COLUMNS = {
    "check": "check",
    "level": "level",
    "result": "result",
    "limit": "limit",
    "value": "value",
    "headroom": "headroom",
    "reject_reason": "reason",
}
LOCATE_COLUMNS = {
    "id": "locate",
    "account": "account",
    "symbol": "symbol",
    "quantity": "quantity",
    "released": "released",
    "create_time_ns": "added (UTC)",
    "source": "source",
}


def _pair(what: str, of: Callable[[int, int], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        match = PAIR.fullmatch(text)
        if match is None:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return of(int(match[1]), int(match[2]))

    return parse


OPTIONS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "max_order_quantity": (decimal, "Q", "of one order"),
    "max_order_notional": (decimal, "M", "of one order, in money"),
    "collar_bps": (integer(1, 100_000), "BPS", "of a price from the reference price"),
    "max_position": (decimal, "Q", "per instrument, open orders of the worse side filled"),
    "max_gross_position": (decimal, "Q", "per instrument, with the open orders of both sides"),
    "max_short": (decimal, "Q", "per instrument, sold beyond the position"),
    "max_gross_exposure": (decimal, "M", "cost of positions and open orders"),
    "credit": (decimal, "M", "buying power before any order"),
    "max_daily_loss": (decimal, "M", "since 00:00 UTC; beyond it only closing orders"),
    "max_open_orders": (integer(0, 2**32 - 1), "N", "open orders"),
    "message_rate": (
        _pair("PER_SECOND:BURST", MessageRate),
        "N:BURST",
        "new orders and replaces a second, and at once",
    ),
    "duplicate_flow": (
        _pair("WINDOW_MS:MAX", DuplicateFlow),
        "MS:N",
        "the same order in a row, no further apart than the window",
    ),
}
"""Limit → how it is read, what stands for it in the help, what it bounds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = Actions(parser, __doc__)
    show = actions.add("show", _show, "tell the limits in force")
    change = actions.add("set", _set, "change the limits that are named, and no others")
    for found in (show, change):
        operating.add_holder(found)
        found.add_argument("--symbol", default="", help="those in this instrument only")
    for name, (kind, metavar, words) in OPTIONS.items():
        change.add_argument(_option(name), type=kind, metavar=metavar, help=words)
    change.add_argument("--restricted", action="store_true", default=None, help="no orders")
    change.add_argument(
        "--off",
        action="append",
        default=[],
        choices=[_option(name)[2:] for name in (*OPTIONS, "restricted")],
        metavar="LIMIT",
        help="switch this limit off, such as collar-bps; may be repeated",
    )
    change.add_argument(
        "--others-off", action="store_true", help="switch every limit off that is not named"
    )
    change.add_argument("--etag", default="", help="only if they are those that `show` told")
    check = actions.add("check", _check, "ask what risk would say to an order, and send none")
    check.add_argument("account", metavar="ACCOUNT")
    check.add_argument("side", choices=SIDES)
    check.add_argument("symbol", metavar="SYMBOL")
    check.add_argument("quantity", type=decimal, metavar="QUANTITY")
    check.add_argument("price", nargs="*", metavar="@ PRICE", help="none: a market order")
    check.add_argument("--reduce-only", action="store_true")
    locate = actions.add("locate", _locate, "note shares that were located for short sales")
    locate.add_argument("account", metavar="ACCOUNT")
    locate.add_argument("symbol", metavar="SYMBOL")
    locate.add_argument("quantity", type=decimal, metavar="QUANTITY")
    locate.add_argument("--source", default="", help="who lends them, or the lender's number")
    locates = actions.add("locates", _locates, "list locates")
    locates.add_argument("account", nargs="?", default="", metavar="ACCOUNT")
    release = actions.add("release", _release, "let a locate no longer count")
    release.add_argument("id", type=integer(1, 2**63 - 1), metavar="LOCATE", help="its number")


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("limits", args)


async def _show(client: CiftClient, args: argparse.Namespace) -> Document:
    holder = operating.holder_of(args)
    return _document(holder, args.symbol, await client.risk.get_limits(holder, args.symbol))


def _document(holder: Holder, symbol: str, limits: Limits) -> Document:
    names = PER_INSTRUMENT if symbol else (*OPTIONS, "restricted")
    values = {name: getattr(limits, name) for name in names}
    about = {
        **operating.holder_values(holder),
        "symbol": symbol or None,
        "etag": limits.etag or None,
        "sequence": limits.sequence or None,
        "not_in_force": limits.not_in_force or None,
    }
    told = {name: value for name, value in about.items() if value is not None}
    return Document({**told, **values}, "as on all" if symbol else "off")


async def _set(client: CiftClient, args: argparse.Namespace) -> Document:
    holder = operating.holder_of(args)
    named = {name: getattr(args, name) for name in (*OPTIONS, "restricted")}
    terms = {name: value for name, value in named.items() if value is not None}
    off = [word.replace("-", "_") for word in args.off]
    if both := set(off) & terms.keys():
        raise UsageError(f"--off and a value for {both.pop()}: give one of them")
    if args.others_off:
        wanted = Limits(**terms, etag=args.etag)
        limits = await client.risk.set_limits(holder, wanted, args.symbol)
        return _document(holder, args.symbol, limits)
    terms |= {name: False if name == "restricted" else None for name in off}
    if not terms:
        raise UsageError("name a limit to change, or one to switch off with --off")
    try:
        limits = await client.risk.update_limits(holder, args.symbol, etag=args.etag, **terms)
    except ConflictError as error:
        if error.reason != "NO_LIMITS":
            raise
        text = f"{holder} was never given limits: give them all at once, with --others-off"
        raise ConflictError(text) from None
    return _document(holder, args.symbol, limits)


async def _check(client: CiftClient, args: argparse.Namespace) -> Answer:
    words = [word for word in args.price if word != "@"]
    if len(words) > 1:
        raise UsageError("give one price, such as @ 223.18, or none for a market order")
    try:
        price = decimal(words[0].removeprefix("@")) if words else None
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from None
    order = NewOrder(
        args.account,
        args.symbol,
        SIDES[args.side],
        args.quantity,
        price,
        reduce_only=args.reduce_only,
    )
    return _verdict(await client.risk.check_order(order))


def _verdict(check: Check) -> Answer:
    rows = [_check_values(result) for result in check.results]
    values = {
        "accepted": check.accepted,
        "reject_reason": check.reject_reason or None,
        "reject_text": check.reject_text or None,
    }
    told = {name: value for name, value in values.items() if value is not None}
    verdict = Document(told, "no", line=True)
    return Answer([Table(CHECK_COLUMNS, rows, "no checks"), verdict], 0 if check.accepted else 1)


def _check_values(result: CheckResult) -> dict[str, Any]:
    words = "off" if result.off else "passes" if result.passed else "FAILS"
    values: dict[str, Any] = {"check": result.check, "level": result.level, "result": words}
    if result.check not in YES_OR_NO:
        values |= {"value": result.value}
        if not result.off:
            values |= {"limit": result.limit, "headroom": result.headroom}
    return values if result.passed else {**values, "reject_reason": result.reject_reason}


async def _locate(client: CiftClient, args: argparse.Namespace) -> Document:
    told = await client.admin.add_locate(args.account, args.symbol, args.quantity, args.source)
    return operating.one_line(**_locate_values(told.locate), located=told.located)


async def _locates(client: CiftClient, args: argparse.Namespace) -> Table:
    rows = [_locate_values(locate) for locate in await client.admin.list_locates(args.account)]
    return Table(LOCATE_COLUMNS, rows, "no locates")


async def _release(client: CiftClient, args: argparse.Namespace) -> Document:
    told = await client.admin.release_locate(args.id)
    return operating.one_line(**_locate_values(told.locate), located=told.located)


def _locate_values(locate: Locate) -> dict[str, Any]:
    values = {"id": locate.id, **asdict(locate)}
    return {**values, "source": locate.source or None}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
