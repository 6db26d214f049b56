"""The part of AdminService that is about what accounts may and must pay: locates, fees, what
currencies are worth, and the log of all changes.
"""

from cift.kit.decimals import render
from cift.kit.errors import FailedPrecondition, InvalidArgument, NotFound
from cift.kit.rpc import Call, rpc
from cift.kit.stores.records import VALUE_SCALE, Conversion, FeeSchedule, Level
from cift.risk import shown, validation
from cift.risk.access import actor, find_holder, own_account, seconds_to_wait
from cift.risk.lists import Lists, NamedLocate
from cift.risk.market_rules import Violations
from cift.risk.pages import page
from cift.risk.reference import NamedHolder, Reference
from cift.risk.v1 import admin_pb2
from cift.risk.v1 import admin_service_pb2 as pb

__all__ = ["Terms", "known_to_engine"]

SOURCE_MAX = 64
TIERS_MAX = 8
RATE_PPM_MAX = 100_000
TIER_FROM_MAX = 10**18
VALUE_NANO_MAX = 10**15
AUDIT_KINDS = (
    *("firm", "user", "account", "api_key", "instrument", "limits", "locate", "fees"),
    *("conversion", "kill_switch"),
)
NAME_MAX = 97
"""Characters of the longest name in the audit log: those of a firm, a slash and of a user."""


class Terms:
    """Changes over a `Reference`, lists over `Lists`."""

    def __init__(self, reference: Reference, lists: Lists) -> None:
        self._reference = reference
        self._lists = lists

    @rpc("admin", timed=True)
    async def add_locate(self, request: pb.AddLocateRequest, call: Call) -> pb.AddLocateResponse:
        """Add a locate; from the answer on the account may sell as many more short."""
        wanted = request.locate
        violations = validation.name("locate.account", wanted.account)
        violations += validation.name("locate.symbol", wanted.symbol)
        for field in ("id", "released"):
            if getattr(wanted, field):
                violations.append((f"locate.{field}", "must be absent: the venue gives it"))
        if len(wanted.source) > SOURCE_MAX or not wanted.source.isprintable():
            text = f"must be at most {SOURCE_MAX} printable characters"
            violations.append(("locate.source", text))
        validation.refuse(violations)
        named = await own_account(self._reference, wanted.account, call.principal, "locate.account")
        instrument = await self._reference.instrument(wanted.symbol)
        if instrument is None:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {wanted.symbol}")
        scale = instrument.quantity_scale
        units = validation.units("locate.quantity", wanted.quantity, scale, violations)
        validation.refuse(violations)
        locate, located, number = await self._reference.add_locate(
            named.account, instrument, units, wanted.source, actor(call)
        )
        again = f"it is locate {locate.id}: the same request again would add another"
        retry = f"it is locate {locate.id}: release it, and add it again when there is room"
        await self._reference.in_effect(number, seconds_to_wait(call), again=again, retry=retry)
        told = NamedLocate(locate, wanted.account, wanted.symbol, scale)
        return pb.AddLocateResponse(locate=shown.locate(told), located=render(located, scale))

    @rpc("admin", timed=True)
    async def release_locate(
        self, request: pb.ReleaseLocateRequest, call: Call
    ) -> pb.ReleaseLocateResponse:
        """Release a locate; open short sales stay, new ones are judged without it."""
        if not 1 <= request.id < 1 << 63:
            raise InvalidArgument.of([("id", "must be the number of a locate")])
        released = await self._reference.release_locate(request.id, actor(call))
        told = await self._lists.locate(request.id)
        if released is None or told is None:
            raise NotFound("UNKNOWN_LOCATE", f"no locate {request.id}")
        _, located, number = released
        await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.ReleaseLocateResponse(
            locate=shown.locate(told), located=render(located, told.quantity_scale)
        )

    @rpc("admin")
    async def list_locates(
        self, request: pb.ListLocatesRequest, _call: Call
    ) -> pb.ListLocatesResponse:
        """List locates."""
        if request.account:
            validation.refuse(validation.name("account", request.account))
        found, token = await page(
            request,
            ["locates", request.account],
            lambda after, maximum: self._lists.locates(request.account, after, maximum),
            lambda named: [named.locate.id],
            int,
        )
        locates = [shown.locate(named) for named in found]
        return pb.ListLocatesResponse(locates=locates, next_page_token=token)

    @rpc("admin", timed=True)
    async def set_fees(self, request: pb.SetFeesRequest, call: Call) -> pb.SetFeesResponse:
        """Set a holder's fees; trades that are applied from the answer on pay them."""
        tiers = _tiers(request.fees)
        holder = await find_holder(self._reference, request.fees, call.principal, "fees.")
        await known_to_engine(self._reference, holder)
        schedule = FeeSchedule(holder.holder, tiers)
        number = await self._reference.set_fees(holder, schedule, actor(call))
        sequence = await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.SetFeesResponse(fees=shown.fees(schedule, holder.name), sequence=sequence)

    @rpc("admin")
    async def list_fees(self, request: pb.ListFeesRequest, _call: Call) -> pb.ListFeesResponse:
        """List fee schedules."""
        found, token = await page(
            request,
            ["fees"],
            self._lists.fees,
            lambda named: [int(named[0].holder.level), named[1]],
            int,
            str,
        )
        fees = [shown.fees(schedule, name) for schedule, name in found]
        return pb.ListFeesResponse(fees=fees, next_page_token=token)

    @rpc("admin", timed=True)
    async def set_conversion(
        self, request: pb.SetConversionRequest, call: Call
    ) -> pb.SetConversionResponse:
        """Set what a currency is worth."""
        wanted = request.conversion
        violations = validation.currency("conversion.currency", wanted.currency)
        where = "conversion.value"
        value = validation.units(where, wanted.value, VALUE_SCALE, violations, VALUE_NANO_MAX)
        validation.refuse(violations)
        conversion = Conversion(wanted.currency, value)
        number = await self._reference.set_conversion(conversion, actor(call))
        sequence = await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.SetConversionResponse(conversion=shown.conversion(conversion), sequence=sequence)

    @rpc("admin")
    async def list_conversions(
        self, request: pb.ListConversionsRequest, _call: Call
    ) -> pb.ListConversionsResponse:
        """List what currencies are worth."""
        found, token = await page(
            request,
            ["conversions"],
            self._lists.conversions,
            lambda stored: [stored.currency],
            str,
        )
        conversions = [shown.conversion(stored) for stored in found]
        return pb.ListConversionsResponse(conversions=conversions, next_page_token=token)

    @rpc("admin")
    async def list_audit_entries(
        self, request: pb.ListAuditEntriesRequest, _call: Call
    ) -> pb.ListAuditEntriesResponse:
        """List changes: who, when, what it was and what it became."""
        if request.kind and request.kind not in AUDIT_KINDS:
            raise InvalidArgument.of([("kind", f"must be one of {', '.join(AUDIT_KINDS)}")])
        if len(request.name) > NAME_MAX or not request.name.isprintable():
            text = f"must be at most {NAME_MAX} printable characters"
            raise InvalidArgument.of([("name", text)])
        found, token = await page(
            request,
            ["audit", request.kind, request.name],
            lambda after, maximum: self._lists.audit(request.kind, request.name, after, maximum),
            lambda entry: [entry.id],
            int,
        )
        entries = [shown.audit_entry(entry) for entry in found]
        return pb.ListAuditEntriesResponse(audit_entries=entries, next_page_token=token)


