"""Structured logs on stderr: one JSON object a line, or coloured text when a person looks at it.

An event is a short constant phrase; what varies goes into named values. The loggers of libraries
(grpc, nats, asyncpg) end in the same stream and shape. Keys that hold secrets never reach it.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

__all__ = ["Logger", "configure", "get_logger"]

Logger = FilteringBoundLogger

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
SECRET_KEYS = frozenset({"api_key", "authorization", "password", "postgres_dsn", "secret", "token"})


def configure(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every logger of this process to `stream` (stderr), each line naming the service."""
    if level not in LEVELS:
        raise ValueError(f"log level must be one of {', '.join(LEVELS)}, got {level!r}")
    out = sys.stderr if stream is None else stream
    person = out.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _name_service(service),
        _hide_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if person
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for chatty in ("asyncio", "asyncpg", "grpc", "nats"):
        logging.getLogger(chatty).setLevel(max(LEVELS[level], logging.INFO))


def get_logger(name: str, **values: Any) -> Logger:
    """Make the logger of a module or part; `values` stand in each of its lines."""
    return cast("Logger", structlog.get_logger(name, **values))


def _name_service(service: str) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def _hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for key in SECRET_KEYS & event.keys():
        event[key] = "hidden"
    return event
