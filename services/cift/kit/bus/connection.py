"""One connection to the NATS server: requests, publishes, subscriptions; it reconnects for ever.

nats-py's own publish, queues and header parsing cost more than all else in a stage's loop, so this
module talks to its parser and its outbound buffer directly: a subscription here is a plain function
that is called with the bytes of each message as they are read. `tests/unit/test_bus_connection.py`
fails if a new nats-py changes what that rests on. Nothing is buffered while disconnected: a publish
that can't go out now raises, and its caller decides.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import UnexpectedEOF

from cift.kit.bus.errors import ApiError, BusUnavailable
from cift.kit.logging import get_logger

__all__ = ["Bus", "Sink", "connect", "headers_bytes", "traceparent_of"]

Sink = Callable[[bytes, bytes, bytes, bytes], None]
"""Called with (subject, reply, raw headers or b"", data); must not block, await or raise."""

MAX_PENDING_BYTES = 64 << 20
"""Outbound bytes that may wait for the socket; writers' windows keep far below it."""

RECONNECT_WAIT_S = 0.1
PING_INTERVAL_S = 5
WATCH_S = 1.0
LOG_INTERVAL_S = 5.0
"""The same connection error is logged at most this often."""

_TRACEPARENT = re.compile(rb"\r\ntraceparent: *([0-9a-f-]{55})\r\n", re.IGNORECASE)

log = get_logger("bus")


async def connect(url: str, name: str, *, timeout_s: float = 30.0) -> "Bus":
    """Connect to the server or servers in `url` (comma separated), within `timeout_s`."""
    bus = Bus(url, name)
    try:
        async with asyncio.timeout(timeout_s):
            await bus.start()
    except TimeoutError:
        await bus.stop()
        raise BusUnavailable(
            f"no NATS server answered at {_without_password(url)} within {timeout_s:g} s"
        ) from None
    return bus


