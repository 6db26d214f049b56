@0xd3a6c1f0b1e24c57;
# Types that all three logs share.
#
# Every struct that stands in a list here is fixed in size and free of pointers, so that a batch is
# one contiguous run of 64-bit little-endian words: Rust reads it in place, numpy views it without a
# copy. Fields are declared by ordinal so that the layout has no holes; the Rust structs in
# rust_core/crates/engine/src/pod.rs have the same layout and a test compares the offsets.
#
# Units: prices are integers in 10^-priceScale of the instrument's currency, quantities integers in
# 10^-quantityScale of the instrument's unit, money integers in 10^-12 of a currency unit (128 bits,
# low word first), times nanoseconds since the Unix epoch. Zero means "absent" where a value may be
# absent. Schemas only grow: new enumerants and fields go to the end.

enum CommandKind {
  none @0;
  newOrder @1;
  cancelOrder @2;
  replaceOrder @3;
  tick @4;
  # Journal time only: `expireTime` holds k, the Unix second; k not above the last one is ignored.
  setInstrument @5;
  # `payloadIndex` names an entry of the batch's `instruments`. Likewise the next two.
  setAccount @6;
  setLimits @7;
  setSession @8;
  # An operator's: `instrument` goes to the SessionState with the number `payloadIndex`; `price`, if
  # any, is the reference price of the auction that ends with it.
  setLastTrade @9;
  # An operator's: the last trade of `instrument` is at `price`; stops follow.
  setRules @10;
  # `payloadIndex` names an entry of the batch's `rules`.
  massCancel @11;
  # Cancels the open orders of `account` (0, an operator's: of all accounts) in `instrument` (0: in
  # all) on `side` (none: on both) with the tag `orderId` (0: with any), lowest order id first.
  bustTrade @12;
  # An operator's: one side of the trade with the match id `expireTime` is undone. `orderId`,
  # `account`, `instrument`, `side`, `price` and `quantity` are that side's; the other side is
  # another command.
  kill @13;
  # An operator's: no new order and no replace of the account `account` (`payloadIndex` 0), of the
  # firm `account` (1), of anybody (2; `account` is 0), or of the session `session` of the origin
  # `orderId` (3; `account` is 0) is let through from here on. But for a session, what is open is
  # cancelled by the same command, lowest order id first, with the reason KILL_SWITCH.
  unkill @14;
  # An operator's: lifts a kill of the same scope; `orderId` and `session` as there.
  setFees @15;
  # `payloadIndex` names an entry of the batch's `fees`.
  setConversion @16;
  # `price` is the value of the currency `orderId` (ASCII, zero padded) in 10^-9 of the unit that
  # the venue counts all currencies in: 1 to 10^15.
}

enum Side {
  none @0;
  buy @1;
  sell @2;
}

enum OrdType {
  none @0;
  market @1;
  limit @2;
  marketToLimit @3;
  # What is left rests at the price of its last trade.
  stop @4;
  # A market order once the last trade has reached `stopPrice`.
  stopLimit @5;
  pegged @6;
  # Follows the best prices as its terms say; `price`, if any, is as far as it goes.
}

enum TimeInForce {
  none @0;
  day @1;
  gtc @2;
  ioc @3;
  fok @4;
  gtd @5;
  # Until `expireTime`, nanoseconds.
  atTheOpen @6;
  atTheClose @7;
  goodForAuction @8;
}

enum SelfTrade {
  # What becomes of an order that would trade with one of its own party.
  default @0;
  # What the instrument says.
  allow @1;
  cancelResting @2;
  cancelAggressing @3;
  cancelBoth @4;
  decrementBoth @5;
}

enum Contingency {
  # What ties the orders of a list, FIX 1385.
  none @0;
  oneCancelsOther @1;
  # Two orders: when one trades, is triggered or ends, the other is cancelled.
  bracket @2;
  # The first is the entry; one or two exits wait until it has traded, two of them cancel each
  # other.
}

enum PegPrice {
  # What a pegged order follows, pegged orders themselves not counted.
  none @0;
  bid @1;
  ask @2;
  mid @3;
}

enum SessionState {
  continuous @0;
  openingAuction @1;
  closingAuction @2;
  volatilityAuction @3;
  preOpen @4;
  # Orders collect, as in an auction.
  halted @5;
  cancelOnly @6;
  postClose @7;
  closed @8;
}

enum BatchStatus {
  applied @0;
  repeated @1;
  # The origin's batch number was seen before: no effect.
  void @2;
  # The origin's batch number skips one: no effect, and an alarm.
  held @3;
  # Journal time jumped by more than 60 s: no effect until an operator releases the shard.
}

