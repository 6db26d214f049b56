//! What stops the risk engine.

use core::fmt;

/// Why the risk engine stopped. Nothing a client sends does this: it means that a log is not what
/// its writer must have written, or that the engine is wrong, and the process must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    /// A message of ORDERS that isn't the next one.
    OrdersSequence {
        /// The next one.
        expected: u64,
        /// The one given.
        got: u64,
    },
    /// A message of FILLS that isn't the next one, or of a batch that risk hasn't judged.
    FillsSequence {
        /// The next one.
        expected: u64,
        /// The one given.
        got: u64,
    },
    /// A message of ORDERS came before or after the fills that belong before it.
    FillsApplied {
        /// The message of ORDERS.
        sequence: u64,
        /// p(n): the last FILLS sequence that belongs before it.
        wanted: u64,
        /// The last one applied.
        applied: u64,
    },
    /// A batch outside the bounds that its reader checks.
    BadBatch {
        /// The message of ORDERS.
        sequence: u64,
        /// What is out of bounds.
        what: &'static str,
    },
    /// FILLS says something that can't have happened to what risk accepted.
    Broken {
        /// The message of FILLS.
        sequence: u64,
        /// Index of the event; the number of events when it is about the message as a whole.
        event: u32,
        /// The order, 0 if none.
        order_id: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// It stopped before, at another error.
    Stopped,
}

impl fmt::Display for RiskError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OrdersSequence { expected, got } => {
                write!(to, "risk expects ORDERS {expected} and got {got}")
            }
            Self::FillsSequence { expected, got } => {
                write!(to, "risk expects FILLS {expected} and got {got}")
            }
            Self::FillsApplied { sequence, wanted, applied } => write!(
                to,
                "ORDERS {sequence} needs FILLS up to {wanted} applied before it, not {applied}"
            ),
            Self::BadBatch { sequence, what } => write!(to, "ORDERS {sequence}: {what}"),
            Self::Broken { sequence, event, order_id, what } => {
                write!(to, "FILLS {sequence}, event {event}, order {order_id}: {what}")
            }
            Self::Stopped => write!(to, "risk stopped at an earlier error"),
        }
    }
}

impl core::error::Error for RiskError {}
