"""What risk refused: lists out of the projection, streams out of FILLS.

Both name the same orders and replaces: REJECTED and CANCEL_REJECTED events whose reason is one of
risk's. Streams go on with what the stage applies, see `cift.risk.service` for when that is.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from cift.common.v1 import types_pb2
from cift.kit.bus import Bus, ShardLogs
from cift.kit.decimals import render
from cift.kit.errors import Unavailable
from cift.kit.fills import LIST_TAG, FillStreams, RecentFills
from cift.kit.history import HistoryPlaces
from cift.kit.rpc import Principal
from cift.risk.access import is_operator
from cift.risk.bounds import StreamBound
from cift.risk.lists import Lists
from cift.risk.pages import page
from cift.risk.reference import Reference
from cift.risk.v1 import risk_pb2
from cift.risk.v1 import risk_service_pb2 as pb
from cift_core import RiskStage, reject_text

__all__ = ["Breaches", "RecentBreaches"]

RECENT_BYTES = 8 << 20
HISTORY_READERS = 4
AHEAD_SECONDS = 15.0
"""Risk takes fills in with the next message of ORDERS, a tick at the latest, so that who has just
been told an outcome may be ahead of it; and a busy machine is late."""
NAMES_SECONDS = 2.0
"""How old the names of firms may be; without PostgreSQL they stay as they were."""


class RecentBreaches(RecentFills):
    """The last FILLS messages that the stage applied; a follower of the stage."""

    def __init__(self) -> None:
        super().__init__(RECENT_BYTES)

    def on_fills(self, sequence: int, frame: bytes) -> None:
        """Keep the message."""
        self.add(sequence, frame)
        self.wake()


class Breaches:
    """Serves `ListBreaches` and `StreamBreaches`."""

    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        recent: RecentFills,
        core: Callable[[], RiskStage | None],
        reference: Reference,
        lists: Lists,
        shard: int,
    ) -> None:
        self._recent = recent
        self._core = core
        self._reference = reference
        self._lists = lists
        self._shard = shard
        self._bound = StreamBound("breaches")
        self._streams = FillStreams(
            HistoryPlaces(bus, logs.fills, HISTORY_READERS),
            recent,
            through=_through,
            ahead_seconds=AHEAD_SECONDS,
        )

    async def list(
        self, request: pb.ListBreachesRequest, who: Principal
    ) -> pb.ListBreachesResponse:
        """A page, the newest first."""
        firm = None if is_operator(who) else who.firm
        account = request.account
        found, token = await page(
            request,
            ["breaches", account, str(firm)],
            lambda after, most: self._lists.breaches(self._shard, firm, account, after, most),
            lambda row: [row["sequence"], row["index"]],
            int,
            int,
        )
        return pb.ListBreachesResponse(breaches=map(_breach, found), next_page_token=token)

    async def stream(
        self, request: pb.StreamBreachesRequest, who: Principal
    ) -> AsyncGenerator[bytes, None]:
        """Everything after `after_sequence`, or from now on, then live; encoded already."""
        firm = None if is_operator(who) else who.firm
        names: dict[int, str] = {who.firm: who.firm_name}
        core = self._core()
        if core is None or self._recent.last < core.fills_applied:
            raise Unavailable(
                "REPLAYING", "the state is being built from the journal", retry_after_seconds=1.0
            )

        def encode(sequence: int, frame: bytes, known: RiskStage = core) -> bytes:
            # While a new state is built the one of before knows the names.
            state, account = self._core() or known, request.account
            told = state.breaches(sequence, frame, firm, account)
            if told.startswith(LIST_TAG):
                # To hand the names over costs more than to read a message that refused nothing.
                told = state.breaches(sequence, frame, firm, account, names)
            return told

        after = request.after_sequence if request.HasField("after_sequence") else None
        clock = asyncio.get_running_loop().time
        fresh_until = 0.0
        stream = self._streams.stream(after, encode)
        with self._bound.opened(who.firm):
            async with contextlib.aclosing(stream) as responses:
                async for response in responses:
                    yield response
                    if firm is None and clock() >= fresh_until:
                        names |= await self._names()
                        fresh_until = clock() + NAMES_SECONDS

    async def _names(self) -> Mapping[int, str]:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(NAMES_SECONDS):
                return await self._reference.firm_names()
        return {}


def _breach(row: Any) -> risk_pb2.Breach:
    reason = row["reason"]
    known = reason in types_pb2.RejectReason.values()
    shown = risk_pb2.Breach(
        transact_time_ns=row["time_ns"],
        account=row["account"] or "",
        symbol=row["symbol"] or "",
        cl_ord_id=row["cl_ord_id"],
        reject_reason=reason if known else types_pb2.REJECT_REASON_OTHER,
        reject_text=reject_text(reason),
        side=row["side"],
        firm=row["firm"] or "",
    )
    shown.place.shard = row["shard"]
    shown.place.sequence = row["sequence"]
    shown.place.index = row["index"]
    if row["quantity_scale"] is not None:
        shown.quantity = render(row["quantity_units"], row["quantity_scale"])
        if row["price_units"]:
            shown.price = render(row["price_units"], row["price_scale"])
    return shown


def _through(sequence: int) -> bytes:
    encoded: bytes = pb.StreamBreachesResponse(through_sequence=sequence).SerializeToString()
    return encoded
