"""`cift accounts`: firms, accounts, what trades cost them, what currencies are worth.

    cift accounts list
    cift accounts create DEMO-9 --firm DEMO --currency USD     it needs limits then
    cift accounts disable DEMO-9                               no new orders; enable takes it back
    cift accounts set DEMO-9 --self-trade-group 7
    cift accounts firms
    cift accounts create-firm ACME
    cift accounts fees                                         what trades cost
    cift accounts fees --firm DEMO --tier 0:10:30 --tier 1000000:-5:20
    cift accounts fees DEMO-9 --none                           none of its own: its firm's count
    cift accounts conversions
    cift accounts convert EUR 1.08                             for amounts in other currencies

A tier is FROM:MAKER:TAKER: from which 30-day notional on, and the two rates in millionths of a
trade's notional, below zero a rebate. Each change is a command in the journal and is in effect when
this returns. Needs a key with scope admin. `--json`: a line of JSON for each row or document.
"""

import argparse
import re
from typing import Any

from cift.client import Account, CiftClient, Fees, FeeTier, SelfTradePrevention
from cift.tools import operating
from cift.tools.arguments import decimal, integer
from cift.tools.operating import Actions, Answer, UsageError
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

PREVENTIONS = {kind.name.lower(): kind for kind in SelfTradePrevention if kind}
TIER = re.compile(r"(\d{1,18}):(-?\d{1,6}):(-?\d{1,6})")
COLUMNS = {
    "name": "account",
    "firm": "firm",
    "currency": "currency",
    "disabled": "disabled",
    "self_trade_prevention": "self-trade prevention",
    "self_trade_group": "group",
}
FEE_COLUMNS = {
    "level": "level",
    "name": "name",
    "from_notional": "from notional",
    "maker_ppm": "maker ppm",
    "taker_ppm": "taker ppm",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = Actions(parser, __doc__)
    actions.add("list", _list, "list accounts")
    create = actions.add("create", _create, "create an account; it needs limits before it trades")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--firm", required=True, help="who owns it")
    create.add_argument("--currency", required=True, metavar="C", help="of its money")
    change = actions.add("set", _set, "change what is named of an account")
    change.add_argument("name", metavar="NAME")
    for terms in (create, change):
        terms.add_argument(
            "--self-trade-prevention", choices=PREVENTIONS, help="before it trades with itself"
        )
        terms.add_argument(
            "--self-trade-group",
            type=integer(0, 2**32 - 1),
            metavar="N",
            help="accounts of one group don't trade with each other; 0: alone",
        )
    for name, disabled, words in (
        ("disable", True, "let an account send no new orders"),
        ("enable", False, "let it send orders again"),
    ):
        found = actions.add(name, _switch, words)
        found.add_argument("name", metavar="NAME")
        found.set_defaults(disabled=disabled)
    actions.add("firms", _firms, "list firms")
    firm = actions.add("create-firm", _create_firm, "create a firm")
    firm.add_argument("name", metavar="NAME")
    fees = actions.add("fees", _fees, "list what trades cost, or set it")
    operating.add_holder(fees)
    fees.add_argument(
        "--tier", type=_tier, action="append", metavar="FROM:MAKER:TAKER", help="repeat for more"
    )
    fees.add_argument("--none", action="store_true", help="no schedule of its own")
    actions.add("conversions", _conversions, "list what currencies are worth")
    convert = actions.add("convert", _convert, "set what one of a currency is worth")
    convert.add_argument("currency", metavar="CURRENCY")
    convert.add_argument("value", type=decimal, metavar="VALUE", help="in a unit all share")


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("accounts", args)


async def _list(client: CiftClient, args: argparse.Namespace) -> Table:
    return _table(await client.admin.list_accounts())


def _table(accounts: list[Account]) -> Table:
    return Table(COLUMNS, [_values(account) for account in accounts], "no accounts")


def _values(account: Account) -> dict[str, Any]:
    prevention = account.self_trade_prevention
    return {
        "name": account.name,
        "firm": account.firm,
        "currency": account.currency,
        "disabled": account.disabled,
        "self_trade_prevention": prevention or None,
        "self_trade_group": account.self_trade_group or None,
        "etag": account.etag or None,
    }


def _document(account: Account) -> Document:
    values = {**_values(account), "etag": None}
    return Document({**values, "disabled": account.disabled}, line=True)


async def _create(client: CiftClient, args: argparse.Namespace) -> Answer:
    account = Account(
        args.name,
        args.firm,
        args.currency,
        self_trade_prevention=PREVENTIONS.get(
            args.self_trade_prevention, SelfTradePrevention.UNSPECIFIED
        ),
        self_trade_group=args.self_trade_group or 0,
    )
    await client.admin.create_account(account)
    note = f"it can trade once it has limits: cift limits set {args.name} --others-off …"
    return Answer([_document(account)], note=note)


async def _set(client: CiftClient, args: argparse.Namespace) -> Document:
    terms: dict[str, Any] = {}
    if args.self_trade_prevention is not None:
        terms["self_trade_prevention"] = PREVENTIONS[args.self_trade_prevention]
    if args.self_trade_group is not None:
        terms["self_trade_group"] = args.self_trade_group
    if not terms:
        raise UsageError("name what shall change: --self-trade-prevention or --self-trade-group")
    return _document(await client.admin.update_account(args.name, **terms))


async def _switch(client: CiftClient, args: argparse.Namespace) -> Document:
    return _document(await client.admin.update_account(args.name, disabled=args.disabled))


async def _firms(client: CiftClient, args: argparse.Namespace) -> Table:
    return Table({"name": "firm"}, [{"name": name} for name in await client.admin.list_firms()])


async def _create_firm(client: CiftClient, args: argparse.Namespace) -> Document:
    await client.admin.create_firm(args.name)
    return operating.one_line(firm=args.name)


async def _fees(client: CiftClient, args: argparse.Namespace) -> Table:
    if args.tier and args.none:
        raise UsageError("give --tier or --none, not both")
    if args.tier or args.none:
        fees = Fees(operating.holder_of(args), tuple(args.tier or ()))
        await client.admin.set_fees(fees)
        return _fee_table([fees])
    found = await client.admin.list_fees()
    if args.account or args.firm or args.venue:
        holder = operating.holder_of(args)
        found = [fees for fees in found if fees.holder == holder]
    return _fee_table(found)


def _fee_table(schedules: list[Fees]) -> Table:
    rows: list[dict[str, Any]] = []
    for fees in schedules:
        whose = operating.holder_values(fees.holder)
        rows += [
            {
                **whose,
                "from_notional": tier.from_notional,
                "maker_ppm": tier.maker_ppm,
                "taker_ppm": tier.taker_ppm,
            }
            for tier in fees.tiers
        ] or [whose]
    return Table(FEE_COLUMNS, rows, "no fees")


async def _conversions(client: CiftClient, args: argparse.Namespace) -> Table:
    rows = [
        {"currency": one.currency, "value": one.value}
        for one in await client.admin.list_conversions()
    ]
    return Table({"currency": "currency", "value": "value"}, rows, "no conversions")


async def _convert(client: CiftClient, args: argparse.Namespace) -> Document:
    sequence = await client.admin.set_conversion(args.currency, args.value)
    return operating.one_line(currency=args.currency, value=args.value, sequence=sequence)


def _tier(text: str) -> FeeTier:
    match = TIER.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM:MAKER:TAKER, such as 0:10:30")
    return FeeTier(*map(int, match.groups()))
