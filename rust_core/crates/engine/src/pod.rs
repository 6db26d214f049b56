//! The records of the logs, as plain old data with the layout of `schemas/*.capnp`.
//!
//! All are little-endian 64-bit words without holes, so that a list of them is read and written in
//! place. Enumerations stand in the records as raw `u16`: what comes from a log may hold a value
//! that this version does not know, and is turned into a Rust enum where it is judged.
//!
//! Prices are integers in 10^-`price_scale` of the instrument's currency, quantities integers in
//! 10^-`quantity_scale` of its unit, money integers in 10^-12 of a currency unit, times nanoseconds
//! since the Unix epoch. Zero is "absent" where a value may be absent.

use bytemuck::{Pod, Zeroable};

pub use crate::enums::{
    BatchStatus, CommandKind, Contingency, ExecType, Liquidity, OrdStatus, OrdType, OutcomeKind,
    PegPrice, SelfTrade, SessionState, Side, TimeInForce, UnknownValue, VerdictKind,
};

pub use crate::fee_schedule::{
    FeeRates, FeeSchedule, FEES_NONE, FEES_OF_FIRM, FEES_OF_VENUE, FEE_TIERS, MAX_FEE_RATE,
    MAX_TIER_FROM,
};
pub use crate::limits::{Flow, Limits, LIMITS_OF_FIRM, LIMITS_OF_VENUE};

#[cfg(target_endian = "big")]
compile_error!("records are read in place and are little-endian");

/// The highest price, in units of 10^-`price_scale`.
pub const MAX_PRICE: i64 = 1_000_000_000_000;
/// The highest quantity, in units of 10^-`quantity_scale`.
pub const MAX_QUANTITY: i64 = 1_000_000_000_000;
/// The highest sum of an instrument's scales: money has twelve decimal places.
pub const MAX_SCALES: u8 = 12;
/// The highest instrument id; tables are indexed by it.
pub const MAX_INSTRUMENT: u32 = (1 << 20) - 1;
/// The most commands in one batch.
pub const MAX_COMMANDS: usize = 4096;
/// The most events in one FILLS message.
pub const MAX_EVENTS: usize = 40_000;
/// Events that every command of a batch has set aside: its first, what it says of two linked
/// orders, and one that ends the order.
pub const EVENTS_PER_COMMAND: usize = 4;
/// The most entries in the `statuses` of one FILLS message: two for each command, and some for
/// timers, so that full batches don't starve them.
pub const MAX_STATUSES: usize = 2 * MAX_COMMANDS + 1024;
/// The most parts in which an iceberg may be shown: each part that trades takes two events of a
/// message, and few orders must not use up the room of all. Venues bound them likewise (Binance's
/// filter ICEBERG_PARTS allows 10 to 100, Deribit 100 times as much hidden as shown).
pub const MAX_ICEBERG_PARTS: i64 = 1_000;
/// The `command_index` of an event that a timer caused.
pub const TIMER: u32 = u32::MAX;

/// The highest value of a currency, in 10^-9 of the unit that the venue counts all currencies in.
pub const MAX_CONVERSION: i64 = 1_000_000_000_000_000;

