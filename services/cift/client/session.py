"""A pipelined session: many requests under way, answers in the order sent."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from cift.client import messages, types
from cift.client.enums import Outcome, WaitFor
from cift.client.errors import (
    CiftError,
    InternalError,
    RequestError,
    UnavailableError,
    UnknownOutcomeError,
    from_rpc,
)
from cift.client.types import Command, Result
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift.order_entry.v1 import order_pb2

if TYPE_CHECKING:
    from cift.client.client import Retry

__all__ = ["SESSION_METADATA", "Session"]

SESSION_METADATA = "cift-session"
MAX_COMMANDS = 1_000
CLOSE_SECONDS = 5.0


@dataclass(slots=True)
class _Waiting:
    """A request that has no answer yet."""

    request: pb.SessionRequest
    future: "asyncio.Future[list[Result]]"


class Session:
    """Made by `CiftClient.session`; use it from one task.

    `send` waits only while the window is full, and returns a future with one result per command.
    """

    def __init__(
        self, open_stream: Callable[[str], Any], retry: "Retry", *, window: int, resend: bool
    ) -> None:
        self.connections = 0
        """How often a stream was opened."""
        self.id = ""
        """Its identity on the exchange, from before the first answer on; each stream has another.
        An operator kills a session by it: what waits fails with AbortedError SESSION_KILLED then,
        and so does what is sent after."""
        self._open_stream = open_stream
        self._retry = retry
        self._window = window
        self._resend = resend
        self._waiting: deque[_Waiting] = deque()
        self._unsent: deque[_Waiting] = deque()
        self._number = 0
        self._room = asyncio.Event()
        self._work = asyncio.Event()
        self._closing = False
        self._answered = False
        self._task: asyncio.Task[None] | None = None
        self._failure: CiftError | None = None

    async def start(self) -> None:
        """Connect, in the background."""
        self._task = asyncio.create_task(self._run(), name="session")

    async def send(
        self, *commands: Command, wait_for: WaitFor = WaitFor.RESULT
    ) -> "asyncio.Future[list[Result]]":
        """Send 1 to 1,000 commands as one request; they take effect in order.

        The future fails with RequestError (nothing of it was taken), UnavailableError (likewise)
        or UnknownOutcomeError.
        """
        return await self.send_all(commands, wait_for)

    async def send_all(
        self, commands: Sequence[Command], wait_for: WaitFor = WaitFor.RESULT
    ) -> "asyncio.Future[list[Result]]":
        """`send` for a list that is there already."""
        if not 1 <= len(commands) <= MAX_COMMANDS:
            raise ValueError(f"a request has 1 to {MAX_COMMANDS} commands, not {len(commands)}")
        while len(self._waiting) >= self._window and self._failure is None:
            self._room.clear()
            await self._room.wait()
        if self._failure is not None:
            raise self._failure
        self._number += 1
        request = pb.SessionRequest(
            request_id=self._number,
            commands=[messages.command_message(types.with_id(c)) for c in commands],
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._unsent.append(waiting)
        self._work.set()
        return waiting.future

    async def submit(self, command: Command, wait_for: WaitFor = WaitFor.RESULT) -> Result:
        """Send one command and wait for its result."""
        future = await self.send(command, wait_for=wait_for)
        return (await future)[0]

    async def flush(self) -> None:
        """Wait until everything sent has its answer or has failed."""
        futures = [waiting.future for waiting in self._waiting]
        await asyncio.gather(*futures, return_exceptions=True)

    async def close(self) -> None:
        """End the session; what has no answer then fails with UnknownOutcomeError."""
        self._closing = True
        self._work.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=0 if self._waiting else CLOSE_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(UnknownOutcomeError("the session was closed before the answer came"))

    async def _run(self) -> None:
        """Keep a stream open until the session is closed or cannot go on."""
        failures = 0
        pause = self._retry.first_pause_seconds
        while True:
            self._answered = False
            try:
                await self._connection()
                return
            except CiftError as error:
                if self._answered:
                    failures, pause = 0, self._retry.first_pause_seconds
                failures += 1
                passing = isinstance(error, UnavailableError | UnknownOutcomeError)
                if not (passing and self._resend) or failures >= self._retry.attempts:
                    self._fail(error)
                    return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._retry.longest_pause_seconds)

    async def _connection(self) -> None:
        """One stream: send again what waits, then what comes; returns when it ended as asked."""
        self._unsent = deque(self._waiting)
        self._work.set()
        self.connections += 1
        before = self.id
        stream = self._open_stream(before)
        writer = None
        try:
            if not before:
                writer = asyncio.create_task(self._write(stream), name="session writer")
            for name, value in await stream.initial_metadata() or ():
                if name == SESSION_METADATA:
                    self.id = value
            if writer is None:
                # Not before it is open: one that goes on with a session that was killed is refused,
                # and a write that fails as a stream ends hides what the server said.
                writer = asyncio.create_task(self._write(stream), name="session writer")
            while (message := await stream.read()) is not grpc.aio.EOF:
                self._on_answer(message)
            if not self._closing or self._waiting:
                raise UnknownOutcomeError("the session ended before every answer came")
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from error
        finally:
            stream.cancel()
            if writer is not None:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _write(self, stream: Any) -> None:
        # A stream that broke says so to the reader too, which knows what to do.
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                while self._unsent:
                    await stream.write(self._unsent.popleft().request)
                if self._closing:
                    await stream.done_writing()
                    return
                self._work.clear()
                await self._work.wait()

    def _on_answer(self, message: pb.SessionResponse) -> None:
        if not self._waiting or self._waiting[0].request.request_id != message.request_id:
            raise InternalError(f"an answer to {message.request_id}, which is not the next one")
        self._answered = True
        future = self._waiting.popleft().future
        self._room.set()
        if future.done():
            return
        if message.error:
            future.set_exception(RequestError(message.error))
            return
        results = [messages.result_of(result) for result in message.results]
        if any(result.outcome == Outcome.UNKNOWN for result in results):
            future.set_exception(UnknownOutcomeError("the outcome did not come in time"))
        else:
            future.set_result(results)

    def _fail(self, error: CiftError) -> None:
        """The session is over: everything that waits fails."""
        if self._failure is None:
            self._failure = error
        for waiting in self._waiting:
            if not waiting.future.done():
                waiting.future.set_exception(error)
                # The caller may have dropped it; an exception that nobody reads is no news then.
                waiting.future.exception()
        self._waiting.clear()
        self._room.set()
