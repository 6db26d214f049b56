"""Frames of the logs: the same bytes and the same values in pycapnp, numpy and the core."""

import random
import re
from typing import Any

import numpy as np
import pytest

from cift.kit import frames, layout
from cift_core import LogError, MatchingStage, digest, header
from tests.support.wire_samples import GOLDEN, MESSAGES, SCHEMAS, write

LOGS = sorted(SCHEMAS)
SAMPLES = sorted(MESSAGES)
# The name in numpy of text that lies in words, by the name of its first word.
TEXTS = {"clOrdId0": "cl_ord_id", "symbol0": "symbol", "name0": "name", "word0": "text"}


def golden(sample: str) -> bytes:
    """The file of version 1."""
    return (GOLDEN / f"{sample}.bin").read_bytes()


def log_of(sample: str) -> str:
    """The log that a sample belongs to."""
    return sample.partition("_")[0]


def parsed(sample: str, frame: bytes) -> Any:
    """The message in pycapnp's eyes."""
    schema = SCHEMAS[log_of(sample)]
    return getattr(schema, MESSAGES[sample][0]).from_bytes(frame).__enter__()


def snake(name: str) -> str:
    """The name in Python."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_schemas_still_give_the_golden_bytes(sample: str) -> None:
    assert write(sample) == golden(sample)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_core_reads_the_head_as_pycapnp_does(sample: str) -> None:
    head, message = header(golden(sample)), parsed(sample, golden(sample))
    assert head.log == log_of(sample)
    assert (head.shard, head.origin, head.batch) == (3, message.origin, message.batch)
    assert head.status == 0
    if head.log == "orders":
        assert head.fills_seen == message.fillsSeen
        assert (head.sequence, head.time_ns, head.state_hash) == (0, 0, 0)
        assert head.input_digest == bytes(16)
        return
    assert (head.sequence, head.time_ns) == (12_345, 1_700_000_000_123_456_789)
    assert head.state_hash == message.stateHash
    low, high = head.input_digest[:8], head.input_digest[8:]
    assert int.from_bytes(low, "little") == message.inputDigestLow
    assert int.from_bytes(high, "little") == message.inputDigestHigh


@pytest.mark.parametrize("sample", SAMPLES)
def test_numpy_sees_every_field_as_pycapnp_does(sample: str) -> None:
    frame = golden(sample)
    message = parsed(sample, frame)
    for name, count, _ in MESSAGES[sample][1]:
        view = getattr(frames, snake(name))(frame)
        records = getattr(message, name)
        assert len(view) == len(records) == count
        for row, record in zip(view, records, strict=True):
            assert compare(row, record) == len(view.dtype.names)


@pytest.mark.parametrize("log", LOGS)
def test_lists_that_came_later_are_empty_in_messages_without_them(log: str) -> None:
    for name, _, _ in MESSAGES[f"{log}_all"][1][5:]:
        assert len(getattr(frames, name)(golden(log))) == 0


def compare(row: Any, record: Any) -> int:
    """Compare the fields that both have by value, and count them."""
    compared = 0
    for name in (name for name in row.dtype.names if row.dtype[name].shape):
        stem = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        numbers = row[name].tolist()
        assert numbers == [getattr(record, f"{stem}{place}") for place in range(len(numbers))]
        compared += 1
    for field in record.schema.fields_list:
        name = field.proto.name
        if name in TEXTS or name == "currency":
            text = row[TEXTS.get(name, name)]
            first = int.from_bytes(text[:8], "little")
            assert first == getattr(record, name)
            compared += 1
        elif snake(name) in row.dtype.names:
            value = getattr(record, name)
            assert int(row[snake(name)]) == int(getattr(value, "raw", value)), name
            compared += 1
    return compared


def test_views_lie_in_the_frame_and_know_its_text() -> None:
    frame = golden("fills")
    events = frames.events(frame)
    assert not events.flags.owndata
    assert not events.flags.writeable
    assert np.shares_memory(events, np.frombuffer(frame, np.uint8))
    assert events["cl_ord_id"][0] == b"order-1"
    assert events["command_index"].tolist() == [0, 1, 2, 0xFFFF_FFFF]
    assert frames.instruments(frame)["symbol"][0] == b"BTC-USD"
    assert frames.accounts(frame)["currency"][0] == b"USD"
    assert events.dtype.itemsize == 192
    assert len(frames.commands(frame)) == 0


def test_enumerations_are_the_schemas() -> None:
    for log in SCHEMAS.values():
        for name in ("ExecType", "OutcomeKind", "VerdictKind", "OrdStatus", "Liquidity"):
            if hasattr(log, name):
                wanted = getattr(log, name).schema.enumerants
                found = {member.name.lower(): int(member) for member in getattr(layout, name)}
                assert found == {snake(key): value for key, value in wanted.items()}


def test_the_digest_covers_the_segment_alone() -> None:
    frame = golden("orders")
    assert len(digest(frame)) == 16
    assert digest(b"\xff" * 8 + frame[8:]) == digest(frame)
    assert digest(frame[:-1] + bytes([frame[-1] ^ 1])) != digest(frame)


# What is changed in the sample of ORDERS, and the words of the refusal.
DAMAGE: dict[str, tuple[dict[int, bytes], str]] = {
    "two segments": ({0: b"\1"}, "byte 0: 2 segments"),
    "a longer table": ({4: b"\1\1"}, "byte 4: the table says"),
    "no root": ({8: bytes(8)}, "byte 8: the root is not a message"),
    "a newer schema": ({16: b"\2"}, "byte 16: schema version 2, .* use the build that wrote it"),
    "older rules": ({18: b"\1"}, "byte 18: semantics version 1, this build knows 4"),
    "newer rules": ({18: b"\5"}, "byte 18: semantics version 5, .* or a newer one"),
    "another shard": ({20: b"\0\1"}, "no shard 256"),
    "a far pointer": ({48: b"\2"}, "byte 48: .* doesn't point to a list of structs"),
    "a list elsewhere": ({48: b"\x15"}, r"byte 48: points to word 11; the list must begin at"),
    "a list too long": ({52: b"\x97\5"}, "a list of .* words ends outside"),
    "a tag of another type": ({92: b"\x11"}, "byte 88: tag .* doesn't fit"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_wrong_is_said_with_its_place(name: str) -> None:
    changes, words = DAMAGE[name]
    frame = bytearray(golden("orders"))
    for place, change in changes.items():
        frame[place : place + len(change)] = change
    with pytest.raises(LogError, match=words):
        header(bytes(frame))


def test_a_command_that_points_outside_its_list_is_refused() -> None:
    frame = bytearray(golden("orders"))
    start = frame.find(b"2f1c7c7e-9f3b-4c55-8a53-0d3a4f5b6c02") - 24
    frame[start + 14 : start + 16] = b"\1\0"
    with pytest.raises(LogError, match="element 2 of commands refers to something"):
        header(bytes(frame))


def test_a_command_whose_terms_are_not_there_is_refused() -> None:
    frame = bytearray(golden("orders_all"))
    start = frame.find(b"2f1c7c7e-9f3b-4c55-8a53-0d3a4f5b6c00") - 24
    assert frame[start + 8] & 1 << 6
    assert frame[start + 14] == 1
    frame[start + 14] = 2
    with pytest.raises(LogError, match="element 0 of commands refers to something"):
        header(bytes(frame))


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_truncation_is_refused(sample: str) -> None:
    frame = golden(sample)
    for size in range(len(frame)):
        with pytest.raises(LogError):
            header(frame[:size])
    with pytest.raises(LogError, match="the table says"):
        header(frame + bytes(8))


def test_nine_megabytes_are_refused_unread() -> None:
    with pytest.raises(LogError, match="at most 8388608"):
        header(bytes(9 << 20))


@pytest.mark.parametrize("seed", range(3))
def test_damaged_frames_are_read_or_refused_and_nothing_else(seed: int) -> None:
    source = random.Random(seed)
    for _ in range(4_000):
        sample = source.choice(SAMPLES)
        frame = bytearray(golden(sample))
        for _ in range(source.randint(1, 4)):
            # Most of the choices that a reader has lie in the first words.
            place = source.randrange(source.choice((120, len(frame))))
            frame[place] = source.choice((0, 1, 255, source.randrange(256)))
        try:
            head = header(bytes(frame))
        except LogError:
            continue
        assert head.log == log_of(sample)
        for name, count, _ in MESSAGES[sample][1]:
            assert len(getattr(frames, snake(name))(bytes(frame))) == count


def test_the_wrong_log_is_named() -> None:
    with pytest.raises(LogError, match="a message of fills where one of risked was wanted"):
        MatchingStage(3).apply(1, golden("fills"))
