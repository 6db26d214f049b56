"""`cift breaches`: orders and replaces that risk refused, and why.

    cift breaches                                   the 20 newest of the firm; with scope admin all
    cift breaches DEMO-1 --limit 100
    cift breaches --watch                           as they come, until Ctrl-C
    cift breaches --watch --after 1042              those after this journal sequence first

The list comes out of the history, a moment behind; `--watch` tells what is refused now. `--json`: a
line of JSON for each.
"""

import argparse
from dataclasses import asdict
from typing import Any

from cift.client import Breach, CiftClient
from cift.tools import operating
from cift.tools.arguments import integer
from cift.tools.operating import Answer, Told
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "transact_time_ns": "time (UTC)",
    "account": "account",
    "side": "side",
    "quantity": "quantity",
    "symbol": "symbol",
    "price": "price",
    "reject_reason": "reason",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    operating.with_examples(parser, __doc__)
    operating.add_common(parser)
    parser.add_argument("account", nargs="?", default="", metavar="ACCOUNT", help="only its own")
    parser.add_argument(
        "--limit", type=integer(1, 1_000_000), default=20, metavar="N", help="the newest N"
    )
    parser.add_argument("--watch", action="store_true", help="tell them as they come")
    parser.add_argument(
        "--after", type=integer(0, 2**63 - 1), metavar="SEQUENCE", help="with --watch: begin there"
    )
    parser.set_defaults(work=_act)


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("breaches", args)


async def _act(client: CiftClient, args: argparse.Namespace) -> Told:
    if not args.watch:
        rows = [
            _values(one) for one in await client.risk.list_breaches(args.account).first(args.limit)
        ]
        return Table(COLUMNS, rows, "no breaches")
    async for breach in client.risk.stream_breaches(args.account, after_sequence=args.after):
        values = _values(breach)
        shown = values if args.json else {name: values[name] for name in COLUMNS}
        operating.tell(Document(shown, line=True), args.json)
    return Answer()


def _values(breach: Breach) -> dict[str, Any]:
    return {**asdict(breach), "place": breach.place}
