"""One session stream: requests read ahead, answered in the order sent, orders that end with it.

Three tasks for as long as the stream lives, none per message: one reads and submits, one waits for
the oldest answer and writes it, and the call itself waits for the end. The client is slowed down
by not being read: when `window` requests have no answer, or when the journal has all it can hold.
"""

import asyncio
import random
from collections import deque
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from cift.kit.errors import Unavailable
from cift.kit.logging import get_logger
from cift.kit.rpc import Call
from cift.order_entry.journal import Journal
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import BadRequest, Gateway, NotFound, Overloaded

__all__ = ["SessionStream", "Sessions"]

OVERLOADED_WAIT_SECONDS = 0.05
OVERLOADED_GIVE_UP_SECONDS = 5.0
CANCEL_RETRY_SECONDS = 0.1

log = get_logger("session")


@dataclass(slots=True)
class _Entry:
    """One request's answer: there, or to come."""

    ticket: int
    answer: asyncio.Future[bytes] | bytes
    timer: asyncio.TimerHandle | None


class Sessions:
    """Numbers sessions and sees that each leaves nothing behind; a part."""

    def __init__(self, journal: Journal, *, window: int, answer_seconds: float) -> None:
        self.journal = journal
        self.window = window
        self.answer_seconds = answer_seconds
        # Other processes number theirs too, and events carry the number: begin somewhere else.
        self._number = random.getrandbits(31)
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Wait until the orders of ended sessions are cancelled."""
        while self._ending:
            await asyncio.wait(self._ending)

    async def serve(self, call: Call) -> None:
        """Serve one stream to its end."""
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number
        try:
            await SessionStream(self, call, number).run()
        finally:
            task = asyncio.create_task(self._end(number), name=f"end session {number}")
            self._ending.add(task)
            task.add_done_callback(self._ended)

    async def _end(self, session: int) -> None:
        """Cancel the session's orders marked so, once all that it sent has its outcome."""
        journal = self.journal
        await journal.resolved()
        while not journal.failed.done():
            journal.cancel_session(session)
            if await journal.resolved():
                return
            await asyncio.sleep(CANCEL_RETRY_SECONDS)  # The journal took them not: again.

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "orders of an ended session may be open", task=task.get_name(), exc_info=error
            )


class SessionStream:
    """One stream while it lives."""

    def __init__(self, sessions: Sessions, call: Call, number: int) -> None:
        self._journal = sessions.journal
        self._window = sessions.window
        self._answer_seconds = sessions.answer_seconds
        self._call = call
        self._number = number
        self._firm = call.principal.firm
        self._entries: deque[_Entry] = deque()
        self._arrived = asyncio.Event()
        self._answered = asyncio.Event()
        self._complete = False

    async def run(self) -> None:
        """Return when the client has ended its side and everything is answered."""
        reader = asyncio.create_task(self._read(), name="session reader")
        writer = asyncio.create_task(self._write(), name="session writer")
        drain = asyncio.create_task(self._call.draining.wait(), name="session drain")
        try:
            await asyncio.wait((reader, writer, drain), return_when=asyncio.FIRST_COMPLETED)
            if drain.done() and not reader.done():
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
            # Whatever ended the reading: what was read before it is answered first.
            self._complete = True
            self._arrived.set()
            await writer
            if not reader.cancelled():
                reader.result()
            elif drain.done():
                raise Unavailable(
                    "DRAINING",
                    "this server is going down: open a session on another",
                    retry_after_seconds=0.5,
                )
        finally:
            for task in (reader, writer, drain):
                task.cancel()
            await asyncio.gather(reader, writer, drain, return_exceptions=True)
            for entry in self._entries:
                self._drop(entry)

    async def _read(self) -> None:
        while (request := await self._call.read()) is not None:
            while len(self._entries) >= self._window:
                self._answered.clear()
                await self._answered.wait()
            self._entries.append(await self._submit(request))
            self._arrived.set()

    async def _submit(self, request: bytes) -> _Entry:
        """Hand a request over; wait while the journal has all it can hold."""
        give_up_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                ticket, answer = self._journal.submit(
                    Gateway.METHOD_SESSION, request, self._firm, self._number
                )
            except (BadRequest, NotFound) as error:
                return _Entry(0, _refusal(request, str(error)), None)
            except Overloaded:
                give_up_at = give_up_at or loop.time() + OVERLOADED_GIVE_UP_SECONDS
                if loop.time() > give_up_at:
                    raise
                await self._journal.frozen(OVERLOADED_WAIT_SECONDS)
                continue
            if ticket == 0:
                return _Entry(0, answer, None)
            timer = self._journal.expire_later(ticket, self._answer_seconds)
            return _Entry(ticket, answer, timer)

    async def _write(self) -> None:
        entries = self._entries
        while True:
            while not entries:
                if self._complete:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            entry = entries[0]
            answer = entry.answer
            response = answer if isinstance(answer, bytes) else await answer
            if entry.timer is not None:
                entry.timer.cancel()
            entries.popleft()
            self._answered.set()
            await self._call.write(response)

    def _drop(self, entry: _Entry) -> None:
        """The stream is gone: nobody waits for this answer."""
        if entry.timer is not None:
            entry.timer.cancel()
            self._journal.forget(entry.ticket)


def _refusal(request: bytes, text: str) -> bytes:
    """The answer to a malformed request, under its number if that much can be read."""
    try:
        request_id = pb.SessionRequest.FromString(request).request_id
    except DecodeError:
        request_id = 0
    encoded: bytes = pb.SessionResponse(request_id=request_id, error=text).SerializeToString()
    return encoded
