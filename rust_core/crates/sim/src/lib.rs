//! The judge of the engine: a plain reference that tells the same story, workloads that a seed
//! names, checks of what must always hold, scenarios in text, and real order flow.

pub mod conserve;
pub mod differential;
pub mod flow;
pub mod fuzz;
pub mod invariants;
pub mod mix;
pub mod reference;
pub mod reference_risk;
pub mod risk_loop;
pub mod rng;
pub mod scenario;
pub mod script;
pub mod shrink;
pub mod text;
pub mod workload;
