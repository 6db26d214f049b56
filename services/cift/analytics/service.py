"""AnalyticsService: volume, average price and bars over the history of trades.

Sums come out of ClickHouse as integers and are divided once, here, so every answer is exact. Bars
stand on multiples of their length since 1970; the first and last hold only what lies in the range.
A trade that the operator undid later counts as it did when it was made.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from cift.analytics.rows import InstrumentRow
from cift.analytics.trades import BarRow, Sums, TradeStore
from cift.analytics.v1 import analytics_pb2
from cift.analytics.v1 import analytics_service_pb2 as pb
from cift.kit.decimals import ratio_half_even, render
from cift.kit.errors import InvalidArgument, NotFound, Unavailable
from cift.kit.rpc import Call, rpc
from cift.kit.stores.clickhouse import ClickHouseError
from cift.kit.subjects import is_symbol

__all__ = ["Analytics"]

T = TypeVar("T")

NANOSECONDS = 1_000_000_000
VWAP_EXTRA_DIGITS = 4
"""An average price is told with so many digits more than the instrument's prices."""
INTERVAL_SECONDS_MAX = 86_400
PAGE_SIZE_DEFAULT = 1_000
PAGE_SIZE_MAX = 10_000
TIME_NS_MAX = (1 << 63) - 1

Range = tuple[InstrumentRow, int, int | None]


class Analytics:
    """Answers from a `TradeStore`; `current` says whether it has caught up with the journal."""

    def __init__(self, trades: TradeStore, *, current: Callable[[], bool]) -> None:
        self._trades = trades
        self._current = current

    @rpc("read")
    async def get_volume(self, request: pb.GetVolumeRequest, _call: Call) -> pb.GetVolumeResponse:
        """Sum the quantity."""
        instrument, start_ns, end_ns = self._range(request)
        sums, through = await _query(self._trades.sums(instrument.id, start_ns, end_ns))
        return pb.GetVolumeResponse(
            volume=render(sums.volume, instrument.quantity_scale),
            trade_count=sums.trade_count,
            notional=render(sums.notional, instrument.price_scale + instrument.quantity_scale),
            through_sequence=through,
        )

    @rpc("read")
    async def get_vwap(self, request: pb.GetVwapRequest, _call: Call) -> pb.GetVwapResponse:
        """Divide notional by quantity."""
        instrument, start_ns, end_ns = self._range(request)
        sums, through = await _query(self._trades.sums(instrument.id, start_ns, end_ns))
        return pb.GetVwapResponse(
            vwap=_vwap(instrument, sums),
            volume=render(sums.volume, instrument.quantity_scale),
            through_sequence=through,
        )

    @rpc("read")
    async def list_bars(self, request: pb.ListBarsRequest, _call: Call) -> pb.ListBarsResponse:
        """Group by interval; the next page begins at the first interval that is not on this one."""
        instrument, start_ns, end_ns = self._range(request)
        interval_ns, page_size, start_ns = _page(request, start_ns)
        rows, through = await _query(
            self._trades.bars(instrument.id, start_ns, end_ns, interval_ns, page_size + 1)
        )
        more = len(rows) > page_size
        return pb.ListBarsResponse(
            bars=[_bar(instrument, row) for row in rows[:page_size]],
            next_page_token=str(rows[page_size].start_time_ns) if more else "",
            through_sequence=through,
        )

    def _range(
        self, request: pb.GetVolumeRequest | pb.GetVwapRequest | pb.ListBarsRequest
    ) -> Range:
        """The instrument and the half-open range that all three requests name."""
        violations = []
        if not is_symbol(request.symbol):
            violations.append(("symbol", "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$"))
        if request.start_time_ns < 0:
            violations.append(("start_time_ns", "must be 0 or more"))
        if request.end_time_ns < 0:
            violations.append(("end_time_ns", "must be 0 or more; 0: now"))
        elif 0 < request.end_time_ns < request.start_time_ns:
            violations.append(("end_time_ns", "must not be before start_time_ns"))
        if violations:
            raise InvalidArgument.of(violations)
        instrument = self._trades.instrument(request.symbol)
        if instrument is None:
            if not self._current():
                raise Unavailable(
                    "CATCHING_UP", "the journal has not been read so far", retry_after_seconds=0.5
                )
            raise NotFound("UNKNOWN_SYMBOL", f"no instrument {request.symbol}")
        return instrument, request.start_time_ns, request.end_time_ns or None


async def _query(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except ClickHouseError as error:
        raise Unavailable(
            "DATABASE_UNAVAILABLE", "ClickHouse does not answer", retry_after_seconds=1.0
        ) from error


def _page(request: pb.ListBarsRequest, start_ns: int) -> tuple[int, int, int]:
    """Interval in nanoseconds, page size, and where this page starts."""
    violations = []
    if not 1 <= request.interval_s <= INTERVAL_SECONDS_MAX:
        violations.append(("interval_s", f"must be from 1 to {INTERVAL_SECONDS_MAX}"))
    if not 0 <= request.page_size <= PAGE_SIZE_MAX:
        violations.append(("page_size", f"must be from 1 to {PAGE_SIZE_MAX}; 0: 1,000"))
    token = request.page_token
    if token and not (token.isascii() and token.isdigit() and int(token[:20]) <= TIME_NS_MAX):
        violations.append(("page_token", "must be the next_page_token of the page before"))
    if violations:
        raise InvalidArgument.of(violations)
    page_start_ns = max(start_ns, int(token[:20])) if token else start_ns
    return request.interval_s * NANOSECONDS, request.page_size or PAGE_SIZE_DEFAULT, page_start_ns


def _vwap(instrument: InstrumentRow, sums: Sums) -> str:
    if sums.volume == 0:
        return ""
    # Notional over quantity, each in its own units, is a price in units of the price's scale.
    units = ratio_half_even(sums.notional, sums.volume, VWAP_EXTRA_DIGITS)
    return render(units, instrument.price_scale + VWAP_EXTRA_DIGITS)


def _bar(instrument: InstrumentRow, row: BarRow) -> analytics_pb2.Bar:
    scale = instrument.price_scale
    return analytics_pb2.Bar(
        start_time_ns=row.start_time_ns,
        open=render(row.open, scale),
        high=render(row.high, scale),
        low=render(row.low, scale),
        close=render(row.close, scale),
        volume=render(row.sums.volume, instrument.quantity_scale),
        trade_count=row.sums.trade_count,
        vwap=_vwap(instrument, row.sums),
    )
