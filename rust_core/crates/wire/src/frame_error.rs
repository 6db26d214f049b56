//! What can be wrong with a frame, in words that say where and what to do.

use core::fmt;

use engine::pod::BatchStatus;

use crate::frame::{Log, MAX_BYTES, SCHEMA_VERSION, SEMANTICS_VERSION};

/// A frame that is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// Byte of the frame at which it was seen.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl FrameError {
    pub(crate) const fn new(offset: usize, problem: Problem) -> Self {
        Self { offset, problem }
    }
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Longer than the bound.
    TooLong(usize),
    /// Not a whole number of words, or empty.
    Ragged(usize),
    /// Not at a word boundary in memory: the caller's mistake.
    Misaligned,
    /// More segments than one.
    Segments(u64),
    /// The table gives another size than the frame has.
    SegmentSize {
        /// Words by the table.
        declared: usize,
        /// Words that follow it.
        found: usize,
    },
    /// The root is not a message of one of the logs.
    Root,
    /// Another version of the schemas.
    SchemaVersion(u16),
    /// Another version of the rules.
    SemanticsVersion(u16),
    /// A reserved field is in use.
    Reserved,
    /// No such batch status.
    Status(u16),
    /// A message of another log.
    OtherLog {
        /// The log it should belong to.
        wanted: Log,
        /// The log it belongs to.
        found: Log,
    },
    /// Not a pointer to a list of structs.
    Pointer(u64),
    /// A list elsewhere than behind the one before.
    Place {
        /// Word of the segment that the pointer names.
        target: i64,
        /// Word at which the list must begin.
        wanted: usize,
    },
    /// A list that ends outside the segment.
    Outside {
        /// Its size by the pointer.
        words: usize,
    },
    /// A list whose tag doesn't fit its type or its pointer.
    Tag(u64),
    /// A list beyond its bound.
    TooMany {
        /// Its elements.
        count: usize,
        /// The bound.
        max: usize,
    },
    /// Words behind the last list.
    Rest {
        /// How many.
        words: usize,
    },
    /// A shard beyond the bound.
    Shard(u32),
    /// A sequence out of its bounds.
    Sequence(u64),
    /// Commands where there must be none, or the other way round.
    Commands {
        /// The batch's status.
        status: BatchStatus,
        /// Its commands.
        count: usize,
    },
    /// A list whose length doesn't go with the number of commands.
    Count {
        /// The list.
        list: &'static str,
        /// Its elements.
        count: usize,
    },
    /// An instrument that can't have taken effect.
    Instrument {
        /// Its place in the list.
        index: usize,
    },
    /// An element that refers to something outside its list.
    Index {
        /// The list it stands in.
        list: &'static str,
        /// Its place there.
        index: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "bad frame at byte {}: {}", self.offset, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong(bytes) => write!(out, "{bytes} bytes; at most {MAX_BYTES}"),
            Self::Ragged(bytes) => write!(out, "{bytes} bytes are not one or more whole words"),
            Self::Misaligned => write!(out, "not at a word boundary"),
            Self::Segments(count) => write!(out, "{count} segments; must be one"),
            Self::SegmentSize { declared, found } => {
                write!(out, "the table says {declared} words and {found} are there")
            }
            Self::Root => write!(out, "the root is not a message of ORDERS, RISKED or FILLS"),
            Self::SchemaVersion(version) => write!(
                out,
                "schema version {version}, this build knows {SCHEMA_VERSION}: use the build that \
                 wrote it, or a newer one"
            ),
            Self::SemanticsVersion(version) => write!(
                out,
                "semantics version {version}, this build knows {SEMANTICS_VERSION}: use the build \
                 that wrote it, or a newer one"
            ),
            Self::Reserved => write!(out, "a reserved field is not zero"),
            Self::Status(number) => write!(out, "no batch status has the number {number}"),
            Self::OtherLog { wanted, found } => {
                write!(
                    out,
                    "a message of {} where one of {} was wanted",
                    found.name(),
                    wanted.name()
                )
            }
            Self::Pointer(word) => write!(out, "{word:#018x} doesn't point to a list of structs"),
            Self::Place { target, wanted } => {
                write!(out, "points to word {target}; the list must begin at word {wanted}")
            }
            Self::Outside { words } => write!(out, "a list of {words} words ends outside"),
            Self::Tag(word) => write!(out, "tag {word:#018x} doesn't fit the list"),
            Self::TooMany { count, max } => write!(out, "{count} elements; at most {max}"),
            Self::Rest { words } => write!(out, "{words} words behind the last list"),
            Self::Shard(shard) => write!(out, "no shard {shard}"),
            Self::Sequence(sequence) => write!(out, "no sequence {sequence}"),
            Self::Commands { status, count } => write!(out, "{count} commands, batch {status:?}"),
            Self::Count { list, count } => {
                write!(out, "{count} {list} don't go with the number of commands")
            }
            Self::Instrument { index } => write!(out, "instrument {index} is out of its bounds"),
            Self::Index { list, index } => {
                write!(out, "element {index} of {list} refers to something that isn't there")
            }
        }
    }
}

impl std::error::Error for FrameError {}
