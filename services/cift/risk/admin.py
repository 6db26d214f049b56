"""AdminService: firms, accounts and instruments, made and changed by operators; who may call is in
`Users`, what accounts may and must pay in `Terms`.

A name that exists with the same content is the same request again: it answers as the first one did,
once that is in effect. Every change is written down with the key that made it.
"""

from dataclasses import replace
from typing import Any

from cift.kit.errors import AlreadyExists, NotFound
from cift.kit.rpc import Call, rpc
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.reference import Account
from cift.risk import shown, validation
from cift.risk.access import actor, seconds_to_wait
from cift.risk.pages import page
from cift.risk.reference import check_etag
from cift.risk.users import Users
from cift.risk.v1 import admin_pb2
from cift.risk.v1 import admin_service_pb2 as pb

__all__ = ["Admin"]

UPDATE_IT = "an update of it, were it to the same terms, tries again"


class Admin(Users):
    """Changes reference data over a `Reference`, and lists it."""

    @rpc("admin")
    async def create_firm(self, request: pb.CreateFirmRequest, call: Call) -> pb.CreateFirmResponse:
        """Add a firm; it is all in its name."""
        name = validation.firm(request.firm)
        await self._reference.add_firm(name, actor(call))
        return pb.CreateFirmResponse(firm=admin_pb2.Firm(name=name))

    @rpc("admin")
    async def list_firms(self, request: pb.ListFirmsRequest, _call: Call) -> pb.ListFirmsResponse:
        """List firms."""
        found, token = await page(
            request, ["firms"], self._lists.firms, lambda firm: [firm.name], str
        )
        firms = [admin_pb2.Firm(name=firm.name) for firm in found]
        return pb.ListFirmsResponse(firms=firms, next_page_token=token)

    @rpc("admin", timed=True)
    async def create_account(
        self, request: pb.CreateAccountRequest, call: Call
    ) -> pb.CreateAccountResponse:
        """Add an account, which has no limits yet and so cannot trade."""
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
        if replace(stored.account, id=0) != terms:
            raise AlreadyExists("ACCOUNT_EXISTS", f"account {wanted.name} has other terms")
        await self._reference.in_effect(number, seconds_to_wait(call), retry=UPDATE_IT)
        return pb.CreateAccountResponse(account=shown.account(stored))

    @rpc("admin", timed=True)
    async def update_account(
        self, request: pb.UpdateAccountRequest, call: Call
    ) -> pb.UpdateAccountResponse:
        """Change an account; from the answer on every order is judged by its new terms."""
        wanted = request.account
        fields = validation.account_fields(wanted, request.update_mask.paths)

        def changed(stored: Account) -> Account:
            check_etag(wanted.etag, stored.revision, f"account {wanted.name}")
            terms: dict[str, dict[str, Any]] = {
                "disabled": {"enabled": not wanted.disabled},
                "self_trade_prevention": {"self_trade": wanted.self_trade_prevention},
                "self_trade_group": {"self_trade_group": wanted.self_trade_group},
            }
            for field in fields:
                stored = replace(stored, **terms[field])
            return stored

        put = await self._reference.update_account(wanted.name, changed, actor(call))
        if put is None:
            raise NotFound("UNKNOWN_ACCOUNT", f"no account {wanted.name}")
        stored, number = put
        await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.UpdateAccountResponse(account=shown.account(stored))

    @rpc("admin")
    async def list_accounts(
        self, request: pb.ListAccountsRequest, _call: Call
    ) -> pb.ListAccountsResponse:
        """List accounts."""
        found, token = await page(
            request, ["accounts"], self._lists.accounts, lambda named: [named.account.name], str
        )
        accounts = [shown.account(named) for named in found]
        return pb.ListAccountsResponse(accounts=accounts, next_page_token=token)

    @rpc("admin", timed=True)
    async def create_instrument(
        self, request: pb.CreateInstrumentRequest, call: Call
    ) -> pb.CreateInstrumentResponse:
        """Add an instrument; orders for it are taken once this has answered."""
        terms = validation.instrument(request.instrument)
        stored, number = await self._reference.add_instrument(
            lambda new: replace(terms, id=new), terms.symbol, actor(call)
        )
        if _content(stored) != _content(terms):
            raise AlreadyExists("INSTRUMENT_EXISTS", f"instrument {terms.symbol} has other terms")
        await self._reference.in_effect(number, seconds_to_wait(call), retry=UPDATE_IT)
        return pb.CreateInstrumentResponse(instrument=shown.instrument(stored))

    @rpc("admin", timed=True)
    async def update_instrument(
        self, request: pb.UpdateInstrumentRequest, call: Call
    ) -> pb.UpdateInstrumentResponse:
        """Change an instrument; from the answer on every order is judged by its new terms."""
        wanted = request.instrument
        fields = validation.changed_fields(wanted, request.update_mask.paths)

        def changed(stored: Instrument) -> Instrument:
            check_etag(wanted.etag, stored.revision, f"instrument {wanted.symbol}")
            terms = shown.instrument(stored)
            smallest = terms.min_quantity
            if not stored.min_quantity_units:
                terms.ClearField("min_quantity")  # Never given: it follows the lot.
            for field in fields:
                terms.ClearField(field)
                if field in said:
                    terms.MergeFrom(admin_pb2.Instrument(**{field: getattr(wanted, field)}))
            read_back = not request.update_mask.paths and terms.min_quantity == smallest
            if read_back and not stored.min_quantity_units:
                terms.ClearField("min_quantity")  # As it was told, not as it was given.
            return validation.changed_instrument(stored, terms)

        said = {field.name for field, _ in wanted.ListFields()}
        put = await self._reference.update_instrument(wanted.symbol, changed, actor(call))
        if put is None:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {wanted.symbol}")
        stored, number = put
        await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.UpdateInstrumentResponse(instrument=shown.instrument(stored))

    @rpc("admin")
    async def list_instruments(
        self, request: pb.ListInstrumentsRequest, _call: Call
    ) -> pb.ListInstrumentsResponse:
        """List instruments."""
        found, token = await page(
            request, ["instruments"], self._lists.instruments, lambda stored: [stored.symbol], str
        )
        instruments = [shown.instrument(stored) for stored in found]
        return pb.ListInstrumentsResponse(instruments=instruments, next_page_token=token)


def _content(terms: Instrument) -> Instrument:
    """What makes it the same instrument: a smallest order of one lot may be said or not."""
    return replace(terms, id=0, min_quantity_units=terms.smallest_units)
