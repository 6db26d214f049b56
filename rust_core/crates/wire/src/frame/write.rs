//! Writing: the same form, front to back.

use bytemuck::{bytes_of, cast_slice, Pod};
use engine::pod::{
    Account, ClOrdId, Command, Event, FeeSchedule, Instrument, InstrumentRules, Limits,
    MarketStatus, OrderTerms, Outcome, Verdict,
};

use super::{
    Frame, Log, COMPOSITE, LEAST_POINTERS, LIST, MOST_POINTERS, SCHEMA_VERSION, SEMANTICS_VERSION,
    TABLE_BYTES, WORD,
};
use crate::layout;

impl Frame<'_> {
    /// Appends the frame to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let data_words = self.header.log.data_words();
        // Which of the lists that came later is the last to hold something.
        let first_later = self.terms.len() + self.statuses.len();
        let later = match (self.fees.len(), self.rules.len(), first_later) {
            (0, 0, 0) => 0,
            (0, 0, _) => 1,
            (0, _, _) => 2,
            _ => 3,
        };
        let count = LEAST_POINTERS + later;
        let root = data_words + count;
        let mut pointers = [0_u64; MOST_POINTERS];
        let mut next = 1 + root;
        let mut place = 0;
        let mut point = |count: usize, size: usize| {
            if count > 0 {
                let words = count * size / WORD;
                let offset = next - (2 + data_words + place);
                pointers[place] =
                    LIST | (offset as u64) << 2 | COMPOSITE << 32 | (words as u64) << 35;
                next += 1 + words;
            }
            place += 1;
        };
        match self.header.log {
            Log::Orders => {
                point(self.commands.len(), size_of::<Command>());
                point(self.orig_cl_ord_ids.len(), size_of::<ClOrdId>());
            }
            Log::Risked => {
                point(self.commands.len(), size_of::<Command>());
                point(self.verdicts.len(), size_of::<Verdict>());
            }
            Log::Fills => {
                point(self.outcomes.len(), size_of::<Outcome>());
                point(self.events.len(), size_of::<Event>());
            }
        }
        point(self.instruments.len(), size_of::<Instrument>());
        point(self.accounts.len(), size_of::<Account>());
        point(self.limits.len(), size_of::<Limits>());
        if self.header.log == Log::Fills {
            point(self.statuses.len(), size_of::<MarketStatus>());
        } else {
            point(self.terms.len(), size_of::<OrderTerms>());
            point(self.rules.len(), size_of::<InstrumentRules>());
            point(self.fees.len(), size_of::<FeeSchedule>());
        }

        out.reserve(TABLE_BYTES + next * WORD);
        out.extend_from_slice(bytes_of(&((next as u64) << 32)));
        out.extend_from_slice(bytes_of(&((data_words as u64) << 32 | (count as u64) << 48)));
        self.write_header(out);
        out.extend_from_slice(cast_slice(&pointers[..count]));
        match self.header.log {
            Log::Orders => {
                write_list(out, self.commands);
                write_list(out, self.orig_cl_ord_ids);
            }
            Log::Risked => {
                write_list(out, self.commands);
                write_list(out, self.verdicts);
            }
            Log::Fills => {
                write_list(out, self.outcomes);
                write_list(out, self.events);
            }
        }
        write_list(out, self.instruments);
        write_list(out, self.accounts);
        write_list(out, self.limits);
        write_list(out, self.terms);
        write_list(out, self.rules);
        write_list(out, self.fees);
        write_list(out, self.statuses);
    }

    /// Appends the data section.
    fn write_header(&self, out: &mut Vec<u8>) {
        let header = &self.header;
        let start = out.len();
        out.resize(start + header.log.data_words() * WORD, 0);
        let data = &mut out[start..];
        let mut put = |offset: usize, bytes: &[u8]| {
            data[offset..offset + bytes.len()].copy_from_slice(bytes);
        };
        // The first three fields stand in the same place in all messages.
        put(layout::orders::SCHEMA_VERSION, &SCHEMA_VERSION.to_le_bytes());
        put(layout::orders::SEMANTICS_VERSION, &SEMANTICS_VERSION.to_le_bytes());
        put(layout::orders::SHARD, &header.shard.to_le_bytes());
        match header.log {
            Log::Orders => {
                put(layout::orders::ORIGIN, &header.origin.to_le_bytes());
                put(layout::orders::BATCH, &header.batch.to_le_bytes());
                put(layout::orders::FILLS_SEEN, &header.fills_seen.to_le_bytes());
            }
            Log::Risked => {
                put(layout::risked::SEQUENCE, &header.sequence.to_le_bytes());
                put(layout::risked::TIME_NS, &header.time_ns.to_le_bytes());
                put(layout::risked::ORIGIN, &header.origin.to_le_bytes());
                put(layout::risked::BATCH, &header.batch.to_le_bytes());
                put(layout::risked::FILLS_APPLIED, &header.fills_seen.to_le_bytes());
                put(layout::risked::INPUT_DIGEST_LOW, &header.input_digest.to_le_bytes());
                put(layout::risked::STATE_HASH, &header.state_hash.to_le_bytes());
                put(layout::risked::STATUS, &header.status.number().to_le_bytes());
            }
            Log::Fills => {
                put(layout::fills::SEQUENCE, &header.sequence.to_le_bytes());
                put(layout::fills::TIME_NS, &header.time_ns.to_le_bytes());
                put(layout::fills::ORIGIN, &header.origin.to_le_bytes());
                put(layout::fills::BATCH, &header.batch.to_le_bytes());
                put(layout::fills::INPUT_DIGEST_LOW, &header.input_digest.to_le_bytes());
                put(layout::fills::STATE_HASH, &header.state_hash.to_le_bytes());
                put(layout::fills::STATUS, &header.status.number().to_le_bytes());
            }
        }
    }
}

/// Appends a list: its tag and its elements, or nothing.
fn write_list<T: Pod>(out: &mut Vec<u8>, list: &[T]) {
    if !list.is_empty() {
        let words = size_of::<T>() / WORD;
        out.extend_from_slice(bytes_of(&((list.len() as u64) << 2 | (words as u64) << 32)));
        out.extend_from_slice(cast_slice(list));
    }
}
