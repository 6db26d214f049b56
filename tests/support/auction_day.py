"""A made-up day with an opening and a closing auction, in the order-replay format."""

from pathlib import Path

__all__ = ["auction_day"]

AUCTION_DAY = """seq,row,time,op,id,side,tif,price,qty
1,1,0,auction_start,,,,,
2,2,1,new,m1,buy,GTC,,30
3,3,1,new,b1,buy,GTC,1010,50
4,4,1,new,b2,buy,GTC,1000,40
5,5,1,new,s1,sell,ATO,990,60
6,6,1,new,s2,sell,GTC,1005,40
7,7,2,uncross,,,,,
8,8,3,new,t1,sell,IOC,1000,10
9,9,4,auction_start,,,,,
10,10,4,new,s3,sell,ATC,1000,25
11,11,4,cancel,m1,,,,
12,12,5,uncross,,,,1000,
"""
"""Opens at 1005, where 80 are bought and the least is left; closes at 1000 for what is left."""
AUCTIONS = """auction,price,volume,order_id,filled_qty
open,1005,80,m1,30
open,1005,80,b1,50
open,1005,80,s1,60
open,1005,80,s2,20
close,1000,25,b2,25
close,1000,25,s3,25
"""


def auction_day(folder: Path) -> list[str]:
    """A made-up day as files, and the arguments that name them."""
    (folder / "day_orders.csv").write_text(AUCTION_DAY)
    (folder / "day_expected_trades.csv").write_text("seq,maker_id,price,qty\n8,b2,1000,10\n")
    (folder / "day_expected_auctions.csv").write_text(AUCTIONS)
    return [
        str(folder / "day_orders.csv"),
        *("--expect-trades", str(folder / "day_expected_trades.csv")),
        *("--expect-auctions", str(folder / "day_expected_auctions.csv")),
    ]
