"""Reference data as PostgreSQL stores it: a record for each kind of thing, but instruments and
limits, and how the audit log shows it.

`shown` is what an operator reads of a thing before and after a change: names, decimals as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from cift.kit.decimals import render

__all__ = [
    "VALUE_SCALE",
    "Account",
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
        return {
            "firm": firm,
            "currency": self.currency,
            "disabled": not self.enabled,
            "self_trade_prevention": self.self_trade,
            "self_trade_group": self.self_trade_group,
        }


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do; the secret itself is nowhere."""

    id: int
    firm_id: int
    scopes: tuple[str, ...]
    label: str
    development: bool
    disabled: bool
    created_ns: int = field(default=0, compare=False)

    def shown(self, firm: str) -> dict[str, Any]:
        """See the module; nothing of the secret."""
        return {
            "firm": firm,
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