/// Bit of `Command::flags`: a replace's quantity is the open quantity wanted, not the total.
pub const FLAG_LEAVES: u16 = 1;
/// Bit of `Command::flags`: cancel the order when its session disconnects.
pub const FLAG_CANCEL_ON_DISCONNECT: u16 = 1 << 1;
/// Bit of `Command::flags`: the order is refused if it would take.
pub const FLAG_POST_ONLY: u16 = 1 << 2;
/// Bit of `Command::flags`: the order is repriced to one tick away if it would take.
pub const FLAG_POST_ONLY_REPRICE: u16 = 1 << 3;
/// Bit of `Command::flags`: the order trades as a whole or not at all.
pub const FLAG_ALL_OR_NONE: u16 = 1 << 4;
/// Bit of `Command::flags`: the order never increases the position of its account.
pub const FLAG_REDUCE_ONLY: u16 = 1 << 5;
/// Bit of `Command::flags`: `payload_index` names an entry of the batch's `terms`.
pub const FLAG_TERMS: u16 = 1 << 6;
/// Bit of `Command::flags`: prevention and group of self-trades are those of the order's account,
/// since the order says nothing of them. They don't tell one request from another.
pub const FLAG_SELF_TRADE_OF_ACCOUNT: u16 = 1 << 7;
/// Bit of `Command::flags`: a cancel is part of a kill, which is what is told as its reason. Only
/// the process that made the orders of a killed session sets it; no client can ask for it.
pub const FLAG_OF_KILL: u16 = 1 << 8;
/// Bit of `OrderTerms::flags`: the trailing offset is in basis points, not in price units.
pub const TERMS_TRAILING_BPS: u64 = 1;
/// Bit of `OrderTerms::flags`: the activation price is reached in the order's favour.
pub const TERMS_TAKE_PROFIT: u64 = 1 << 1;
/// Where `OrderTerms::flags` holds the [`PegPrice`].
pub const TERMS_PEG_SHIFT: u32 = 8;
/// The largest band around a price, 100 times the price.
pub const MAX_BAND_BPS: u32 = 1_000_000;
/// The longest volatility auction, a day.
pub const MAX_AUCTION_SECONDS: u32 = 86_400;
/// Bit of `InstrumentRules::flags`: leaving the dynamic band halts instead of calling an auction.
pub const RULES_BAND_HALTS: u32 = 1;
/// The largest trailing offset in basis points.
pub const MAX_TRAILING_BPS: i64 = 9_999;
/// Bit of `Event::flags`: the order rests in the book after this event.
pub const FLAG_RESTS: u16 = 1 << 15;
/// Bit of `Instrument::flags`: trading is enabled.
pub const INSTRUMENT_ENABLED: u16 = 1;
/// Bit of `Account::flags`: the account is enabled.
pub const ACCOUNT_ENABLED: u64 = 1;
/// Where `Account::flags` holds the [`SelfTrade`] of orders that don't say.
pub const ACCOUNT_SELF_TRADE_SHIFT: u32 = 8;

/// A client order id: 1 to 36 ASCII bytes, zero padded, eight to a word, first byte lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct ClOrdId {
    /// Bytes 0 to 39; the last four are zero.
    pub words: [u64; 5],
}

impl ClOrdId {
    /// The longest, in bytes.
    pub const MAX_BYTES: usize = 36;

    /// The id made of these bytes; `None` when there are none, too many, or one that isn't
    /// printable ASCII.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let printable = text.iter().all(|byte| (b'!'..=b'~').contains(byte));
        if text.is_empty() || text.len() > Self::MAX_BYTES || !printable {
            return None;
        }
        let mut id = Self::default();
        bytemuck::bytes_of_mut(&mut id)[..text.len()].copy_from_slice(text);
        Some(id)
    }

    /// The bytes without padding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        unpadded(bytemuck::bytes_of(self))
    }

    /// Whether there is no id here.
    #[must_use]
    #[inline]
    pub fn is_absent(&self) -> bool {
        self.words.iter().fold(0, |all, word| all | word) == 0
    }
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Command {
    /// [`CommandKind`].
    pub kind: u16,
    /// [`Side`].
    pub side: u16,
    /// [`OrdType`].
    pub ord_type: u16,
    /// [`TimeInForce`].
    pub time_in_force: u16,
    /// [`FLAG_LEAVES`] and those after it.
    pub flags: u16,
    /// [`SelfTrade`]: the taker's instruction.
    pub self_trade_prevention: u16,
    /// Place in the batch's `orig_cl_ord_ids` plus one; 0: the target is `order_id`.
    pub orig_cl_ord_id_index: u16,
    /// Place in the reference-data list that `kind` names.
    pub payload_index: u16,
    /// Account id.
    pub account: u32,
    /// Instrument id.
    pub instrument: u32,
    /// Words 0 to 3 of this request's client order id.
    pub cl_ord_id: [u64; 4],
    /// Bytes 32 to 35 of it.
    pub cl_ord_id4: u32,
    /// Session of the origin that sent it; 0: unary.
    pub session: u32,
    /// Limit price; 0 on market orders; 0 on a replace: unchanged.
    pub price: i64,
    /// Order quantity; on a replace 0 means unchanged, unless [`FLAG_LEAVES`] is set.
    pub quantity: i64,
    /// What the last trade has to reach; 0: nothing.
    pub stop_price: i64,
    /// The most that is shown at a time; 0: all of it.
    pub display_quantity: i64,
    /// The least that trades at a time; 0: anything.
    pub min_quantity: i64,
    /// Target of a cancel or replace, when named by order id.
    pub order_id: u64,
    /// The Unix second of a tick; the end of a GTD order, nanoseconds.
    pub expire_time: i64,
    /// Orders of one group don't trade with each other; 0: those of one account.
    pub self_trade_group: u32,
    /// Leg of an order list, see [`Leg`]; 0: an order of its own.
    pub link: u32,
}