async def known_to_engine(reference: Reference, holder: NamedHolder) -> None:
    """Refuse a firm without accounts: the engine knows firms by those."""
    if holder.holder.level is Level.FIRM and not await reference.has_accounts(holder.holder.id):
        raise FailedPrecondition(
            "FIRM_WITHOUT_ACCOUNTS", f"firm {holder.name} has no accounts: create one first"
        )


def _tiers(fees: admin_pb2.FeeSchedule) -> tuple[tuple[int, int, int], ...]:
    """Check tiers: the first from 0, rising."""
    violations: Violations = []
    if len(fees.tiers) > TIERS_MAX:
        violations.append(("fees.tiers", f"must be at most {TIERS_MAX}"))
    below = -1
    for place, tier in enumerate(fees.tiers[: TIERS_MAX + 1]):
        where = f"fees.tiers[{place}]"
        if place == 0 and tier.from_notional:
            violations.append((f"{where}.from_notional", "must be 0 in the first tier"))
        elif tier.from_notional <= below:
            violations.append((f"{where}.from_notional", "must be above that before"))
        if tier.from_notional > TIER_FROM_MAX:
            violations.append((f"{where}.from_notional", f"must be at most {TIER_FROM_MAX}"))
        for field in ("maker_ppm", "taker_ppm"):
            if abs(getattr(tier, field)) > RATE_PPM_MAX:
                text = f"must be from -{RATE_PPM_MAX} to {RATE_PPM_MAX}"
                violations.append((f"{where}.{field}", text))
        below = tier.from_notional
    validation.refuse(violations)
    return tuple((tier.from_notional, tier.maker_ppm, tier.taker_ppm) for tier in fees.tiers)
