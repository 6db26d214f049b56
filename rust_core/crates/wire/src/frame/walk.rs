//! Reading: a walk from the table to the last list, and what it doesn't see.

use bytemuck::{cast_slice, Pod};
use engine::ids::{MAX_SEQUENCE, MAX_SHARD};
use engine::pod::{BatchStatus, Command, CommandKind, FLAG_TERMS, MAX_COMMANDS, TIMER};

use super::{
    Frame, FrameError, Header, Log, Problem, COMPOSITE, LEAST_POINTERS, LIST, MAX_BYTES,
    SCHEMA_VERSION, SEMANTICS_VERSION, TABLE_BYTES, WORD,
};
use crate::layout;

/// A walk through a frame, list by list.
pub(super) struct Walk<'a> {
    segment: &'a [u64],
    log: Log,
    /// How many pointers the message has.
    pointers: usize,
    /// Word at which the next list has to begin.
    next: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn open(frame: &'a [u8]) -> Result<Self, FrameError> {
        if frame.len() > MAX_BYTES {
            return Err(FrameError::new(0, Problem::TooLong(frame.len())));
        }
        let words: &[u64] = bytemuck::try_cast_slice(frame).map_err(|_| {
            let ragged = !frame.len().is_multiple_of(WORD);
            let problem = if ragged { Problem::Ragged(frame.len()) } else { Problem::Misaligned };
            FrameError::new(0, problem)
        })?;
        let [table, segment @ ..] = words else {
            return Err(FrameError::new(0, Problem::Ragged(0)));
        };
        if *table as u32 != 0 {
            return Err(FrameError::new(0, Problem::Segments(u64::from(*table as u32) + 1)));
        }
        let declared = (*table >> 32) as usize;
        if declared != segment.len() {
            let problem = Problem::SegmentSize { declared, found: segment.len() };
            return Err(FrameError::new(4, problem));
        }
        Ok(Self { segment, log: Log::Orders, pointers: 0, next: 0 })
    }

    /// Reads the root pointer and the data section.
    pub(super) fn header(&mut self) -> Result<Header, FrameError> {
        let [root, first, ..] = *self.segment else {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        };
        // Version words come first: in a message of another version nothing else need be as here.
        let is_root = root as u32 == 0 && root >> 32 & 0xffff != 0;
        if !is_root {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        }
        let (schema, semantics) = (first as u16, (first >> 16) as u16);
        if schema != SCHEMA_VERSION {
            return Err(FrameError::new(2 * WORD, Problem::SchemaVersion(schema)));
        }
        if semantics != SEMANTICS_VERSION {
            return Err(FrameError::new(2 * WORD + 2, Problem::SemanticsVersion(semantics)));
        }
        let data_words = (root >> 32 & 0xffff) as usize;
        let pointers = (root >> 48) as usize;
        let logs = [Log::Orders, Log::Risked, Log::Fills];
        let log = logs.into_iter().find(|log| log.data_words() == data_words);
        let fits = |log: &Log| (LEAST_POINTERS..=log.pointers()).contains(&pointers);
        let Some(log) = log.filter(fits) else {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        };
        self.log = log;
        self.pointers = pointers;
        self.next = 1 + data_words + pointers;
        let Some(data) = self.segment.get(1..self.next) else {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        };
        if pointers > LEAST_POINTERS && data[data_words + pointers - 1] == 0 {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        }
        self.data_section(&data[..data_words])
    }

    fn data_section(&self, data: &[u64]) -> Result<Header, FrameError> {
        let bytes: &[u8] = cast_slice(data);
        let word = |offset: usize| data[offset / WORD];
        let mut header = Header::new(self.log);
        header.shard = (data[0] >> 32) as u32;
        let (status, reserved) = match self.log {
            Log::Orders => {
                header.origin = word(layout::orders::ORIGIN);
                header.batch = word(layout::orders::BATCH);
                header.fills_seen = word(layout::orders::FILLS_SEEN);
                return Ok(header);
            }
            Log::Risked => {
                header.sequence = word(layout::risked::SEQUENCE);
                header.time_ns = word(layout::risked::TIME_NS) as i64;
                header.origin = word(layout::risked::ORIGIN);
                header.batch = word(layout::risked::BATCH);
                header.fills_seen = word(layout::risked::FILLS_APPLIED);
                header.input_digest = u128::from(word(layout::risked::INPUT_DIGEST_HIGH)) << 64
                    | u128::from(word(layout::risked::INPUT_DIGEST_LOW));
                header.state_hash = word(layout::risked::STATE_HASH);
                (layout::risked::STATUS, layout::risked::RESERVED)
            }
            Log::Fills => {
                header.sequence = word(layout::fills::SEQUENCE);
                header.time_ns = word(layout::fills::TIME_NS) as i64;
                header.origin = word(layout::fills::ORIGIN);
                header.batch = word(layout::fills::BATCH);
                header.input_digest = u128::from(word(layout::fills::INPUT_DIGEST_HIGH)) << 64
                    | u128::from(word(layout::fills::INPUT_DIGEST_LOW));
                header.state_hash = word(layout::fills::STATE_HASH);
                (layout::fills::STATUS, layout::fills::RESERVED)
            }
        };
        let raw = u16::from_le_bytes([bytes[status], bytes[status + 1]]);
        let offset = 2 * WORD + status;
        header.status = BatchStatus::try_from(raw)
            .map_err(|unknown| FrameError::new(offset, Problem::Status(unknown.0)))?;
        // The rest of the word of the status is reserved.
        if bytes[reserved..status + WORD].iter().any(|&byte| byte != 0) {
            return Err(FrameError::new(2 * WORD + reserved, Problem::Reserved));
        }
        Ok(header)
    }

    /// Reads the list at a place of the pointer section.
    pub(super) fn list<T: Pod>(&mut self, place: usize, max: usize) -> Result<&'a [T], FrameError> {
        if place >= self.pointers {
            return Ok(&[]);
        }
        let at = 1 + self.log.data_words() + place;
        let fail = |word: usize, problem| Err(FrameError::new(TABLE_BYTES + word * WORD, problem));
        let pointer = self.segment[at];
        if pointer == 0 {
            return Ok(&[]);
        }
        // A null pointer is the only way to say that there is nothing.
        if pointer & 3 != LIST || pointer >> 32 & 7 != COMPOSITE {
            return fail(at, Problem::Pointer(pointer));
        }
        let target = at as i64 + 1 + i64::from(pointer as i32 >> 2);
        if target != self.next as i64 {
            return fail(at, Problem::Place { target, wanted: self.next });
        }
        let words = (pointer >> 35) as usize;
        let start = self.next + 1;
        let (Some(tag), Some(content)) =
            (self.segment.get(self.next), self.segment.get(start..start + words))
        else {
            return fail(at, Problem::Outside { words });
        };
        let count = (*tag as u32 >> 2) as usize;
        let element = size_of::<T>() / WORD;
        if tag & 3 != 0 || tag >> 32 != element as u64 || count == 0 || count * element != words {
            return fail(self.next, Problem::Tag(*tag));
        }
        if count > max {
            return fail(self.next, Problem::TooMany { count, max });
        }
        self.next = start + words;
        Ok(cast_slice(content))
    }

    /// Makes sure that the last list ended the segment.
    pub(super) fn end(&self) -> Result<(), FrameError> {
        let rest = self.segment.len() - self.next;
        if rest == 0 {
            Ok(())
        } else {
            Err(FrameError::new(TABLE_BYTES + self.next * WORD, Problem::Rest { words: rest }))
        }
    }
}

