//! Layout of the Cap'n Proto structs.
//!
//! Generated from schemas/ by protos/generate.py. DO NOT EDIT.

/// `OrdersMessage`: byte offsets in its data section, places in its pointer section.
pub mod orders {
    /// Words of the data section.
    pub const DATA_WORDS: usize = 4;
    /// Pointers, one to each list.
    pub const POINTERS: usize = 8;
    /// Byte offset, u16.
    pub const SCHEMA_VERSION: usize = 0;
    /// Byte offset, u16.
    pub const SEMANTICS_VERSION: usize = 2;
    /// Byte offset, u32.
    pub const SHARD: usize = 4;
    /// Byte offset, u64.
    pub const ORIGIN: usize = 8;
    /// Byte offset, u64.
    pub const BATCH: usize = 16;
    /// Byte offset, u64.
    pub const FILLS_SEEN: usize = 24;
    /// Place among the pointers.
    pub const COMMANDS: usize = 0;
    /// Place among the pointers.
    pub const ORIG_CL_ORD_IDS: usize = 1;
    /// Place among the pointers.
    pub const INSTRUMENTS: usize = 2;
    /// Place among the pointers.
    pub const ACCOUNTS: usize = 3;
    /// Place among the pointers.
    pub const LIMITS: usize = 4;
    /// Place among the pointers.
    pub const TERMS: usize = 5;
    /// Place among the pointers.
    pub const RULES: usize = 6;
    /// Place among the pointers.
    pub const FEES: usize = 7;
}

/// `RiskedMessage`: byte offsets in its data section, places in its pointer section.
pub mod risked {
    /// Words of the data section.
    pub const DATA_WORDS: usize = 10;
    /// Pointers, one to each list.
    pub const POINTERS: usize = 8;
    /// Byte offset, u16.
    pub const SCHEMA_VERSION: usize = 0;
    /// Byte offset, u16.
    pub const SEMANTICS_VERSION: usize = 2;
    /// Byte offset, u32.
    pub const SHARD: usize = 4;
    /// Byte offset, u64.
    pub const SEQUENCE: usize = 8;
    /// Byte offset, i64.
    pub const TIME_NS: usize = 16;
    /// Byte offset, u64.
    pub const ORIGIN: usize = 24;
    /// Byte offset, u64.
    pub const BATCH: usize = 32;
    /// Byte offset, u64.
    pub const FILLS_APPLIED: usize = 40;
    /// Byte offset, u64.
    pub const INPUT_DIGEST_LOW: usize = 48;
    /// Byte offset, u64.
    pub const INPUT_DIGEST_HIGH: usize = 56;
    /// Byte offset, u64.
    pub const STATE_HASH: usize = 64;
    /// Byte offset, u16.
    pub const STATUS: usize = 72;
    /// Byte offset, u16.
    pub const RESERVED: usize = 74;
    /// Byte offset, u32.
    pub const RESERVED1: usize = 76;
    /// Place among the pointers.
    pub const COMMANDS: usize = 0;
    /// Place among the pointers.
    pub const VERDICTS: usize = 1;
    /// Place among the pointers.
    pub const INSTRUMENTS: usize = 2;
    /// Place among the pointers.
    pub const ACCOUNTS: usize = 3;
    /// Place among the pointers.
    pub const LIMITS: usize = 4;
    /// Place among the pointers.
    pub const TERMS: usize = 5;
    /// Place among the pointers.
    pub const RULES: usize = 6;
    /// Place among the pointers.
    pub const FEES: usize = 7;
}

/// `FillsMessage`: byte offsets in its data section, places in its pointer section.
pub mod fills {
    /// Words of the data section.
    pub const DATA_WORDS: usize = 9;
    /// Pointers, one to each list.
    pub const POINTERS: usize = 6;
    /// Byte offset, u16.
    pub const SCHEMA_VERSION: usize = 0;
    /// Byte offset, u16.
    pub const SEMANTICS_VERSION: usize = 2;
    /// Byte offset, u32.
    pub const SHARD: usize = 4;
    /// Byte offset, u64.
    pub const SEQUENCE: usize = 8;
    /// Byte offset, i64.
    pub const TIME_NS: usize = 16;
    /// Byte offset, u64.
    pub const ORIGIN: usize = 24;
    /// Byte offset, u64.
    pub const BATCH: usize = 32;
    /// Byte offset, u64.
    pub const INPUT_DIGEST_LOW: usize = 40;
    /// Byte offset, u64.
    pub const INPUT_DIGEST_HIGH: usize = 48;
    /// Byte offset, u64.
    pub const STATE_HASH: usize = 56;
    /// Byte offset, u16.
    pub const STATUS: usize = 64;
    /// Byte offset, u16.
    pub const RESERVED: usize = 66;
    /// Byte offset, u32.
    pub const RESERVED1: usize = 68;
    /// Place among the pointers.
    pub const OUTCOMES: usize = 0;
    /// Place among the pointers.
    pub const EVENTS: usize = 1;
    /// Place among the pointers.
    pub const INSTRUMENTS: usize = 2;
    /// Place among the pointers.
    pub const ACCOUNTS: usize = 3;
    /// Place among the pointers.
    pub const LIMITS: usize = 4;
    /// Place among the pointers.
    pub const STATUSES: usize = 5;
}

