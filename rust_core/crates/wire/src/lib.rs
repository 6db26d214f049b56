//! The only crate that knows Cap'n Proto and protobuf.

pub mod decimal;
#[path = "generated/dtypes.rs"]
pub mod dtypes;
pub mod feed;
pub mod frame;
mod frame_error;
pub mod gateway;
#[path = "generated/layout.rs"]
pub mod layout;

pub mod pb;
pub mod query;
pub mod reference;
pub mod request;
pub mod response;
pub mod stage;

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
