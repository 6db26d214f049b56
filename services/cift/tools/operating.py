"""What operators' commands share: which mesh, whose key, how an answer and an error are told.

A command has actions; an action's `work` calls the exchange and returns what is to be told. Exit
status 0: done, 1: refused, 2: it can't be asked. Errors are one line on standard error that says
what to do.
"""

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cift.client import (
    VENUE,
    AbortedError,
    AuthError,
    CiftClient,
    CiftError,
    ConflictError,
    Endpoints,
    Holder,
    RequestError,
    UnavailableError,
    UnknownOutcomeError,
)
from cift.local.ports import HOST
from cift.local.up import DEFAULT_PORT_BASE
from cift.tools.mesh import KEY_VARIABLE
from cift.tools.tables import Document, Part, json_lines, text_lines

__all__ = [
    "Actions",
    "Answer",
    "Told",
    "UsageError",
    "Work",
    "add_common",
    "add_holder",
    "holder_of",
    "holder_values",
    "one_line",
    "run",
    "say",
    "tell",
    "who",
    "with_examples",
]

PIPE_COLUMNS = 1_000
"""Where no terminal says how wide it is, a row stays a line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action has to tell."""

    parts: Sequence[Part] = ()
    status: int = 0
    note: str = ""
    """Said to people on standard error: what comes next."""


class UntoldError(Exception):
    """Standard output takes no more; what was to be done is done."""


class UsageError(Exception):
    """The command line asks for something that makes no sense; the text says what to do."""


Told: TypeAlias = Answer | Part
Work: TypeAlias = Callable[[CiftClient, argparse.Namespace], Awaitable[Told]]


class Actions:
    """The actions of one command, such as `cift limits show`; `doc` holds its examples."""

    def __init__(self, parser: argparse.ArgumentParser, doc: str | None) -> None:
        with_examples(parser, doc)
        self._common = argparse.ArgumentParser(add_help=False)
        add_common(self._common)
        self._actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(self, name: str, work: Work, words: str) -> argparse.ArgumentParser:
        """Add one; its own arguments are the caller's to add."""
        found = self._actions.add_parser(
            name, help=words, description=words, parents=[self._common]
        )
        found.set_defaults(work=work)
        return found


def with_examples(parser: argparse.ArgumentParser, doc: str | None) -> None:
    """Let `--help` end with the examples of a module, all of its text but the first line."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (doc or "").partition("\n\n")[2].rstrip()


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    parser.add_argument(
        "--target",
        default=f"{HOST}:{DEFAULT_PORT_BASE}",
        metavar="HOST:PORT_BASE",
        help="the mesh, as `cift up --port-base` makes it (default: %(default)s)",
    )
    parser.add_argument(
        "--key",
        default=os.environ.get(KEY_VARIABLE, ""),
        help=f"an operator's API key (default: {KEY_VARIABLE})",
    )
    parser.add_argument(
        "--json", action="store_true", help="print a line of JSON for each row or document"
    )


def add_holder(parser: argparse.ArgumentParser, *, account: bool = True) -> None:
    """Add what says whose limits, fees or switch is meant."""
    if account:
        parser.add_argument("account", nargs="?", default="", metavar="ACCOUNT")
    parser.add_argument("--firm", default="", help="of a firm: all its accounts together")
    parser.add_argument("--venue", action="store_true", help="of the venue: all accounts together")


def holder_of(args: argparse.Namespace) -> Holder:
    """Whom the arguments name; UsageError: nobody, or several."""
    try:
        return Holder(args.account, args.firm, args.venue)
    except ValueError:
        raise UsageError("name an account, --firm FIRM or --venue, one of them") from None


def holder_values(holder: Holder) -> dict[str, Any]:
    """The fields of a row or document that say whose it is."""
    if holder == VENUE:
        return {"level": "venue", "name": None}
    level = "account" if holder.account else "firm"
    return {"level": level, "name": holder.account or holder.firm}


def who(actor: str, user: str, firm: str) -> str:
    """Who made a change: "bob of DEMO, key 7", without what is not known."""
    key = f"key {actor}" if actor.isdigit() else actor
    return f"{user} of {firm}, {key}" if user else key


def run(command: str, args: argparse.Namespace) -> int:
    """Do what `args.work` does, and tell it; the exit status."""
    host, _, port = args.target.rpartition(":")
    if not host or not port.isdigit():
        return _refuse(command, f"{args.target!r} is not HOST:PORT_BASE")
    if not args.key:
        return _refuse(command, f"give an operator's key as --key or {KEY_VARIABLE}")
    try:
        return _ask(command, args, Endpoints.local(int(port), host))
    except UntoldError as untold:
        # What Python still holds back must not fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(untold.__cause__, BrokenPipeError):
            return 0  # Whoever reads has enough, as `head` has.
        return _refuse(command, f"done, but its answer cannot be written: {untold}")


def _ask(command: str, args: argparse.Namespace, endpoints: Endpoints) -> int:
    try:
        told = asyncio.run(_act(args, endpoints))
    except UsageError as error:
        return _refuse(command, str(error))
    except CiftError as error:
        status = 1 if isinstance(error, ConflictError) else 2
        return _refuse(command, _error_text(error, args.target), status)
    answer = told if isinstance(told, Answer) else Answer([told])
    for number, part in enumerate(answer.parts):
        if number and not args.json:
            say("")
        tell(part, args.json)
    if answer.note and not args.json:
        print(f"{command}: {answer.note}", file=sys.stderr)
    return answer.status


def tell(part: Part, as_json: bool) -> None:
    """Print it."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_COLUMNS
    for line in json_lines(part) if as_json else text_lines(part, columns):
        say(line)


def say(line: str) -> None:
    """Print a line now, not when a buffer is full: it may be the first of a long watch."""
    try:
        print(line, flush=True)
    except OSError as error:
        raise UntoldError(error.strerror) from error


async def _act(args: argparse.Namespace, endpoints: Endpoints) -> Told:
    async with CiftClient(endpoints, api_key=args.key) as client:
        told: Told = await args.work(client, args)
        return told


def _refuse(command: str, text: str, status: int = 2) -> int:
    print(f"{command}: {text}", file=sys.stderr)
    return status


def _error_text(error: CiftError, target: str) -> str:
    """What to do about it, in one line."""
    text = " ".join(str(error).split())
    match error:
        case AbortedError() if "read it again" not in text:
            return f"refused: {text}; read it again, then change it"
        case ConflictError():
            return f"refused: {error.reason}: {text}" if error.reason else f"refused: {text}"
        case AuthError():
            return f"{text}; give another key as --key or {KEY_VARIABLE}"
        case UnavailableError() | UnknownOutcomeError() if not error.reason:
            return f"no answer from {target}: is a mesh up there? `cift up` starts one ({text})"
        case RequestError() if len(error.violations) > 1:
            return "; ".join(f"{name}: {why}" for name, why in error.violations)
        case _:
            return text


def one_line(**values: Any) -> Document:
    """A document that people see in one line."""
    return Document(values, line=True)
