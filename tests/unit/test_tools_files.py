"""The order-replay format, the comparison with its results, and conformance cases."""

import json
from decimal import Decimal
from pathlib import Path

import grpc
import pytest
import zstandard

from cift.client import UnavailableError
from cift.tools import conformance_mesh
from cift.tools.cases import BookSeen, Seen, TradeSeen, differences, missing_features, read_case
from cift.tools.conformance_path import next_price
from cift.tools.orderfile import (
    ExpectedAuction,
    ExpectedTrade,
    InstrumentFile,
    Operation,
    OrderFileError,
    read_auctions,
    read_book_rows,
    read_instrument,
    read_operations,
    read_order_file,
    read_trades,
)
from cift.tools.report import Latency
from cift.tools.verify import Levels, Verifier

HEADER = "seq,row,time,op,id,side,tif,price,qty\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


async def test_a_stream_that_ends_is_told_as_such() -> None:
    class Ended:
        async def read(self) -> object:
            return grpc.aio.EOF

    with pytest.raises(UnavailableError, match="has ended its stream"):
        await conformance_mesh._read(Ended())


def test_the_shipped_opening_is_whole(repository: Path) -> None:
    data = repository / "tests" / "data"
    file = read_order_file(data / "AMZN_open_orders.csv.zst")
    assert len(file.operations) == 25_000
    assert file.operations[0] == Operation(1, 1, "new", "S1", "buy", "GTC", 2_231_800, 100)
    assert file.instrument.price_text(2_231_800) == "223.1800"
    assert len(read_trades(data / "AMZN_open_expected_trades.csv.zst")) == 710
    assert len(read_book_rows(data / "AMZN_open_orderbook_5.csv.zst", 5)) == 15_179
    assert sum(path.stat().st_size for path in data.iterdir()) < 400_000


def test_plain_and_packed_files_read_alike(tmp_path: Path) -> None:
    text = HEADER + "1,1,0.5,new,a,sell,IOC,,7\n2,1,0.6,cancel,a,,,,\n"
    plain = write(tmp_path / "x_orders.csv", text)
    packed = tmp_path / "x_orders.csv.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
    operations = list(read_operations(plain))
    assert operations == list(read_operations(packed))
    assert operations[0] == Operation(1, 1, "new", "a", "sell", "IOC", 0, 7)


def test_a_packed_file_that_is_cut_short_is_no_shorter_day(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(
        (HEADER + "1,1,0,new,a,buy,GTC,1,1\n" * 999).encode()
    )
    path = tmp_path / "x_orders.csv.zst"
    for content in (packed[:-7], b"no zstd"):
        path.write_bytes(content)
        with pytest.raises(OrderFileError, match=r"x_orders\.csv\.zst: "):
            read_order_file(path)


def test_an_instrument_gives_scales_and_texts(tmp_path: Path) -> None:
    document = {"symbol": "X", "currency": "EUR", "price_unit": "0.5", "tick": "0.25", "lot": "0.1"}
    instrument = read_instrument(write(tmp_path / "x.instrument.json", json.dumps(document)))
    assert (instrument.price_scale, instrument.quantity_scale) == (2, 1)
    assert instrument.price_text(3) == "1.50"
    assert instrument.quantity_text(12) == "1.2"
    orders = write(tmp_path / "x_orders.csv", HEADER + "1,1,0,new,a,buy,GTC,3,1.2\n")
    assert read_order_file(orders).operations[0].quantity == 12


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,1,0,burn,a,,,,", "'burn' is not known"),
        ("1,1,0,new,a,left,GTC,1,1", "'left'"),
        ("1,1,0,new,a,buy,GTC,x,1", "'x'"),
        ("1,1,0,new,a,buy,GTC,1", "8 columns, not 9"),
    ],
)
def test_a_line_that_is_not_in_the_format_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / "bad_orders.csv", HEADER + line + "\n")
    with pytest.raises(OrderFileError, match=r"bad_orders\.csv:2") as raised:
        list(read_operations(path))
    assert said in str(raised.value)


def test_sessions_and_auctions_are_read(tmp_path: Path) -> None:
    lines = ["auction_start", "uncross", "auction_start", "uncross", "auction_start", "uncross"]
    rows = [f"{n},{n},0,{op},,,,{'7' if n == 4 else ''}," for n, op in enumerate(lines, 1)]
    orders = write(tmp_path / "a_orders.csv", HEADER + "\n".join(rows) + "\n")
    file = read_order_file(orders)
    assert list(file.sessions.values()) == [
        "opening_auction", "volatility_auction", "closing_auction", *["continuous"] * 3,
    ]  # fmt: skip
    assert [op.price for op in file.operations] == [0, 0, 0, 7, 0, 0]
    header = "auction,price,volume,order_id,filled_qty\n"
    path = write(tmp_path / "a.csv", header + "1,10,5,a,5\n1,10,5,b,5\n2,,0,,\n")
    assert read_auctions(path) == [(10, 5, {"a": 5, "b": 5}), (0, 0, {})]
    with pytest.raises(OrderFileError, match="another price or volume"):
        read_auctions(write(tmp_path / "b.csv", header + "1,10,5,a,5\n1,11,5,b,5\n"))


def test_an_auction_is_what_each_order_gets(tmp_path: Path) -> None:
    flow = [Operation(n, n, op, "", "", "", 0, 0) for n, op in enumerate(["uncross"] * 2, 1)]
    auctions = [ExpectedAuction(10, 5, {"a": 5, "b": 3, "c": 2}), ExpectedAuction(0, 0, {})]
    check = Verifier(flow, [ExpectedTrade(1, "x", 10, 1)], None, auctions, price_factor=100)
    check.trade(1, "b", "a", 1000, 3)
    check.trade(1, "c", "a", 1000, 2)
    check.finish()
    assert (check.mismatches, check.auctions_equal, check.auctions_expected) == (0, 2, 2)
    assert check.trades_expected == 0
    check = Verifier(flow, None, None, auctions, price_factor=100)
    check.trade(1, "c", "a", 1000, 5)
    check.finish()
    assert check.told == [
        "operation 1: auction of 5 at [1000], expected 5 at 1000; other fills: b c"
    ]


