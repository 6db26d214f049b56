@0xb8f1d2a94c6e7035;
# ORDERS: what was asked. Written by every order_entry process, one batch a message.

using Types = import "types.capnp";

struct OrdersMessage {
  schemaVersion @0 :UInt16;
  # 1.
  semanticsVersion @1 :UInt16;
  # The version of the rules that the writer expects; a reader that does not know it refuses.
  shard @2 :UInt32;
  origin @3 :UInt64;
  # Random id of the writing process. The relay of reference data writes as origin 1, that of what
  # may not wait behind it, kill switches, as origin 2^64 - 1.
  batch @4 :UInt64;
  # 1, 2, 3 … per origin. A batch is frozen once published and resent byte for byte.
  fillsSeen @5 :UInt64;
  # The stamp: the last FILLS sequence that the origin had seen when it froze the batch.

  commands @6 :List(Types.Command);
  # 1 to 4096; a command's index in this list is part of its order id.
  origClOrdIds @7 :List(Types.ClOrdId);
  instruments @8 :List(Types.Instrument);
  accounts @9 :List(Types.Account);
  limits @10 :List(Types.Limits);
  terms @11 :List(Types.OrderTerms);
  rules @12 :List(Types.InstrumentRules);
  fees @13 :List(Types.FeeSchedule);
}
