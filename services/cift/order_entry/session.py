"""One session stream: requests read ahead, answered in the order sent, orders that end with it.

Three tasks for as long as the stream lives, none per message: one reads and submits, one waits for
the oldest answer and writes it, and the call itself waits for the end. The client is slowed down
by not being read: when `window` requests have no answer, or when the journal has all it can hold.

A session has an identity, `<origin>-<number>`: who writes its batches, and the number that its
commands carry. An operator kills it by that. The journal refuses what it sends from the kill on;
when that is in force the stream ends.
"""

import asyncio
import heapq
import random
import re
import time
from collections import deque
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from cift.common.v1 import types_pb2
from cift.kit.errors import Aborted, InvalidArgument, NotFound, Unavailable
from cift.kit.logging import get_logger
from cift.kit.rpc import Call
from cift.order_entry.journal import Journal
from cift.order_entry.v1 import market_control_service_pb2 as control_pb
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import BadRequest, Gateway, Overloaded
from cift_core import NotFound as UnknownName

__all__ = ["SessionStream", "Sessions"]

OVERLOADED_WAIT_SECONDS = 0.05
OVERLOADED_GIVE_UP_SECONDS = 5.0
CANCEL_RETRY_SECONDS = 0.1
KILLED_MAX = 1_024
"""Sessions killed last of which it is known where; the engine holds as many of all processes."""
KILLED_FLUSH_SECONDS = 1.0
"""So long a client has to read its last answers when an operator kills its session."""
METADATA = "cift-session"
IDENTITY = re.compile(r"([0-9a-f]{16})-([1-9][0-9]{0,9})")

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
        self._live: dict[int, SessionStream] = {}
        self._killing: dict[int, asyncio.Task[types_pb2.Place]] = {}
        self._killed: dict[int, types_pb2.Place] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Wait until the orders of ended sessions are cancelled."""
        while self._ending:
            await asyncio.wait(self._ending)

    async def serve(self, call: Call) -> None:
        """Serve one stream to its end."""
        self._check_resumed(call.metadata(METADATA))
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number
        stream = self._live[number] = SessionStream(self, call, number)
        try:
            await call.send_metadata(METADATA, self.identity(number))
            await stream.run()
        finally:
            del self._live[number]
            self._spawn_end(number)

    def _check_resumed(self, identity: str) -> None:
        """Raise if a client goes on with a session that was killed, having lost its connection, or
        the status behind what it was about to send."""
        match = IDENTITY.fullmatch(identity)
        if match is not None and int(match[1], 16) == self.journal.origin:
            number = int(match[2])
            if number in self._killed or number in self._killing:
                raise _killed()

    def identity(self, number: int) -> str:
        """How clients and operators name a session."""
        return f"{self.journal.origin:016x}-{number}"

    def page(self, size: int, token: str) -> tuple[list["SessionStream"], str]:
        """So many open streams after those of a token, by number, and the token of the next."""
        after = 0
        if token:
            origin, after = _read_identity(token, "page_token")
            if origin != self.journal.origin:
                said = "must be the next_page_token of the page before"
                raise InvalidArgument.of([("page_token", said)])
        numbers = heapq.nsmallest(size + 1, (n for n in self._live if n > after))
        more = len(numbers) > size
        streams = [self._live[number] for number in numbers[:size]]
        return streams, self.identity(streams[-1].number) if more else ""

    async def kill(self, identity: str) -> types_pb2.Place:
        """Kill a session: where in the journal. It goes on when the caller is cancelled.

        TimeoutError: it isn't known whether it takes effect.
        """
        origin, number = _read_identity(identity, "session")
        if origin != self.journal.origin:
            raise NotFound(
                "UNKNOWN_SESSION",
                f"session {identity} is not of this order_entry process, whose sessions begin"
                f" with {self.journal.origin:016x}-: ask the one that has it",
            )
        if number in self._killed:
            return self._killed[number]
        task = self._killing.get(number)
        if task is None:
            stream = self._live.get(number)
            if stream is None:
                raise NotFound(
                    "UNKNOWN_SESSION",
                    f"session {identity} has ended, and takes no more orders; what it left open"
                    " is canceled by CancelAll, by account",
                )
            task = asyncio.create_task(self._kill(stream), name=f"kill session {number}")
            self._killing[number] = task
            task.add_done_callback(lambda task: self._kill_ended(number, task))
        return await asyncio.shield(task)

    async def _kill(self, stream: "SessionStream") -> types_pb2.Place:
        """Returns when the kill is in force; in the same batch, if they fit, are the cancels.

        TimeoutError: the journal went down before it told.
        """
        response = await self.journal.kill_session(stream.number)
        result = control_pb.CancelAllResponse.FromString(response).result
        if not result.place.sequence:
            raise TimeoutError
        # Risk refuses it when very many are killed already: the stream's end does as much.
        stream.killed.set()
        self._spawn_end(stream.number, killed=True)
        place: types_pb2.Place = result.place
        return place

    def _kill_ended(self, number: int, task: asyncio.Task[types_pb2.Place]) -> None:
        del self._killing[number]
        if not task.cancelled() and task.exception() is None:
            self._killed[number] = task.result()
            if len(self._killed) > KILLED_MAX:
                del self._killed[next(iter(self._killed))]

    def _spawn_end(self, number: int, *, killed: bool = False) -> None:
        task = asyncio.create_task(self._end(number, killed), name=f"end session {number}")
        self._ending.add(task)
        task.add_done_callback(self._ended)

    async def _end(self, session: int, killed: bool) -> None:
        """Cancel the session's orders marked so, or all, once what it sent has its outcome."""
        journal = self.journal
        await journal.resolved()
        while not journal.failed.done():
            journal.cancel_session(session, killed=killed)
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
        self.number = number
        self.principal = call.principal
        self.create_time_ns = time.time_ns()
        self.killed = asyncio.Event()
        """Set once an operator's kill of it is in force."""
        self._entries: deque[_Entry] = deque()
        self._arrived = asyncio.Event()
        self._answered = asyncio.Event()
        self._complete = False

    async def run(self) -> None:
        """Return when the client has ended its side and everything is answered."""
        reader = asyncio.create_task(self._read(), name="session reader")
        writer = asyncio.create_task(self._write(), name="session writer")
        drain = asyncio.create_task(self._call.draining.wait(), name="session drain")
        killed = asyncio.create_task(self.killed.wait(), name="session killed")
        tasks = (reader, writer, drain, killed)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not reader.done():
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
            # Whatever ended the reading: what was read before it is answered first.
            self._complete = True
            self._arrived.set()
            await asyncio.wait((writer, killed), return_when=asyncio.FIRST_COMPLETED)
            if killed.done():
                await asyncio.wait((writer,), timeout=KILLED_FLUSH_SECONDS)
                raise _killed()
            writer.result()
            if not reader.cancelled():
                reader.result()
            elif drain.done():
                raise Unavailable(
                    "DRAINING",
                    "this server is going down: open a session on another",
                    retry_after_seconds=0.5,
                )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
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
                    Gateway.METHOD_SESSION, request, self.principal.firm, self.number
                )
            except (BadRequest, UnknownName) as error:
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
        answer = entry.answer
        if isinstance(answer, asyncio.Future) and answer.done() and not answer.cancelled():
            answer.exception()  # Seen: the journal had refused it.


def _read_identity(text: str, field: str) -> tuple[int, int]:
    """Origin and number of a session."""
    match = IDENTITY.fullmatch(text)
    if match is None or int(match[2]) > 0xFFFFFFFF:
        said = "must be <origin>-<number>: 16 hex digits in lower case, and a number from 1"
        raise InvalidArgument.of([(field, said)])
    return int(match[1], 16), int(match[2])


def _killed() -> Aborted:
    return Aborted(
        "SESSION_KILLED",
        "an operator killed this session: what it had open is canceled and it takes no more;"
        " ask the operator before you open another",
    )


def _refusal(request: bytes, text: str) -> bytes:
    """The answer to a malformed request, under its number if that much can be read."""
    try:
        request_id = pb.SessionRequest.FromString(request).request_id
    except DecodeError:
        request_id = 0
    encoded: bytes = pb.SessionResponse(request_id=request_id, error=text).SerializeToString()
    return encoded
