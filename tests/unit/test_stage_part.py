"""A stage as a part: whatever ends it stops the process."""

import asyncio
from typing import Any

from cift.kit.stage_part import StagePart


class Panic(BaseException):
    """What a panic of the core looks like: no Exception."""


class Panicking:
    """A stage whose core ends on an overflow."""

    name, trouble = "risk", ""

    async def run(self) -> None:
        raise Panic("attempt to add with overflow")

    async def stop(self) -> None:
        """Nothing runs any more."""


async def test_a_panic_of_the_core_stops_the_process() -> None:
    faults: list[BaseException] = []
    stage: Any = Panicking()
    part = StagePart(stage, on_fault=faults.append)
    await part.start()
    await asyncio.sleep(0.01)
    await part.stop()
    assert [str(fault) for fault in faults] == ["attempt to add with overflow"]
