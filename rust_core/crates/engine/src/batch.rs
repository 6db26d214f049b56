//! What goes into a state machine and what comes out of it.

use alloc::vec::Vec;
use core::fmt;

use crate::pod::{
    Account, BatchStatus, ClOrdId, Command, Event, FeeSchedule, Instrument, InstrumentRules,
    Limits, MarketStatus, OrderTerms, Outcome, Verdict, MAX_COMMANDS, MAX_EVENTS, MAX_STATUSES,
};

/// A message of ORDERS or RISKED, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Its place in the log, from 1.
    pub sequence: u64,
    /// RISKED: journal time T(n), which never falls. ORDERS: when the journal stored it.
    /// Nanoseconds.
    pub time_ns: i64,
    /// The process that wrote it.
    pub origin: u64,
    /// Its number among that origin's, from 1.
    pub batch: u64,
    /// ORDERS: the last FILLS sequence that the origin had seen. RISKED: the last that risk
    /// applied.
    pub fills_seen: u64,
    /// What became of it; commands are empty unless applied.
    pub status: BatchStatus,
    /// What is asked, at most [`MAX_COMMANDS`].
    pub commands: &'a [Command],
    /// What risk said, one for each command; empty in ORDERS.
    pub verdicts: &'a [Verdict],
    /// Targets of cancels and replaces that name a client order id; empty in RISKED.
    pub orig_cl_ord_ids: &'a [ClOrdId],
    /// Payloads of commands that set instruments.
    pub instruments: &'a [Instrument],
    /// Payloads of commands that set accounts.
    pub accounts: &'a [Account],
    /// Payloads of commands that set limits.
    pub limits: &'a [Limits],
    /// Terms of new orders that have more than fits a command.
    pub terms: &'a [OrderTerms],
    /// Payloads of commands that set rules.
    pub rules: &'a [InstrumentRules],
    /// Payloads of commands that set fees.
    pub fees: &'a [FeeSchedule],
}

/// The content of a RISKED message; its commands and payloads are those of the ORDERS message.
#[derive(Clone, Debug)]
pub struct Risked {
    /// As in [`Batch`].
    pub sequence: u64,
    /// Journal time T(n), nanoseconds.
    pub time_ns: i64,
    /// As in [`Batch`].
    pub origin: u64,
    /// As in [`Batch`].
    pub batch: u64,
    /// The FILLS sequence up to which risk had applied fills before this batch.
    pub fills_applied: u64,
    /// What became of the batch; verdicts are empty unless applied.
    pub status: BatchStatus,
    /// One for each command.
    pub verdicts: Vec<Verdict>,
}

/// The content of a FILLS message. The caller keeps one and has it refilled.
#[derive(Clone, Debug)]
pub struct Fills {
    /// As in [`Batch`].
    pub sequence: u64,
    /// Journal time T(n), nanoseconds.
    pub time_ns: i64,
    /// As in [`Batch`].
    pub origin: u64,
    /// As in [`Batch`].
    pub batch: u64,
    /// As in [`Batch`].
    pub status: BatchStatus,
    /// One for each command; empty unless the batch was applied.
    pub outcomes: Vec<Outcome>,
    /// What happened, at most [`MAX_EVENTS`].
    pub events: Vec<Event>,
    /// Instruments that took effect, in the order of their commands.
    pub instruments: Vec<Instrument>,
    /// Accounts that took effect.
    pub accounts: Vec<Account>,
    /// Limits that took effect.
    pub limits: Vec<Limits>,
    /// What instruments are at, where that changed; the last of an instrument counts.
    pub statuses: Vec<MarketStatus>,
}

/// A FILLS message, read in place.
#[derive(Clone, Copy, Debug)]
pub struct FillsView<'a> {
    /// As in [`Fills`], like the rest.
    pub sequence: u64,
    /// Journal time T(n), nanoseconds.
    pub time_ns: i64,
    /// The process that wrote the batch.
    pub origin: u64,
    /// The batch's number among that origin's.
    pub batch: u64,
    /// What became of the batch.
    pub status: BatchStatus,
    /// One for each command.
    pub outcomes: &'a [Outcome],
    /// What happened.
    pub events: &'a [Event],
    /// Instruments that took effect.
    pub instruments: &'a [Instrument],
    /// Accounts that took effect.
    pub accounts: &'a [Account],
    /// Limits that took effect.
    pub limits: &'a [Limits],
    /// What instruments are at, where that changed; the last of an instrument counts.
    pub statuses: &'a [MarketStatus],
}

impl Default for Risked {
    fn default() -> Self {
        Self {
            sequence: 0,
            time_ns: 0,
            origin: 0,
            batch: 0,
            fills_applied: 0,
            status: BatchStatus::Applied,
            verdicts: Vec::with_capacity(MAX_COMMANDS),
        }
    }
}

impl Default for Fills {
    /// An empty buffer with room for the largest message, so that filling it never allocates.
    fn default() -> Self {
        Self {
            sequence: 0,
            time_ns: 0,
            origin: 0,
            batch: 0,
            status: BatchStatus::Applied,
            outcomes: Vec::with_capacity(MAX_COMMANDS),
            events: Vec::with_capacity(MAX_EVENTS),
            instruments: Vec::new(),
            accounts: Vec::new(),
            limits: Vec::new(),
            statuses: Vec::with_capacity(MAX_STATUSES),
        }
    }
}

impl Fills {
    /// Empties the buffer for what a batch causes.
    pub(crate) fn begin(&mut self, batch: &Batch<'_>) {
        self.sequence = batch.sequence;
        self.time_ns = batch.time_ns;
        self.origin = batch.origin;
        self.batch = batch.batch;
        self.status = batch.status;
        self.outcomes.clear();
        self.events.clear();
        self.instruments.clear();
        self.accounts.clear();
        self.limits.clear();
        self.statuses.clear();
    }

    /// Reads the content in place.
    #[must_use]
    pub fn view(&self) -> FillsView<'_> {
        FillsView {
            sequence: self.sequence,
            time_ns: self.time_ns,
            origin: self.origin,
            batch: self.batch,
            status: self.status,
            outcomes: &self.outcomes,
            events: &self.events,
            instruments: &self.instruments,
            accounts: &self.accounts,
            limits: &self.limits,
            statuses: &self.statuses,
        }
    }
}

/// Why a batch can't be applied. The state is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// It is not the message after the last one.
    Sequence {
        /// What should have come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// Journal time is below that of the last message, or negative.
    Time {
        /// That of the last message, nanoseconds.
        last: i64,
        /// This one's.
        found: i64,
    },
    /// More commands than a batch may have.
    Commands(usize),
    /// Not one verdict for each command.
    Verdicts {
        /// Commands in the batch.
        commands: usize,
        /// Verdicts in the batch.
        verdicts: usize,
    },
    /// Commands in a batch that has no effect.
    Status(BatchStatus),
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Sequence { expected, found } => {
                write!(f, "batch {found} came where {expected} was due")
            }
            Self::Time { last, found } => {
                write!(f, "journal time {found} ns came after {last} ns")
            }
            Self::Commands(count) => write!(f, "{count} commands, {MAX_COMMANDS} at most"),
            Self::Verdicts { commands, verdicts } => {
                write!(f, "{verdicts} verdicts for {commands} commands")
            }
            Self::Status(status) => write!(f, "commands in a batch with status {status:?}"),
        }
    }
}

impl core::error::Error for BatchError {}
