@0xa1c5e83f9027bd64;
# FILLS: what happened. Message n is caused by message n of RISKED; one writer, the matching
# service.

using Types = import "types.capnp";

enum OutcomeKind {
  accepted @0;
  rejected @1;
  repeat @2;
  # No effect; the first outcome is at `firstPlace`.
  applied @3;
  # A reference-data command or a tick took effect.
}

enum ExecType {
  # FIX 150, named.
  none @0;
  new @1;
  trade @2;
  replaced @3;
  canceled @4;
  expired @5;
  rejected @6;
  cancelRejected @7;
  restated @8;
  # Its terms changed and nobody asked.
  triggered @9;
  # Its stop price was reached, or the order that it waited for has traded.
  suspended @10;
  # It left the book for want of a price to follow; it comes back as restated.
  tradeBust @11;
  # A trade was undone: `lastPrice`, `lastQuantity` and `matchId` are that trade's. The order is as
  # it was, so `orderSequence` is 0 and what it has traded is not told.
}

enum OrdStatus {
  # FIX 39, named.
  none @0;
  new @1;
  partiallyFilled @2;
  filled @3;
  canceled @4;
  expired @5;
  rejected @6;
}

enum Liquidity {
  none @0;
  maker @1;
  taker @2;
  auction @3;
  # Nobody takes in an auction.
}

struct Outcome {
  # What became of the command of the same index, 4 words.
  orderId @0 :UInt64;
  firstPlace @1 :UInt64;
  firstEvent @2 :UInt32;
  eventCount @3 :UInt32;
  # The events that this command caused, events of other orders included, in `events`.
  kind @4 :OutcomeKind;
  reason @5 :UInt16;
  cancelReason @6 :UInt16;
  reserved @7 :UInt16;
}

struct Event {
  # One thing that happened to one order, 24 words. Its id is (shard, sequence, index in the list).
  # A trade is two events with one `matchId`: taker's first, then maker's.
  execType @0 :ExecType;
  side @1 :Types.Side;
  ordType @2 :Types.OrdType;
  timeInForce @3 :Types.TimeInForce;

  ordStatus @4 :OrdStatus;
  liquidity @5 :Liquidity;
  reason @6 :UInt16;
  # Why, on rejected and cancelRejected (common.v1.RejectReason) and on canceled (why unsolicited).
  flags @7 :UInt16;
  # As the command's flags; bit 15: the order rests in the book after this event.

  account @8 :UInt32;
  instrument @9 :UInt32;

  commandIndex @10 :UInt32;
  # The command that caused it; 0xFFFFFFFF: a timer.
  orderSequence @11 :UInt32;
  # 1, 2, 3 … per order, without gaps; 0 on rejected, cancelRejected and tradeBust.

  orderId @12 :UInt64;
  clOrdId0 @13 :UInt64;
  clOrdId1 @14 :UInt64;
  clOrdId2 @15 :UInt64;
  clOrdId3 @16 :UInt64;
  clOrdId4 @17 :UInt32;
  # The order's current client order id; on rejected and cancelRejected the request's own.
  session @18 :UInt32;

  price @19 :Int64;
  quantity @20 :Int64;
  # The order's total: quantity = cumQuantity + leavesQuantity while it lives.
  lastPrice @21 :Int64;
  lastQuantity @22 :Int64;
  cumQuantity @23 :Int64;
  leavesQuantity @24 :Int64;
  cumNotionalLow @25 :UInt64;
  cumNotionalHigh @26 :Int64;
  # Sum of lastPrice * lastQuantity: average price is the exact fraction cumNotional / cumQuantity.
  matchId @27 :UInt64;
  # 1, 2, 3 … per shard; 0 when not a trade.
  bookPriceBefore @28 :Int64;
  bookQuantityBefore @29 :Int64;
  bookQuantityAfter @30 :Int64;
  # What the order showed in the book before (at `bookPriceBefore`) and shows after (at `price`);
  # 0 when it was, or is, not in the book. Level 2 is the sum of these differences.
  stopPrice @31 :Int64;
  displayQuantity @32 :Int64;
}

struct FillsMessage {
  schemaVersion @0 :UInt16;
  semanticsVersion @1 :UInt16;
  shard @2 :UInt32;
  sequence @3 :UInt64;
  timeNs @4 :Int64;
  origin @5 :UInt64;
  batch @6 :UInt64;
  inputDigestLow @7 :UInt64;
  inputDigestHigh @8 :UInt64;
  # XXH3-128 of the segment of RISKED n.
  stateHash @9 :UInt64;
  # Running hash of matching's state after this batch.
  status @10 :Types.BatchStatus;
  reserved @11 :UInt16;
  reserved1 @12 :UInt32;

  outcomes @13 :List(Outcome);
  # One for each command; empty unless `status` is applied.
  events @14 :List(Event);
  # At most 40000.
  instruments @15 :List(Types.Instrument);
  accounts @16 :List(Types.Account);
  limits @17 :List(Types.Limits);
  # Reference data that took effect in this message.
  statuses @18 :List(Types.MarketStatus);
  # What instruments are at, where that changed; the last of an instrument counts.
}
