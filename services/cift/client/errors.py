"""What a client call may raise.

    CiftError
    ├── RequestError          the request is wrong; `violations` names each field
    ├── AuthError             the key is missing, not known, or lacks the scope
    ├── NotFoundError         there is no such thing, or it is another firm's
    ├── ConflictError         the name is taken with another content, or the state forbids it
    │   └── AbortedError      somebody changed it since it was read, or killed the session
    ├── UnavailableError      not now, and nothing happened; retries were used up
    ├── UnknownOutcomeError   it may or may not have happened; repeat it with the same id to learn
    ├── SlowConsumerError     a stream was not read fast enough; resume after `through_sequence`
    └── InternalError         a defect of the exchange, or an answer that makes no sense

`reason` is the stable word of `google.rpc.ErrorInfo` (domain cift.markets), "" when there is none.
"""

from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

__all__ = [
    "AbortedError",
    "AuthError",
    "CiftError",
    "ConflictError",
    "InternalError",
    "NotFoundError",
    "RequestError",
    "SlowConsumerError",
    "UnavailableError",
    "UnknownOutcomeError",
    "from_rpc",
]

DOMAIN = "cift.markets"


class CiftError(Exception):
    """Base of everything that the client raises."""

    def __init__(self, text: str, *, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


class RequestError(CiftError):
    """The request is wrong; sending it again is of no use."""

    def __init__(
        self, text: str, *, reason: str = "", violations: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__(text, reason=reason)
        self.violations = violations or []


class AuthError(CiftError):
    """The key is missing, not known, or lacks the scope."""


class NotFoundError(CiftError):
    """There is no such thing, or it is another firm's."""


class ConflictError(CiftError):
    """The name is taken with another content, or the state of the exchange forbids it."""


class AbortedError(ConflictError):
    """Somebody changed it since it was read: read it again, decide again, send the new etag.

    Of a session: an operator killed it (SESSION_KILLED), and what it had open is canceled.

    After a broken connection it may have been this call's own first attempt that changed it.
    """


class UnavailableError(CiftError):
    """The exchange does not take the request now. It is certain that nothing happened."""

    def __init__(
        self, text: str, *, reason: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(text, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class UnknownOutcomeError(CiftError):
    """No answer came: the request may or may not have been taken.

    Sending the same commands again, with the same client order ids, is safe and tells.
    """


class SlowConsumerError(CiftError):
    """The stream was not read fast enough; open it again after `through_sequence`."""

    def __init__(self, text: str, *, reason: str = "", through_sequence: int = 0) -> None:
        super().__init__(text, reason=reason)
        self.through_sequence = through_sequence


class InternalError(CiftError):
    """A defect of the exchange, or an answer that makes no sense."""


def from_rpc(error: grpc.aio.AioRpcError) -> CiftError:
    """The exception for a failed RPC, by its status code and rich details."""
    code = error.code()
    text = error.details() or code.name
    info, violations, retry_after_seconds = _details(error)
    reason = info.reason if info is not None else ""
    metadata = dict(info.metadata) if info is not None else {}
    match code:
        case grpc.StatusCode.INVALID_ARGUMENT | grpc.StatusCode.OUT_OF_RANGE:
            return RequestError(text, reason=reason, violations=violations)
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return AuthError(text, reason=reason)
        case grpc.StatusCode.NOT_FOUND:
            return NotFoundError(text, reason=reason)
        case grpc.StatusCode.ALREADY_EXISTS | grpc.StatusCode.FAILED_PRECONDITION:
            return ConflictError(text, reason=reason)
        case grpc.StatusCode.ABORTED:
            return AbortedError(text, reason=reason)
        case grpc.StatusCode.RESOURCE_EXHAUSTED if "through_sequence" in metadata:
            through_sequence = int(metadata["through_sequence"])
            return SlowConsumerError(text, reason=reason, through_sequence=through_sequence)
        case grpc.StatusCode.RESOURCE_EXHAUSTED if info is None and "larger than max" in text:
            return RequestError(text)
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.RESOURCE_EXHAUSTED:
            # Only the exchange itself knows that nothing happened; a connection that broke or
            # was refused on the way says the same status without its details.
            if info is not None or _never_sent(text):
                return UnavailableError(
                    text, reason=reason, retry_after_seconds=retry_after_seconds
                )
            return UnknownOutcomeError(text)
        case grpc.StatusCode.INTERNAL if info is not None:
            return InternalError(text, reason=reason)
        case grpc.StatusCode.UNIMPLEMENTED:
            return InternalError(text, reason=reason)
        case _:
            return UnknownOutcomeError(text, reason=reason)


def _never_sent(text: str) -> bool:
    return "failed to connect" in text or "Concurrent RPC limit exceeded" in text


def _details(
    error: grpc.aio.AioRpcError,
) -> tuple[Any | None, list[tuple[str, str]], float | None]:
    """ErrorInfo of our domain, violated fields, seconds to wait; what is there of them."""
    info: Any | None = None
    violations: list[tuple[str, str]] = []
    retry_after_seconds: float | None = None
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        status = None
    for packed in status.details if status is not None else ():
        if packed.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            found = error_details_pb2.ErrorInfo.FromString(packed.value)
            info = found if found.domain == DOMAIN else info
        elif packed.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest.FromString(packed.value)
            violations = [(v.field, v.description) for v in bad.field_violations]
        elif packed.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo.FromString(packed.value)
            retry_after_seconds = retry.retry_delay.ToMilliseconds() / 1_000
    return info, violations, retry_after_seconds
