//! The messages of the logs as bytes: Cap'n Proto in one strict form.
//!
//! A frame is an eight-byte segment table and one segment: the root pointer, the message's data and
//! pointer sections in full, then its lists in field order with nothing between or behind them. An
//! empty list is a null pointer, and null pointers after the fifth are left out at the end, so that
//! messages of a time when there were five lists are as they were. Of the many ways in which Cap'n
//! Proto could put a message this is one, so equal messages are equal bytes, and reading is a walk
//! with no choices: a list is where it must be, and is used where it lies.
//!
//! Nothing a frame holds can make the reader panic, read outside it, or allocate.

mod walk;
mod write;

use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, Event, FeeSchedule, Instrument, InstrumentRules,
    Limits, MarketStatus, OrderTerms, Outcome, Verdict, MAX_COMMANDS, MAX_EVENTS, MAX_STATUSES,
};
use engine::{Batch, FillsView};
use xxhash_rust::xxh3::xxh3_128;

use crate::layout;

pub use crate::frame_error::{FrameError, Problem};
use walk::Walk;

/// The version of the schemas that this build reads and writes.
pub const SCHEMA_VERSION: u16 = 1;
/// The version of the rules that this build knows.
pub const SEMANTICS_VERSION: u16 = 4;
/// The largest frame, which is also the largest payload of the message bus.
pub const MAX_BYTES: usize = 8 << 20;
/// Bytes before the segment: the count of segments less one, and the words of the only one.
pub const TABLE_BYTES: usize = 8;

const WORD: usize = 8;
/// Low two bits of a pointer to a list.
const LIST: u64 = 1;
/// Size code of a list whose elements are structs, with a tag word before them.
const COMPOSITE: u64 = 7;

/// Which log a message belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// What was asked.
    #[default]
    Orders,
    /// What was allowed.
    Risked,
    /// What happened.
    Fills,
}

impl Log {
    /// Words of the data section, which tell the messages of the logs apart.
    const fn data_words(self) -> usize {
        match self {
            Self::Orders => layout::orders::DATA_WORDS,
            Self::Risked => layout::risked::DATA_WORDS,
            Self::Fills => layout::fills::DATA_WORDS,
        }
    }

    /// Pointers to all of its lists.
    const fn pointers(self) -> usize {
        match self {
            Self::Orders => layout::orders::POINTERS,
            Self::Risked => layout::risked::POINTERS,
            Self::Fills => layout::fills::POINTERS,
        }
    }

    /// Lower-case name, as in stream and metric names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Risked => "risked",
            Self::Fills => "fills",
        }
    }
}

/// Pointers that every message has, to its lists in their order.
const LEAST_POINTERS: usize = 5;
/// Pointers that a message has at most.
const MOST_POINTERS: usize = 8;
const _: () = {
    assert!(layout::orders::POINTERS == MOST_POINTERS);
    assert!(layout::risked::POINTERS == MOST_POINTERS);
    assert!(layout::fills::POINTERS == MOST_POINTERS - 2);
    assert!(layout::orders::DATA_WORDS != layout::risked::DATA_WORDS);
    assert!(layout::orders::DATA_WORDS != layout::fills::DATA_WORDS);
    assert!(layout::risked::DATA_WORDS != layout::fills::DATA_WORDS);
};

/// The numbers at the head of a message; those that its log doesn't have are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The log.
    pub log: Log,
    /// Shard, 0 to 255.
    pub shard: u32,
    /// RISKED and FILLS: place in the log, from 1.
    pub sequence: u64,
    /// RISKED and FILLS: journal time, nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// The process that wrote the ORDERS batch.
    pub origin: u64,
    /// The batch's number among that origin's, from 1.
    pub batch: u64,
    /// ORDERS: the last FILLS sequence that the origin had seen. RISKED: the last that risk
    /// applied.
    pub fills_seen: u64,
    /// RISKED and FILLS: digest of the message of the log before that caused this one.
    pub input_digest: u128,
    /// RISKED and FILLS: running hash of the writer's state after this message.
    pub state_hash: u64,
    /// What became of the batch; applied in ORDERS.
    pub status: BatchStatus,
}

impl Header {
    /// A header of which only the log is known.
    #[must_use]
    pub const fn new(log: Log) -> Self {
        Self {
            log,
            shard: 0,
            sequence: 0,
            time_ns: 0,
            origin: 0,
            batch: 0,
            fills_seen: 0,
            input_digest: 0,
            state_hash: 0,
            status: BatchStatus::Applied,
        }
    }
}

/// A message of any of the logs, in place; lists that its log doesn't have are empty.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The numbers at its head.
    pub header: Header,
    /// ORDERS and RISKED.
    pub commands: &'a [Command],
    /// ORDERS.
    pub orig_cl_ord_ids: &'a [ClOrdId],
    /// RISKED.
    pub verdicts: &'a [Verdict],
    /// FILLS.
    pub outcomes: &'a [Outcome],
    /// FILLS.
    pub events: &'a [Event],
    /// All logs.
    pub instruments: &'a [Instrument],
    /// All logs.
    pub accounts: &'a [Account],
    /// All logs.
    pub limits: &'a [Limits],
    /// ORDERS and RISKED.
    pub terms: &'a [OrderTerms],
    /// ORDERS and RISKED.
    pub rules: &'a [InstrumentRules],
    /// ORDERS and RISKED.
    pub fees: &'a [FeeSchedule],
    /// FILLS.
    pub statuses: &'a [MarketStatus],
}

