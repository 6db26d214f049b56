"""FastOrderBook.send: arrays of requests in, answers and trades out."""

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cift_core import (
    FastOrderBook,
    answer_dtype,
    command_dtype,
    deal_dtype,
    event_dtype,
    request_dtype,
)

NEW, CANCEL, REPLACE = 1, 2, 3
BUY, SELL = 1, 2
GTC, IOC = 2, 3
RESTS, PARTLY, FILLED, CANCELED, REFUSED = 1, 2, 3, 4, 6


def requests(*rows: dict[str, int]) -> NDArray[np.void]:
    """Limit orders until canceled, unless a row says otherwise."""
    array = np.zeros(len(rows), request_dtype())
    for place, row in enumerate(rows):
        usual = {"kind": NEW, "ord_type": 2, "time_in_force": GTC} if "kind" not in row else {}
        for name, value in (usual | row).items():
            array[place][name] = value
    return array


def test_a_morning_of_orders() -> None:
    book = FastOrderBook()
    answers, deals = book.send(
        requests(
            {"order_id": 1, "side": SELL, "price": 101, "quantity": 5},
            {"order_id": 2, "side": SELL, "price": 100, "quantity": 3, "account": 7},
            {"order_id": 3, "side": BUY, "price": 101, "quantity": 6},
            {"order_id": 4, "side": BUY, "price": 99, "quantity": 6, "time_in_force": IOC},
            {"order_id": 1, "kind": REPLACE, "quantity": 1, "flags": 1},
            {"order_id": 9, "kind": CANCEL},
            {"order_id": 1, "kind": CANCEL},
        )
    )
    told = answers[["status", "executed_quantity", "leaves_quantity", "deals"]].tolist()
    assert told == [
        (RESTS, 0, 5, 0),
        (RESTS, 0, 3, 0),
        (FILLED, 6, 0, 2),
        (CANCELED, 0, 0, 0),
        (PARTLY, 0, 1, 0),
        (REFUSED, 0, 0, 0),
        (CANCELED, 0, 0, 0),
    ]
    assert answers["reason"].tolist() == [0, 0, 0, 0, 0, 5, 0]
    assert deals.dtype == deal_dtype()
    assert deals[["request", "match_id", "aggressing_id", "resting_id"]].tolist() == [
        (2, 1, 3, 2),
        (2, 2, 3, 1),
    ]
    assert deals[["price", "quantity", "auction"]].tolist() == [(100, 3, 0), (101, 3, 0)]
    assert len(book.others) == len(book) == 0


def test_calls_and_requests_are_of_one_book() -> None:
    book = FastOrderBook(policies=2)
    book.submit(1, "sell", 100, 5, account=1)
    book.submit(2, "sell", 101, 5, account=2)
    book.submit(3, "buy", 0, 2, "stop", stop_price=101, account=3)
    book.submit(4, "sell", 102, 9, display_quantity=2, account=4)
    buy = {"order_id": 5, "side": BUY, "price": 101, "quantity": 5, "account": 1}
    answers, deals = book.send(requests(buy, {"order_id": 4, "kind": CANCEL, "account": 4}))
    assert answers["status"].tolist() == [FILLED, CANCELED]
    # Who would trade with himself loses the order that rests; then the stop is reached.
    assert book.others["order_id"].tolist() == [1, 3]
    assert book.others["command_index"].tolist() == [0, 0]
    assert book.others.dtype == event_dtype()
    assert deals["resting_id"].tolist() == [2, 4]
    assert deals["aggressing_id"].tolist() == [5, 3]
    assert (book.depth(), book.order(4)) == (([], []), None)
    [event] = book.submit(5, "buy", 90, 1)
    assert event.exec_type == "new"
    assert book.queue("buy", 90) == [5]


def random_requests(count: int, seed: int) -> NDArray[np.void]:
    """Orders, cancels and replaces around a price; names come again, and some of it is wrong."""
    source = np.random.default_rng(seed)
    array = np.zeros(count, request_dtype())
    array["kind"] = source.choice([1, 1, 1, 2, 3], count)
    new = array["kind"] == 1
    array["order_id"] = source.integers(0, 300, count)
    array["side"] = source.integers(1, 3, count) * new
    array["ord_type"] = source.choice([1, 2, 2, 2], count) * new
    array["time_in_force"] = source.integers(1, 5, count) * new
    array["price"] = (1000 + source.integers(-5, 6, count)) * (array["ord_type"] != 1)
    array["quantity"] = source.integers(1, 50, count)
    array["account"] = source.integers(0, 2, count)
    array["self_trade_prevention"] = source.choice([0, 0, 0, 0, 2, 3, 5], count) * new
    wrong = source.random(count) < 0.02
    array["quantity"][wrong] = -1
    return array


