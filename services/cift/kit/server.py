"""The gRPC server that every service runs: one way in, whatever the method.

For each call, in order: the key and its scope, the message, the handler under a deadline, and the
error, if any, as a rich status (`cift.kit.errors`). Handlers are registered as bytes in, bytes out;
what gRPC would do with a message that does not parse (UNKNOWN, with a traceback) is thus ours to do
(INVALID_ARGUMENT, and the connection lives). A stop drains: NOT_SERVING, no new calls, the ones in
flight finish within a bound.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, cast

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc.aio import AbortError
from grpc_reflection.v1alpha import reflection

from cift.kit import health as health_module
from cift.kit.errors import (
    PermissionDenied,
    ResourceExhausted,
    ServiceError,
    Unauthenticated,
    Unavailable,
    as_service_error,
    details_metadata,
)
from cift.kit.health import Health
from cift.kit.logging import get_logger
from cift.kit.rpc import ATTRIBUTE, Call, Principal, Rpc

__all__ = ["MAX_MESSAGE_BYTES", "Authenticator", "Server"]

MAX_MESSAGE_BYTES = 4 << 20
"""Of a request: 1,000 commands with every field full are under 0.5 MiB. Larger ones end with
RESOURCE_EXHAUSTED before they are read into memory."""
MAX_CONCURRENT_RPCS = 10_000
MAX_CONCURRENT_STREAMS = 1_000
"""Calls at once on one connection; more wait at the client."""
DEFAULT_DEADLINE_SECONDS = 10.0
"""Of a unary call whose client set none: grpcurl and curl send none."""
LINGER_SECONDS = 0.2
"""Between NOT_SERVING, when streams end, and GOAWAY, after which no call is taken."""
KEY_CHECK_SECONDS = 0.25
"""How often the keys of open streams are looked at again."""
KEEPALIVE_MS = 20_000
MIN_PING_INTERVAL_MS = 5_000
"""Clients may ping as often as this, idle or not; the default answers quick pings with GOAWAY."""

_NOT_OURS = (asyncio.CancelledError, KeyboardInterrupt, SystemExit)
"""What ends a handler from outside. All else ends the call with a status, a panic of the core too,
which is no Exception: gRPC would leave the client waiting."""

log = get_logger("server")

Wrapped = Callable[[bytes, Any], Coroutine[Any, Any, bytes | None]]


class Authenticator(Protocol):
    """Names the caller (see `cift.kit.auth`)."""

    def principal(self, metadata: Any, scope: str) -> Principal:
        """Return who calls, or raise Unauthenticated, PermissionDenied or Unavailable."""


class Server:
    """A grpcio aio server with health, reflection, keys, deadlines, error mapping and drain."""

    def __init__(
        self,
        listen: str,
        *,
        auth: Authenticator,
        grace_seconds: float = 5.0,
        default_deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
        reflect: bool = True,
    ) -> None:
        self.port = 0
        """The port it listens on, once started."""
        self.draining = asyncio.Event()
        self._listen = listen
        self._auth = auth
        self._grace_seconds = grace_seconds
        self._default_deadline_seconds = default_deadline_seconds
        self._reflect = reflect
        self._handlers: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
        self._streams: set[asyncio.Task[Any]] = set()
        self._keyed: dict[asyncio.Task[Any], tuple[Any, str]] = {}
        """The metadata of every stream that needs a key, and the scope."""
        self._revoked: dict[asyncio.Task[Any], ServiceError] = {}
        self._following_keys: asyncio.Task[None] | None = None
        self._server: Any = None
        self._health: Health | None = None

    @property
    def health(self) -> Health:
        """Readiness of the services added so far; add them all before asking for it."""
        if self._health is None:
            self._health = Health(self._handlers)
        return self._health

    def add(self, service: ServiceDescriptor, implementation: object) -> None:
        """Serve `service` with the handlers of `implementation`; each method must have one."""
        if self._health is not None:
            raise RuntimeError("services are added before health is asked for")
        self._handlers[service.full_name] = self._bind(service, implementation)

    async def start(self) -> None:
        """Listen; calls are answered from now on, health follows readiness."""
        health = self.health
        names = [*self._handlers, health_module.SERVICE.full_name]
        self._handlers[health_module.SERVICE.full_name] = self._bind(health_module.SERVICE, health)
        server = grpc.aio.server(options=_options(), maximum_concurrent_rpcs=MAX_CONCURRENT_RPCS)
        # Not as registered methods: grpc.aio then waits for each of them apart, at a cost for every
        # call that grows with their number.
        for name, handlers in self._handlers.items():
            generic = grpc.method_handlers_generic_handler(name, handlers)
            server.add_generic_rpc_handlers((generic,))
        if self._reflect:
            reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
        self.port = server.add_insecure_port(self._listen)
        await server.start()
        self._server = server
        self._following_keys = asyncio.create_task(self._follow_keys(), name="stream keys")
        log.info("listening", address=self._listen, port=self.port)

    async def stop(self) -> None:
        """Drain: say so, end what would not end by itself, wait for the rest."""
        self.health.drain()
        self.draining.set()
        for task in list(self._streams):
            task.cancel()
        # Streams end while their connections still live: a client that is writing to one would
        # otherwise find the connection broken, and never read why.
        await asyncio.sleep(LINGER_SECONDS)
        await self._server.stop(self._grace_seconds)
        if self._following_keys is not None:
            self._following_keys.cancel()
            await asyncio.gather(self._following_keys, return_exceptions=True)

    def _bind(
        self, service: ServiceDescriptor, implementation: object
    ) -> dict[str, grpc.RpcMethodHandler]:
        handlers = {}
        for method in service.methods:
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
            handler = getattr(implementation, name, None)
            declared = getattr(handler, ATTRIBUTE, None)
            if handler is None or declared is None:
                raise TypeError(f"{service.full_name}.{method.name} needs a handler {name}")
            handlers[method.name] = self._method(method, handler, declared)
        return handlers

    def _method(
        self, method: MethodDescriptor, handler: Callable[..., Any], declared: Rpc
    ) -> grpc.RpcMethodHandler:
        full_name = f"{method.containing_service.full_name}/{method.name}"
        if method.client_streaming:
            wrapped = self._session(full_name, handler, declared)
            return grpc.stream_stream_rpc_method_handler(wrapped)
        decode = None
        if not declared.raw:
            decode = message_factory.GetMessageClass(method.input_type).FromString
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(full_name, handler, declared, decode)
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(full_name, handler, declared, decode)
        )

    def _call(self, context: Any, scope: str | None) -> Call:
        principal = None
        if scope is not None:
            principal = self._auth.principal(context.invocation_metadata(), scope)
        return Call(context, principal, self.draining)

    def _unary(
        self,
        name: str,
        handler: Callable[[Any, Call], Awaitable[Any]],
        declared: Rpc,
        decode: Callable[[bytes], Any] | None,
    ) -> Wrapped:
        default_deadline_seconds = self._default_deadline_seconds

        async def unary(request: bytes, context: Any) -> bytes | None:
            try:
                call = self._call(context, declared.scope)
                message = request if decode is None else decode(request)
                if declared.timed or context.time_remaining() is not None:
                    reply = await handler(message, call)
                else:
                    async with asyncio.timeout(default_deadline_seconds):
                        reply = await handler(message, call)
                return _encoded(reply)
            except _NOT_OURS:
                raise
            except BaseException as error:
                await _abort(context, error, name)
            return None

        return unary

    def _stream(
        self,
        name: str,
        handler: Callable[[Any, Call], AsyncGenerator[Any]],
        declared: Rpc,
        decode: Callable[[bytes], Any] | None,
    ) -> Wrapped:
        async def stream(request: bytes, context: Any) -> None:
            with contextlib.ExitStack() as stack:
                try:
                    stack.callback(self._stream_began(context, declared))
                    call = self._call(context, declared.scope)
                    message = request if decode is None else decode(request)
                    async with contextlib.aclosing(handler(message, call)) as replies:
                        async for reply in replies:
                            await context.write(_encoded(reply))
                except asyncio.CancelledError:
                    await self._stream_cancelled(context, name, declared)
                    raise
                except _NOT_OURS:
                    raise
                except BaseException as error:
                    await _abort(context, error, name)

        return stream

    def _session(
        self, name: str, handler: Callable[[Call], Awaitable[None]], declared: Rpc
    ) -> Callable[[Any, Any], Coroutine[Any, Any, None]]:
        async def session(_requests: Any, context: Any) -> None:
            with contextlib.ExitStack() as stack:
                try:
                    stack.callback(self._stream_began(context, declared))
                    await handler(self._call(context, declared.scope))
                except asyncio.CancelledError:
                    await self._stream_cancelled(context, name, declared)
                    raise
                except _NOT_OURS:
                    raise
                except BaseException as error:
                    await _abort(context, error, name)

        return session

    def _stream_began(self, context: Any, declared: Rpc) -> Callable[[], None]:
        """Note the stream for the drain, unless it ends by itself, and its key; returns what
        forgets it."""
        task = asyncio.current_task()
        assert task is not None
        if not declared.drains:
            if self.draining.is_set():
                raise _draining()
            self._streams.add(task)
        if declared.scope is not None:
            self._keyed[task] = (context.invocation_metadata(), declared.scope)

        def forget() -> None:
            self._streams.discard(task)
            self._keyed.pop(task, None)
            self._revoked.pop(task, None)

        return forget

    async def _stream_cancelled(self, context: Any, name: str, declared: Rpc) -> None:
        """By the drain, or for its key: tell why. By the client: nobody listens any more."""
        if context.done():
            return
        revoked = self._revoked.get(cast("asyncio.Task[Any]", asyncio.current_task()))
        if revoked is not None:
            await _abort(context, revoked, name)
        if self.draining.is_set() and not declared.drains:
            await _abort(context, _draining(), name)

    async def _follow_keys(self) -> None:
        """End the streams whose key no longer opens them: a stream may live for days."""
        while True:
            await asyncio.sleep(KEY_CHECK_SECONDS)
            for task, (metadata, scope) in list(self._keyed.items()):
                try:
                    self._auth.principal(metadata, scope)
                except (Unauthenticated, PermissionDenied) as error:
                    if self._revoked.setdefault(task, error) is error:
                        task.cancel()
                except ServiceError:
                    continue  # The keys can't be told now: they stay good.


def _draining() -> Unavailable:
    return Unavailable(
        "DRAINING", "this server is going down: resume on another", retry_after_seconds=0.5
    )


def _encoded(reply: Any) -> bytes:
    return reply if isinstance(reply, bytes) else reply.SerializeToString()


async def _abort(context: Any, error: BaseException, name: str) -> None:
    """End the call with the status of `error`; returns to nobody: gRPC's own exception goes on."""
    if isinstance(error, AbortError):
        raise error
    status = as_service_error(error, name)
    if isinstance(status, ResourceExhausted | Unavailable):
        log.debug("refused", method=name, reason=status.reason)
    await context.abort(status.code, status.text, details_metadata(status))


def _options() -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", MAX_CONCURRENT_STREAMS),
        ("grpc.max_metadata_size", 16 << 10),
        # Calls that gRPC has read and not handed over yet. Past its default of 1,000 it cancels
        # them at random, without a word; the bound on all calls refuses with one.
        ("grpc.server.max_pending_requests", 2 * MAX_CONCURRENT_RPCS),
        ("grpc.server.max_pending_requests_hard_limit", 2 * MAX_CONCURRENT_RPCS),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_MS // 2),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.so_reuseport", 0),
    ]
