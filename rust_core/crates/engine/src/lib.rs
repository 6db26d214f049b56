//! CIFT's state machines, as functions: the same state and batch give the same events, always.
//!
//! Nothing here does I/O, reads a clock, starts a thread, draws a random number or counts in
//! floats; `no_std` keeps most of that out by construction, clippy the rest. Time, ids and limits
//! arrive in the batch, what happened leaves in a buffer that the caller owns.
//!
//! A batch is made of the fixed-size records in [`pod`], laid out as in `schemas/`, so that a
//! message is read in place and written in place.

#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod batch;
pub mod book;
pub mod brief;
pub mod enums;
mod events;
mod fee_schedule;
pub mod hash;
pub mod ids;
mod ladder;
mod limits;
pub mod market_data;
pub mod matching;
pub mod order_view;
pub mod orders;
pub mod pod;
mod prices;
pub mod reject;
pub mod risk;
pub mod rules;
mod runs;
pub mod table;
pub mod ticks;

pub use batch::{Batch, BatchError, Fills, FillsView, Risked};
pub use book::{Book, Level};
pub use market_data::MarketData;
pub use matching::MatchingEngine;
pub use order_view::OrderView;
pub use orders::Order;
pub use risk::RiskEngine;
