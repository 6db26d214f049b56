"""What a session stream leaves behind when it ends."""

import asyncio
import gc
from typing import Any

import pytest

from cift.kit.bus import JournalUnavailable
from cift.kit.rpc import Call, Principal
from cift.order_entry.session import Sessions

WINDOW = 4


class Journal:
    """Takes every request; refuses all that waits when it is told to."""

    origin = 7

    def __init__(self) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting: list[asyncio.Future[bytes]] = []
        self.full = asyncio.Event()

    def submit(self, *_request: Any) -> tuple[int, asyncio.Future[bytes]]:
        """Take a request."""
        self.waiting.append(asyncio.get_running_loop().create_future())
        if len(self.waiting) == WINDOW:
            self.full.set()
        return len(self.waiting), self.waiting[-1]

    def expire_later(self, _ticket: int, seconds: float) -> asyncio.TimerHandle:
        """A timer that is cancelled before it rings."""
        return asyncio.get_running_loop().call_later(seconds, print)

    def forget(self, _ticket: int) -> None:
        """Nobody waits for it."""

    async def resolved(self) -> bool:
        """All that was submitted has an outcome."""
        return True

    def cancel_session(self, _session: int, *, killed: bool = False) -> None:
        """There is nothing to cancel."""


class Context:
    """A client that sends as much as it may, and reads."""

    def invocation_metadata(self) -> tuple[()]:
        """It says nothing."""
        return ()

    async def send_initial_metadata(self, _metadata: Any) -> None:
        """It is told its session."""

    async def read(self) -> bytes:
        """A request."""
        await asyncio.sleep(0)
        return b"request"

    async def write(self, _message: bytes) -> None:
        """It reads an answer."""


async def test_what_the_journal_refused_is_no_exception_that_nobody_saw() -> None:
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, about: unseen.append(about))
    journal = Journal()
    double: Any = journal
    sessions = Sessions(double, window=WINDOW, answer_seconds=5.0)
    call = Call(Context(), Principal(1, 1, "F", frozenset({"trade"}), "u"), asyncio.Event())
    stream = asyncio.create_task(sessions.serve(call))
    await journal.full.wait()
    for answer in journal.waiting:
        answer.set_exception(JournalUnavailable("it is full"))
    with pytest.raises(JournalUnavailable):
        await stream
    await sessions.stop()
    journal.waiting.clear()
    del answer, stream
    gc.collect()
    await asyncio.sleep(0)
    assert unseen == []
