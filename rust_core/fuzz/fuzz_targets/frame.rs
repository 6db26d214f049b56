//! Any bytes are a frame that says exactly them, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::frame::{aligned, digest, Frame};
use wire::stage::{MatchingStage, Replayer};

fuzz_target!(|bytes: &[u8]| {
    let mut copy = Vec::new();
    let bytes = aligned(bytes, &mut copy);
    _ = digest(bytes);
    let Ok(frame) = Frame::read(bytes) else { return };
    let mut again = Vec::new();
    frame.write(&mut again);
    assert_eq!(again, bytes);
    // Whatever is in a well-formed message, the stages take it or say why not.
    let sequence = frame.header.sequence.max(1);
    let shard = frame.header.shard;
    let (mut risked, mut fills) = (Vec::new(), Vec::new());
    _ = Replayer::new(shard).apply(sequence, 1, bytes, &mut risked, &mut fills);
    _ = MatchingStage::new(shard).apply(sequence, bytes, &mut fills);
});
