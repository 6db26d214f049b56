//! What matching and risk are measured with: flows, a plain book as the baseline, the machine.

pub mod machine;
pub mod plain;
pub mod player;
pub mod risk;
pub mod storms;
