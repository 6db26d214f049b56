//! Messages as a test means them: orders named by labels, so that a script can lose lines and still
//! say what it said.

use std::collections::HashMap;

use bytemuck::Zeroable;
use engine::ids::place;
use engine::pod::{
    Account, BatchStatus, Command, CommandKind, Instrument, InstrumentRules, OrderTerms, Verdict,
    VerdictKind,
};
use engine::reject::Reject;
use engine::Batch;

/// What risk is to have said of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may go to the book.
    Accept,
    /// The same, and if it names no price it trades at none worse than this.
    Within(i64),
    /// It may not, for the reason with this number.
    Refuse(u16),
    /// It was judged before.
    Repeat,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The name of the order that it makes.
    pub label: Option<u32>,
    /// The order that it is about. None: what the command's `order_id` says.
    pub target: Option<u32>,
    /// The request.
    pub command: Command,
    /// What risk says.
    pub judgement: Judgement,
}

impl Step {
    /// An accepted command of this kind, all else absent.
    #[must_use]
    pub fn new(kind: CommandKind) -> Self {
        let command = Command { kind: kind.number(), ..Command::zeroed() };
        Self { label: None, target: None, command, judgement: Judgement::Accept }
    }
}

/// One message of RISKED.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Journal time, nanoseconds.
    pub time_ns: i64,
    /// What became of the batch; without steps unless applied.
    pub status: BatchStatus,
    /// So many messages of FILLS before this one risk hadn't read yet.
    pub lag: u64,
    /// The commands.
    pub steps: Vec<Step>,
    /// Payloads of commands that set instruments.
    pub instruments: Vec<Instrument>,
    /// Payloads of commands that set accounts.
    pub accounts: Vec<Account>,
    /// Payloads of commands that set rules.
    pub rules: Vec<InstrumentRules>,
    /// Terms of new orders.
    pub terms: Vec<OrderTerms>,
}

impl Message {
    /// An applied message with these steps.
    #[must_use]
    pub fn new(time_ns: i64, steps: Vec<Step>) -> Self {
        Self {
            time_ns,
            status: BatchStatus::Applied,
            lag: 0,
            steps,
            instruments: Vec::new(),
            accounts: Vec::new(),
            rules: Vec::new(),
            terms: Vec::new(),
        }
    }
}

/// A script from an empty shard on.
pub type Script = Vec<Message>;

/// Turns messages into batches: numbers them, and gives labels the ids that follow.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    sequence: u64,
    fills_seen: u64,
    ids: HashMap<u32, u64>,
    commands: Vec<Command>,
    verdicts: Vec<Verdict>,
}

impl Assembler {
    /// The batch that a message is, in shard 0.
    pub fn assemble<'a>(&'a mut self, message: &'a Message) -> Batch<'a> {
        self.sequence += 1;
        self.fills_seen = self.fills_seen.max((self.sequence - 1).saturating_sub(message.lag));
        self.commands.clear();
        self.verdicts.clear();
        for (index, step) in message.steps.iter().enumerate() {
            let own = place(0, self.sequence, index as u32);
            let target = match step.target {
                Some(label) => self.ids.get(&label).copied().unwrap_or(0),
                None => step.command.order_id,
            };
            if let Some(label) = step.label {
                self.ids.insert(label, own);
            }
            let mut command = step.command;
            if command.kind == CommandKind::BustTrade.number() && step.target.is_some() {
                // The order whose trade is undone; a mass cancel's `order_id` is a tag.
                command.order_id = target;
            }
            self.commands.push(command);
            self.verdicts.push(verdict(step, own, target));
        }
        Batch {
            sequence: self.sequence,
            time_ns: message.time_ns,
            origin: 2,
            batch: self.sequence,
            fills_seen: self.fills_seen,
            status: message.status,
            commands: &self.commands,
            verdicts: &self.verdicts,
            orig_cl_ord_ids: &[],
            instruments: &message.instruments,
            accounts: &message.accounts,
            limits: &[],
            terms: &message.terms,
            rules: &message.rules,
            fees: &[],
        }
    }

    /// The id of a labelled order.
    #[must_use]
    pub fn id(&self, label: u32) -> Option<u64> {
        self.ids.get(&label).copied()
    }
}

fn verdict(step: &Step, own: u64, target: u64) -> Verdict {
    let new = step.command.kind == CommandKind::NewOrder.number();
    let change = step.command.kind == CommandKind::CancelOrder.number()
        || step.command.kind == CommandKind::ReplaceOrder.number();
    let order_id = match new {
        true => own,
        false if change => target,
        false => 0,
    };
    let accepted = Verdict { order_id, ..Verdict::zeroed() };
    match step.judgement {
        Judgement::Accept => accepted,
        Judgement::Within(worst) => Verdict { first_place: worst as u64, ..accepted },
        Judgement::Refuse(reason) => {
            let known = Reject::from_number(reason).unwrap_or(Reject::Other);
            let cancel_reason = if change { known.cancel_reject().number() } else { 0 };
            Verdict { kind: VerdictKind::Refused.number(), reason, cancel_reason, ..accepted }
        }
        Judgement::Repeat => Verdict {
            order_id: target,
            first_place: target,
            kind: VerdictKind::Repeat.number(),
            ..accepted
        },
    }
}
