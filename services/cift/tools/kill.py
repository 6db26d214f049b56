"""`cift kill`: switches an account, a firm or the whole venue off, and on again; ends a session.

    cift kill DEMO-1 --comment "runaway quoter"
    cift kill --firm DEMO
    cift kill --venue
    cift kill --session 3f2a9c0d11e4b785-7          one that `cift market sessions` lists
    cift kill list                                  which switches are on, why, since when
    cift kill lift DEMO-1 --comment "fixed"         or lift --firm DEMO, lift --venue

One command in the journal cancels all open orders, each with the reason KILL_SWITCH, and lets no
new order and no replace through until an operator lifts the switch. Killing the key's own firm or
its accounts needs scope trade, all else and lifting scope admin. A session that is killed can't
come back: its orders are canceled, its stream ends, and nothing is left to lift. `--json`: a line
of JSON for each row or document.
"""

import argparse

from cift.client import CiftClient, Holder
from cift.tools import operating
from cift.tools.operating import Told, UsageError
from cift.tools.tables import Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "level": "level",
    "name": "name",
    "who": "who",
    "time_ns": "since (UTC)",
    "sequence": "sequence",
    "comment": "comment",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    operating.with_examples(parser, __doc__)
    operating.add_common(parser)
    parser.add_argument(
        "words", nargs="*", metavar="ACCOUNT | list | lift [ACCOUNT]", help="what to do to whom"
    )
    operating.add_holder(parser, account=False)
    parser.add_argument("--session", default="", metavar="ID", help="of one stream of orders")
    parser.add_argument("--comment", default="", help="why, for those who read it later")
    parser.set_defaults(work=_act)


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("kill", args)


async def _act(client: CiftClient, args: argparse.Namespace) -> Told:
    if args.session:
        return await _session(client, args)
    # Names of accounts are in capitals: these two words are none.
    match args.words:
        case ["list"] if not (args.firm or args.venue):
            return await _list(client)
        case ["lift", *rest]:
            holder = _holder(args, rest)
            sequence = await client.risk.unkill(holder, args.comment)
            return operating.one_line(lifted=str(holder), sequence=sequence)
        case rest:
            holder = _holder(args, rest)
            sequence = await client.risk.kill(holder, args.comment)
            return operating.one_line(killed=str(holder), sequence=sequence)


async def _session(client: CiftClient, args: argparse.Namespace) -> Told:
    if args.words[:1] == ["lift"]:
        raise UsageError("a session that was killed can't come back: let the client open another")
    if args.words or args.firm or args.venue:
        raise UsageError("name one account, --firm FIRM, --venue or --session ID")
    if args.comment:
        raise UsageError(
            "the kill of a session takes no --comment: the journal has no place for it"
        )
    place = await client.market.kill_session(args.session)
    return operating.one_line(killed=args.session, place=place)


def _holder(args: argparse.Namespace, words: list[str]) -> Holder:
    if len(words) > 1:
        raise UsageError("name one account, --firm FIRM or --venue")
    args.account = words[0] if words else ""
    return operating.holder_of(args)


async def _list(client: CiftClient) -> Table:
    rows = [
        {
            **operating.holder_values(switch.holder),
            "who": operating.who(switch.actor, switch.actor_user, switch.actor_firm),
            "actor": switch.actor,
            "time_ns": switch.time_ns,
            "sequence": switch.sequence,
            "comment": switch.comment or None,
        }
        for switch in await client.risk.list_kill_switches()
    ]
    return Table(COLUMNS, rows, "no kill switch is on")
