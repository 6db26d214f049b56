"""The queue of one subscriber: nothing skipped, nothing twice, bounded."""

import pytest

from cift.market_data.fanout import MESSAGE_BYTES, QueueLimits, Subscription, join


def taken(subscription: Subscription) -> list[bytes]:
    """Everything that waits, as the messages that would be sent."""
    messages = []
    while piece := subscription.take():
        messages.append(piece)
    return messages


def test_pieces_join_in_order() -> None:
    subscription = Subscription(5, QueueLimits())
    for sequence, piece in ((6, b"a"), (6, b"b"), (9, b"c")):
        subscription.push(sequence, piece)
    assert taken(subscription) == [b"abc"]
    assert subscription.through == 9


def test_what_came_before_is_left() -> None:
    subscription = Subscription(5, QueueLimits())
    for sequence in (4, 5, 6):
        subscription.push(sequence, b"%d" % sequence)
    assert taken(subscription) == [b"6"]


def test_a_message_of_the_journal_is_never_cut() -> None:
    half = b"x" * (MESSAGE_BYTES // 2 + 1)
    subscription = Subscription(0, QueueLimits())
    for sequence in (1, 1, 2, 3):
        subscription.push(sequence, half)
    assert [len(m) // len(half) for m in taken(subscription)] == [2, 1, 1]


def test_too_slow_drops_everything_and_says_so() -> None:
    subscription = Subscription(0, QueueLimits(pieces=2))
    for sequence in (1, 2, 3, 4):
        subscription.push(sequence, b"x")
    assert subscription.overflowed
    assert taken(subscription) == []
    assert subscription.through == 0
    subscription.restart(4)
    subscription.push(4, b"old")
    subscription.push(5, b"new")
    assert taken(subscription) == [b"new"]
    assert not subscription.overflowed


def test_bytes_are_bounded_but_one_piece_always_fits() -> None:
    subscription = Subscription(0, QueueLimits(bytes=10))
    subscription.push(1, b"x" * 100)
    assert taken(subscription) == [b"x" * 100]
    subscription.push(2, b"x" * 6)
    subscription.push(3, b"x" * 6)
    assert subscription.overflowed


async def test_waiting_ends_with_a_piece_or_with_time() -> None:
    subscription = Subscription(0, QueueLimits())
    assert not await subscription.wait(0.01)
    subscription.push(1, b"x")
    assert await subscription.wait(0.01)
    taken(subscription)
    assert not await subscription.wait(0.01)


@pytest.mark.parametrize(("sizes", "messages"), [([], 0), ([1, 2], 1), ([MESSAGE_BYTES, 1, 1], 2)])
def test_history_joins_likewise(sizes: list[int], messages: int) -> None:
    pieces = [b"x" * size for size in sizes]
    joined = list(join(pieces))
    assert len(joined) == messages
    assert b"".join(joined) == b"".join(pieces)
