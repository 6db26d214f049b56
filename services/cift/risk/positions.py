"""Position streams: all there are, then those that changed, the newest state of each.

What a reader has not been told waits as the names of positions, not as their states: a slow one is
told later, of as many positions and of no older state. One that falls too far behind even so is
told all of them again. Positions are told when fills have changed them or orders opened or ended;
that the price alone has moved is no change.
"""

import asyncio
import contextlib
import math
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import Any

from cift.kit.errors import ResourceExhausted
from cift.kit.fills import HEARTBEAT_SECONDS
from cift.risk import standing
from cift.risk.bounds import StreamBound
from cift.risk.standing import Held
from cift.risk.v1 import risk_service_pb2 as pb
from cift_core import RiskStage

__all__ = ["PositionStreams"]

WAITING_MAX = 10_000
"""Positions that wait for one reader; past it all are told again."""
ACCOUNTS_MAX = 5_000
POSITIONS_MAX = 10_000
"""In one message, which clients take up to 4 MiB of."""
PAUSE_SECONDS = 0.02
"""Between two messages of a stream, so that bursts of fills are one."""
LOOK_SECONDS = 0.05
"""How often to look whether the state is there again, after it was built anew."""


class _Reader:
    """One stream: an account, or ("") a firm, and what it has not been told."""

    def __init__(self, account: str, firm: int) -> None:
        self.account = account
        self.firm = firm
        self.everything = True
        self.waiting: dict[tuple[str, str], None] = {}
        self.arrived = asyncio.Event()
        self.arrived.set()

    def note(self, account: str, symbol: str) -> None:
        """A position changed."""
        if not self.everything:
            self.waiting[account, symbol] = None
            if len(self.waiting) > WAITING_MAX:
                self.restart()
        self.arrived.set()

    def restart(self) -> None:
        """Tell all of them again."""
        self.everything = True
        self.waiting.clear()
        self.arrived.set()


class PositionStreams:
    """Serves `StreamPositions`; follows the fills that the stage applies."""

    def __init__(self, core: Callable[[], RiskStage | None]) -> None:
        self._core = core
        self._bound = StreamBound("positions")
        self._readers: set[_Reader] = set()
        self._by_account: dict[str, set[_Reader]] = defaultdict(set)
        self._by_firm: dict[int, set[_Reader]] = defaultdict(set)

    def begin(self, _sequence: int) -> None:
        """The state was built anew."""
        for reader in self._readers:
            reader.restart()

    def on_fills(self, _sequence: int, frame: bytes) -> None:
        """Fills were applied."""
        core = self._core()
        if not self._readers or core is None:
            return
        by_account, by_firm = self._by_account, self._by_firm
        for account, symbol in core.changed_positions(frame):
            for reader in by_account.get(account, ()):
                reader.note(account, symbol)
            if by_firm and (firm := core.account_firm(account)) is not None:
                for reader in by_firm.get(firm, ()):
                    reader.note(account, symbol)

    async def stream(self, account: str, firm: int) -> AsyncGenerator[bytes, None]:
        """All positions of an account, or ("") of a firm's accounts, then those that change.

        `firm` is the caller's in any case.
        """
        with self._bound.opened(firm), self._reading(_Reader(account, firm)) as reader:
            async with contextlib.aclosing(self._responses(reader)) as responses:
                async for response in responses:
                    yield response.SerializeToString()

    @contextlib.contextmanager
    def _reading(self, reader: _Reader) -> Iterator[_Reader]:
        index: dict[Any, set[_Reader]] = self._by_account if reader.account else self._by_firm
        key = reader.account or reader.firm
        self._readers.add(reader)
        index[key].add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            index[key].discard(reader)
            if not index[key]:
                del index[key]

    async def _responses(self, reader: _Reader) -> AsyncGenerator[pb.StreamPositionsResponse, None]:
        clock = asyncio.get_running_loop().time
        told, heartbeat_at = 0, math.inf
        while True:
            core = self._core()
            if core is not None and core.fills_applied >= told and reader.arrived.is_set():
                reader.arrived.clear()
                # All at one place; what changes while it is written waits for the next message.
                told, snapshot, held = core.fills_applied, reader.everything, _take(core, reader)
                yield pb.StreamPositionsResponse(
                    positions=await standing.positions(held),
                    through_sequence=told,
                    snapshot=snapshot,
                )
                heartbeat_at = clock() + HEARTBEAT_SECONDS
                await asyncio.sleep(PAUSE_SECONDS)
            elif clock() >= heartbeat_at:
                if core is not None:
                    told = max(told, core.fills_applied)
                yield pb.StreamPositionsResponse(through_sequence=told)
                heartbeat_at = clock() + HEARTBEAT_SECONDS
            elif core is None or core.fills_applied < told:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(heartbeat_at):
                        await reader.arrived.wait()


def _take(core: RiskStage, reader: _Reader) -> list[Held]:
    """What a reader is to be told now; from here on it has been."""
    held = _all(core, reader) if reader.everything else list(_changed(core, reader.waiting))
    reader.everything = False
    reader.waiting.clear()
    return held


def _all(core: RiskStage, reader: _Reader) -> list[Held]:
    accounts = [reader.account] if reader.account else core.account_names(reader.firm)
    held: list[Held] = []
    for account in accounts:
        held += [(account, row.symbol, row) for row in core.positions(account)]
        if len(accounts) > ACCOUNTS_MAX or len(held) > POSITIONS_MAX:
            raise ResourceExhausted(
                "TOO_MANY_POSITIONS", "the firm has too many for one stream: stream each account"
            )
    return held


def _changed(core: RiskStage, names: Iterable[tuple[str, str]]) -> Iterator[Held]:
    by_account: dict[str, list[str]] = {}
    for account, symbol in names:
        by_account.setdefault(account, []).append(symbol)
    for account, symbols in by_account.items():
        rows = {row.symbol: row for row in core.positions(account)}
        for symbol in symbols:
            yield account, symbol, rows.get(symbol)