class Bus:
    """A connection that lives until `stop`; `epoch` counts how often it was made anew."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.epoch = 0
        self._url = url
        self._client = _Client()
        self._connected = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._inbox = ""
        self._requests: dict[bytes, asyncio.Future[tuple[bytes, bytes]]] = {}
        self._request_number = 0
        self._logged: dict[str, float] = {}
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect; waits for a server without end (`connect` bounds it)."""
        await self._client.connect(
            [part.strip() for part in self._url.split(",")],
            name=self.name,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type] # any number works
            ping_interval=PING_INTERVAL_S,
            pending_size=MAX_PENDING_BYTES,
        )
        self._connected.set()
        self._watching = asyncio.create_task(self._watch(), name=f"watch {self.name}")
        self._inbox = self.new_inbox()
        await self.subscribe(f"{self._inbox}.*", self._on_answer)

    async def stop(self) -> None:
        """Close the connection; what waits for an answer gets BusUnavailable."""
        self._stopping = True
        self._connected.clear()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        await self._client.close()
        for waiting in list(self._requests.values()):
            if not waiting.done():
                waiting.set_exception(BusUnavailable("the connection was closed"))

    @property
    def connected(self) -> bool:
        """Whether a publish would go out now."""
        return self._connected.is_set() and self._client.is_connected

    @property
    def closed(self) -> bool:
        """Whether the connection has ended for good."""
        return self._client.is_closed

    async def wait_connected(self) -> None:
        """Return once connected."""
        await self._connected.wait()

    def on_reconnect(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each reconnect; the function returned removes it again."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def new_inbox(self) -> str:
        """A subject that nobody else uses."""
        return self._client.new_inbox()

    async def subscribe(self, subject: str, sink: Sink) -> int:
        """Call `sink` with each message on `subject`, over reconnects too; returns a handle."""
        try:
            return await self._client.subscribe_sink(subject, sink)
        except (NatsError, OSError) as error:
            raise BusUnavailable(f"subscribe {subject}: {error}") from error

    async def unsubscribe(self, handle: int) -> None:
        """End a subscription; it is no error when the connection is gone."""
        await self._client.unsubscribe_sink(handle)

    def publish(
        self, subject: str, data: bytes = b"", *, reply: str = "", headers: bytes = b""
    ) -> None:
        """Send one message with the next flush; raises BusUnavailable when it can't go out now.

        `subject` and `reply` are ours (kit.subjects, inboxes) and are not checked again here.
        `headers` is made by `headers_bytes`.
        """
        if not self.connected:
            raise BusUnavailable("not connected to NATS")
        if self._client.pending_data_size > MAX_PENDING_BYTES:
            raise BusUnavailable(f"{MAX_PENDING_BYTES} bytes wait to be sent to NATS")
        if headers:
            line = f"HPUB {subject} {reply} {len(headers)} {len(headers) + len(data)}\r\n"
        else:
            line = f"PUB {subject} {reply} {len(data)}\r\n"
        self._client.send(b"%b%b%b\r\n" % (line.encode(), headers, data))

    async def request(self, subject: str, data: bytes = b"", *, timeout_s: float = 2.0) -> bytes:
        """Ask and return the answer's data; BusUnavailable when none comes in time."""
        self._request_number += 1
        token = b"%d" % self._request_number
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[tuple[bytes, bytes]] = loop.create_future()
        self._requests[token] = waiting
        timer = loop.call_later(timeout_s, _expire, waiting, subject)
        try:
            self.publish(subject, data, reply=f"{self._inbox}.{token.decode()}")
            headers, answer = await waiting
        finally:
            timer.cancel()
            del self._requests[token]
        if not answer and b" 503" in headers[:16]:
            raise BusUnavailable(f"{subject}: JetStream is not there (503)")
        return answer

    async def api(
        self, call: str, body: dict[str, Any] | None = None, *, timeout_s: float = 2.0
    ) -> dict[str, Any]:
        """Make a JetStream API call, for instance `STREAM.INFO.ORDERS`."""
        data = b"" if body is None else json.dumps(body).encode()
        answer: dict[str, Any] = json.loads(
            await self.request(f"$JS.API.{call}", data, timeout_s=timeout_s)
        )
        if (error := answer.get("error")) is not None:
            raise ApiError(
                call, error.get("code", 0), error.get("err_code", 0), error.get("description", "")
            )
        return answer

    async def _watch(self) -> None:
        while not self._client.is_closed:
            await asyncio.sleep(WATCH_S)
            if await self._client.revive():
                log.warning("nats client was stuck, connecting again", connection=self.name)

    def _on_answer(self, subject: bytes, _reply: bytes, headers: bytes, data: bytes) -> None:
        waiting = self._requests.get(subject.rpartition(b".")[2])
        if waiting is not None and not waiting.done():
            waiting.set_result((headers, data))

    async def _on_error(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        now = asyncio.get_running_loop().time()
        if now - self._logged.get(text, -LOG_INTERVAL_S) >= LOG_INTERVAL_S:
            if len(self._logged) > 100:
                self._logged.clear()
            self._logged[text] = now
            log.warning("nats", error=text, connection=self.name)

    async def _on_disconnected(self) -> None:
        self._connected.clear()
        self._client.drop_pending()
        if not self._stopping:
            log.warning("nats disconnected", connection=self.name)

    async def _on_reconnected(self) -> None:
        self.epoch += 1
        self._connected.set()
        log.info("nats reconnected", connection=self.name, epoch=self.epoch)
        for listener in list(self._listeners):
            listener()

    async def _on_closed(self) -> None:
        self._connected.clear()
        if not self._stopping:
            # Only a refusal by the server (its rights, our protocol) ends a connection for good.
            log.error("nats closed the connection for good", connection=self.name)


class _Client(Client):
    """nats-py's client with a short way in and out; see the module's docstring."""

    def __init__(self) -> None:
        super().__init__()
        self._sinks: dict[int, Sink] = {}

    def send(self, command: bytes) -> None:
        """Append a whole protocol command to the outbound buffer and wake the flusher."""
        self._pending.append(command)
        self._pending_data_size += len(command)
        queue = self._flush_queue
        if queue is not None and queue.empty():
            queue.put_nowait(asyncio.get_running_loop().create_future())

    def drop_pending(self) -> None:
        """Forget what was not sent: after a reconnect its sender must look before it sends."""
        self._pending.clear()
        self._pending_data_size = 0

    async def subscribe_sink(self, subject: str, sink: Sink) -> int:
        subscription = await self.subscribe(subject)
        handle: int = subscription._id  # noqa: SLF001 # the parser's key; no public name
        self._sinks[handle] = sink
        return handle

    async def unsubscribe_sink(self, handle: int) -> None:
        self._sinks.pop(handle, None)
        subscription = self._subs.get(handle)
        if subscription is not None and not self.is_closed:
            try:
                await subscription.unsubscribe()
            except (NatsError, OSError) as error:
                log.debug("unsubscribe", error=str(error))

    async def revive(self) -> bool:
        """Go on when nats-py's own tasks ended on an error they did not expect; True if so."""
        reading, reconnecting = self._reading_task, self._reconnection_task
        if self.is_connected and reading is not None and reading.done():
            await self._process_op_err(UnexpectedEOF())
            return True
        if self.is_closed or self.is_connected or (reconnecting and not reconnecting.done()):
            return False
        self._status = Client.RECONNECTING
        self._reconnection_task = asyncio.create_task(self._attempt_reconnect())
        return True

    async def _process_op_err(self, e: Exception) -> None:
        """Drop the old connection at once: a close would first wait for the peer to read all."""
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None and not (self.is_closed or self.is_reconnecting):
            writer.transport.abort()
        await super()._process_op_err(e)

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None
    ) -> None:
        sink = self._sinks.get(sid)
        if sink is None:
            await super()._process_msg(sid, subject, reply, data, headers)  # type: ignore[arg-type]
            return
        try:
            sink(subject, reply, headers or b"", data)
        except Exception:
            # An error here would end the read loop and with it every subscription.
            log.exception("a sink raised", subject=subject.decode(errors="replace"))


def headers_bytes(values: dict[str, str]) -> bytes:
    """The block of headers for `Bus.publish`; keys and values are ours, line ends are refused."""
    lines = []
    for key, value in values.items():
        if "\r" in value or "\n" in value:
            raise ValueError(f"header {key} holds a line end")
        lines.append(f"{key}: {value}\r\n")
    return f"NATS/1.0\r\n{''.join(lines)}\r\n".encode()


def traceparent_of(headers: bytes) -> str | None:
    """The W3C trace context that travels with a message, if it has one."""
    if not headers:
        return None
    found = _TRACEPARENT.search(headers)
    return None if found is None else found[1].decode()


def _expire(waiting: asyncio.Future[tuple[bytes, bytes]], subject: str) -> None:
    if not waiting.done():
        waiting.set_exception(BusUnavailable(f"{subject}: no answer in time"))


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/,]*@", "//", url)