impl Frame<'_> {
    /// What a walk over pointers doesn't see: counts that must agree, and indices.
    pub(super) fn check(&self) -> Result<(), FrameError> {
        let header = &self.header;
        let fail = |problem| Err(FrameError::new(TABLE_BYTES, problem));
        if header.shard > MAX_SHARD {
            return fail(Problem::Shard(header.shard));
        }
        if header.log != Log::Orders && !(1..=MAX_SEQUENCE).contains(&header.sequence) {
            return fail(Problem::Sequence(header.sequence));
        }
        let commands = match header.log {
            Log::Fills => self.outcomes.len(),
            Log::Orders | Log::Risked => self.commands.len(),
        };
        if (commands > 0) != (header.status == BatchStatus::Applied) {
            return fail(Problem::Commands { status: header.status, count: commands });
        }
        if header.log == Log::Risked && self.verdicts.len() != commands {
            return fail(Problem::Count { list: "verdicts", count: self.verdicts.len() });
        }
        for (list, count) in [
            ("origClOrdIds", self.orig_cl_ord_ids.len()),
            ("instruments", self.instruments.len()),
            ("accounts", self.accounts.len()),
            ("limits", self.limits.len()),
            ("terms", self.terms.len()),
            ("rules", self.rules.len()),
            ("fees", self.fees.len()),
        ] {
            if count > commands {
                return fail(Problem::Count { list, count });
            }
        }
        // Readers index tables by the ids of instruments that took effect.
        if header.log == Log::Fills {
            let bad = self.instruments.iter().position(|instrument| !instrument.is_valid());
            if let Some(index) = bad {
                return fail(Problem::Instrument { index });
            }
        }
        for (index, command) in self.commands.iter().enumerate() {
            if !self.indices_inside(command) {
                return fail(Problem::Index { list: "commands", index });
            }
        }
        for (index, outcome) in self.outcomes.iter().enumerate() {
            let end = u64::from(outcome.first_event) + u64::from(outcome.event_count);
            if end > self.events.len() as u64 {
                return fail(Problem::Index { list: "outcomes", index });
            }
        }
        for (index, event) in self.events.iter().enumerate() {
            if event.command_index != TIMER && event.command_index as usize >= commands {
                return fail(Problem::Index { list: "events", index });
            }
        }
        Ok(())
    }

    /// Whether what a command points to is there.
    fn indices_inside(&self, command: &Command) -> bool {
        let orig = command.orig_cl_ord_id_index as usize;
        let payload = command.payload_index as usize;
        // RISKED names targets in its verdicts, and leaves the list of their client order ids out.
        let origs = match self.header.log {
            Log::Risked => MAX_COMMANDS,
            Log::Orders | Log::Fills => self.orig_cl_ord_ids.len(),
        };
        let payloads = match CommandKind::try_from(command.kind) {
            Ok(CommandKind::SetInstrument) => self.instruments.len(),
            Ok(CommandKind::SetAccount) => self.accounts.len(),
            Ok(CommandKind::SetLimits) => self.limits.len(),
            Ok(CommandKind::SetRules) => self.rules.len(),
            Ok(CommandKind::SetFees) => self.fees.len(),
            _ if command.flags & FLAG_TERMS != 0 => self.terms.len(),
            _ => return orig <= origs,
        };
        orig <= origs && payload < payloads
    }
}
