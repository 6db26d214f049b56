"""A stage as a part of a process: started, stopped, and stopping the process when it ends."""

import asyncio
from collections.abc import Callable
from typing import Any

from cift.kit.logging import get_logger
from cift.kit.stage import Stage

__all__ = ["StagePart"]

LOOK_SECONDS = 0.25

log = get_logger("stage_part")


class StagePart:
    """Runs a stage in a task of its own and writes down what keeps it from storing."""

    def __init__(self, stage: Stage[Any], *, on_fault: Callable[[BaseException], None]) -> None:
        self._stage = stage
        self._on_fault = on_fault
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; returns at once, since a replay may take its time."""
        self._tasks = [
            asyncio.create_task(self._run(), name=f"run {self._stage.name}"),
            asyncio.create_task(self._watch(), name=f"watch {self._stage.name}"),
        ]

    async def stop(self) -> None:
        """Store what was computed and end."""
        running, watching = self._tasks
        watching.cancel()
        await self._stage.stop()
        await asyncio.gather(running, watching, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._stage.run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A panic of the core is no Exception: the process must stop for it all the more.
            self._on_fault(error)

    async def _watch(self) -> None:
        trouble = ""
        while True:
            if self._stage.trouble != trouble:
                trouble = self._stage.trouble
                if trouble:
                    log.warning("cannot store", stage=self._stage.name, trouble=trouble)
                else:
                    log.info("storing again", stage=self._stage.name)
            await asyncio.sleep(LOOK_SECONDS)
