@0xe4907ab35d18c2f6;
# RISKED: what was allowed. Message n is caused by message n of ORDERS; one writer, the risk
# service.

using Types = import "types.capnp";

enum VerdictKind {
  accepted @0;
  refused @1;
  repeat @2;
  # The client order id was used before with the same content: no effect; `firstPlace` says where.
}

struct Verdict {
  # What risk says of the command of the same index, 3 words.
  orderId @0 :UInt64;
  # New order: its id, (shard, ORDERS sequence, index). Cancel or replace: the target's, 0 if
  # unknown.
  firstPlace @1 :UInt64;
  # On a repeat: the place (laid out as an order id) where the first such command was judged. On a
  # new order that is accepted and has no limit price (market, market-to-limit, stop, pegged without
  # a limit), where limits of its account, firm or venue count money or bound prices: the worst
  # price it may trade at, in 10^-priceScale, the highest of a buy and the lowest of a sell; 0: any.
  # It is around the reference price, as far as the instrument's protection and bands let market
  # orders go or the tightest collar of its account, firm and venue lets prices be, whichever is
  # nearer; if there is neither, 10 %. That of a stop is around its stop price, with which it moves,
  # of a trailing stop around the worst that it can become. On a replace that is accepted and names
  # the open quantity wanted: the most that the order may come to in all, in 10^-quantityScale.
  # Else 0.
  kind @2 :VerdictKind;
  reason @3 :UInt16;
  # Reject reason, 0 when accepted; numbers as in cift.common.v1.RejectReason.
  cancelReason @4 :UInt16;
  # FIX CxlRejReason plus one when a cancel or replace is refused, else 0.
  reserved @5 :UInt16;
}

struct RiskedMessage {
  schemaVersion @0 :UInt16;
  semanticsVersion @1 :UInt16;
  shard @2 :UInt32;
  sequence @3 :UInt64;
  timeNs @4 :Int64;
  # Journal time T(n) = max(T(n-1), stored timestamp of ORDERS n).
  origin @5 :UInt64;
  batch @6 :UInt64;
  fillsApplied @7 :UInt64;
  # p(n): the FILLS sequence up to which risk had applied fills before this batch.
  inputDigestLow @8 :UInt64;
  inputDigestHigh @9 :UInt64;
  # XXH3-128 of the segment of ORDERS n.
  stateHash @10 :UInt64;
  # Running hash of risk's state after this batch.
  status @11 :Types.BatchStatus;
  reserved @12 :UInt16;
  reserved1 @13 :UInt32;

  commands @14 :List(Types.Command);
  # As in ORDERS n, refused ones included; empty unless `status` is applied.
  verdicts @15 :List(Verdict);
  instruments @16 :List(Types.Instrument);
  accounts @17 :List(Types.Account);
  limits @18 :List(Types.Limits);
  terms @19 :List(Types.OrderTerms);
  rules @20 :List(Types.InstrumentRules);
  fees @21 :List(Types.FeeSchedule);
}
