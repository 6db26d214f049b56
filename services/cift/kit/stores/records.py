"""Reference data as PostgreSQL stores it: a record for each kind of thing, but instruments and
limits, and how the audit log shows it.

`shown` is what an operator reads of a thing before and after a change: names, decimals as text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self

from cift.kit.decimals import render
from cift.kit.layout import SelfTrade

__all__ = [
    "SCOPES",
    "SERVICE_USER",
    "VALUE_SCALE",
    "Account",
    "Actor",
    "ApiKey",
    "AuditEntry",
    "Conversion",
    "FeeSchedule",
    "Firm",
    "Holder",
    "KillSwitch",
    "Level",
    "Locate",
    "OutboxRow",
    "User",
    "account_command",
    "brief",
    "conversion_command",
    "fees_command",
    "kill_command",
]

SELF_TRADE_BIT = 8
"""The first bit of an account's flags that says how its orders avoid each other."""
VALUE_SCALE = 9
"""Decimals of what a currency is worth."""
SCOPES = ("read", "trade", "admin")
SERVICE_USER = "service"
"""User of a firm's keys that name none."""
ACTOR = re.compile(r"(?:(?P<user>\S+) of (?P<firm>\S+), )?key (?P<key>\d+)")


class Level(IntEnum):
    """Whose something is; the numbers are those of the engine."""

    ACCOUNT = 0
    FIRM = 1
    VENUE = 2


@dataclass(frozen=True, slots=True)
class Holder:
    """An account or a firm by its id, or the venue, whose id is 0."""

    level: Level
    id: int = 0

    @property
    def columns(self) -> dict[str, int | None]:
        """How a row names its holder."""
        return {
            "level": int(self.level),
            "account_id": self.id if self.level is Level.ACCOUNT else None,
            "firm_id": self.id if self.level is Level.FIRM else None,
        }

    @property
    def command(self) -> dict[str, Any]:
        """How a command names it; an account's level goes without saying."""
        if self.level is Level.ACCOUNT:
            return {"account": self.id}
        return {"level": self.level.name.lower(), "account": self.id}


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm owns accounts and keys."""

    id: int
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A trading account."""

    id: int
    name: str
    firm_id: int
    currency: str
    enabled: bool
    self_trade: int = 0
    """SelfTrade of orders that don't say; 0: the instrument's."""
    self_trade_group: int = 0
    revision: int = field(default=1, compare=False)

    def shown(self, firm: str) -> dict[str, Any]:
        """See the module; `firm` is the name of its firm."""
        avoids = SelfTrade(self.self_trade)
        return {
            "firm": firm,
            "currency": self.currency,
            "disabled": not self.enabled,
            "self_trade_prevention": avoids.name.lower() if avoids else "",
            "self_trade_group": self.self_trade_group,
        }


