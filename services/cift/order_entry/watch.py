"""LogWatch: whether the logs have room for more, and the stages keep up with ORDERS."""

import asyncio
import contextlib

from cift.kit.bus import Bus, BusError, ShardLogs, read_state
from cift.kit.logging import get_logger

__all__ = ["LogWatch"]

INTERVAL_SECONDS = 1.0
MAX_AHEAD_MESSAGES = 16_384
"""How far ORDERS may be ahead of FILLS, whoever wrote it: each process bounds what it wrote itself,
but others write too, and a new process begins at nothing."""

log = get_logger("watch")


class LogWatch:
    """Looks at the three logs once a second."""

    def __init__(self, bus: Bus, logs: ShardLogs, max_fullness: float) -> None:
        self.full = ""
        """Which log is nearly full; "" while there is room."""
        self.behind = ""
        """How far the stages are behind ORDERS; "" while they keep up."""
        self._bus = bus
        self._logs = logs
        self._max_fullness = max_fullness
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="log watch")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            # Not to be reached: whoever publishes finds out by itself.
            with contextlib.suppress(BusError):
                await self.look()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def look(self) -> None:
        """Look once; what changes is logged."""
        full, last = "", {}
        # FILLS after ORDERS would hide how far it is behind: both grow meanwhile.
        for which in reversed(self._logs.all()):
            state = await read_state(self._bus, which)
            last[which] = 0 if state is None else state.last
            if state is not None and state.fullness >= self._max_fullness:
                full = f"{which.name} is {state.fullness:.0%} full"
        ahead = last[self._logs.orders] - last[self._logs.fills]
        behind = f"FILLS is {ahead} messages behind" if ahead > MAX_AHEAD_MESSAGES else ""
        for before, now in ((self.full, full), (self.behind, behind)):
            if now and not before:
                log.error("only cancels are taken", why=now)
            elif before and not now:
                log.info("passed", what=before)
        self.full, self.behind = full, behind