/// A tradable symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Instrument {
    /// From 1 to [`MAX_INSTRUMENT`]; never changes.
    pub id: u32,
    /// Decimal places of prices; never changes.
    pub price_scale: u8,
    /// Decimal places of quantities; never changes.
    pub quantity_scale: u8,
    /// [`INSTRUMENT_ENABLED`].
    pub flags: u16,
    /// ASCII, zero padded.
    pub symbol: [u64; 4],
    /// ASCII, zero padded.
    pub currency: u64,
    /// Prices are multiples of it; at least 1.
    pub tick_size: i64,
    /// Quantities are multiples of it; at least 1.
    pub lot_size: i64,
    /// The smallest order.
    pub min_quantity: i64,
    /// The largest order; 0: [`MAX_QUANTITY`].
    pub max_quantity: i64,
    /// What collars refer to before the first trade; 0: none.
    pub reference_price: i64,
    /// Part of an order's notional that buying power must cover; 10000 is all of it.
    pub initial_margin_bps: u32,
    /// How it trades, see [`crate::rules::Rules`]; 0: price, then time, and nothing special.
    pub policies: u32,
    /// Part of what a position is worth that equity must cover, at most `initial_margin_bps`.
    pub maintenance_margin_bps: u64,
    /// Zero.
    pub reserved: [u64; 3],
}

/// Terms of an order that few orders have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct OrderTerms {
    /// What the last trade has to reach before the stop trails; 0: it trails at once.
    pub activation_price: i64,
    /// How far the stop trails the best price since; 0: it doesn't.
    pub trailing_offset: i64,
    /// An iceberg is refilled when it shows less; 0: when it shows nothing.
    pub min_visible_quantity: i64,
    /// [`TERMS_TRAILING_BPS`], [`TERMS_TAKE_PROFIT`], [`TERMS_PEG_SHIFT`].
    pub flags: u64,
    /// Added to the price that a pegged order follows.
    pub peg_offset: i64,
    /// The client's label for mass cancels, ASCII; 0: none.
    pub tag: u64,
    /// Zero.
    pub reserved: [u64; 2],
}

/// What bounds the prices of an instrument and when it trades; zero: not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct InstrumentRules {
    /// Instrument id.
    pub instrument: u32,
    /// [`RULES_BAND_HALTS`].
    pub flags: u32,
    /// How far limit prices may be from the static reference.
    pub static_band_bps: u32,
    /// How far trades may be from the last trade before the order came.
    pub dynamic_band_bps: u32,
    /// How far market orders may trade from the best price that they found.
    pub protection_bps: u32,
    /// How long a volatility auction collects; 0: until an operator ends it.
    pub auction_seconds: u32,
    /// From this price on, prices are multiples of the tick size of the same place. Rising; below
    /// the first they are multiples of the instrument's own.
    pub tick_from: [i64; 8],
    /// Ended by a 0.
    pub tick_size: [i64; 8],
    /// Changes of session, [`ScheduledSession`], rising by second, ended by a 0.
    pub schedule: [u64; 9],
    /// Zero.
    pub reserved: [u64; 4],
}

/// A change of session by the time of day, as `InstrumentRules::schedule` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledSession {
    /// Of the UTC day.
    pub second: u32,
    /// What the instrument goes to.
    pub session: SessionState,
    /// Bit 0 Monday to bit 6 Sunday.
    pub weekdays: u8,
}

impl ScheduledSession {
    /// As a word of the record.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.second as u64 | (self.session as u64) << 32 | (self.weekdays as u64) << 48
    }

    /// Reads a word; None if it isn't one.
    #[must_use]
    pub fn read(word: u64) -> Option<Self> {
        let session = SessionState::try_from((word >> 32) as u16).ok()?;
        let (second, weekdays) = (word as u32, (word >> 48) as u16);
        let fits = second < 86_400 && (1..=0x7f).contains(&weekdays);
        fits.then_some(Self { second, session, weekdays: weekdays as u8 })
    }
}

