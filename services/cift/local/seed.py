"""Demonstration reference data from a TOML file, see deploy/postgres/demo.toml.

Applying it again adds what is missing by name and changes nothing that exists, so what an operator
changed stays. All of it is one change: one row in the outbox, one batch in ORDERS.
"""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from cift.kit.layout import SelfTrade
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.limits import MONEY_SCALE, Limits
from cift.kit.stores.records import Holder, Level
from cift.kit.stores.reference import Change, ReferenceStore, hash_key

__all__ = ["SeedError", "apply_seed", "read_keys", "read_seed"]

ACTOR = "seed"


class SeedError(Exception):
    """The file says something that cannot be stored."""


def read_seed(path: Path) -> dict[str, Any]:
    """Read the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SeedError(f"cannot read {path}: {error}") from error


def read_keys(seed: dict[str, Any]) -> dict[str, str]:
    """The secrets of the file's development keys, by name."""
    return {key["name"]: key["secret"] for key in seed["keys"]}


async def apply_seed(store: ReferenceStore, seed: dict[str, Any]) -> bool:
    """Add what is missing; whether anything was."""
    firms = {firm.name: firm.id for firm in await store.firms()}
    accounts = {account.name for account in await store.accounts()}
    symbols = {instrument.symbol for instrument in await store.instruments()}
    users = {(user.firm_id, user.name): user.id for user in await store.users()}
    keys = await store.keys()
    added = False
    async with store.change(ACTOR) as change:
        for row in seed["firms"]:
            if row["name"] not in firms:
                firms[row["name"]] = (await change.add_firm(row["name"])).id
                added = True
        for row in seed.get("users", []):
            of = firms[row["firm"]], row["name"]
            if of not in users:
                user = await change.add_user(
                    row["name"],
                    firm_id=of[0],
                    display_name=row["display_name"],
                    scopes=row["scopes"],
                )
                users[of] = user.id
                added = True
        for row in seed["keys"]:
            if hash_key(row["secret"]) not in keys:
                of = firms[row["firm"]], row.get("user", "")
                if of[1] and of not in users:
                    raise SeedError(f"key {row['name']}: firm {row['firm']} has no user {of[1]}")
                await change.add_key(
                    row["secret"],
                    firm_id=of[0],
                    user_id=users.get(of),
                    scopes=row["scopes"],
                    label=row["label"],
                    development=True,
                )
                added = True
        for row in seed["instruments"]:
            if row["symbol"] not in symbols:
                await change.put_instrument(_instrument(row, await change.next_instrument_id()))
                added = True
        for row in seed["accounts"]:
            if row["name"] not in accounts:
                await _add_account(change, row, firms[row["firm"]], seed["limits"])
                added = True
    return added


async def _add_account(
    change: Change, row: dict[str, Any], firm_id: int, default_limits: dict[str, Any]
) -> None:
    account = await change.add_account(row["name"], firm_id=firm_id, currency=row["currency"])
    limits = {**default_limits, **row.get("limits", {})}
    await change.put_limits(
        Limits(
            holder=Holder(Level.ACCOUNT, account.id),
            max_order_quantity_pico=_units(limits["max_order_quantity"], MONEY_SCALE),
            max_order_notional_pico=_units(limits["max_order_notional"], MONEY_SCALE),
            max_position_pico=_units(limits["max_position"], MONEY_SCALE),
            credit_pico=_units(limits["credit"], MONEY_SCALE),
            collar_bps=limits["collar_bps"],
            max_open_orders=limits["max_open_orders"],
        )
    )


def _instrument(row: dict[str, Any], number: int) -> Instrument:
    price_scale, quantity_scale = row["price_scale"], row["quantity_scale"]
    return Instrument(
        id=number,
        symbol=row["symbol"],
        currency=row["currency"],
        price_scale=price_scale,
        quantity_scale=quantity_scale,
        tick_size_units=_units(row["tick_size"], price_scale),
        lot_size_units=_units(row["lot_size"], quantity_scale),
        reference_price_units=_units(row["reference_price"], price_scale),
        self_trade=SelfTrade[row["self_trade"].upper()],
    )


def _units(text: str, scale: int) -> int:
    """A decimal as an integer in 10^-scale, exactly."""
    units = Decimal(text).scaleb(scale)
    if units != units.to_integral_value():
        raise SeedError(f"{text} has more than {scale} decimals")
    return int(units)
