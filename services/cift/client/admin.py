"""Reference data: firms, users, accounts, keys, instruments, fees, and who changed them."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from google.protobuf.field_mask_pb2 import FieldMask

from cift.client import reference
from cift.client.pages import Pages
from cift.client.reference import (
    Account,
    AccountTerms,
    ApiKey,
    AuditEntry,
    Conversion,
    Fees,
    Instrument,
    InstrumentTerms,
    Locate,
    Located,
    User,
    UserTerms,
)
from cift.client.types import DecimalLike, decimal_text
from cift.common.v1 import types_pb2
from cift.risk.v1 import admin_pb2, admin_service_pb2_grpc
from cift.risk.v1 import admin_service_pb2 as pb

if TYPE_CHECKING:
    from cift.client.client import CiftClient

__all__ = ["Admin"]

T = TypeVar("T")


class Admin:
    """Calls that need scope `admin`, if they don't say otherwise; a change is in effect when its
    call returns.

    What is listed may be awaited, which gives all of it, or iterated, which reads a page at a time.
    """

    def __init__(self, client: "CiftClient") -> None:
        self._client = client
        self._admin = admin_service_pb2_grpc.AdminServiceStub(client.channel(client.endpoints.risk))

    async def create_firm(self, name: str) -> None:
        """Create a firm; the same again is no error."""
        request = pb.CreateFirmRequest(firm=admin_pb2.Firm(name=name))
        await self._client.query(self._admin.CreateFirm, request)

    def list_firms(self) -> Pages[str]:
        """Names of all firms, by name."""
        return self._pages(
            self._admin.ListFirms,
            pb.ListFirmsRequest(),
            lambda reply: [firm.name for firm in reply.firms],
        )

    async def create_account(self, account: Account) -> None:
        """Create an account; it cannot trade before it has limits. The same again is no error."""
        request = pb.CreateAccountRequest(account=reference.account_message(account))
        await self._client.query(self._admin.CreateAccount, request)

    async def update_account(
        self, name: str, *, etag: str = "", **terms: Unpack[AccountTerms]
    ) -> Account:
        """Change what is named of an account.

        AbortedError: `etag` is given and somebody changed the account since it was read.
        """
        message = admin_pb2.Account(name=name, etag=etag)
        if "disabled" in terms:
            message.disabled = terms["disabled"]
        if "self_trade_prevention" in terms:
            message.self_trade_prevention = types_pb2.SelfTradePrevention.ValueType(
                terms["self_trade_prevention"]
            )
        if "self_trade_group" in terms:
            message.self_trade_group = terms["self_trade_group"]
        request = pb.UpdateAccountRequest(
            account=message, update_mask=FieldMask(paths=_named(terms))
        )
        reply = await self._client.query(self._admin.UpdateAccount, request)
        return reference.account_of(reply.account)

    def list_accounts(self) -> Pages[Account]:
        """All accounts, by name."""
        return self._pages(
            self._admin.ListAccounts,
            pb.ListAccountsRequest(),
            lambda reply: [reference.account_of(account) for account in reply.accounts],
        )

    async def create_user(self, user: User) -> User:
        """Create a user of a firm; the same again is no error.

        AuthError: it would have scopes that this key lacks.
        """
        message = admin_pb2.User(
            firm=user.firm,
            name=user.name,
            display_name=user.display_name,
            scopes=user.scopes,
            disabled=user.disabled,
        )
        request = pb.CreateUserRequest(user=message)
        return reference.user_of((await self._client.query(self._admin.CreateUser, request)).user)

    async def get_user(self, name: str, firm: str = "") -> User:
        """A user of a firm, or ("") of the key's; scope `read` will do for the key's own.

        NotFoundError: there is none, or it is another firm's.
        """
        request = pb.GetUserRequest(firm=firm, name=name)
        return reference.user_of((await self._client.query(self._admin.GetUser, request)).user)

    async def update_user(
        self, firm: str, name: str, *, etag: str = "", **terms: Unpack[UserTerms]
    ) -> User:
        """Change what is named of a user; its keys follow within a second.

        AbortedError: `etag` is given and somebody changed the user since it was read.
        """
        request = pb.UpdateUserRequest(
            user=admin_pb2.User(firm=firm, name=name, etag=etag, **terms),
            update_mask=FieldMask(paths=_named(terms)),
        )
        return reference.user_of((await self._client.query(self._admin.UpdateUser, request)).user)

    def list_users(self, firm: str = "") -> Pages[User]:
        """Users of a firm, or ("") of the key's, of all with scope `admin`, by firm and name."""
        return self._pages(
            self._admin.ListUsers,
            pb.ListUsersRequest(firm=firm),
            lambda reply: [reference.user_of(user) for user in reply.users],
        )

    async def create_api_key(
        self, firm: str, scopes: Sequence[str], label: str = "", *, user: str = ""
    ) -> ApiKey:
        """Create a key of a user, or ("") of the firm's user "service", with its secret.

        Not repeated on failure: it is not idempotent. ConflictError: the user is disabled, or may
        have no such keys. AuthError: this key lacks one of the scopes.
        """
        message = admin_pb2.ApiKey(firm=firm, scopes=scopes, label=label, user=user)
        request = pb.CreateApiKeyRequest(api_key=message)
        reply = await self._client.call(self._admin.CreateApiKey, request)
        return reference.api_key_of(reply.api_key, reply.secret)

    def list_api_keys(self, firm: str = "", user: str = "") -> Pages[ApiKey]:
        """All keys, or those of a firm, or of a user of it, by number; without their secrets."""
        return self._pages(
            self._admin.ListApiKeys,
            pb.ListApiKeysRequest(firm=firm, user=user),
            lambda reply: [reference.api_key_of(key) for key in reply.api_keys],
        )

    async def disable_api_key(self, key_id: int) -> None:
        """Disable a key; it stops working within a second."""
        await self._client.query(self._admin.DisableApiKey, pb.DisableApiKeyRequest(id=key_id))

    async def create_instrument(self, instrument: Instrument) -> None:
        """Create an instrument; the same again is no error."""
        values = {name: getattr(instrument, name) for name in Instrument.__slots__}
        request = pb.CreateInstrumentRequest(instrument=reference.instrument_message(values))
        await self._client.query(self._admin.CreateInstrument, request)

    async def update_instrument(
        self, symbol: str, *, etag: str = "", **terms: Unpack[InstrumentTerms]
    ) -> Instrument:
        """Change what is named of an instrument; None: what a new one has.

        AbortedError: `etag` is given and somebody changed the instrument since it was read.
        """
        message = reference.instrument_message({"symbol": symbol, "etag": etag, **terms})
        request = pb.UpdateInstrumentRequest(
            instrument=message, update_mask=FieldMask(paths=_named(terms))
        )
        reply = await self._client.query(self._admin.UpdateInstrument, request)
        return reference.instrument_of(reply.instrument)

    def list_instruments(self) -> Pages[Instrument]:
        """All instruments, by symbol."""
        return self._pages(
            self._admin.ListInstruments,
            pb.ListInstrumentsRequest(),
            lambda reply: [reference.instrument_of(one) for one in reply.instruments],
        )

    async def add_locate(
        self, account: str, symbol: str, quantity: DecimalLike, source: str = ""
    ) -> Located:
        """Note shares that were located for an account. Not repeated on failure."""
        message = admin_pb2.Locate(
            account=account, symbol=symbol, quantity=decimal_text(quantity), source=source
        )
        reply = await self._client.call(self._admin.AddLocate, pb.AddLocateRequest(locate=message))
        return Located(reference.locate_of(reply.locate), Decimal(reply.located))

    async def release_locate(self, locate_id: int) -> Located:
        """Let a locate no longer count."""
        request = pb.ReleaseLocateRequest(id=locate_id)
        reply = await self._client.query(self._admin.ReleaseLocate, request)
        return Located(reference.locate_of(reply.locate), Decimal(reply.located))

    def list_locates(self, account: str = "") -> Pages[Locate]:
        """All locates, or those of an account, by number; released ones too."""
        return self._pages(
            self._admin.ListLocates,
            pb.ListLocatesRequest(account=account),
            lambda reply: [reference.locate_of(locate) for locate in reply.locates],
        )

    async def set_fees(self, fees: Fees) -> int:
        """Set what trades cost from now on; the journal sequence where it counts."""
        request = pb.SetFeesRequest(fees=reference.fees_message(fees))
        return int((await self._client.query(self._admin.SetFees, request)).sequence)

    def list_fees(self) -> Pages[Fees]:
        """All schedules: the venue's, those of firms, those of accounts."""
        return self._pages(
            self._admin.ListFees,
            pb.ListFeesRequest(),
            lambda reply: [reference.fees_of(fees) for fees in reply.fees],
        )

    async def set_conversion(self, currency: str, value: DecimalLike) -> int:
        """Set what one unit of a currency is worth; the journal sequence where it counts."""
        message = admin_pb2.Conversion(currency=currency, value=decimal_text(value))
        request = pb.SetConversionRequest(conversion=message)
        return int((await self._client.query(self._admin.SetConversion, request)).sequence)

    def list_conversions(self) -> Pages[Conversion]:
        """What currencies are worth, by currency."""
        return self._pages(
            self._admin.ListConversions,
            pb.ListConversionsRequest(),
            lambda reply: [reference.conversion_of(one) for one in reply.conversions],
        )

    def list_audit_entries(self, *, kind: str = "", name: str = "") -> Pages[AuditEntry]:
        """Changes that operators made, the newest first: all, of one kind, or of one name."""
        return self._pages(
            self._admin.ListAuditEntries,
            pb.ListAuditEntriesRequest(kind=kind, name=name),
            lambda reply: [reference.audit_entry_of(entry) for entry in reply.audit_entries],
        )

    def _pages(
        self, method: Callable[..., Awaitable[Any]], request: Any, items: Callable[[Any], list[T]]
    ) -> Pages[T]:
        return self._client.pages(method, request, items)


def _named(terms: Any) -> list[str]:
    """The fields to change; without any the exchange would take it that all are meant."""
    if not terms:
        raise ValueError("name what shall change")
    return list(terms)
