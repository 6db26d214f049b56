//! What the matching engine is measured with: flows, a plain book as the baseline, the machine.

pub mod machine;
pub mod plain;
pub mod player;
pub mod storms;