struct ClOrdId {
  # A client order id: 1 to 36 ASCII bytes, padded with zero bytes, eight to a word, first byte
  # lowest.
  word0 @0 :UInt64;
  word1 @1 :UInt64;
  word2 @2 :UInt64;
  word3 @3 :UInt64;
  word4 @4 :UInt64;
  # Bytes 32 to 35 in the low half; the high half is zero.
}

struct Command {
  # One request, 16 words.
  kind @0 :CommandKind;
  side @1 :Side;
  ordType @2 :OrdType;
  timeInForce @3 :TimeInForce;

  flags @4 :UInt16;
  # Bit 0: a replace's `quantity` is the open quantity wanted (FIX LeavesQty), not the total.
  # Bit 1: cancel this order when its session disconnects.
  # Bit 2: refuse this order if it would take; bit 3: post it one tick away instead.
  # Bit 4: all or none. Bit 5: reduce-only, it never increases the position of its account.
  # Bit 6: it has terms in the batch's `terms`, which `payloadIndex` names. Bit 7: prevention and
  # group of self-trades are its account's, of which the order says nothing: sent again, it is the
  # same order whatever they are. Bit 8: a cancel is part of a session's kill, so that what it ends
  # is CANCELED for KILL_SWITCH; order_entry sets it, no client can.
  selfTradePrevention @5 :UInt16;
  # A SelfTrade: the taker's instruction.
  origClOrdIdIndex @6 :UInt16;
  # Place in the batch's `origClOrdIds` plus one; 0: the target is `orderId`.
  payloadIndex @7 :UInt16;
  # Place in the reference-data list that `kind` names.

  account @8 :UInt32;
  instrument @9 :UInt32;

  clOrdId0 @10 :UInt64;
  clOrdId1 @11 :UInt64;
  clOrdId2 @12 :UInt64;
  clOrdId3 @13 :UInt64;
  clOrdId4 @14 :UInt32;
  # The client order id of this request, laid out as in `ClOrdId`; all zero on a cancel without one.
  session @15 :UInt32;
  # The session of the origin that sent it; 0: unary.

  price @16 :Int64;
  # Limit price; 0 on market orders; 0 on a replace: unchanged.
  quantity @17 :Int64;
  # Order quantity; on a replace 0 means unchanged, unless flags bit 0 is set.
  stopPrice @18 :Int64;
  displayQuantity @19 :Int64;
  minQuantity @20 :Int64;
  orderId @21 :UInt64;
  # Target of a cancel or replace, when named by order id.
  expireTime @22 :Int64;
  selfTradeGroup @23 :UInt32;
  # Orders of one group don't trade with each other; 0: those of one account don't.
  link @24 :UInt32;
  # 0: an order of its own. Else a leg of an order list, whose legs are the consecutive commands of
  # one batch: bits 0-7 the Contingency, 8-15 the number of legs, 16-23 this leg's place from 0.
}

struct Instrument {
  # A tradable symbol, 16 words. Scales and the id never change once set.
  id @0 :UInt32;
  # From 1.
  priceScale @1 :UInt8;
  quantityScale @2 :UInt8;
  # priceScale + quantityScale <= 12.
  flags @3 :UInt16;
  # Bit 0: trading is enabled.
  symbol0 @4 :UInt64;
  symbol1 @5 :UInt64;
  symbol2 @6 :UInt64;
  symbol3 @7 :UInt64;
  # ASCII, zero padded, pattern ^[A-Z0-9][A-Z0-9_-]{0,31}$.
  currency @8 :UInt64;
  # ASCII, zero padded, up to 8 bytes.
  tickSize @9 :Int64;
  # Prices are multiples of it; >= 1.
  lotSize @10 :Int64;
  # Quantities are multiples of it; >= 1.
  minQuantity @11 :Int64;
  maxQuantity @12 :Int64;
  # 0: only the bound of the engine, 10^12.
  referencePrice @13 :Int64;
  # The price collars refer to before the first trade; 0: none.
  initialMarginBps @14 :UInt32;
  # Part of an order's notional that buying power must cover; 10000 = all of it.
  policies @15 :UInt32;
  # How it trades; 0: price, then time. Bits 0-2: SelfTrade unless the order says, allow for 0.
  # Bits 3-4: what is left of a market order is cancelled, rests (1), rests at the last trade (2).
  # Bits 5-6: a refill of an iceberg goes to the back of its level; or a sweep takes all that shows,
  # then what is hidden by time (1) or in proportion (2). Bit 7: top order, pro rata, rest by time.
  # Bit 8: an auction's price may be any tick. Bit 9: market orders may come while orders collect.
  # Bits 12-23: criteria of an auction's price in order, three bits each: most volume (1, first),
  # least surplus (2), market pressure (3), reference (4), middle rounded down (5); 0: 1, 2, 3, 4.
  maintenanceMarginBps @16 :UInt64;
  # Part of what a position is worth at the last price that must be there as equity, at most
  # `initialMarginBps`; below it only orders that can but reduce a position are let through. 0: no.
  reserved2 @17 :UInt64;
  reserved3 @18 :UInt64;
  reserved4 @19 :UInt64;
}

