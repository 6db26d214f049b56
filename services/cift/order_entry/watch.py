"""LogWatch: whether the logs have room for more."""

import asyncio

from cift.kit.bus import Bus, BusError, ShardLogs, read_state
from cift.kit.logging import get_logger

__all__ = ["LogWatch"]

INTERVAL_SECONDS = 1.0

log = get_logger("watch")


class LogWatch:
    """Looks at the size of the three logs once a second."""

    def __init__(self, bus: Bus, logs: ShardLogs, max_fullness: float) -> None:
        self.full = ""
        """Which log is nearly full; "" while there is room."""
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
            try:
                full = await self._nearly_full()
            except BusError:
                full = self.full  # Not to be reached: whoever publishes finds out by itself.
            if full and not self.full:
                log.error("log nearly full, only cancels are taken", what=full)
            elif self.full and not full:
                log.info("logs have room again")
            self.full = full
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _nearly_full(self) -> str:
        for which in self._logs.all():
            state = await read_state(self._bus, which)
            if state is not None and state.fullness >= self._max_fullness:
                return f"{which.name} is {state.fullness:.0%} full"
        return ""
