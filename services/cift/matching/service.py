"""MatchingService: the books, instruments and place of the engine that trades, read in place."""

from typing import Any

from cift.kit.bus import LogSettings
from cift.kit.decimals import render
from cift.kit.errors import InvalidArgument, NotFound, Unavailable
from cift.kit.rpc import Call, rpc
from cift.kit.stage import Stage
from cift.kit.subjects import is_symbol
from cift.matching.v1 import matching_pb2
from cift.matching.v1 import matching_service_pb2 as pb
from cift_core import MatchingStage

__all__ = ["Matching"]

ORDERS_DEFAULT = 1_000
ORDERS_MAX = 10_000
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000


class Matching:
    """Answers from the core of a stage; UNAVAILABLE while it is being built."""

    def __init__(self, stage: Stage[MatchingStage], shard: int) -> None:
        self._stage = stage
        self._shard = shard

    @rpc("read", raw=True)
    async def get_book(self, raw: bytes, call: Call) -> bytes:
        """Encode the resting orders; whose they are is for operators."""
        request = pb.GetBookRequest.FromString(raw)
        violations = []
        if not is_symbol(request.symbol):
            violations.append(("symbol", "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$"))
        if request.max_orders > ORDERS_MAX:
            violations.append(("max_orders", f"must be at most {ORDERS_MAX}; 0: {ORDERS_DEFAULT}"))
        if violations:
            raise InvalidArgument.of(violations)
        operator = "admin" in call.principal.scopes
        try:
            return self._core().book(request.symbol, request.max_orders or ORDERS_DEFAULT, operator)
        except KeyError:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {request.symbol}") from None

    @rpc("read")
    async def list_instruments(
        self, request: pb.ListInstrumentsRequest, _call: Call
    ) -> pb.ListInstrumentsResponse:
        """List instruments; the token of a page is the last symbol on the one before."""
        violations = []
        if not 0 <= request.page_size <= PAGE_SIZE_MAX:
            violations.append(("page_size", f"must be from 1 to {PAGE_SIZE_MAX}; 0: 100"))
        if request.page_token and not is_symbol(request.page_token):
            violations.append(("page_token", "must be the next_page_token of the page before"))
        if violations:
            raise InvalidArgument.of(violations)
        size = request.page_size or PAGE_SIZE_DEFAULT
        rows = [row for row in self._core().instruments() if row.symbol > request.page_token]
        return pb.ListInstrumentsResponse(
            instruments=[_status(row) for row in rows[:size]],
            next_page_token=rows[size - 1].symbol if len(rows) > size else "",
        )

    @rpc("read")
    async def get_status(self, _request: pb.GetStatusRequest, _call: Call) -> pb.GetStatusResponse:
        """Say where the engine is; also while it replays."""
        core = self._stage.core
        return pb.GetStatusResponse(
            shard=self._shard,
            sequence=self._stage.applied,
            state_hash="" if core is None else f"{core.state_hash:016x}",
            semantics_version=LogSettings().semantics_version,
            ready=self._stage.ready,
        )

    def _core(self) -> MatchingStage:
        core = self._stage.core
        if core is None:
            raise Unavailable(
                "REPLAYING", "the books are being built from the journal", retry_after_seconds=1.0
            )
        return core


def _status(row: Any) -> matching_pb2.InstrumentStatus:
    return matching_pb2.InstrumentStatus(
        symbol=row.symbol,
        currency=row.currency,
        price_scale=row.price_scale,
        quantity_scale=row.quantity_scale,
        tick_size=render(row.tick_size, row.price_scale),
        lot_size=render(row.lot_size, row.quantity_scale),
        trading=row.trading,
        resting_orders=row.resting_orders,
    )
