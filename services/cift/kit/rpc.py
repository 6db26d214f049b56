"""What an RPC handler is given and how it is declared.

A service is a class with one coroutine (or async generator, for a server stream) per method of its
proto service, named in snake_case and marked with `rpc`:

    class MarketData:
        @rpc("read")
        async def get_book(self, request: pb.GetBookRequest, call: Call) -> pb.GetBookResponse: ...

        @rpc("read")
        async def stream_book(self, request, call) -> AsyncGenerator[pb.StreamBookResponse]: ...

A `raw` handler takes and gives bytes. A method with a client stream takes the call alone and reads
with `call.read()`; with both streams it also writes with `call.write()` and returns nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from grpc.aio import EOF

from cift.kit.errors import Unauthenticated

__all__ = ["Call", "Principal", "Rpc", "rpc"]

Handler = TypeVar("Handler", bound=Callable[..., Any])
ATTRIBUTE = "__cift_rpc__"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a key of a firm, which may act for all the firm's accounts."""

    key_id: int
    firm: int
    firm_name: str
    scopes: frozenset[str]
    """Those that the key and its user both have."""
    user: str = ""
    """Name of the key's user, unique in the firm."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """How a handler wants to be called."""

    scope: str | None
    raw: bool
    drains: bool
    timed: bool


def rpc(
    scope: str | None, *, raw: bool = False, drains: bool = False, timed: bool = False
) -> Callable[[Handler], Handler]:
    """Mark a handler.

    `scope` is the scope that the key needs, "trade|admin": either of them, None: no key at all.
    `drains`: a stream that watches `call.draining` and ends by itself; others are ended with
    UNAVAILABLE. `timed`: a unary handler that keeps its own deadline; others are ended at the
    default one when the client set none.
    """

    def mark(handler: Handler) -> Handler:
        setattr(handler, ATTRIBUTE, Rpc(scope, raw, drains, timed))
        return handler

    return mark


class Call:
    """One RPC under way."""

    __slots__ = ("_context", "_principal", "draining")

    def __init__(self, context: Any, principal: Principal | None, draining: asyncio.Event) -> None:
        self._context = context
        self._principal = principal
        self.draining = draining
        """Set when the server goes down: finish what is held, take nothing new."""

    @property
    def principal(self) -> Principal:
        """Who calls; only in handlers that need a scope."""
        if self._principal is None:
            raise Unauthenticated("KEY_REQUIRED", "this call needs a key")
        return self._principal

    def seconds_left(self) -> float | None:
        """Time until the client's deadline, None when it set none."""
        left: float | None = self._context.time_remaining()
        return left

    async def read(self) -> bytes | None:
        """Read the client's next message, None at the end of its stream."""
        message = await self._context.read()
        return None if message is EOF else message

    def metadata(self, name: str) -> str:
        """What the client said in its metadata under a name, "" if nothing."""
        found = (value for key, value in self._context.invocation_metadata() if key == name)
        return next((value for value in found if isinstance(value, str)), "")

    async def send_metadata(self, name: str, value: str) -> None:
        """Tell the client something before the first answer; once, as initial metadata."""
        await self._context.send_initial_metadata(((name, value),))

    async def write(self, message: bytes) -> None:
        """Send a message; waits while the client does not read (flow control)."""
        await self._context.write(message)

    def peer(self) -> str:
        """Where the call comes from, for logs."""
        return str(self._context.peer())
