"""The `cift` command: each subcommand is a module with `add_arguments` and `run`."""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

import cift

__all__ = ["main"]

COMMANDS = {
    "up": ("cift.local.up", "start the mesh, keep it up until Ctrl-C"),
    "demo": ("cift.tools.demo", "start a mesh, send it a real order flow, prove every trade"),
    "replay": ("cift.tools.replay", "send a file of orders, compare trades and book"),
    "conformance": ("cift.tools.conformance", "run a folder of conformance cases"),
    "market": ("cift.tools.market", "sessions, halts, auctions, busts: an operator's hand"),
    "accounts": ("cift.tools.accounts", "firms, accounts, fees, conversions"),
    "users": ("cift.tools.users", "users of firms, to whom API keys belong"),
    "keys": ("cift.tools.keys", "API keys"),
    "limits": ("cift.tools.limits", "limits, dry runs of an order, locates"),
    "kill": ("cift.tools.kill", "kill switches: on, lifted, listed"),
    "positions": ("cift.tools.positions", "positions, exposure, profit and loss"),
    "breaches": ("cift.tools.breaches", "orders that risk refused"),
    "audit": ("cift.tools.audit", "who changed what"),
    "tap": ("cift.tools.tap", "print the logs as readable lines"),
    "logs": ("cift.tools.logs", "verify that the logs are whole"),
    "bench": ("cift.tools.bench", "measure, write one JSON document"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit status, 130 after Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(prog="cift", description=cift.__doc__)
    parser.add_argument("--version", action="version", version=f"cift {cift.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen: dict[str, ModuleType] = {}
    for name, (module_name, words) in COMMANDS.items():
        if importlib.util.find_spec(module_name) is None:
            continue
        subparser = subparsers.add_parser(name, help=words, description=words)
        # Only the one that is asked for is imported: `cift up` needs no benchmark's libraries.
        if name == next((word for word in argv if not word.startswith("-")), None):
            chosen[name] = importlib.import_module(module_name)
            chosen[name].add_arguments(subparser)
    args = parser.parse_args(argv)
    try:
        status: int = chosen[args.command].run(args)
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
