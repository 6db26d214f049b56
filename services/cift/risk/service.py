"""RiskService: limits, positions, profit and loss, kill switches, and what risk refused.

What is told of positions comes out of the state machine that judges the orders, what limits there
are and who changed them out of PostgreSQL, where changes begin. Risk takes fills in when the next
ORDERS message, a tick at the latest, is judged: what is told holds after the FILLS sequence that is
told with it, which on a quiet shard is up to two seconds behind.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from itertools import islice

from cift.kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ServiceError,
    Unavailable,
    as_service_error,
)
from cift.kit.rpc import Call, rpc
from cift.kit.stage import Stage
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.limits import Limits
from cift.kit.stores.records import Level
from cift.risk import limits, shown, standing, validation
from cift.risk.access import (
    actor,
    find_holder,
    is_operator,
    needs_operator,
    own_account,
    seconds_to_wait,
    unknown_account,
)
from cift.risk.bounds import CheckRates
from cift.risk.breaches import Breaches
from cift.risk.lists import Lists
from cift.risk.pages import Key, page
from cift.risk.positions import PositionStreams
from cift.risk.reference import NamedHolder, Reference, check_etag, etag
from cift.risk.standing import Held
from cift.risk.terms import known_to_engine
from cift.risk.v1 import risk_service_pb2 as pb
from cift_core import RiskStage

__all__ = ["Risk"]

COMMENT_MAX = 200
AWAY = (
    "the database, where kill switches are kept, is away or does not answer: the same request "
    "again is safe. Without it MarketControlService.CancelAll cancels all open orders of an "
    "account or a symbol, and SetSession takes a symbol to HALTED, so that it takes no orders"
)


class Risk:
    """Answers from the core of a stage; UNAVAILABLE while it is being built."""

    def __init__(
        self,
        stage: Stage[RiskStage],
        reference: Reference,
        kills: Reference,
        lists: Lists,
        positions: PositionStreams,
        breaches: Breaches,
        checks: CheckRates,
    ) -> None:
        """`kills`: over a pool that nothing else uses."""
        self._stage = stage
        self._reference = reference
        self._kills = kills
        self._lists = lists
        self._positions = positions
        self._breaches = breaches
        self._checks = checks

    @rpc("read", raw=True)
    async def check_order(self, raw: bytes, call: Call) -> bytes:
        """Judge an order as the next one would be, and change nothing."""
        principal = call.principal
        self._checks.take(principal)
        firm = None if is_operator(principal) else principal.firm
        return self._core().check(raw, firm)

    @rpc("read", timed=True)
    async def get_limits(self, request: pb.GetLimitsRequest, call: Call) -> pb.GetLimitsResponse:
        """Tell limits as they were given, once they are in force."""
        holder = await find_holder(self._reference, request, call.principal)
        if request.symbol:
            await self._symbol(request.symbol)
        found = await self._reference.limits(holder, request.symbol)
        if found is None:
            where = f" in {request.symbol}" if request.symbol else ""
            raise NotFound("NO_LIMITS", f"{holder} was never given limits{where}")
        stored, number = found
        told = pb.GetLimitsResponse(limits=limits.show(stored), etag=etag(stored.revision))
        try:
            await self._reference.in_effect(number, seconds_to_wait(call), here=False)
        except FailedPrecondition as refused:
            told.not_in_force = refused.text  # Who reads finds out what is stored all the same.
        return told

    @rpc("admin", timed=True)
    async def set_limits(self, request: pb.SetLimitsRequest, call: Call) -> pb.SetLimitsResponse:
        """Store the limits with their command, and wait until it has taken effect."""
        in_one = bool(request.symbol)
        paths = request.update_mask.paths
        fields = limits.limits_fields(request.limits, paths, in_one=in_one)
        wanted = limits.read(request.limits, fields)
        holder = await find_holder(self._reference, request, call.principal)
        await known_to_engine(self._reference, holder)
        instrument = await self._symbol(request.symbol) if in_one else None
        where = f"limits of {holder}" + (f" in {request.symbol}" if in_one else "")

        def changed(stored: Limits | None) -> Limits:
            check_etag(request.etag, None if stored is None else stored.revision, where)
            if stored is None:
                _refuse_a_part(holder, in_one, paths)
                number = 0 if instrument is None else instrument.id
                stored = Limits(holder=holder.holder, instrument_id=number)
            return replace(stored, **wanted)

        put, number = await self._reference.set_limits(holder, instrument, changed, actor(call))
        sequence = await self._reference.in_effect(number, seconds_to_wait(call))
        return pb.SetLimitsResponse(
            limits=limits.show(put), sequence=sequence, etag=etag(put.revision)
        )

    @rpc("read")
    async def list_positions(
        self, request: pb.ListPositionsRequest, call: Call
    ) -> pb.ListPositionsResponse:
        """Tell what an account holds and has open."""
        core = self._core_of(request.account, call)
        sequence = core.fills_applied

        async def held(after: Key | None, maximum: int) -> list[Held]:
            rows = sorted(core.positions(request.account), key=lambda row: row.symbol)
            last = "" if after is None else after[0]
            found = (row for row in rows if row.symbol > last)
            return [(request.account, row.symbol, row) for row in islice(found, maximum)]

        asked = ["positions", request.account]
        found, token = await page(request, asked, held, lambda position: [position[1]], str)
        positions = await standing.positions(found)
        return pb.ListPositionsResponse(
            positions=positions, sequence=sequence, next_page_token=token
        )

    @rpc("read")
    async def get_exposure(
        self, request: pb.GetExposureRequest, call: Call
    ) -> pb.GetExposureResponse:
        """Tell what an account has at stake."""
        core = self._core_of(request.account, call)
        row = core.exposure(request.account)
        if row is None:
            raise unknown_account(request.account)
        exposure = standing.exposure(request.account, row)
        return pb.GetExposureResponse(exposure=exposure, sequence=core.fills_applied)

    @rpc("read")
    async def get_profit_and_loss(
        self, request: pb.GetProfitAndLossRequest, call: Call
    ) -> pb.GetProfitAndLossResponse:
        """Tell what an account, a firm or the venue has won and lost."""
        level, number = await self._level_and_id(request, call)
        core = self._core()
        row = core.profit_and_loss(int(level), number)
        nothing = row is None or not (row.currency or row.day or row.total)
        if row is None or (level is Level.VENUE and nothing and not core.account_names()):
            whose = "the venue" if level is Level.VENUE else f"firm {request.firm}"
            raise NotFound("NO_ACCOUNTS", f"{whose} has no accounts yet: create one first")
        return pb.GetProfitAndLossResponse(
            profit_and_loss=standing.profit_and_loss(row), sequence=core.fills_applied
        )

    @rpc("read", raw=True)
    async def stream_positions(self, raw: bytes, call: Call) -> AsyncGenerator[bytes, None]:
        """Send all positions of an account or of the key's firm, then those that change."""
        account = pb.StreamPositionsRequest.FromString(raw).account
        if account:
            self._core_of(account, call)
        stream = self._positions.stream(account, call.principal.firm)
        async with contextlib.aclosing(stream) as responses:
            async for response in responses:
                yield response

    @rpc("read")
    async def list_breaches(
        self, request: pb.ListBreachesRequest, call: Call
    ) -> pb.ListBreachesResponse:
        """List what risk refused, out of the projection, which follows within a moment."""
        if request.account:
            await own_account(self._reference, request.account, call.principal)
        return await self._breaches.list(request, call.principal)

    @rpc("read", raw=True)
    async def stream_breaches(self, raw: bytes, call: Call) -> AsyncGenerator[bytes, None]:
        """Send what risk refused, out of FILLS, until it meets the present, then live."""
        request = pb.StreamBreachesRequest.FromString(raw)
        if request.account:
            self._core_of(request.account, call)
        stream = self._breaches.stream(request, call.principal)
        async with contextlib.aclosing(stream) as responses:
            async for response in responses:
                yield response

    @rpc("trade|admin", timed=True)
    async def kill(self, request: pb.KillRequest, call: Call) -> pb.KillResponse:
        """Switch a kill switch on, and answer when no order can pass it any more."""
        return pb.KillResponse(sequence=await self._switch(request, call, on=True))

    @rpc("admin", timed=True)
    async def unkill(self, request: pb.UnkillRequest, call: Call) -> pb.UnkillResponse:
        """Switch a kill switch off; orders that it canceled stay so."""
        return pb.UnkillResponse(sequence=await self._switch(request, call, on=False))

    @rpc("read")
    async def list_kill_switches(
        self, request: pb.ListKillSwitchesRequest, call: Call
    ) -> pb.ListKillSwitchesResponse:
        """List the kill switches that are on."""
        who = call.principal
        firm, name = (None, None) if is_operator(who) else (who.firm, who.firm_name)
        found, token = await page(
            request,
            ["kill_switches", str(firm)],
            lambda after, maximum: self._lists.kill_switches(firm, after, maximum),
            lambda named: [int(named.switch.holder.level), named.name],
            int,
            str,
        )
        switches = [shown.kill_switch(named, name) for named in found]
        return pb.ListKillSwitchesResponse(kill_switches=switches, next_page_token=token)

    async def _switch(
        self, request: pb.KillRequest | pb.UnkillRequest, call: Call, *, on: bool
    ) -> int:
        if len(request.comment) > COMMENT_MAX or not request.comment.isprintable():
            text = f"must be at most {COMMENT_MAX} printable characters"
            raise InvalidArgument.of([("comment", text)])
        try:
            async with asyncio.timeout(seconds_to_wait(call)):
                holder = await find_holder(self._kills, request, call.principal)
                await known_to_engine(self._kills, holder)
                number = await self._kills.kill(holder, on, request.comment, actor(call))
            return await self._kills.in_effect(number, seconds_to_wait(call))
        except ServiceError:
            raise
        except Exception as error:
            known = as_service_error(error)
            if known.reason not in ("DATABASE_UNAVAILABLE", "DEADLINE_EXCEEDED"):
                raise
            raise Unavailable("DATABASE_UNAVAILABLE", AWAY, retry_after_seconds=1.0) from error

    def _core(self) -> RiskStage:
        core = self._stage.core
        if core is None:
            raise Unavailable(
                "REPLAYING", "the state is being built from the journal", retry_after_seconds=1.0
            )
        return core

    def _core_of(self, account: str, call: Call) -> RiskStage:
        """The state, if the caller may see the account in it."""
        validation.refuse(validation.name("account", account))
        core = self._core()
        firm = core.account_firm(account)
        if firm is None or (firm != call.principal.firm and not is_operator(call.principal)):
            raise unknown_account(account)
        return core

    async def _level_and_id(
        self, request: pb.GetProfitAndLossRequest, call: Call
    ) -> tuple[Level, int]:
        """Whose profit is asked for; without PostgreSQL, but for other firms'."""
        which = request.WhichOneof("holder")
        if which == "account":
            number = self._core_of(request.account, call).account_id(request.account)
            assert number is not None
            return Level.ACCOUNT, number
        if which == "firm" and request.firm == call.principal.firm_name:
            return Level.FIRM, call.principal.firm
        if which == "venue" and request.venue:
            needs_operator(call.principal, "the venue as a whole")
            return Level.VENUE, 0
        holder = await find_holder(self._reference, request, call.principal)
        return holder.holder.level, holder.holder.id

    async def _symbol(self, symbol: str) -> Instrument:
        validation.refuse(validation.name("symbol", symbol))
        instrument = await self._reference.instrument(symbol)
        if instrument is None:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {symbol}")
        return instrument


def _refuse_a_part(holder: NamedHolder, in_one: bool, paths: Sequence[str]) -> None:
    """An account that was never given limits cannot trade; a part of them would let it, with the
    other checks off."""
    if holder.holder.level is Level.ACCOUNT and not in_one and paths:
        raise FailedPrecondition(
            "NO_LIMITS",
            f"{holder} was never given limits: set all of them first, without update_mask",
        )
