"""AdminService: firms, accounts, keys and instruments, made by operators.

A name that exists with the same content is the same request again: it answers as the first one did,
once that is in effect.
"""

import secrets
from dataclasses import replace

from cift.common.v1 import types_pb2
from cift.kit.decimals import render
from cift.kit.errors import AlreadyExists, InvalidArgument, NotFound
from cift.kit.rpc import Call, rpc
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.reference import Account
from cift.risk import validation
from cift.risk.market_rules import show_rules
from cift.risk.reference import NamedAccount, Reference
from cift.risk.v1 import admin_pb2
from cift.risk.v1 import admin_service_pb2 as pb

__all__ = ["Admin", "actor", "seconds_to_wait"]

SECRET_BYTES = 32
WAIT_SECONDS = 10.0
"""Longest wait for a change to take effect when the caller set no deadline, or a later one."""
ANSWER_SECONDS = 0.1
"""Kept of the caller's deadline, so that it hears why there was no other answer."""


class Admin:
    """Changes reference data over a `Reference`."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    @rpc("admin")
    async def create_firm(self, request: pb.CreateFirmRequest, call: Call) -> pb.CreateFirmResponse:
        """Add a firm; it is all in its name."""
        name = validation.firm(request.firm)
        await self._reference.add_firm(name, actor(call))
        return pb.CreateFirmResponse(firm=admin_pb2.Firm(name=name))

    @rpc("admin", timed=True)
    async def create_account(
        self, request: pb.CreateAccountRequest, call: Call
    ) -> pb.CreateAccountResponse:
        """Add an account, which has no limits yet and so cannot trade."""
        seconds = seconds_to_wait(call)
        wanted = request.account
        validation.account(wanted)
        terms = Account(
            id=0,
            name=wanted.name,
            firm_id=await self._firm_id(wanted.firm),
            currency=wanted.currency,
            enabled=not wanted.disabled,
            self_trade=wanted.self_trade_prevention,
            self_trade_group=wanted.self_trade_group,
        )
        stored, number = await self._reference.add_account(terms, actor(call))
        if _account(stored) != wanted:
            raise AlreadyExists("ACCOUNT_EXISTS", f"account {wanted.name} has other terms")
        await self._reference.in_effect(number, seconds)
        return pb.CreateAccountResponse(account=_account(stored))

    @rpc("admin")
    async def list_accounts(
        self, request: pb.ListAccountsRequest, _call: Call
    ) -> pb.ListAccountsResponse:
        """List accounts; the token of a page is the last name on the one before."""
        size = validation.page(request.page_size)
        if request.page_token and validation.name("page_token", request.page_token):
            text = "must be the next_page_token of the page before"
            raise InvalidArgument.of([("page_token", text)])
        found = await self._reference.accounts(request.page_token, size + 1)
        token = found[size - 1].account.name if len(found) > size else ""
        return pb.ListAccountsResponse(
            accounts=[_account(row) for row in found[:size]], next_page_token=token
        )

    @rpc("admin")
    async def create_api_key(
        self, request: pb.CreateApiKeyRequest, call: Call
    ) -> pb.CreateApiKeyResponse:
        """Make a secret, store its hash, and tell it once."""
        wanted = request.api_key
        validation.api_key(wanted)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        number = await self._reference.add_key(
            secret,
            firm_id=await self._firm_id(wanted.firm),
            scopes=list(wanted.scopes),
            label=wanted.label,
            actor=actor(call),
        )
        key = admin_pb2.ApiKey(
            id=number, firm=wanted.firm, scopes=wanted.scopes, label=wanted.label
        )
        return pb.CreateApiKeyResponse(api_key=key, secret=secret)

    @rpc("admin")
    async def disable_api_key(
        self, request: pb.DisableApiKeyRequest, call: Call
    ) -> pb.DisableApiKeyResponse:
        """Disable a key; every service reads the keys anew twice a second."""
        if not 1 <= request.id < 1 << 63:
            raise InvalidArgument.of([("id", "must be the number of a key")])
        if not await self._reference.disable_key(request.id, actor(call)):
            raise NotFound("UNKNOWN_KEY", f"no API key {request.id}")
        return pb.DisableApiKeyResponse()

    @rpc("admin", timed=True)
    async def create_instrument(
        self, request: pb.CreateInstrumentRequest, call: Call
    ) -> pb.CreateInstrumentResponse:
        """Add an instrument; orders for it are taken once this has answered."""
        seconds = seconds_to_wait(call)
        terms = validation.instrument(request.instrument)
        stored, number = await self._reference.add_instrument(terms, actor(call))
        if replace(stored, id=0) != terms:
            raise AlreadyExists("INSTRUMENT_EXISTS", f"instrument {terms.symbol} has other terms")
        await self._reference.in_effect(number, seconds)
        return pb.CreateInstrumentResponse(instrument=_instrument(stored))

    @rpc("admin", timed=True)
    async def update_instrument(
        self, request: pb.UpdateInstrumentRequest, call: Call
    ) -> pb.UpdateInstrumentResponse:
        """Change an instrument; from the answer on every order is judged by its new terms."""
        seconds = seconds_to_wait(call)
        wanted = request.instrument
        fields = validation.changed_fields(wanted, request.update_mask.paths)
        said = {field.name for field, _ in wanted.ListFields()}

        def changed(stored: Instrument) -> Instrument:
            terms = _instrument(stored)
            for field in fields:
                terms.ClearField(field)
                if field in said:
                    terms.MergeFrom(admin_pb2.Instrument(**{field: getattr(wanted, field)}))
            return validation.changed_instrument(stored, terms)

        put = await self._reference.update_instrument(wanted.symbol, changed, actor(call))
        if put is None:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {wanted.symbol}")
        stored, number = put
        await self._reference.in_effect(number, seconds)
        return pb.UpdateInstrumentResponse(instrument=_instrument(stored))

    async def _firm_id(self, name: str) -> int:
        number = await self._reference.firm_id(name)
        if number is None:
            raise NotFound("UNKNOWN_FIRM", f"no firm {name}")
        return number


def actor(call: Call) -> str:
    """Who a change is written down for."""
    return f"key {call.principal.key_id}"


def seconds_to_wait(call: Call) -> float:
    """How long a call may wait for a change to take effect."""
    left = call.seconds_left()
    return WAIT_SECONDS if left is None else max(0.0, min(left - ANSWER_SECONDS, WAIT_SECONDS))


def _account(named: NamedAccount) -> admin_pb2.Account:
    return admin_pb2.Account(
        name=named.account.name,
        firm=named.firm,
        currency=named.account.currency,
        disabled=not named.account.enabled,
        self_trade_prevention=types_pb2.SelfTradePrevention.ValueType(named.account.self_trade),
        self_trade_group=named.account.self_trade_group,
    )


def _instrument(stored: Instrument) -> admin_pb2.Instrument:
    price, quantity = stored.price_scale, stored.quantity_scale
    shown = admin_pb2.Instrument(
        symbol=stored.symbol,
        currency=stored.currency,
        price_scale=price,
        quantity_scale=quantity,
        tick_size=render(stored.tick_size_units, price),
        lot_size=render(stored.lot_size_units, quantity),
        min_quantity=render(stored.min_quantity_units, quantity),
        initial_margin_bps=stored.initial_margin_bps,
        disabled=not stored.enabled,
    )
    if stored.max_quantity_units:
        shown.max_quantity = render(stored.max_quantity_units, quantity)
    if stored.reference_price_units:
        shown.reference_price = render(stored.reference_price_units, price)
    show_rules(stored, shown)
    return shown
