//! The messages of the logs as bytes: Cap'n Proto in one strict form.
//!
//! A frame is an eight-byte segment table and one segment: the root pointer, the message's data and
//! pointer sections in full, then its lists in field order with nothing between or behind them. An
//! empty list is a null pointer. Of the many ways in which Cap'n Proto could put a message this is
//! one, so equal messages are equal bytes, and reading is a walk with no choices: a list is where it
//! must be, and is used where it lies.
//!
//! Nothing a frame holds can make the reader panic, read outside it, or allocate.

use bytemuck::{bytes_of, cast_slice, Pod};
use engine::ids::{MAX_SEQUENCE, MAX_SHARD};
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event, Instrument, Limits, Outcome,
    Verdict, MAX_COMMANDS, MAX_EVENTS, TIMER,
};
use engine::{Batch, FillsView};
use xxhash_rust::xxh3::xxh3_128;

use crate::layout;

pub use crate::frame_error::{FrameError, Problem};

/// The version of the schemas that this build reads and writes.
pub const SCHEMA_VERSION: u16 = 1;
/// The version of the rules that this build knows.
pub const SEMANTICS_VERSION: u16 = 1;
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

/// Every message has five lists, all behind each other in the pointer section.
const POINTERS: usize = 5;
const _: () = {
    assert!(layout::orders::POINTERS == POINTERS);
    assert!(layout::risked::POINTERS == POINTERS);
    assert!(layout::fills::POINTERS == POINTERS);
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
    /// ORDERS: the last FILLS sequence that the origin had seen. RISKED: the last that risk applied.
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
            terms: &[],
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
        // The last three lists are the same in all logs.
        read.instruments = walk.list(layout::orders::INSTRUMENTS, MAX_COMMANDS)?;
        read.accounts = walk.list(layout::orders::ACCOUNTS, MAX_COMMANDS)?;
        read.limits = walk.list(layout::orders::LIMITS, MAX_COMMANDS)?;
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

    /// Appends the frame to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let data_words = self.header.log.data_words();
        let root = data_words + POINTERS;
        let mut pointers = [0_u64; POINTERS];
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

        out.reserve(TABLE_BYTES + next * WORD);
        out.extend_from_slice(bytes_of(&((next as u64) << 32)));
        out.extend_from_slice(bytes_of(&((data_words as u64) << 32 | (POINTERS as u64) << 48)));
        self.write_header(out);
        out.extend_from_slice(cast_slice(&pointers));
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

    /// What a walk over pointers doesn't see: counts that must agree, and indices.
    fn check(&self) -> Result<(), FrameError> {
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
            _ => return orig <= origs,
        };
        orig <= origs && payload < payloads
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

/// A walk through a frame, list by list.
struct Walk<'a> {
    segment: &'a [u64],
    log: Log,
    /// Word at which the next list has to begin.
    next: usize,
}

impl<'a> Walk<'a> {
    fn open(frame: &'a [u8]) -> Result<Self, FrameError> {
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
        Ok(Self { segment, log: Log::Orders, next: 0 })
    }

    /// Reads the root pointer and the data section.
    fn header(&mut self) -> Result<Header, FrameError> {
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
        let (Some(log), POINTERS) = (log, pointers) else {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        };
        self.log = log;
        self.next = 1 + data_words + POINTERS;
        let Some(data) = self.segment.get(1..self.next) else {
            return Err(FrameError::new(TABLE_BYTES, Problem::Root));
        };
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
    fn list<T: Pod>(&mut self, place: usize, max: usize) -> Result<&'a [T], FrameError> {
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
    fn end(&self) -> Result<(), FrameError> {
        let rest = self.segment.len() - self.next;
        if rest == 0 {
            Ok(())
        } else {
            Err(FrameError::new(TABLE_BYTES + self.next * WORD, Problem::Rest { words: rest }))
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
