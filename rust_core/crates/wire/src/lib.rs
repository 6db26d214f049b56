//! The only crate that knows Cap'n Proto and protobuf.

#[path = "generated/layout.rs"]
pub mod layout;

#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    rustdoc::all,
    reason = "prost writes these; the protos' comments are in them"
)]
#[path = "generated/mod.rs"]
mod generated;

pub use generated::cift as proto;
