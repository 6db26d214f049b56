"""`cift users`: the people and programs of a firm, to whom API keys belong.

    cift users list                                 of the key's firm; with scope admin all
    cift users list --firm DEMO
    cift users show erin@example.com --firm DEMO
    cift users create erin@example.com --firm DEMO --scopes read,trade --display-name "Erin"
    cift keys create --firm DEMO --user erin@example.com --scopes read
    cift users set erin@example.com --firm DEMO --scopes read   what her keys may do at most
    cift users disable erin@example.com --firm DEMO             all her keys, within a second
    cift users enable erin@example.com --firm DEMO

Scopes: read, trade, admin. A key may do what both its own scopes and its user's say, and nobody
gives a scope that the own key lacks. To list and show needs scope read, all else scope admin.
`--json`: a line of JSON for each row or document.
"""

import argparse
from typing import Any

from cift.client import CiftClient, User
from cift.tools import operating
from cift.tools.arguments import words
from cift.tools.operating import Actions, Answer, UsageError
from cift.tools.tables import Document, Table

__all__ = ["add_arguments", "run"]

COLUMNS = {
    "firm": "firm",
    "name": "user",
    "scopes": "scopes",
    "disabled": "disabled",
    "create_time_ns": "made (UTC)",
    "display_name": "display name",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = Actions(parser, __doc__)
    listed = actions.add("list", _list, "list users")
    listed.add_argument("--firm", default="", help="only of this firm")
    show = actions.add("show", _show, "show a user")
    show.add_argument("name", metavar="USER")
    show.add_argument("--firm", default="", help="whose user it is (default: the key's firm)")
    create = actions.add("create", _create, "create a user; it needs a key then")
    change = actions.add("set", _set, "change what is named of a user")
    for found in (create, change):
        _add_user(found)
        found.add_argument("--display-name", metavar="TEXT", help="how people know it")
    create.add_argument(
        "--scopes", type=words, default=["read"], help="of read,trade,admin (default: read)"
    )
    change.add_argument("--scopes", type=words, help="of read,trade,admin: what its keys may do")
    for name, disabled, text in (
        ("disable", True, "let no key of a user do anything any more"),
        ("enable", False, "let its keys work again"),
    ):
        found = actions.add(name, _switch, text)
        _add_user(found)
        found.set_defaults(disabled=disabled)


def run(args: argparse.Namespace) -> int:
    """Do it; 0: done, 1: refused, 2: it can't be asked."""
    return operating.run("users", args)


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="USER", help="its name, such as an e-mail address")
    parser.add_argument("--firm", required=True, help="whose user it is")


async def _list(client: CiftClient, args: argparse.Namespace) -> Table:
    rows = [_values(user) for user in await client.admin.list_users(args.firm)]
    return Table(COLUMNS, rows, "no users")


async def _show(client: CiftClient, args: argparse.Namespace) -> Document:
    return Document(_values(await client.admin.get_user(args.name, args.firm)))


async def _create(client: CiftClient, args: argparse.Namespace) -> Answer:
    user = User(args.name, args.firm, tuple(args.scopes), args.display_name or "")
    made = await client.admin.create_user(user)
    note = f"it needs a key: cift keys create --firm {made.firm} --user {made.name} --scopes …"
    return Answer([_line(made)], note=note)


async def _set(client: CiftClient, args: argparse.Namespace) -> Document:
    terms: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("scopes", "display_name")
        if getattr(args, name) is not None
    }
    if not terms:
        raise UsageError("name what shall change: --scopes or --display-name")
    return _line(await client.admin.update_user(args.firm, args.name, **terms))


async def _switch(client: CiftClient, args: argparse.Namespace) -> Document:
    return _line(await client.admin.update_user(args.firm, args.name, disabled=args.disabled))


def _values(user: User) -> dict[str, Any]:
    return {
        "firm": user.firm,
        "name": user.name,
        "scopes": user.scopes,
        "disabled": user.disabled,
        "create_time_ns": user.create_time_ns or None,
        "display_name": user.display_name or None,
        "etag": user.etag or None,
    }


def _line(user: User) -> Document:
    return Document({**_values(user), "create_time_ns": None, "etag": None}, line=True)