/// Which leg of an order list a new order is, as `Command::link` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// What ties the list.
    pub contingency: Contingency,
    /// How many legs it has.
    pub legs: u8,
    /// This one's place, from 0.
    pub place: u8,
}

impl Leg {
    /// As the command holds it.
    #[must_use]
    pub const fn link(self) -> u32 {
        self.contingency as u32 | (self.legs as u32) << 8 | (self.place as u32) << 16
    }

    /// Reads a link; None if it isn't a leg's.
    #[must_use]
    pub fn read(link: u32) -> Option<Self> {
        let contingency = Contingency::try_from((link & 0xff) as u16).ok()?;
        let (legs, place) = ((link >> 8) as u8, (link >> 16) as u8);
        let fits = match contingency {
            Contingency::None => false,
            Contingency::OneCancelsOther => legs == 2,
            Contingency::Bracket => legs == 2 || legs == 3,
        };
        (fits && place < legs && link >> 24 == 0).then_some(Self { contingency, legs, place })
    }
}

/// What an instrument is at: its session, and while orders collect, what an auction would do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct MarketStatus {
    /// Instrument id.
    pub instrument: u32,
    /// Index of the command that caused it; [`TIMER`].
    pub command_index: u32,
    /// [`SessionState`].
    pub session: u16,
    /// Zero.
    pub reserved: u16,
    /// Zero.
    pub reserved1: u32,
    /// The auction's price, indicative while orders collect; 0: none.
    pub price: i64,
    /// What trades at it.
    pub quantity: i64,
    /// What is left there, positive on the buy side.
    pub imbalance: i64,
}

/// A trading account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Account {
    /// From 1.
    pub id: u32,
    /// The firm that owns it.
    pub firm: u32,
    /// [`ACCOUNT_ENABLED`], [`ACCOUNT_SELF_TRADE_SHIFT`].
    pub flags: u64,
    /// ASCII, zero padded.
    pub name: [u64; 4],
    /// ASCII, zero padded: what its money is counted in.
    pub currency: u64,
    /// That of orders that don't say, below 2^32; 0: none.
    pub self_trade_group: u64,
}

/// What risk says of the command of the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Verdict {
    /// New order: its id. Cancel or replace: the target's, 0 if unknown.
    pub order_id: u64,
    /// On a repeat: where the first such command was judged. On a new order that is accepted and
    /// has no limit price, where its trader's money is checked: the worst price it may trade at,
    /// the highest of a buy, the lowest of a sell; 0: any. That of a stop moves with its stop
    /// price. On a replace that is accepted and names what is to be open: the most that the order
    /// may come to in all. Else 0.
    pub first_place: u64,
    /// [`VerdictKind`].
    pub kind: u16,
    /// [`crate::reject::Reject`], 0 when accepted.
    pub reason: u16,
    /// [`crate::reject::CxlRej`] plus one when a cancel or replace is refused, else 0.
    pub cancel_reason: u16,
    /// Zero.
    pub reserved: u16,
}

/// What became of the command of the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Outcome {
    /// As in [`Verdict`].
    pub order_id: u64,
    /// As in [`Verdict`].
    pub first_place: u64,
    /// Index of the first event that this command caused.
    pub first_event: u32,
    /// Number of events that it caused, other orders' included.
    pub event_count: u32,
    /// [`OutcomeKind`].
    pub kind: u16,
    /// [`crate::reject::Reject`], 0 unless rejected.
    pub reason: u16,
    /// [`crate::reject::CxlRej`] plus one, 0 unless a cancel or replace was rejected.
    pub cancel_reason: u16,
    /// Zero.
    pub reserved: u16,
}

