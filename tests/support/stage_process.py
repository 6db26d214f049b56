"""One stage of the small order plane as a process of its own, to be killed and paused.

`python -m tests.support.stage_process risk|matching URL`; it prints `ready` once it is, and drains
on SIGTERM.
"""

import asyncio
import signal
import sys

import uvloop

from cift.kit.bus import connect, shard_logs
from cift.kit.stage import Stage, matching_stage, risk_stage
from tests.support.fake_core import FakeMatching, FakeReplayer, FakeRisk


async def main(role: str, url: str) -> None:
    """Run until SIGTERM or a fault."""
    bus = await connect(url, role)
    stage: Stage[FakeRisk] | Stage[FakeMatching]
    if role == "risk":
        stage = risk_stage(bus, shard_logs(), FakeReplayer)
    else:
        stage = matching_stage(bus, shard_logs(), FakeReplayer)
    running = asyncio.create_task(stage.run())
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    telling = asyncio.create_task(_tell(stage))
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    waiting.cancel()
    await stage.stop()
    await running
    await bus.stop()


async def _tell(stage: Stage[FakeRisk] | Stage[FakeMatching]) -> None:
    while not stage.ready:
        await asyncio.sleep(0.01)
    print("ready", flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2]))
