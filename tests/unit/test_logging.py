"""Logs: one JSON object a line, the same for our loggers and those of libraries."""

import io
import json
import logging as stdlib
from collections.abc import Iterator

import pytest
import structlog

from cift.kit import logging


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = stdlib.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logging.configure("risk", "info", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


# Made before `configure`, as a module does.
early = logging.get_logger("early", shard=0)


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_event_and_values(lines: io.StringIO) -> None:
    early.info("batch applied", sequence=7)
    early.debug("not told")
    (line,) = read(lines)
    assert line.pop("time")
    assert line == {
        "event": "batch applied",
        "level": "info",
        "logger": "early",
        "service": "risk",
        "sequence": 7,
        "shard": 0,
    }


def test_libraries_log_in_the_same_shape(lines: io.StringIO) -> None:
    stdlib.getLogger("nats").warning("slow %s", "consumer")
    (line,) = read(lines)
    assert (line["event"], line["logger"], line["service"]) == ("slow consumer", "nats", "risk")


def test_an_exception_keeps_to_one_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        early.exception("failed")
    (line,) = read(lines)
    assert "two\\nlines" in json.dumps(line["exception"])


def test_secrets_are_hidden(lines: io.StringIO) -> None:
    early.warning("denied", api_key="demo-trade-key", authorization="Bearer x")
    assert "demo-trade-key" not in lines.getvalue()
    assert "Bearer" not in lines.getvalue()


def test_a_wrong_level_is_refused() -> None:
    with pytest.raises(ValueError, match="log level"):
        logging.configure("risk", "loud")