/// One thing that happened to one order. A trade is two, the taker's first, with one `match_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Event {
    /// [`ExecType`].
    pub exec_type: u16,
    /// [`Side`].
    pub side: u16,
    /// [`OrdType`].
    pub ord_type: u16,
    /// [`TimeInForce`].
    pub time_in_force: u16,
    /// [`OrdStatus`].
    pub ord_status: u16,
    /// [`Liquidity`].
    pub liquidity: u16,
    /// [`crate::reject::Reject`] on rejected, cancel rejected, and canceled when nobody asked for
    /// it.
    pub reason: u16,
    /// As the command's; [`FLAG_RESTS`].
    pub flags: u16,
    /// Account id.
    pub account: u32,
    /// Instrument id.
    pub instrument: u32,
    /// Index of the command that caused it; [`TIMER`].
    pub command_index: u32,
    /// 1, 2, 3 … per order without gaps; 0 on rejected and cancel rejected.
    pub order_sequence: u32,
    /// The order; on cancel rejected the target, 0 if unknown.
    pub order_id: u64,
    /// Words 0 to 3 of the order's client order id; on rejected and cancel rejected the request's.
    pub cl_ord_id: [u64; 4],
    /// Bytes 32 to 35 of it.
    pub cl_ord_id4: u32,
    /// Session of the request that holds that client order id.
    pub session: u32,
    /// Limit price; 0 on market orders.
    pub price: i64,
    /// The order's total: traded plus open while it lives.
    pub quantity: i64,
    /// Price of this trade.
    pub last_price: i64,
    /// Quantity of this trade.
    pub last_quantity: i64,
    /// Traded so far.
    pub cum_quantity: i64,
    /// Still open.
    pub leaves_quantity: i64,
    /// Sum of price times quantity over the order's trades, low word.
    pub cum_notional_low: u64,
    /// High word.
    pub cum_notional_high: i64,
    /// 1, 2, 3 … per shard; 0 when not a trade.
    pub match_id: u64,
    /// Where the order stood in the book before; 0 when it did not.
    pub book_price_before: i64,
    /// What it showed there.
    pub book_quantity_before: i64,
    /// What it shows after, at `price`; 0 when it isn't in the book.
    pub book_quantity_after: i64,
    /// What the last trade has, or had, to reach; of a trailing stop, as it stands.
    pub stop_price: i64,
    /// The most that is shown at a time; 0: all of it.
    pub display_quantity: i64,
}

/// The two words of a 128-bit number, low first.
#[must_use]
pub const fn words(value: i128) -> (u64, i64) {
    (value as u64, (value >> 64) as i64)
}

/// The 128-bit number made of two words.
#[must_use]
pub const fn wide(low: u64, high: i64) -> i128 {
    (high as i128) << 64 | low as i128
}

/// ASCII text in zero-padded bytes.
#[must_use]
pub fn unpadded(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

impl Command {
    /// This request's client order id.
    #[must_use]
    pub fn cl_ord_id(&self) -> ClOrdId {
        let [a, b, c, d] = self.cl_ord_id;
        ClOrdId { words: [a, b, c, d, u64::from(self.cl_ord_id4)] }
    }

    /// Sets this request's client order id.
    pub fn set_cl_ord_id(&mut self, id: ClOrdId) {
        self.cl_ord_id.copy_from_slice(&id.words[..4]);
        self.cl_ord_id4 = id.words[4] as u32;
    }
}

impl Event {
    /// The client order id.
    #[must_use]
    pub fn cl_ord_id(&self) -> ClOrdId {
        let [a, b, c, d] = self.cl_ord_id;
        ClOrdId { words: [a, b, c, d, u64::from(self.cl_ord_id4)] }
    }

    /// Sum of price times quantity over the order's trades, in price units times quantity units.
    #[must_use]
    pub fn cum_notional(&self) -> i128 {
        wide(self.cum_notional_low, self.cum_notional_high)
    }

    /// Whether the order rests in the book after this event.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.flags & FLAG_RESTS != 0
    }
}

