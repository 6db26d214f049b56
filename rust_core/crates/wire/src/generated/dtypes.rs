//! Layout of records for numpy, as `numpy.dtype` takes it.
//!
//! Generated from schemas/ by protos/generate.py. DO NOT EDIT.

/// A field: its name, format and byte offset.
pub type Field = (&'static str, &'static str, usize);

/// Fields of `Command`.
pub const COMMAND: &[Field] = &[
    ("kind", "<u2", 0),
    ("side", "<u2", 2),
    ("ord_type", "<u2", 4),
    ("time_in_force", "<u2", 6),
    ("flags", "<u2", 8),
    ("self_trade_prevention", "<u2", 10),
    ("orig_cl_ord_id_index", "<u2", 12),
    ("payload_index", "<u2", 14),
    ("account", "<u4", 16),
    ("instrument", "<u4", 20),
    ("cl_ord_id", "S36", 24),
    ("session", "<u4", 60),
    ("price", "<i8", 64),
    ("quantity", "<i8", 72),
    ("stop_price", "<i8", 80),
    ("display_quantity", "<i8", 88),
    ("min_quantity", "<i8", 96),
    ("order_id", "<u8", 104),
    ("expire_time", "<i8", 112),
    ("self_trade_group", "<u4", 120),
    ("link", "<u4", 124),
];

/// Fields of `OrderTerms`.
pub const ORDER_TERMS: &[Field] = &[
    ("activation_price", "<i8", 0),
    ("trailing_offset", "<i8", 8),
    ("min_visible_quantity", "<i8", 16),
    ("flags", "<u8", 24),
    ("peg_offset", "<i8", 32),
    ("tag", "<u8", 40),
];

/// Fields of `Event`.
pub const EVENT: &[Field] = &[
    ("exec_type", "<u2", 0),
    ("side", "<u2", 2),
    ("ord_type", "<u2", 4),
    ("time_in_force", "<u2", 6),
    ("ord_status", "<u2", 8),
    ("liquidity", "<u2", 10),
    ("reason", "<u2", 12),
    ("flags", "<u2", 14),
    ("account", "<u4", 16),
    ("instrument", "<u4", 20),
    ("command_index", "<u4", 24),
    ("order_sequence", "<u4", 28),
    ("order_id", "<u8", 32),
    ("cl_ord_id", "S36", 40),
    ("session", "<u4", 76),
    ("price", "<i8", 80),
    ("quantity", "<i8", 88),
    ("last_price", "<i8", 96),
    ("last_quantity", "<i8", 104),
    ("cum_quantity", "<i8", 112),
    ("leaves_quantity", "<i8", 120),
    ("cum_notional_low", "<u8", 128),
    ("cum_notional_high", "<i8", 136),
    ("match_id", "<u8", 144),
    ("book_price_before", "<i8", 152),
    ("book_quantity_before", "<i8", 160),
    ("book_quantity_after", "<i8", 168),
    ("stop_price", "<i8", 176),
    ("display_quantity", "<i8", 184),
];