def as_commands(array: NDArray[np.void]) -> NDArray[np.void]:
    """The same at full length."""
    commands = np.zeros(len(array), command_dtype())
    for name in request_dtype().names or ():
        commands[name] = array[name]
    return commands


@pytest.mark.parametrize("seed", range(4))
def test_requests_do_what_commands_do(seed: int) -> None:
    brief, long = FastOrderBook(), FastOrderBook()
    array = random_requests(6_000, seed)
    answers, deals = brief.send(array)
    events = np.concatenate([long.apply(as_commands(part)) for part in np.split(array, 6_000)])
    makers = events[events["liquidity"] == 1]
    for ours, theirs in (("resting_id", "order_id"), ("price", "last_price"),
                         ("quantity", "last_quantity"), ("match_id", "match_id")):  # fmt: skip
        assert (deals[ours] == makers[theirs]).all(), ours
    assert len(deals) == answers["deals"].sum() > 500
    assert brief.depth(100) == long.depth(100)
    assert len(brief) == len(long)
    refused = np.isin(events["exec_type"], (6, 7))
    assert (answers["status"] == REFUSED).sum() == refused.sum() > 100
    assert (answers["reason"][answers["status"] == REFUSED] == events["reason"][refused]).all()
    assert answers["executed_quantity"].sum() == deals["quantity"].sum()


def test_pieces_of_any_size_are_the_same() -> None:
    array = random_requests(7_000, 9)
    whole, split = FastOrderBook(), FastOrderBook()
    answers, deals = whole.send(array)
    out = np.zeros(len(array), answer_dtype())
    found = []
    for first in range(0, len(array), 999):
        part = slice(first, first + 999)
        same, some = split.send(array[part], out=out[part])
        assert same.base is out
        found.append(some)
    assert (out == answers).all()
    joined = np.concatenate(found)
    assert (joined["match_id"] == deals["match_id"]).all()
    assert (joined["aggressing_id"] == deals["aggressing_id"]).all()
    assert deals["request"].max() > 6_000
    again = FastOrderBook()
    again.send(array)
    assert again.state_hash == whole.state_hash != FastOrderBook().state_hash


def test_arrays_of_any_kind_and_none() -> None:
    book = FastOrderBook()
    row = requests({"order_id": 1, "side": BUY, "price": 9, "quantity": 5})
    answers, deals = book.send(row[:0])
    assert (len(answers), len(deals)) == (0, 0)
    both = np.repeat(row, 4)
    both["order_id"] = range(4)
    # Every second one, backwards; then bytes.
    book.send(both[::-2])
    assert book.queue("buy", 9) == [3, 1]
    answers, _ = book.send(row.tobytes())
    assert answers["status"].tolist() == [REFUSED]


def test_what_is_no_request_is_refused() -> None:
    book = FastOrderBook()
    row = requests({"order_id": 1, "side": BUY, "price": 9, "quantity": 5})
    for wrong in (np.zeros(5, command_dtype()), np.zeros(40, "u1"), b"x" * 39, [1], row[None]):
        with pytest.raises(ValueError, match="a row of requests is wanted"):
            book.send(wrong)
    others: list[Any] = [np.zeros(2, answer_dtype()), np.zeros(0, answer_dtype())]
    readonly = np.zeros(1, answer_dtype())
    readonly.flags.writeable = False
    for out in (*others, readonly):
        with pytest.raises(ValueError, match="as long as the requests, and can be written"):
            book.send(row, out=out)
    for out in (np.zeros(2, request_dtype()), np.zeros(4, answer_dtype())[::2]):
        with pytest.raises(ValueError, match="a row of answers is wanted"):
            book.send(np.repeat(row, 2), out=out)
    assert len(book) == 0
    array = np.frombuffer(np.random.default_rng(1).bytes(40 * 2_000), request_dtype())
    answers, _ = book.send(array)
    assert np.isin(answers["status"], (RESTS, REFUSED)).all()


def test_the_interpreter_is_free_meanwhile() -> None:
    """Two books at once, each the same as alone."""
    array = random_requests(60_000, 3)
    alone = FastOrderBook()
    alone.send(array)
    books = [FastOrderBook(), FastOrderBook()]
    threads = [threading.Thread(target=book.send, args=(array,)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {book.state_hash for book in books} == {alone.state_hash}