struct InstrumentRules {
  # What bounds the prices of an instrument and when it trades, 32 words. Zero: not so.
  instrument @0 :UInt32;
  flags @1 :UInt32;
  # Bit 0: a trade that would leave the dynamic band halts the instrument; else it starts a
  # volatility auction.
  staticBandBps @2 :UInt32;
  # Limit prices further from the static reference are refused: the price of the last auction, or
  # the instrument's reference price before one.
  dynamicBandBps @3 :UInt32;
  # Trades further from the last trade before the order came (before one: the static reference)
  # don't happen.
  protectionBps @4 :UInt32;
  # Market orders trade no further than this from the best price that they found.
  auctionSeconds @5 :UInt32;
  # How long a volatility auction collects; 0: until an operator ends it.
  tickFrom0 @6 :Int64;
  tickFrom1 @7 :Int64;
  tickFrom2 @8 :Int64;
  tickFrom3 @9 :Int64;
  tickFrom4 @10 :Int64;
  tickFrom5 @11 :Int64;
  tickFrom6 @12 :Int64;
  tickFrom7 @13 :Int64;
  # From the price tickFrom on, prices are multiples of the tickSize of the same number. Rising;
  # ended by a tickSize of 0. Below the first: of the instrument's own tick size.
  tickSize0 @14 :Int64;
  tickSize1 @15 :Int64;
  tickSize2 @16 :Int64;
  tickSize3 @17 :Int64;
  tickSize4 @18 :Int64;
  tickSize5 @19 :Int64;
  tickSize6 @20 :Int64;
  tickSize7 @21 :Int64;
  schedule0 @22 :UInt64;
  schedule1 @23 :UInt64;
  schedule2 @24 :UInt64;
  schedule3 @25 :UInt64;
  schedule4 @26 :UInt64;
  schedule5 @27 :UInt64;
  schedule6 @28 :UInt64;
  schedule7 @29 :UInt64;
  schedule8 @30 :UInt64;
  # Changes of session: bits 0-31 the second of the UTC day, 32-47 the SessionState, 48-54 the days
  # of the week, bit 48 Monday. Rising by second; ended by a zero.
  reserved0 @31 :UInt64;
  reserved1 @32 :UInt64;
  reserved2 @33 :UInt64;
  reserved3 @34 :UInt64;
}

struct Account {
  # A trading account, 8 words.
  id @0 :UInt32;
  # From 1.
  firm @1 :UInt32;
  flags @2 :UInt64;
  # Bit 0: enabled. Bits 8-10: the SelfTrade of orders that don't say; default: the instrument's.
  name0 @3 :UInt64;
  name1 @4 :UInt64;
  name2 @5 :UInt64;
  name3 @6 :UInt64;
  # ASCII, zero padded, pattern ^[A-Z0-9][A-Z0-9_-]{0,31}$.
  currency @7 :UInt64;
  # ASCII, zero padded: the currency its money is counted in.
  selfTradeGroup @8 :UInt64;
  # That of orders that don't say, below 2^32; 0: none.
}

