"""OriginWriter under answers that a healthy server can't be made to give."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from cift.kit.bus import JournalUnavailable, OriginWriter, StoredMessage, shard_logs
from cift.kit.bus import origin as module
from cift.kit.bus.logs import LogState

ORDERS = shard_logs().orders
Sink = Callable[[bytes, bytes, bytes, bytes], None]


def refusal(code: int, text: str) -> dict[str, Any]:
    return {"error": {"code": 503, "err_code": code, "description": text}}


class Answers:
    """A bus whose server answers each publish as told."""

    def __init__(self) -> None:
        self.script: deque[dict[str, Any]] = deque()
        self.sent: list[bytes] = []
        self.reconnected: Callable[[], None] = lambda: None
        self._sink: Sink | None = None

    def new_inbox(self) -> str:
        return "inbox"

    async def subscribe(self, _subject: str, sink: Sink) -> int:
        self._sink = sink
        return 1

    async def unsubscribe(self, _handle: int) -> None:
        self._sink = None

    def on_reconnect(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.reconnected = listener
        return lambda: None

    async def wait_connected(self) -> None:
        return

    def publish(self, _subject: str, data: bytes, *, reply: str, headers: bytes) -> None:
        self.sent.append(data)
        assert self._sink is not None
        answer = json.dumps(self.script.popleft()).encode()
        asyncio.get_running_loop().call_soon(self._sink, reply.encode(), b"", headers, answer)


@pytest.fixture
def bus() -> Answers:
    return Answers()


@pytest.fixture
async def writer(bus: Answers) -> AsyncIterator[OriginWriter]:
    fake: Any = bus
    writer = OriginWriter(fake, ORDERS)
    await writer.start()
    yield writer
    await writer.stop()


async def test_only_a_bound_makes_a_failed_store_certain(
    bus: Answers, writer: OriginWriter
) -> None:
    bus.script.append(refusal(10077, "maximum bytes exceeded"))
    with pytest.raises(JournalUnavailable, match="maximum bytes"):
        await writer.publish(1, "AMZN", b"one")
    # The disk's error may come after the bytes: sent again, also over what is certain by itself.
    bus.script += [
        refusal(10077, "write ORDERS/msgs/1.blk: input/output error"),
        refusal(10077, "maximum bytes exceeded"),
        {"stream": "ORDERS", "seq": 1},
    ]
    assert await writer.publish(1, "AMZN", b"one") == 1
    assert bus.sent == [b"one"] * 4


async def test_outcomes_told_while_the_log_is_looked_at_do_no_harm(
    bus: Answers, writer: OriginWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [b"one", b"two", b"three"]
    for number, frame in enumerate(frames, 1):
        bus.script.append({"stream": "ORDERS", "seq": number})
        await writer.publish(number, "AMZN", frame)

    async def state(*_arguments: object) -> LogState:
        return LogState(first=1, last=3, messages=3, bytes=1, max_bytes=1 << 20, lost_bytes=0)

    async def message(_bus: object, _log: object, sequence: int) -> StoredMessage:
        # ORDERS came back with another origin's batches where the last two stood.
        if sequence == 3:
            writer.outcome_known(1, 1)
        return StoredMessage("orders.new.AMZN", b"one" if sequence == 1 else b"another's")

    monkeypatch.setattr(module, "read_state", state)
    monkeypatch.setattr(module, "read_message", message)
    bus.script += [{"stream": "ORDERS", "seq": number} for number in (4, 5, 6)]
    bus.reconnected()
    assert await asyncio.wait_for(writer.publish(4, "AMZN", b"four"), 5) == 6
    assert bus.sent[3:] == [b"two", b"three", b"four"]