impl Instrument {
    /// Whether the fixed parts are in their bounds; who breaks them can't be traded.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let scales_fit = self.price_scale <= MAX_SCALES
            && self.quantity_scale <= MAX_SCALES
            && self.price_scale + self.quantity_scale <= MAX_SCALES;
        (1..=MAX_INSTRUMENT).contains(&self.id)
            && scales_fit
            && (1..=MAX_PRICE).contains(&self.tick_size)
            && (1..=MAX_QUANTITY).contains(&self.lot_size)
            && (0..=MAX_QUANTITY).contains(&self.min_quantity)
            && (0..=MAX_QUANTITY).contains(&self.max_quantity)
            && (0..=MAX_PRICE).contains(&self.reference_price)
    }

    /// Money for a quantity at a price. Below 10^36 for prices and quantities in their bounds.
    #[must_use]
    pub fn notional(&self, price: i64, quantity: i64) -> i128 {
        let places = MAX_SCALES - self.price_scale - self.quantity_scale;
        i128::from(price) * i128::from(quantity) * 10_i128.pow(u32::from(places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::{offset_of, size_of};

    /// Sizes and the offsets at which the schemas put the fields that follow smaller ones.
    #[test]
    fn layout_is_the_schemas() {
        assert_eq!(size_of::<ClOrdId>(), 40);
        assert_eq!(size_of::<Command>(), 128);
        assert_eq!(size_of::<Instrument>(), 128);
        assert_eq!(size_of::<Account>(), 64);
        assert_eq!(size_of::<Limits>(), 128);
        assert_eq!(size_of::<Verdict>(), 24);
        assert_eq!(size_of::<Outcome>(), 32);
        assert_eq!(size_of::<Event>(), 192);
        assert_eq!(size_of::<OrderTerms>(), 64);
        assert_eq!(size_of::<InstrumentRules>(), 256);
        assert_eq!(size_of::<FeeSchedule>(), 160);
        assert_eq!(size_of::<MarketStatus>(), 40);

        assert_eq!(offset_of!(Command, account), 16);
        assert_eq!(offset_of!(Command, cl_ord_id4), 56);
        assert_eq!(offset_of!(Command, order_id), 104);
        assert_eq!(offset_of!(Command, self_trade_group), 120);
        assert_eq!(offset_of!(Instrument, initial_margin_bps), 88);
        assert_eq!(offset_of!(Account, currency), 48);
        assert_eq!(offset_of!(Limits, collar_bps), 64);
        assert_eq!(offset_of!(Limits, max_daily_loss_high), 120);
        assert_eq!(offset_of!(Verdict, kind), 16);
        assert_eq!(offset_of!(Outcome, kind), 24);
        assert_eq!(offset_of!(Event, order_id), 32);
        assert_eq!(offset_of!(Event, price), 80);
        assert_eq!(offset_of!(Event, match_id), 144);
        assert_eq!(offset_of!(Event, display_quantity), 184);
    }

    #[test]
    fn client_order_ids_come_back() {
        let text = b"0f8fad5b-d9cb-469f-a165-70867728950e";
        let id = ClOrdId::new(text).expect("a UUID fits");
        assert_eq!(id.as_bytes(), text);
        let mut command = Command::zeroed();
        command.set_cl_ord_id(id);
        assert_eq!(command.cl_ord_id(), id);
        assert_eq!(ClOrdId::new(b""), None);
        assert_eq!(ClOrdId::new(&[b'x'; 37]), None);
        assert_eq!(ClOrdId::new(b"a\0b"), None);
    }

    #[test]
    fn legs_and_scheduled_sessions_come_back() {
        let leg = Leg { contingency: Contingency::Bracket, legs: 3, place: 2 };
        assert_eq!(Leg::read(leg.link()), Some(leg));
        for link in [0, leg.link() | 1 << 24, leg.link() | 3 << 16, 1 | 3 << 8, 3 | 2 << 8] {
            assert_eq!(Leg::read(link), None, "{link:#x}");
        }
        let opens =
            ScheduledSession { second: 34_200, session: SessionState::Continuous, weekdays: 0x1f };
        assert_eq!(ScheduledSession::read(opens.word()), Some(opens));
        for word in [0, 86_400 | 1 << 48, 9 << 32 | 1 << 48, 1 << 55] {
            assert_eq!(ScheduledSession::read(word), None, "{word:#x}");
        }
    }

    #[test]
    fn wide_numbers_come_back() {
        for value in [0, 1, -1, i128::MAX, i128::MIN, 10_i128.pow(24), -(1 << 64)] {
            let (low, high) = words(value);
            assert_eq!(wide(low, high), value);
        }
    }

    #[test]
    fn notional_is_money() {
        let mut instrument = Instrument::zeroed();
        instrument.price_scale = 2;
        // 223.18 × 100 = 22,318 currency units.
        assert_eq!(instrument.notional(22_318, 100), 22_318 * 10_i128.pow(12));
        instrument.price_scale = 0;
        assert_eq!(instrument.notional(MAX_PRICE, MAX_QUANTITY), 10_i128.pow(36));
    }
}