struct Limits {
  # The risk limits of one account, of a firm or of the venue, 16 words. A check whose bit in
  # `checks` is clear is off, said so. An account that was never given limits cannot trade; a firm's
  # and the venue's are held against what all their accounts have together, besides the account's.
  account @0 :UInt32;
  # With bit 62 of `checks`: the firm. With bit 63: 0.
  instrument @1 :UInt32;
  # 0: the limits on every instrument. Another: what it says there of bits 0, 3, 6, 10 and 11, with
  # `maxOrderQuantity`, `maxPosition`, `maxGrossPosition` and `maxShort`.
  checks @2 :UInt64;
  # Bit 0 order quantity, 1 order notional, 2 collar, 3 position, 4 open orders, 5 buying power,
  # 6 gross position, 7 gross exposure, 8 message rate, 9 duplicate flow, 10 restricted: no orders,
  # 11 short sales, 12 daily loss. Bit 62: of a firm; bit 63: of the venue.
  maxOrderQuantity @3 :Int64;
  # In the instrument's quantity units.
  maxOrderNotionalLow @4 :UInt64;
  maxOrderNotionalHigh @5 :Int64;
  maxPosition @6 :Int64;
  # Largest absolute position in quantity units, open orders counted as if filled.
  creditLow @7 :UInt64;
  creditHigh @8 :Int64;
  # Buying power before any order, in the account's currency.
  collarBps @9 :UInt32;
  # Largest distance of a price from the reference price.
  maxOpenOrders @10 :UInt32;
  flow @11 :UInt64;
  # Bits 0-19: messages (new orders, replaces) a second. Bits 20-35: the most at once. Bits 36-51: a
  # window in milliseconds, in which no more than so many, bits 52-63, of one and the same order in
  # a row.
  maxGrossPosition @12 :Int64;
  # Largest absolute position and open orders of both sides together, in quantity units; of a firm
  # and the venue: the absolute positions of all accounts.
  maxShort @13 :Int64;
  # What may be sold beyond the position, open sells counted as filled: what was located, in
  # quantity units.
  maxGrossExposureLow @14 :UInt64;
  maxGrossExposureHigh @15 :Int64;
  # Largest sum of what positions cost and open orders may cost, in the account's currency.
  maxDailyLossLow @16 :UInt64;
  maxDailyLossHigh @17 :Int64;
  # Largest loss since 00:00 UTC, realised and at last prices, in the account's currency. Beyond it
  # only orders that can but reduce a position are let through.
}

struct FeeSchedule {
  # What an account, the accounts of a firm, or all accounts pay for what they trade, 20 words. An
  # account's own schedule counts, else its firm's, else the venue's, else it pays nothing.
  account @0 :UInt32;
  # With bit 62 of `flags`: the firm. With bit 63: 0.
  instrument @1 :UInt32;
  # 0.
  flags @2 :UInt64;
  # Bit 0: the holder has no schedule from here on; tiers and rates are zero. Bit 62: of a firm;
  # bit 63: of the venue.
  tierFrom0 @3 :UInt64;
  tierFrom1 @4 :UInt64;
  tierFrom2 @5 :UInt64;
  tierFrom3 @6 :UInt64;
  tierFrom4 @7 :UInt64;
  tierFrom5 @8 :UInt64;
  tierFrom6 @9 :UInt64;
  tierFrom7 @10 :UInt64;
  # The rates of the same number hold from so many whole units of the account's currency on, traded
  # in the last 30 UTC days, today included, before the trade. The first is 0; rising; ended by a 0.
  # At most 10^18.
  tierRates0 @11 :UInt64;
  tierRates1 @12 :UInt64;
  tierRates2 @13 :UInt64;
  tierRates3 @14 :UInt64;
  tierRates4 @15 :UInt64;
  tierRates5 @16 :UInt64;
  tierRates6 @17 :UInt64;
  tierRates7 @18 :UInt64;
  # Low half: the maker's rate; high half: the taker's, and that of auctions. Each Int32, in
  # millionths of the notional, -100000 to 100000; a negative one is a rebate.
  reserved0 @19 :UInt64;
  reserved1 @20 :UInt64;
}

struct OrderTerms {
  # Terms of an order that few orders have, 8 words.
  activationPrice @0 :Int64;
  # What the last trade has to reach before the stop trails; 0: it trails at once.
  trailingOffset @1 :Int64;
  # How far the stop trails the best price since; 0: it doesn't.
  minVisibleQuantity @2 :Int64;
  # An iceberg is refilled when it shows less; 0: when it shows nothing.
  flags @3 :UInt64;
  # Bit 0: the offset is in basis points. Bit 1: activation is in the order's favour.
  # Bits 8-9: the PegPrice.
  pegOffset @4 :Int64;
  # Added to the price that a pegged order follows; may be negative.
  tag @5 :UInt64;
  # The client's label for mass cancels: 1 to 8 ASCII bytes, first byte lowest; 0: none.
  reserved0 @6 :UInt64;
  reserved1 @7 :UInt64;
}

struct MarketStatus {
  # What an instrument is at; while orders collect, what an auction would do now, told once at the
  # end of a message. 5 words.
  instrument @0 :UInt32;
  commandIndex @1 :UInt32;
  # The command that changed the session; of what an auction would do the last one of the message
  # that it was looked at for.
  session @2 :SessionState;
  reserved @3 :UInt16;
  reserved1 @4 :UInt32;
  price @5 :Int64;
  # 0: nothing would trade.
  quantity @6 :Int64;
  imbalance @7 :Int64;
  # What would be left at the price, positive on the buy side.
}
