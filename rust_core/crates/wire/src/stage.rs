//! Risk and matching as functions from message to message.
//!
//! A stage is a state machine with its log's frames on both sides. It checks that what it is given
//! is the next message, of its shard, and caused by what it wrote itself; a message that isn't
//! leaves the state as it was.

use core::fmt;
use std::collections::VecDeque;

use engine::pod::{BatchStatus, CommandKind, Verdict, VerdictKind};
use engine::risk::RiskError;
use engine::BatchError;
use engine::{Fills, MatchingEngine, RiskEngine, Risked};

use crate::frame::{aligned, digest, Frame, FrameError, Header, Log};
use crate::reference::Reference;

/// Why a message can't be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not a frame of its log.
    Frame(FrameError),
    /// Another message was due.
    Sequence {
        /// The one that was due.
        expected: u64,
    },
    /// The message says that it stands elsewhere.
    Place {
        /// The sequence inside it.
        inside: u64,
    },
    /// It belongs to another shard.
    Shard {
        /// The shard inside it.
        inside: u32,
        /// The shard of the stage.
        wanted: u32,
    },
    /// It was caused by another message than the one that stands in the log before.
    InputDigest {
        /// The digest inside it.
        inside: u128,
        /// The digest of what this stage wrote.
        wanted: u128,
    },
    /// Risk does not take it.
    Risk(RiskError),
    /// Matching does not take it.
    Matching(BatchError),
}

/// A message that can't be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageError {
    /// Its log.
    pub log: Log,
    /// Its place there.
    pub sequence: u64,
    /// Why not.
    pub reason: Reason,
}

