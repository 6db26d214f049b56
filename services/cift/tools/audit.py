"""`cift audit`: who changed what, when, from what to what.

    cift audit                                      the 20 newest changes
    cift audit --kind limits --limit 100
    cift audit --name DEMO-1                        all changes of one thing; limits of a firm and
                                                    in one instrument: "firm DEMO/AMZN"; a user:
                                                    "DEMO/bob"

Kinds: firm, user, account, api_key, instrument, limits, locate, fees, conversion, kill_switch. Who:
the user and the number of the API key. What changed: the fields that differ; of a new thing those
that are set. Needs a key with scope admin. `--json`: a line of JSON for each.
"""

import argparse
import json
from dataclasses import asdict
from typing import Any

from cift.client import AuditEntry, CiftClient
from cift.tools import operating
from cift.tools.arguments import integer
from cift.tools.tables import Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "id": "change",
    "time_ns": "time (UTC)",
    "who": "who",
    "kind": "kind",
    "name": "name",
    "changes": "what changed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    operating.with_examples(parser, __doc__)
    operating.add_common(parser)
    parser.add_argument("--kind", default="", help="only of this kind")
    parser.add_argument("--name", default="", help="only of the thing of this name")
    parser.add_argument(
        "--limit", type=integer(1, 1_000_000), default=20, metavar="N", help="the newest N"
    )
    parser.set_defaults(work=_act)


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("audit", args)


async def _act(client: CiftClient, args: argparse.Namespace) -> Table:
    pages = client.admin.list_audit_entries(kind=args.kind, name=args.name)
    rows = [_values(entry, args.json) for entry in await pages.first(args.limit)]
    return Table(COLUMNS, rows, "no changes")


def _values(entry: AuditEntry, as_json: bool) -> dict[str, Any]:
    before, after = _parsed(entry.before), _parsed(entry.after)
    values = {**asdict(entry), "before": before, "after": after}
    if as_json:
        return values
    who = operating.who(entry.actor, entry.actor_user, entry.actor_firm)
    return {**values, "who": who, "changes": _changes(before, after)}


def _parsed(text: str) -> Any:
    """JSON, or the text itself; empty: None."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _changes(before: Any, after: Any) -> str:
    """The fields that differ, as `name old → new`; of a new thing those that are set."""
    if not isinstance(after, dict) or not isinstance(before, dict | None):
        return _change(before, after)
    old = before or {}
    told = []
    for name in dict.fromkeys((*old, *after)):
        was, now = old.get(name), after.get(name)
        if before is None:
            told += [f"{name} {_word(now)}"] if now else []
        elif was != now:
            told.append(f"{name} {_word(was)} → {_word(now)}")
    return ", ".join(told) or ("nothing set" if before is None else "nothing")


def _change(was: Any, now: Any) -> str:
    return f"{_word(was)} → {_word(now)}"


def _word(value: Any) -> str:
    match value:
        case None | "" | []:
            return "none"
        case str():
            return value
        case True | False:
            return "yes" if value else "no"
        case list() if all(isinstance(item, str) for item in value):
            return " + ".join(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
