"""Subjects of the three logs, and the allow-list that a symbol passes before it becomes one.

A message whose commands are all for one symbol goes to `<prefix>.<symbol>`, any other to
`<prefix>._venue`, which also carries mass cancels, kills, ticks and reference data. An output
keeps the token of its input, so that a symbol's feed filters on its symbol and `_venue`.
"""

import re
from collections.abc import Iterable

__all__ = [
    "FILLS_PREFIX",
    "ORDERS_PREFIX",
    "RISKED_PREFIX",
    "VENUE",
    "check_symbol",
    "is_symbol",
    "subject",
    "token_for",
    "token_of",
]

ORDERS_PREFIX = "orders.new"
RISKED_PREFIX = "orders.risked"
FILLS_PREFIX = "orders.fills"

VENUE = "_venue"
"""The token of what concerns several symbols or none; no symbol can be spelt so."""

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")


def is_symbol(text: str) -> bool:
    """Whether `text` may stand in a subject: NATS itself would take `t.*`, `t.>` and `t..x`."""
    return _SYMBOL.fullmatch(text) is not None


def check_symbol(text: str) -> str:
    """Return `text`, or raise ValueError when it is not a symbol."""
    if not is_symbol(text):
        raise ValueError(
            f"symbol {text[:40]!r} must be 1 to 32 characters of A-Z, 0-9, '_' and '-', "
            "the first a letter or digit"
        )
    return text


def token_for(symbols: Iterable[str]) -> str:
    """The token of a batch that holds commands for `symbols`: the one there is, else `_venue`."""
    distinct = set(symbols)
    return check_symbol(distinct.pop()) if len(distinct) == 1 else VENUE


def subject(prefix: str, token: str) -> str:
    """`<prefix>.<token>`; the token is a symbol or `_venue`, anything else is a ValueError."""
    return f"{prefix}.{token if token == VENUE else check_symbol(token)}"


def token_of(subject_name: str) -> str:
    """The token of a log message's subject; `subject` made it, so it is the last part."""
    return subject_name.rpartition(".")[2]