impl fmt::Display for StageError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}: ", self.log.name().to_uppercase(), self.sequence)?;
        match self.reason {
            Reason::Frame(error) => write!(out, "{error}"),
            Reason::Sequence { expected } => write!(out, "message {expected} was due"),
            Reason::Place { inside } => write!(out, "the message says that it is {inside}"),
            Reason::Shard { inside, wanted } => {
                write!(out, "a message of shard {inside} in the logs of shard {wanted}")
            }
            Reason::InputDigest { inside, wanted } => write!(
                out,
                "carries input digest {inside:032x}, but its input has {wanted:032x}: the logs \
                 don't belong together"
            ),
            Reason::Risk(error) => write!(out, "{error}"),
            Reason::Matching(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for StageError {}

/// Reads a message and checks that it stands where it says.
///
/// # Errors
///
/// If it is no frame of that log, place and shard.
pub fn read_at(log: Log, sequence: u64, shard: u32, bytes: &[u8]) -> Result<Frame<'_>, StageError> {
    let fail = |reason| Err(StageError { log, sequence, reason });
    let frame = match Frame::read_as(bytes, log) {
        Ok(frame) => frame,
        Err(error) => return fail(Reason::Frame(error)),
    };
    if frame.header.shard != shard {
        return fail(Reason::Shard { inside: frame.header.shard, wanted: shard });
    }
    // ORDERS messages are written before they have a place.
    if log != Log::Orders && frame.header.sequence != sequence {
        return fail(Reason::Place { inside: frame.header.sequence });
    }
    Ok(frame)
}

/// ORDERS and FILLS in, RISKED out.
#[derive(Debug)]
pub struct RiskStage {
    shard: u32,
    engine: RiskEngine,
    reference: Reference,
    risked: Risked,
    /// Digests of the RISKED messages whose FILLS haven't come, and of the last whose FILLS have.
    written: VecDeque<(u64, u128)>,
    copy: Vec<u64>,
}

impl RiskStage {
    /// The stage before the first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self {
            shard,
            engine: RiskEngine::new(shard),
            reference: Reference::default(),
            risked: Risked::default(),
            written: VecDeque::new(),
            copy: Vec::new(),
        }
    }

    /// Instruments and accounts by name.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The state machine, to be asked.
    #[must_use]
    pub fn engine(&self) -> &RiskEngine {
        &self.engine
    }

    /// The shard.
    #[must_use]
    pub fn shard(&self) -> u32 {
        self.shard
    }

    /// p(n) of an ORDERS message that is the next one.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub fn fills_wanted(&mut self, sequence: u64, orders: &[u8]) -> Result<u64, StageError> {
        let orders = aligned(orders, &mut self.copy);
        let frame = read_at(Log::Orders, sequence, self.shard, orders)?;
        Ok(self.engine.fills_wanted(sequence, frame.header.fills_seen))
    }

    /// Applies the next FILLS message.
    ///
    /// # Errors
    ///
    /// If it isn't that, or wasn't caused by the RISKED message that this stage wrote.
    pub fn apply_fills(&mut self, sequence: u64, fills: &[u8]) -> Result<(), StageError> {
        let log = Log::Fills;
        let fail = |reason| Err(StageError { log, sequence, reason });
        let expected = self.engine.fills_applied() + 1;
        if sequence != expected {
            return fail(Reason::Sequence { expected });
        }
        let frame = read_at(log, sequence, self.shard, aligned(fills, &mut self.copy))?;
        while self.written.front().is_some_and(|&(written, _)| written < sequence) {
            self.written.pop_front();
        }
        if let Some(&(written, wanted)) = self.written.front() {
            let inside = frame.header.input_digest;
            if written == sequence && inside != wanted {
                return fail(Reason::InputDigest { inside, wanted });
            }
        }
        match self.engine.apply_fills(&frame.fills()) {
            Ok(()) => Ok(()),
            Err(error) => fail(Reason::Risk(error)),
        }
    }

    /// Applies the next ORDERS message, stored at `timestamp_ns`, and appends its RISKED message.
    ///
    /// # Errors
    ///
    /// If it isn't the next one, or fills aren't applied up to exactly p(n).
    pub fn apply(
        &mut self,
        sequence: u64,
        timestamp_ns: i64,
        orders: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), StageError> {
        let log = Log::Orders;
        let orders = aligned(orders, &mut self.copy);
        let frame = read_at(log, sequence, self.shard, orders)?;
        let mut batch = frame.batch();
        batch.sequence = sequence;
        batch.time_ns = timestamp_ns;
        self.engine.apply(&batch, &mut self.risked).map_err(|error| StageError {
            log,
            sequence,
            reason: Reason::Risk(error),
        })?;
        if !(frame.instruments.is_empty() && frame.accounts.is_empty()) {
            learn(&mut self.reference, &frame, &self.risked.verdicts);
        }
        let mut header = Header::new(Log::Risked);
        header.shard = self.shard;
        header.sequence = sequence;
        header.time_ns = self.risked.time_ns;
        header.origin = self.risked.origin;
        header.batch = self.risked.batch;
        header.fills_seen = self.risked.fills_applied;
        header.input_digest = digest(orders);
        header.state_hash = self.engine.state_hash();
        header.status = self.risked.status;
        let mut risked = Frame::new(header);
        if header.status == BatchStatus::Applied {
            risked.commands = frame.commands;
            risked.verdicts = &self.risked.verdicts;
            risked.instruments = frame.instruments;
            risked.accounts = frame.accounts;
            risked.limits = frame.limits;
            risked.terms = frame.terms;
            risked.rules = frame.rules;
            risked.fees = frame.fees;
        }
        let start = out.len();
        risked.write(out);
        self.written.push_back((sequence, digest(&out[start..])));
        Ok(())
    }
}

/// Notes the names of what took effect in a batch.
fn learn(reference: &mut Reference, frame: &Frame<'_>, verdicts: &[Verdict]) {
    for (command, verdict) in frame.commands.iter().zip(verdicts) {
        let payload = command.payload_index as usize;
        if verdict.kind != VerdictKind::Accepted.number() {
            continue;
        }
        match CommandKind::try_from(command.kind) {
            Ok(CommandKind::SetInstrument) => {
                reference.set_instrument(&frame.instruments[payload]);
            }
            Ok(CommandKind::SetAccount) => reference.set_account(&frame.accounts[payload]),
            _ => {}
        }
    }
}