impl<'a> Frame<'a> {
    /// A message without lists.
    #[must_use]
    pub const fn new(header: Header) -> Self {
        Self {
            header,
            commands: &[],
            orig_cl_ord_ids: &[],
            verdicts: &[],
            outcomes: &[],
            events: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
            statuses: &[],
        }
    }

    /// The message as input of a stage. An ORDERS message doesn't know its place and when it was
    /// stored: the caller overwrites `sequence` and `time_ns`.
    #[must_use]
    pub const fn batch(&self) -> Batch<'a> {
        Batch {
            sequence: self.header.sequence,
            time_ns: self.header.time_ns,
            origin: self.header.origin,
            batch: self.header.batch,
            fills_seen: self.header.fills_seen,
            status: self.header.status,
            commands: self.commands,
            verdicts: self.verdicts,
            orig_cl_ord_ids: self.orig_cl_ord_ids,
            instruments: self.instruments,
            accounts: self.accounts,
            limits: self.limits,
            terms: self.terms,
            rules: self.rules,
            fees: self.fees,
        }
    }

    /// The message as readers of FILLS take it.
    #[must_use]
    pub const fn fills(&self) -> FillsView<'a> {
        FillsView {
            sequence: self.header.sequence,
            time_ns: self.header.time_ns,
            origin: self.header.origin,
            batch: self.header.batch,
            status: self.header.status,
            outcomes: self.outcomes,
            events: self.events,
            instruments: self.instruments,
            accounts: self.accounts,
            limits: self.limits,
            statuses: self.statuses,
        }
    }

    /// Reads a frame in place.
    ///
    /// # Errors
    ///
    /// If it is not a frame in the strict form, of a version that this build knows, with counts in
    /// their bounds and indices inside their lists.
    pub fn read(frame: &'a [u8]) -> Result<Self, FrameError> {
        let mut walk = Walk::open(frame)?;
        let mut read = Self::new(walk.header()?);
        match read.header.log {
            Log::Orders => {
                read.commands = walk.list(layout::orders::COMMANDS, MAX_COMMANDS)?;
                read.orig_cl_ord_ids = walk.list(layout::orders::ORIG_CL_ORD_IDS, MAX_COMMANDS)?;
            }
            Log::Risked => {
                read.commands = walk.list(layout::risked::COMMANDS, MAX_COMMANDS)?;
                read.verdicts = walk.list(layout::risked::VERDICTS, MAX_COMMANDS)?;
            }
            Log::Fills => {
                read.outcomes = walk.list(layout::fills::OUTCOMES, MAX_COMMANDS)?;
                read.events = walk.list(layout::fills::EVENTS, MAX_EVENTS)?;
            }
        }
        // Three lists are the same in all logs.
        read.instruments = walk.list(layout::orders::INSTRUMENTS, MAX_COMMANDS)?;
        read.accounts = walk.list(layout::orders::ACCOUNTS, MAX_COMMANDS)?;
        read.limits = walk.list(layout::orders::LIMITS, MAX_COMMANDS)?;
        if read.header.log == Log::Fills {
            read.statuses = walk.list(layout::fills::STATUSES, MAX_STATUSES)?;
        } else {
            read.terms = walk.list(layout::orders::TERMS, MAX_COMMANDS)?;
            read.rules = walk.list(layout::orders::RULES, MAX_COMMANDS)?;
            read.fees = walk.list(layout::orders::FEES, MAX_COMMANDS)?;
        }
        walk.end()?;
        read.check()?;
        Ok(read)
    }

    /// Reads a frame of one log.
    ///
    /// # Errors
    ///
    /// As [`Frame::read`], and if it belongs to another log.
    pub fn read_as(frame: &'a [u8], log: Log) -> Result<Self, FrameError> {
        let read = Self::read(frame)?;
        if read.header.log == log {
            Ok(read)
        } else {
            let found = read.header.log;
            Err(FrameError::new(TABLE_BYTES, Problem::OtherLog { wanted: log, found }))
        }
    }
}

/// The digest of a frame, by which the next log refers to it: XXH3-128 of the segment.
#[must_use]
pub fn digest(frame: &[u8]) -> u128 {
    xxh3_128(frame.get(TABLE_BYTES..).unwrap_or_default())
}

/// The frame at a word boundary: as it is, or copied into `copy` when it lies elsewhere.
#[must_use]
pub fn aligned<'a>(frame: &'a [u8], copy: &'a mut Vec<u64>) -> &'a [u8] {
    if (frame.as_ptr() as usize).is_multiple_of(WORD) {
        return frame;
    }
    copy.clear();
    copy.resize(frame.len().div_ceil(WORD), 0);
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(copy);
    bytes[..frame.len()].copy_from_slice(frame);
    &bytes[..frame.len()]
}
