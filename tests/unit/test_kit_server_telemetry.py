"""Traces: nothing unless asked for, one span a batch when asked."""

import pytest

from cift.kit.bus import headers_bytes, traceparent_of
from cift.kit.config import ConfigError
from cift.kit.telemetry import Telemetry


@pytest.mark.parametrize("environ", [{}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_off_by_default(environ: dict[str, str]) -> None:
    with Telemetry.configured("test", environ).batch("work", 1, 100) as headers:
        assert headers == ""


async def test_the_context_travels_in_headers(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry.configured("test", {"OTEL_TRACES_EXPORTER": "console"})
    with telemetry.batch("first", 7, 100) as lines:
        name, _, value = lines.strip().partition(": ")
        assert name == "traceparent"
        parent = traceparent_of(headers_bytes({name: value}))
        assert parent == value
    with telemetry.batch("second", 7, 100, parent) as lines:
        # The same trace, another span.
        assert lines.split("-")[1] == value.split("-")[1]
        assert lines.split("-")[2] != value.split("-")[2]
    await telemetry.stop()
    assert '"cift.commands": 100' in capsys.readouterr().err


@pytest.mark.parametrize("exporter", ["otlp", "smoke signals"])
def test_an_exporter_that_is_not_there_is_refused(exporter: str) -> None:
    with pytest.raises(ConfigError, match="OTEL_TRACES_EXPORTER"):
        Telemetry.configured("test", {"OTEL_TRACES_EXPORTER": exporter})