/// RISKED in, FILLS out.
#[derive(Debug)]
pub struct MatchingStage {
    shard: u32,
    engine: MatchingEngine,
    reference: Reference,
    fills: Fills,
    copy: Vec<u64>,
}

impl MatchingStage {
    /// The stage before the first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        let engine = MatchingEngine::new(shard);
        let reference = Reference::default();
        Self { shard, engine, reference, fills: Fills::default(), copy: Vec::new() }
    }

    /// Instruments and accounts by name.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The state machine, to be asked.
    #[must_use]
    pub fn engine(&self) -> &MatchingEngine {
        &self.engine
    }

    /// The shard.
    #[must_use]
    pub fn shard(&self) -> u32 {
        self.shard
    }

    /// Applies the next RISKED message and appends its FILLS message.
    ///
    /// # Errors
    ///
    /// If it isn't the next one.
    pub fn apply(
        &mut self,
        sequence: u64,
        risked: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), StageError> {
        let log = Log::Risked;
        let risked = aligned(risked, &mut self.copy);
        let frame = read_at(log, sequence, self.shard, risked)?;
        self.engine.apply(&frame.batch(), &mut self.fills).map_err(|error| StageError {
            log,
            sequence,
            reason: Reason::Matching(error),
        })?;
        self.reference.apply(&self.fills.view());
        let mut header = Header::new(Log::Fills);
        header.shard = self.shard;
        header.sequence = sequence;
        header.time_ns = self.fills.time_ns;
        header.origin = self.fills.origin;
        header.batch = self.fills.batch;
        header.input_digest = digest(risked);
        header.state_hash = self.engine.state_hash();
        header.status = self.fills.status;
        Frame {
            outcomes: &self.fills.outcomes,
            events: &self.fills.events,
            instruments: &self.fills.instruments,
            accounts: &self.fills.accounts,
            limits: &self.fills.limits,
            statuses: &self.fills.statuses,
            ..Frame::new(header)
        }
        .write(out);
        Ok(())
    }
}

/// Risk and matching in one: ORDERS in, RISKED and FILLS out, with nothing between to wait for.
#[derive(Debug)]
pub struct Replayer {
    risk: RiskStage,
    matching: MatchingStage,
    /// FILLS that risk may not see yet: from its `fills_applied` + 1 on.
    ahead: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
}

impl Replayer {
    /// Before the first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self {
            risk: RiskStage::new(shard),
            matching: MatchingStage::new(shard),
            ahead: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// The stage of risk, to be asked.
    #[must_use]
    pub fn risk(&self) -> &RiskStage {
        &self.risk
    }

    /// The stage of matching, to be asked.
    #[must_use]
    pub fn matching(&self) -> &MatchingStage {
        &self.matching
    }

    /// Applies the next ORDERS message, stored at `timestamp_ns`, and appends the messages that it
    /// causes.
    ///
    /// # Errors
    ///
    /// If it isn't the next one.
    pub fn apply(
        &mut self,
        sequence: u64,
        timestamp_ns: i64,
        orders: &[u8],
        risked: &mut Vec<u8>,
        fills: &mut Vec<u8>,
    ) -> Result<(), StageError> {
        let wanted = self.risk.fills_wanted(sequence, orders)?;
        while self.risk.engine().fills_applied() < wanted {
            let next = self.risk.engine().fills_applied() + 1;
            let Some(frame) = self.ahead.pop_front() else { break };
            self.risk.apply_fills(next, &frame)?;
            self.spare.push(frame);
        }
        let start = risked.len();
        self.risk.apply(sequence, timestamp_ns, orders, risked)?;
        let made = fills.len();
        self.matching.apply(sequence, &risked[start..], fills)?;
        let mut kept = self.spare.pop().unwrap_or_default();
        kept.clear();
        kept.extend_from_slice(&fills[made..]);
        self.ahead.push_back(kept);
        Ok(())
    }

    /// The two stages as they stand: risk has applied fills up to p(n) and goes on reading FILLS
    /// from there.
    #[must_use]
    pub fn into_stages(self) -> (RiskStage, MatchingStage) {
        (self.risk, self.matching)
    }
}
