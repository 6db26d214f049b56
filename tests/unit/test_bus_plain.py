"""What of the bus needs no server: subjects, names, bounds, messages of errors, headers."""

import inspect

import pytest
from nats.aio.client import Client

from cift.kit import subjects
from cift.kit.bus import (
    Fenced,
    LogHole,
    LogSettings,
    LogShort,
    first_difference,
    headers_bytes,
    shard_logs,
    traceparent_of,
)

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("symbol", ["A", "BRK-B", "9988", "X_1", "Z" * 32])
def test_symbols_allowed(symbol: str) -> None:
    assert subjects.subject(subjects.ORDERS_PREFIX, symbol) == f"orders.new.{symbol}"


@pytest.mark.parametrize(
    "symbol",
    ["", "a", "A.B", "*", ">", "A*", "A B", "_X", "-X", "Z" * 33, "A\n", "Ä", "__venue", "A\x00"],
)
def test_symbols_refused(symbol: str) -> None:
    assert not subjects.is_symbol(symbol)
    with pytest.raises(ValueError, match="symbol"):
        subjects.subject(subjects.ORDERS_PREFIX, symbol)


def test_token_of_a_batch() -> None:
    assert subjects.token_for(["AMZN", "AMZN"]) == "AMZN"
    assert subjects.token_for(["AMZN", "MSFT"]) == subjects.VENUE
    assert subjects.token_for([]) == subjects.VENUE
    assert subjects.token_of("orders.fills._venue") == subjects.VENUE
    assert not subjects.is_symbol(subjects.VENUE)


def test_shards_name_their_logs() -> None:
    assert [log.name for log in shard_logs(0).all()] == ["ORDERS", "RISKED", "FILLS"]
    assert [log.name for log in shard_logs(3).all()] == ["ORDERS_3", "RISKED_3", "FILLS_3"]
    with pytest.raises(ValueError, match="shard"):
        shard_logs(256)


def test_orders_must_be_full_first() -> None:
    with pytest.raises(ValueError, match="fills_max_bytes"):
        LogSettings(orders_max_bytes=1 << 30, fills_max_bytes=7 << 30)
    with pytest.raises(ValueError, match="risked_max_bytes"):
        LogSettings(orders_max_bytes=2 << 30, fills_max_bytes=16 << 30)


def test_faults_name_log_sequence_and_remedy() -> None:
    hole = LogHole("ORDERS", 501, 502)
    assert str(hole).startswith("ORDERS 501: missing, though the log goes on to 502; ")
    assert "copy" in str(hole)
    assert "made anew" in str(LogHole("FILLS_2", 1, 2))
    assert "restart nats-server" in str(LogHole("RISKED", 1, 2))
    assert str(LogShort("ORDERS", 1000, 990)).startswith("ORDERS 1000: lost, the log ends at 990; ")
    assert "byte 3" in str(Fenced("FILLS", 7, "byte 3"))


@pytest.mark.parametrize(
    ("computed", "stored", "said"),
    [
        (b"abc", b"abc", "no difference"),
        (b"abc", b"abd", "byte 2 of 3 is 0x63 as computed, 0x64 as stored"),
        (b"abc", b"ab", "3 bytes as computed, 2 as stored"),
    ],
)
def test_first_difference(computed: bytes, stored: bytes, said: str) -> None:
    assert first_difference(computed, stored) == said


def test_headers() -> None:
    block = headers_bytes({"Nats-Msg-Id": "1:2:3", "traceparent": TRACE})
    assert block == f"NATS/1.0\r\nNats-Msg-Id: 1:2:3\r\ntraceparent: {TRACE}\r\n\r\n".encode()
    assert traceparent_of(block) == TRACE
    assert traceparent_of(b"") is None
    assert traceparent_of(headers_bytes({"traceparent": "rubbish"})) is None
    with pytest.raises(ValueError, match="line end"):
        headers_bytes({"a": "b\r\nc: d"})


def test_nats_py_is_as_we_know_it() -> None:
    """`_Client` reaches into nats-py: a release that changes this must be looked at."""
    client = Client()
    assert client._pending == []
    assert client._pending_data_size == 0
    assert client._subs == {}
    assert client._flush_queue is None
    names = list(inspect.signature(Client._process_msg).parameters)
    assert names == ["self", "sid", "subject", "reply", "data", "headers"]
    assert "_process_msg(sid, subject, reply, payload, hdr)" in inspect.getsource(
        type(client._ps).parse
    )
    assert "self._pending[:]" in inspect.getsource(Client._flusher)