@dataclass(frozen=True, slots=True)
class User:
    """A person or program of a firm, to whom keys belong."""

    id: int
    firm_id: int
    name: str
    display_name: str
    scopes: tuple[str, ...]
    """What its keys may do at most, in the order of `SCOPES`."""
    enabled: bool
    created_ns: int = field(default=0, compare=False)
    revision: int = field(default=1, compare=False)

    def shown(self) -> dict[str, Any]:
        """See the module; its name there is that of its firm, a slash and its own."""
        return {
            "display_name": self.display_name,
            "scopes": list(self.scopes),
            "disabled": not self.enabled,
        }


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a user by one of its keys, or something that is no key.

    As text, which is what is stored with a change: "alice of DEMO, key 7"; "key 7" before there
    were users; "seed".
    """

    key: str
    """Its number, or the name of what is no key."""
    user: str = ""
    firm: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the text."""
        match = ACTOR.fullmatch(text)
        if match is None:
            return cls(text)
        return cls(match["key"], match["user"] or "", match["firm"] or "")

    def __str__(self) -> str:
        if not self.key.isdigit():
            return self.key
        return f"{self.user} of {self.firm}, key {self.key}" if self.user else f"key {self.key}"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do; the secret itself is nowhere."""

    id: int
    firm_id: int
    user_id: int
    user: str
    """Name of its user."""
    user_scopes: tuple[str, ...]
    user_disabled: bool
    scopes: tuple[str, ...]
    label: str
    development: bool
    disabled: bool
    created_ns: int = field(default=0, compare=False)

    @property
    def works(self) -> bool:
        """Whether neither it nor its user is disabled."""
        return not (self.disabled or self.user_disabled)

    @property
    def granted(self) -> frozenset[str]:
        """The scopes that count: its own which its user has too."""
        return frozenset(self.scopes) & frozenset(self.user_scopes)

    def shown(self, firm: str) -> dict[str, Any]:
        """See the module; nothing of the secret."""
        return {
            "firm": firm,
            "user": self.user,
            "scopes": list(self.scopes),
            "label": self.label,
            "disabled": self.disabled,
        }


@dataclass(frozen=True, slots=True)
class Locate:
    """Shares that were located for an account, in the instrument's units."""

    id: int
    account_id: int
    instrument_id: int
    quantity_units: int
    source: str
    released: bool
    created_ns: int = field(default=0, compare=False)

    def shown(self, quantity_scale: int) -> dict[str, Any]:
        """See the module."""
        return {
            "id": self.id,
            "quantity": brief(self.quantity_units, quantity_scale),
            "source": self.source,
            "released": self.released,
        }


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """What trades of a holder cost: (traded in 30 days from, maker's rate, taker's rate)."""

    holder: Holder
    tiers: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What one unit of a currency is worth, in 10^-9 of a unit that all currencies share."""

    currency: str
    value_nano: int

    def shown(self) -> dict[str, Any]:
        """See the module."""
        return {"value": brief(self.value_nano, VALUE_SCALE)}


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A kill switch that is on."""

    holder: Holder
    comment: str
    actor: str
    time_ns: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change: `before` None: it is new; `number` 0: the journal has nothing of it."""

    id: int
    time_ns: int
    actor: str
    kind: str
    name: str
    before: Any
    after: Any
    number: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A batch of reference-data commands that waits for the relay: what `encode_reference` takes.

    Each command is a kind, such as "instrument" or "kill", and the fields of that struct in
    schemas/types.capnp, in snake case; names as text, 128-bit money as decimal text, the ticks and
    the schedule of rules and the tiers of fees as lists.
    """

    number: int
    """Of its batch, among those of its origin."""
    commands: list[tuple[str, dict[str, Any]]]
    after: int = 0
    """An urgent one: the other origin's batch that it must follow."""


def account_command(account: Account) -> tuple[str, dict[str, Any]]:
    """Write the command that sets an account."""
    command = {
        "id": account.id,
        "firm": account.firm_id,
        "flags": int(account.enabled) | account.self_trade << SELF_TRADE_BIT,
        "name": account.name,
        "currency": account.currency,
    }
    if account.self_trade_group:
        command["self_trade_group"] = account.self_trade_group
    return "account", command


def kill_command(holder: Holder, on: bool) -> tuple[str, dict[str, Any]]:
    """Write the command that turns a kill switch on or off."""
    return "kill" if on else "unkill", holder.command


def fees_command(holder: Holder, tiers: Sequence[Sequence[int]]) -> tuple[str, dict[str, Any]]:
    """Write the command that sets a holder's fees; no tiers: it has none of its own."""
    return "fees", {**holder.command, "tiers": [list(tier) for tier in tiers]}


def conversion_command(conversion: Conversion) -> tuple[str, dict[str, Any]]:
    """Write the command that sets what a currency is worth."""
    return "conversion", {"currency": conversion.currency, "value": conversion.value_nano}


def brief(units: int, scale: int) -> str:
    """Write units of 10^-scale as a decimal without zeros at its end."""
    text = render(units, scale)
    return text.rstrip("0").rstrip(".") if "." in text else text
