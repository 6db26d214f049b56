"""`cift keys`: the API keys by which clients and operators are known.

    cift keys list
    cift keys list --firm DEMO --user bob
    cift keys create --firm DEMO --user bob --scopes read,trade --label "market maker"
    cift keys disable 17                            takes effect within a second

A key is one of a user, see `cift users`; without one of the firm's user "service". The secret of a
new key is told once, when it is made. Scopes: read, trade, admin; nobody gives one that the own key
lacks. Needs a key with scope admin. `--json`: a line of JSON for each row or document.
"""

import argparse
from typing import Any

from cift.client import ApiKey, CiftClient
from cift.tools import operating
from cift.tools.arguments import integer, words
from cift.tools.operating import Actions, Answer, UsageError
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "id": "key",
    "firm": "firm",
    "user": "user",
    "scopes": "scopes",
    "disabled": "disabled",
    "user_disabled": "user disabled",
    "create_time_ns": "made (UTC)",
    "label": "label",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = Actions(parser, __doc__)
    listed = actions.add("list", _list, "list keys, without their secrets")
    listed.add_argument("--firm", default="", help="only of this firm")
    listed.add_argument("--user", default="", help="only of this user of the firm")
    create = actions.add("create", _create, "make a key and tell its secret, once")
    create.add_argument("--firm", required=True, help="for whose accounts it may act")
    create.add_argument(
        "--scopes", type=words, default=["read"], help="of read,trade,admin (default: read)"
    )
    create.add_argument("--user", default="", help="whose it is (default: the firm's service user)")
    create.add_argument("--label", default="", help="what it is for")
    disable = actions.add("disable", _disable, "let a key do nothing any more")
    disable.add_argument("id", type=integer(1, 2**63 - 1), metavar="KEY", help="its number")


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("keys", args)


async def _list(client: CiftClient, args: argparse.Namespace) -> Table:
    if args.user and not args.firm:
        raise UsageError("name the firm of the user: --firm FIRM")
    rows = [_values(key) for key in await client.admin.list_api_keys(args.firm, args.user)]
    return Table(COLUMNS, rows, "no keys")


def _values(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "firm": key.firm,
        "user": key.user,
        "scopes": key.scopes,
        "disabled": key.disabled,
        "user_disabled": key.user_disabled,
        "create_time_ns": key.create_time_ns or None,
        "label": key.label or None,
    }


async def _create(client: CiftClient, args: argparse.Namespace) -> Answer:
    key = await client.admin.create_api_key(args.firm, args.scopes, args.label, user=args.user)
    values = {**_values(key), "secret": key.secret}
    return Answer([Document(values)], note="the secret is not told again; it works in a second")


async def _disable(client: CiftClient, args: argparse.Namespace) -> Document:
    await client.admin.disable_api_key(args.id)
    return operating.one_line(id=args.id, disabled=True)