def test_levels_keep_the_best_first() -> None:
    bids = Levels(descending=True)
    for price, quantity in ((10, 1), (12, 2), (11, 3), (12, 5), (10, 0), (9, 0)):
        bids.set(price, quantity)
    assert bids.top(5) == [(12, 5), (11, 3)]


def operations() -> list[Operation]:
    return [
        Operation(1, 1, "new", "a", "sell", "GTC", 10, 5),
        Operation(2, 1, "new", "b", "buy", "IOC", 10, 2),
        Operation(3, 3, "cancel", "a", "", "", 0, 0),
    ]


def verifier(tmp_path: Path) -> Verifier:
    trades = write(tmp_path / "trades.csv", "seq,maker_id,price,qty\n2,a,10,2\n")
    book = write(tmp_path / "book.csv", "10,3,-9999999999,0\n1,1,1,1\n9999999999,0,0,0\n")
    return Verifier(operations(), read_trades(trades), read_book_rows(book, 1), price_factor=100)


def test_equal_results_count_as_equal(tmp_path: Path) -> None:
    check = verifier(tmp_path)
    check.trade(2, "a", "b", 1000, 2)
    assert [check.wants_book(op) for op in operations()] == [False, True, True]
    check.book(1, [], [(1000, 3)])
    check.book(3, [], [])
    check.finish()
    assert (check.mismatches, check.trades_equal, check.rows_equal) == (0, 1, 2)
    assert (check.trades_expected, check.rows_expected) == (1, 2)


def test_differences_are_counted_and_told(tmp_path: Path) -> None:
    check = verifier(tmp_path)
    check.trade(2, "a", "b", 1000, 1)
    check.trade(3, "a", "b", 1000, 1)
    check.book(1, [(900, 1)], [(1000, 3)])
    check.finish()
    assert check.mismatches == 4
    assert "row 1: book bids 1@9 asks 3@10, expected bids none asks 3@10" in check.told
    assert "operation 2: trade 1 at 1000 with a by b, expected 2 at 1000 with a" in check.told
    assert "1 book rows were seen of 2" in check.told


def test_a_case_names_what_it_needs(repository: Path, tmp_path: Path) -> None:
    folder = repository / "tests" / "conformance" / "cases"
    document = json.loads((folder / "fok_all_or_nothing.json").read_text())
    document["rules"] = {"auction": ["max_volume", "lottery"], "stp": "none", "lanes": 2}
    document["steps"] += [
        {"op": "uncross", "side": "buy"},
        {"op": "dance"},
        {"op": "new", "id": "x", "side": "buy", "type": "pegged", "tif": "GTX", "qty": "1"},
        {"op": "new", "id": "y", "side": "buy", "type": "market", "stp": "some", "qty": "1"},
    ]
    case = read_case(write(tmp_path / "case.json", json.dumps(document)))
    assert missing_features(case) == [
        "rule auction=max_volume+lottery",
        "rule lanes=2",
        "side",
        "op dance",
        "type pegged",
        "tif GTX",
        "stp=some",
    ]


def test_a_judge_sees_what_differs(repository: Path) -> None:
    folder = repository / "tests" / "conformance" / "cases"
    case = read_case(folder / "partial_maker_keeps_place.json")
    assert missing_features(case) == []
    one, ten, six = Decimal(1), Decimal(10), Decimal(6)
    seen = Seen(
        accepted=True,
        trades=[TradeSeen("m1", "t1", Decimal("100.0"), Decimal(4))],
        resting={"buy": [], "sell": [BookSeen("m1", ten * 10, six), BookSeen("m2", ten * 10, ten)]},
    )
    assert list(differences(case, case.steps[2], seen)) == []
    seen.trades[0] = TradeSeen("m2", "t1", ten * 10, one)
    seen.resting["sell"].reverse()
    said = "; ".join(differences(case, case.steps[2], seen))
    assert "trades: 1@100 m2<t1, expected 4@100 m1<t1" in said
    assert "queue: sell@100 ['m2', 'm1'], expected ['m1', 'm2']" in said


def test_a_path_is_printed_tick_by_tick_where_something_waits() -> None:
    tick, stop = Decimal("0.5"), Decimal("250.3")
    at, printed = Decimal(0), []
    while at != 400:
        at = next_price(at, Decimal(400), tick, [stop, Decimal(-7)])
        printed.append(at)
    assert printed[:4] == [Decimal("249.0"), Decimal("249.5"), Decimal(250), Decimal("250.5")]
    assert printed[4:] == [Decimal(400)]
    assert next_price(Decimal(9), Decimal(8), tick, [Decimal(8)]) == Decimal("8.5")
    assert next_price(Decimal("8.5"), Decimal(8), tick, [Decimal(8)]) == 8
    assert next_price(Decimal(0), Decimal(10_000), tick, []) == 250


def test_percentiles_are_values_that_occurred() -> None:
    latency = Latency.of(list(range(1, 1001)))
    assert (latency.p50_ns, latency.p99_ns, latency.p999_ns, latency.max_ns) == (
        500,
        990,
        999,
        1000,
    )
    assert Latency.of([]).count == 0


def test_an_instrument_file_may_say_nothing() -> None:
    assert InstrumentFile().price_factor == 1