/// The compiler's comparison of the engine's records with the schemas.
const _: () = {
    use core::mem::{offset_of, size_of};
    use engine::pod::{
        Account, ClOrdId, Command, Event, FeeSchedule, Instrument, InstrumentRules, Limits,
        MarketStatus, OrderTerms, Outcome, Verdict,
    };
    assert!(size_of::<ClOrdId>() == 40);
    assert!(offset_of!(ClOrdId, words) == 0);
    assert!(size_of::<Command>() == 128);
    assert!(offset_of!(Command, kind) == 0);
    assert!(offset_of!(Command, side) == 2);
    assert!(offset_of!(Command, ord_type) == 4);
    assert!(offset_of!(Command, time_in_force) == 6);
    assert!(offset_of!(Command, flags) == 8);
    assert!(offset_of!(Command, self_trade_prevention) == 10);
    assert!(offset_of!(Command, orig_cl_ord_id_index) == 12);
    assert!(offset_of!(Command, payload_index) == 14);
    assert!(offset_of!(Command, account) == 16);
    assert!(offset_of!(Command, instrument) == 20);
    assert!(offset_of!(Command, cl_ord_id) == 24);
    assert!(offset_of!(Command, cl_ord_id4) == 56);
    assert!(offset_of!(Command, session) == 60);
    assert!(offset_of!(Command, price) == 64);
    assert!(offset_of!(Command, quantity) == 72);
    assert!(offset_of!(Command, stop_price) == 80);
    assert!(offset_of!(Command, display_quantity) == 88);
    assert!(offset_of!(Command, min_quantity) == 96);
    assert!(offset_of!(Command, order_id) == 104);
    assert!(offset_of!(Command, expire_time) == 112);
    assert!(offset_of!(Command, self_trade_group) == 120);
    assert!(offset_of!(Command, link) == 124);
    assert!(size_of::<Instrument>() == 128);
    assert!(offset_of!(Instrument, id) == 0);
    assert!(offset_of!(Instrument, price_scale) == 4);
    assert!(offset_of!(Instrument, quantity_scale) == 5);
    assert!(offset_of!(Instrument, flags) == 6);
    assert!(offset_of!(Instrument, symbol) == 8);
    assert!(offset_of!(Instrument, currency) == 40);
    assert!(offset_of!(Instrument, tick_size) == 48);
    assert!(offset_of!(Instrument, lot_size) == 56);
    assert!(offset_of!(Instrument, min_quantity) == 64);
    assert!(offset_of!(Instrument, max_quantity) == 72);
    assert!(offset_of!(Instrument, reference_price) == 80);
    assert!(offset_of!(Instrument, initial_margin_bps) == 88);
    assert!(offset_of!(Instrument, policies) == 92);
    assert!(offset_of!(Instrument, maintenance_margin_bps) == 96);
    assert!(offset_of!(Instrument, reserved) == 104);
    assert!(size_of::<Account>() == 64);
    assert!(offset_of!(Account, id) == 0);
    assert!(offset_of!(Account, firm) == 4);
    assert!(offset_of!(Account, flags) == 8);
    assert!(offset_of!(Account, name) == 16);
    assert!(offset_of!(Account, currency) == 48);
    assert!(offset_of!(Account, self_trade_group) == 56);
    assert!(size_of::<Limits>() == 128);
    assert!(offset_of!(Limits, account) == 0);
    assert!(offset_of!(Limits, instrument) == 4);
    assert!(offset_of!(Limits, checks) == 8);
    assert!(offset_of!(Limits, max_order_quantity) == 16);
    assert!(offset_of!(Limits, max_order_notional_low) == 24);
    assert!(offset_of!(Limits, max_order_notional_high) == 32);
    assert!(offset_of!(Limits, max_position) == 40);
    assert!(offset_of!(Limits, credit_low) == 48);
    assert!(offset_of!(Limits, credit_high) == 56);
    assert!(offset_of!(Limits, collar_bps) == 64);
    assert!(offset_of!(Limits, max_open_orders) == 68);
    assert!(offset_of!(Limits, flow) == 72);
    assert!(offset_of!(Limits, max_gross_position) == 80);
    assert!(offset_of!(Limits, max_short) == 88);
    assert!(offset_of!(Limits, max_gross_exposure_low) == 96);
    assert!(offset_of!(Limits, max_gross_exposure_high) == 104);
    assert!(offset_of!(Limits, max_daily_loss_low) == 112);
    assert!(offset_of!(Limits, max_daily_loss_high) == 120);
    assert!(size_of::<OrderTerms>() == 64);
    assert!(offset_of!(OrderTerms, activation_price) == 0);
    assert!(offset_of!(OrderTerms, trailing_offset) == 8);
    assert!(offset_of!(OrderTerms, min_visible_quantity) == 16);
    assert!(offset_of!(OrderTerms, flags) == 24);
    assert!(offset_of!(OrderTerms, peg_offset) == 32);
    assert!(offset_of!(OrderTerms, tag) == 40);
    assert!(offset_of!(OrderTerms, reserved) == 48);
    assert!(size_of::<InstrumentRules>() == 256);
    assert!(offset_of!(InstrumentRules, instrument) == 0);
    assert!(offset_of!(InstrumentRules, flags) == 4);
    assert!(offset_of!(InstrumentRules, static_band_bps) == 8);
    assert!(offset_of!(InstrumentRules, dynamic_band_bps) == 12);
    assert!(offset_of!(InstrumentRules, protection_bps) == 16);
    assert!(offset_of!(InstrumentRules, auction_seconds) == 20);
    assert!(offset_of!(InstrumentRules, tick_from) == 24);
    assert!(offset_of!(InstrumentRules, tick_size) == 88);
    assert!(offset_of!(InstrumentRules, schedule) == 152);
    assert!(offset_of!(InstrumentRules, reserved) == 224);
    assert!(size_of::<FeeSchedule>() == 160);
    assert!(offset_of!(FeeSchedule, account) == 0);
    assert!(offset_of!(FeeSchedule, instrument) == 4);
    assert!(offset_of!(FeeSchedule, flags) == 8);
    assert!(offset_of!(FeeSchedule, tier_from) == 16);
    assert!(offset_of!(FeeSchedule, tier_rates) == 80);
    assert!(offset_of!(FeeSchedule, reserved) == 144);
    assert!(size_of::<MarketStatus>() == 40);
    assert!(offset_of!(MarketStatus, instrument) == 0);
    assert!(offset_of!(MarketStatus, command_index) == 4);
    assert!(offset_of!(MarketStatus, session) == 8);
    assert!(offset_of!(MarketStatus, reserved) == 10);
    assert!(offset_of!(MarketStatus, reserved1) == 12);
    assert!(offset_of!(MarketStatus, price) == 16);
    assert!(offset_of!(MarketStatus, quantity) == 24);
    assert!(offset_of!(MarketStatus, imbalance) == 32);
    assert!(size_of::<Verdict>() == 24);
    assert!(offset_of!(Verdict, order_id) == 0);
    assert!(offset_of!(Verdict, first_place) == 8);
    assert!(offset_of!(Verdict, kind) == 16);
    assert!(offset_of!(Verdict, reason) == 18);
    assert!(offset_of!(Verdict, cancel_reason) == 20);
    assert!(offset_of!(Verdict, reserved) == 22);
    assert!(size_of::<Outcome>() == 32);
    assert!(offset_of!(Outcome, order_id) == 0);
    assert!(offset_of!(Outcome, first_place) == 8);
    assert!(offset_of!(Outcome, first_event) == 16);
    assert!(offset_of!(Outcome, event_count) == 20);
    assert!(offset_of!(Outcome, kind) == 24);
    assert!(offset_of!(Outcome, reason) == 26);
    assert!(offset_of!(Outcome, cancel_reason) == 28);
    assert!(offset_of!(Outcome, reserved) == 30);
    assert!(size_of::<Event>() == 192);
    assert!(offset_of!(Event, exec_type) == 0);
    assert!(offset_of!(Event, side) == 2);
    assert!(offset_of!(Event, ord_type) == 4);
    assert!(offset_of!(Event, time_in_force) == 6);
    assert!(offset_of!(Event, ord_status) == 8);
    assert!(offset_of!(Event, liquidity) == 10);
    assert!(offset_of!(Event, reason) == 12);
    assert!(offset_of!(Event, flags) == 14);
    assert!(offset_of!(Event, account) == 16);
    assert!(offset_of!(Event, instrument) == 20);
    assert!(offset_of!(Event, command_index) == 24);
    assert!(offset_of!(Event, order_sequence) == 28);
    assert!(offset_of!(Event, order_id) == 32);
    assert!(offset_of!(Event, cl_ord_id) == 40);
    assert!(offset_of!(Event, cl_ord_id4) == 72);
    assert!(offset_of!(Event, session) == 76);
    assert!(offset_of!(Event, price) == 80);
    assert!(offset_of!(Event, quantity) == 88);
    assert!(offset_of!(Event, last_price) == 96);
    assert!(offset_of!(Event, last_quantity) == 104);
    assert!(offset_of!(Event, cum_quantity) == 112);
    assert!(offset_of!(Event, leaves_quantity) == 120);
    assert!(offset_of!(Event, cum_notional_low) == 128);
    assert!(offset_of!(Event, cum_notional_high) == 136);
    assert!(offset_of!(Event, match_id) == 144);
    assert!(offset_of!(Event, book_price_before) == 152);
    assert!(offset_of!(Event, book_quantity_before) == 160);
    assert!(offset_of!(Event, book_quantity_after) == 168);
    assert!(offset_of!(Event, stop_price) == 176);
    assert!(offset_of!(Event, display_quantity) == 184);
};
