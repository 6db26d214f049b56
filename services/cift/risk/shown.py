"""Stored records as messages of the operators' interface."""

import json

from cift.common.v1 import types_pb2
from cift.kit.decimals import render
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.records import (
    VALUE_SCALE,
    Actor,
    ApiKey,
    AuditEntry,
    Conversion,
    FeeSchedule,
    Holder,
    Level,
    User,
    brief,
)
from cift.risk.lists import NamedKill, NamedLocate
from cift.risk.market_rules import show_rules
from cift.risk.reference import NamedAccount, etag
from cift.risk.v1 import admin_pb2, risk_pb2

__all__ = [
    "account",
    "api_key",
    "audit_entry",
    "conversion",
    "fees",
    "instrument",
    "kill_switch",
    "locate",
    "user",
]


def account(named: NamedAccount) -> admin_pb2.Account:
    """Show an account."""
    return admin_pb2.Account(
        name=named.account.name,
        firm=named.firm,
        currency=named.account.currency,
        disabled=not named.account.enabled,
        self_trade_prevention=types_pb2.SelfTradePrevention.ValueType(named.account.self_trade),
        self_trade_group=named.account.self_trade_group,
        etag=etag(named.account.revision),
    )


def user(stored: User, firm: str) -> admin_pb2.User:
    """Show a user."""
    return admin_pb2.User(
        id=stored.id,
        firm=firm,
        name=stored.name,
        display_name=stored.display_name,
        scopes=stored.scopes,
        disabled=not stored.enabled,
        create_time_ns=stored.created_ns,
        etag=etag(stored.revision),
    )


def api_key(key: ApiKey, firm: str) -> admin_pb2.ApiKey:
    """Show a key; its secret is nowhere."""
    return admin_pb2.ApiKey(
        id=key.id,
        firm=firm,
        scopes=key.scopes,
        label=key.label,
        disabled=key.disabled,
        create_time_ns=key.created_ns,
        user=key.user,
        user_disabled=key.user_disabled,
    )


def instrument(stored: Instrument) -> admin_pb2.Instrument:
    """Show an instrument, nothing left unsaid."""
    price, quantity = stored.price_scale, stored.quantity_scale
    shown = admin_pb2.Instrument(
        symbol=stored.symbol,
        currency=stored.currency,
        price_scale=price,
        quantity_scale=quantity,
        tick_size=render(stored.tick_size_units, price),
        lot_size=render(stored.lot_size_units, quantity),
        min_quantity=render(stored.smallest_units, quantity),
        initial_margin_bps=stored.initial_margin_bps,
        maintenance_margin_bps=stored.maintenance_margin_bps,
        disabled=not stored.enabled,
        etag=etag(stored.revision),
    )
    if stored.max_quantity_units:
        shown.max_quantity = render(stored.max_quantity_units, quantity)
    if stored.reference_price_units:
        shown.reference_price = render(stored.reference_price_units, price)
    show_rules(stored, shown)
    return shown


def locate(named: NamedLocate) -> admin_pb2.Locate:
    """Show a locate."""
    return admin_pb2.Locate(
        id=named.locate.id,
        account=named.account,
        symbol=named.symbol,
        quantity=render(named.locate.quantity_units, named.quantity_scale),
        source=named.locate.source,
        released=named.locate.released,
        create_time_ns=named.locate.created_ns,
    )


def fees(schedule: FeeSchedule, name: str) -> admin_pb2.FeeSchedule:
    """Show a holder's fees."""
    shown = admin_pb2.FeeSchedule()
    _set_holder(shown, schedule.holder, name)
    for start, maker, taker in schedule.tiers:
        shown.tiers.add(from_notional=start, maker_ppm=maker, taker_ppm=taker)
    return shown


def conversion(stored: Conversion) -> admin_pb2.Conversion:
    """Show what a currency is worth."""
    return admin_pb2.Conversion(
        currency=stored.currency, value=brief(stored.value_nano, VALUE_SCALE)
    )


def kill_switch(named: NamedKill, firm: str | None) -> risk_pb2.KillSwitch:
    """Show a kill switch that is on; users of other firms only when `firm` is None, an operator's.

    What the venue's switch says is told to all, but not who works at the firm that turned it.
    """
    who = Actor.of(named.switch.actor)
    known = firm is None or who.firm == firm
    shown = risk_pb2.KillSwitch(
        comment=named.switch.comment,
        actor=who.key,
        time_ns=named.switch.time_ns,
        sequence=named.sequence,
        actor_user=who.user if known else "",
        actor_firm=who.firm if known else "",
    )
    _set_holder(shown, named.switch.holder, named.name)
    return shown


def audit_entry(entry: AuditEntry) -> admin_pb2.AuditEntry:
    """Show a change."""
    who = Actor.of(entry.actor)
    return admin_pb2.AuditEntry(
        id=entry.id,
        time_ns=entry.time_ns,
        actor=who.key,
        actor_user=who.user,
        actor_firm=who.firm,
        kind=entry.kind,
        name=entry.name,
        before="" if entry.before is None else json.dumps(entry.before, ensure_ascii=False),
        after=json.dumps(entry.after, ensure_ascii=False),
        number=entry.number,
    )


def _set_holder(
    shown: admin_pb2.FeeSchedule | risk_pb2.KillSwitch, holder: Holder, name: str
) -> None:
    match holder.level:
        case Level.ACCOUNT:
            shown.account = name
        case Level.FIRM:
            shown.firm = name
        case Level.VENUE:
            shown.venue = True
