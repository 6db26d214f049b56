//! Batches from the first command to the outcome.

use std::collections::{BTreeMap, VecDeque};

use engine::pod::{ClOrdId, Command, OrderTerms, FLAG_TERMS, MAX_COMMANDS};

use crate::request::Parsed;

/// What a batch is about, for its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// Nothing yet.
    #[default]
    Empty,
    /// One instrument alone.
    Instrument(u32),
    /// More than one, or not known.
    Venue,
}

/// A batch that is being formed.
#[derive(Debug, Default)]
pub struct OpenBatch {
    pub commands: Vec<Command>,
    pub origs: Vec<ClOrdId>,
    /// Each once among commands that stand behind each other.
    pub terms: Vec<OrderTerms>,
    pub tickets: Vec<u64>,
    pub token: Token,
}

impl OpenBatch {
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Adds a command. `instrument` says what it is about, and is asked only while that matters.
    pub fn push(
        &mut self,
        parsed: &Parsed,
        instrument: impl FnOnce(&Command, &ClOrdId) -> Option<u32>,
    ) {
        let Parsed { mut command, orig_cl_ord_id: orig, .. } = *parsed;
        if self.token != Token::Venue {
            let about = instrument(&command, &orig).map_or(Token::Venue, Token::Instrument);
            if self.token == Token::Empty {
                self.token = about;
            } else if self.token != about {
                self.token = Token::Venue;
            }
        }
        if !orig.is_absent() {
            self.origs.push(orig);
            command.orig_cl_ord_id_index = self.origs.len() as u16;
        }
        if command.flags & FLAG_TERMS != 0 {
            if self.terms.last() != Some(&parsed.terms) {
                self.terms.push(parsed.terms);
            }
            command.payload_index = (self.terms.len() - 1) as u16;
        }
        self.commands.push(command);
    }
}

/// A batch that has its number and its bytes.
#[derive(Debug)]
pub struct FrozenBatch {
    pub commands: Vec<Command>,
    pub tickets: Vec<u64>,
}

/// All batches whose outcome isn't known, the oldest first.
#[derive(Debug, Default)]
pub struct Batches {
    open: VecDeque<OpenBatch>,
    open_commands: usize,
    frozen: BTreeMap<u64, FrozenBatch>,
    frozen_commands: usize,
    /// The number given last.
    last_number: u64,
}

impl Batches {
    pub fn open_commands(&self) -> usize {
        self.open_commands
    }

    pub fn commands(&self) -> usize {
        self.open_commands + self.frozen_commands
    }

    /// The open batch to which so many commands can be added; a ticket never spans two.
    pub fn room_for(&mut self, count: usize) -> &mut OpenBatch {
        let full = self.open.back().is_none_or(|batch| batch.len() + count > MAX_COMMANDS);
        if full {
            self.open.push_back(OpenBatch::default());
        }
        self.open.back_mut().expect("one was added")
    }

    pub fn count_open(&mut self, count: usize) {
        self.open_commands += count;
    }

    pub fn take_open(&mut self) -> Option<OpenBatch> {
        let batch = self.open.pop_front()?;
        self.open_commands -= batch.len();
        Some(batch)
    }

    pub fn next_number(&self) -> u64 {
        self.last_number + 1
    }

    pub fn freeze(&mut self, batch: OpenBatch) -> u64 {
        self.last_number += 1;
        self.frozen_commands += batch.len();
        let OpenBatch { commands, tickets, .. } = batch;
        self.frozen.insert(self.last_number, FrozenBatch { commands, tickets });
        self.last_number
    }

    pub fn frozen(&self, number: u64) -> Option<&FrozenBatch> {
        self.frozen.get(&number)
    }

    /// Takes out a batch whose outcome is known.
    pub fn resolve(&mut self, number: u64) -> Option<FrozenBatch> {
        let batch = self.frozen.remove(&number)?;
        self.frozen_commands -= batch.commands.len();
        Some(batch)
    }

    /// Takes out the batch frozen last, so that its number is given again.
    pub fn take_back(&mut self, number: u64) -> Option<FrozenBatch> {
        if number != self.last_number {
            return None;
        }
        let batch = self.resolve(number)?;
        self.last_number -= 1;
        Some(batch)
    }

    /// Every command whose outcome isn't known, oldest first.
    pub fn on_their_way(&self) -> impl Iterator<Item = &Command> {
        let frozen = self.frozen.values().flat_map(|batch| &batch.commands);
        frozen.chain(self.open.iter().flat_map(|batch| &batch.commands))
    }
}
