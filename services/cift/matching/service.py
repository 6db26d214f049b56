"""MatchingService: the books, instruments and place of the engine that trades, read in place."""

from cift.kit.bus import LogSettings
from cift.kit.errors import InvalidArgument, NotFound, Unavailable
from cift.kit.rpc import Call, rpc
from cift.kit.stage import Stage
from cift.kit.subjects import is_symbol
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
        """Encode the resting orders; whose they are, and which wait unseen, is for operators."""
        request = pb.GetBookRequest.FromString(raw)
        violations = []
        if not is_symbol(request.symbol):
            violations.append(("symbol", "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$"))
        if request.max_orders > ORDERS_MAX:
            violations.append(("max_orders", f"must be at most {ORDERS_MAX}; 0: {ORDERS_DEFAULT}"))
        if violations:
            raise InvalidArgument.of(violations)
        most = request.max_orders or ORDERS_DEFAULT
        try:
            return self._core().book(request.symbol, most, _is_operator(call))
        except KeyError:
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {request.symbol}") from None

    @rpc("read", raw=True)
    async def list_instruments(self, raw: bytes, call: Call) -> bytes:
        """Encode a page of instruments; its token is the last symbol on the page before."""
        request = pb.ListInstrumentsRequest.FromString(raw)
        violations = []
        if not 0 <= request.page_size <= PAGE_SIZE_MAX:
            violations.append(("page_size", f"must be from 1 to {PAGE_SIZE_MAX}; 0: 100"))
        if request.page_token and not is_symbol(request.page_token):
            violations.append(("page_token", "must be the next_page_token of the page before"))
        if violations:
            raise InvalidArgument.of(violations)
        size = request.page_size or PAGE_SIZE_DEFAULT
        return self._core().list_instruments(request.page_token, size, _is_operator(call))

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


def _is_operator(call: Call) -> bool:
    """Whether the caller may see whose orders there are, and those that don't show."""
    return "admin" in call.principal.scopes
