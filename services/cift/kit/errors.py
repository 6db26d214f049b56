"""How an RPC fails: one exception per status, one place that maps everything else to them.

Handlers raise a `ServiceError`; the server turns it into a gRPC status whose details are a
`google.rpc.Status` with `ErrorInfo` (a stable reason, domain "cift.markets"), and where it applies
`BadRequest` (each violated field) and `RetryInfo` (when to try again). Exceptions of the core, the
journal and the database have their status here; anything else is a defect: INTERNAL, logged with
its traceback, and nothing of it told to the client.

A business refusal (limits, unknown order, …) is not an error but a value in the response.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import asyncpg
import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import error_details_pb2, status_pb2

import cift_core
from cift.kit.bus.errors import BusUnavailable, JournalUnavailable, LogFault
from cift.kit.logging import get_logger

__all__ = [
    "DOMAIN",
    "Aborted",
    "AlreadyExists",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "ServiceError",
    "Unauthenticated",
    "Unavailable",
    "as_service_error",
    "details_metadata",
]

DOMAIN = "cift.markets"
DETAILS_KEY = "grpc-status-details-bin"
MAX_VIOLATIONS = 16
"""Told to the client at most. All details travel in one HTTP header, in base64, and clients refuse
headers of more than 8 KiB: these bounds keep them below 7 KiB."""
MAX_TEXT_BYTES = 500
MAX_FIELD_BYTES = 80
MAX_DESCRIPTION_BYTES = 160

log = get_logger("errors")


class ServiceError(Exception):
    """Base of every status an RPC can end with.

    `reason` is UPPER_SNAKE_CASE and stable: clients may branch on it; the message is for people.
    """

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        reason: str,
        text: str,
        *,
        violations: Iterable[tuple[str, str]] = (),
        retry_after_seconds: float | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = _cut(text, MAX_TEXT_BYTES)
        self.violations = list(violations)
        self.retry_after_seconds = retry_after_seconds
        self.metadata = dict(metadata or {})


class InvalidArgument(ServiceError):
    """The request itself is wrong, whatever the state; sending it again is of no use."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    @classmethod
    def of(cls, violations: Iterable[tuple[str, str]]) -> "InvalidArgument":
        """Make one from (field, description) pairs; the text names the first."""
        listed = list(violations)
        field, description = listed[0] if listed else ("", "the request is not valid")
        text = f"{field}: {description}" if field else description
        return cls("INVALID_REQUEST", text, violations=listed)


class NotFound(ServiceError):
    """There is no such thing, or it is not the caller's."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(ServiceError):
    """The name is taken, with another content."""

    code = grpc.StatusCode.ALREADY_EXISTS


class FailedPrecondition(ServiceError):
    """Not in this state of the system; an operator has to act first."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(ServiceError):
    """Somebody else changed it in between: read it again and decide anew."""

    code = grpc.StatusCode.ABORTED


class OutOfRange(ServiceError):
    """A position past the end of a log or a list."""

    code = grpc.StatusCode.OUT_OF_RANGE


class Unauthenticated(ServiceError):
    """No key, or one that is not known."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(ServiceError):
    """The key is known and lacks the scope."""

    code = grpc.StatusCode.PERMISSION_DENIED


class ResourceExhausted(ServiceError):
    """A bound was reached: a queue, a message, a number of streams."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class Unavailable(ServiceError):
    """Not now, and nothing happened: the same request may be sent again after the pause."""

    code = grpc.StatusCode.UNAVAILABLE


class DeadlineExceeded(ServiceError):
    """No answer in time; the text says whether something may still happen."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Internal(ServiceError):
    """A defect."""

    code = grpc.StatusCode.INTERNAL


def as_service_error(error: BaseException, method: str = "") -> ServiceError:
    """The status that `error` ends an RPC with; an unforeseen one is logged and hidden."""
    if isinstance(error, ServiceError):
        return error
    for kinds, convert in CONVERSIONS:
        if isinstance(error, kinds):
            return convert(error)
    log.error("unforeseen", method=method, exc_info=error)
    return Internal("INTERNAL", "an internal error; it was logged")


def details_metadata(error: ServiceError) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata that carries the rich status of `error`."""
    status = status_pb2.Status(code=error.code.value[0], message=error.text)
    details: list[message.Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    ]
    if error.violations:
        fields = [
            error_details_pb2.BadRequest.FieldViolation(
                field=_cut(field, MAX_FIELD_BYTES),
                description=_cut(description, MAX_DESCRIPTION_BYTES),
            )
            for field, description in error.violations[:MAX_VIOLATIONS]
        ]
        details.append(error_details_pb2.BadRequest(field_violations=fields))
    if error.retry_after_seconds is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(max(1, round(error.retry_after_seconds * 1_000)))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return ((DETAILS_KEY, status.SerializeToString()),)


def _cut(text: str, size: int) -> str:
    """The beginning of `text`, at most `size` bytes of it, in whole characters."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - 3].decode(errors="ignore") + "…"


def _bad_request(error: BaseException) -> ServiceError:
    return InvalidArgument.of(getattr(error, "violations", ()) or [("", str(error))])


def _malformed(_error: BaseException) -> ServiceError:
    return InvalidArgument("MALFORMED_REQUEST", "the request is not a protobuf of this method")


def _not_found(error: BaseException) -> ServiceError:
    return NotFound("NOT_FOUND", str(error))


def _overloaded(error: BaseException) -> ServiceError:
    return Unavailable("OVERLOADED", str(error), retry_after_seconds=0.1)


def _journal(error: BaseException) -> ServiceError:
    seconds = getattr(error, "retry_after_s", 0.5)
    return Unavailable("JOURNAL_UNAVAILABLE", str(error), retry_after_seconds=seconds)


def _fault(_error: BaseException) -> ServiceError:
    return Unavailable(
        "JOURNAL_DAMAGED", "trading has stopped: an operator has to repair the journal"
    )


def _database(_error: BaseException) -> ServiceError:
    return Unavailable(
        "DATABASE_UNAVAILABLE", "the database cannot be reached", retry_after_seconds=1.0
    )


def _timeout(_error: BaseException) -> ServiceError:
    return DeadlineExceeded("DEADLINE_EXCEEDED", "no answer in time")


CONVERSIONS: list[tuple[tuple[type[BaseException], ...], Callable[[BaseException], ServiceError]]]
CONVERSIONS = [
    ((cift_core.BadRequest,), _bad_request),
    ((cift_core.NotFound,), _not_found),
    ((cift_core.Overloaded,), _overloaded),
    ((JournalUnavailable, BusUnavailable), _journal),
    ((LogFault,), _fault),
    ((message.DecodeError,), _malformed),
    ((asyncio.TimeoutError,), _timeout),
    (
        (
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            # A connection of the pool that the server has ended says this when it is used next.
            asyncpg.InternalClientError,
            asyncpg.CannotConnectNowError,
            asyncpg.AdminShutdownError,
            asyncpg.CrashShutdownError,
            asyncpg.IdleInTransactionSessionTimeoutError,
            asyncpg.TooManyConnectionsError,
            ConnectionError,
        ),
        _database,
    ),
]
