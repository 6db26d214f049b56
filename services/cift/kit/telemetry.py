"""Traces with OpenTelemetry, one span a batch, and only when asked for.

A span costs tens of microseconds, so there is none per order. `OTEL_TRACES_EXPORTER` switches
traces on: `console` writes them to stderr, `otlp` sends them where `OTEL_EXPORTER_OTLP_ENDPOINT`
says (which needs the package opentelemetry-exporter-otlp). The context travels with the messages
of the logs in a `traceparent` header, which is no part of their bytes.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from cift.kit.config import ConfigError

__all__ = ["Telemetry"]

OTLP = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
VARIABLE = "OTEL_TRACES_EXPORTER"


class Telemetry:
    """Spans of one process, a part; does nothing unless configured."""

    def __init__(self, provider: Any | None) -> None:
        self._provider = provider
        self._tracer = None if provider is None else provider.get_tracer("cift")

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Send what has not been sent yet."""
        if self._provider is not None:
            self._provider.shutdown()

    @classmethod
    def off(cls) -> "Telemetry":
        """One that does nothing."""
        return cls(None)

    @classmethod
    def configured(cls, service: str, environ: Mapping[str, str] | None = None) -> "Telemetry":
        """As the environment says; raises ConfigError for an exporter that is not there."""
        exporter = (os.environ if environ is None else environ).get(VARIABLE, "none")
        if exporter in ("", "none"):
            return cls.off()
        return cls(_provider(service, exporter))

    @contextlib.contextmanager
    def batch(self, name: str, number: int, count: int, parent: str | None = None) -> Iterator[str]:
        """A span around the work on one batch; gives the header lines to send along.

        `parent` is the `traceparent` that came with the batch.
        """
        if self._tracer is None:
            yield ""
            return
        from opentelemetry import propagate

        context = propagate.extract({"traceparent": parent}) if parent else None
        attributes = {"cift.batch": number, "cift.commands": count}
        with self._tracer.start_as_current_span(name, context=context, attributes=attributes):
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            yield "".join(f"{key}: {value}\r\n" for key, value in carrier.items())


def _provider(service: str, exporter: str) -> Any:
    """Everything of OpenTelemetry is imported here, so that it costs nothing when it is off."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    provider = TracerProvider(resource=Resource.create({"service.name": f"cift-{service}"}))
    if exporter == "console":
        provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=sys.stderr)))
    elif exporter == "otlp":
        try:
            module = importlib.import_module(
                "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
            )
        except ImportError:
            raise ConfigError(
                f"{VARIABLE}=otlp needs the package opentelemetry-exporter-otlp"
            ) from None
        provider.add_span_processor(BatchSpanProcessor(module.OTLPSpanExporter()))
    else:
        raise ConfigError(f"{VARIABLE} must be none, console or otlp, not {exporter!r}")
    return provider
