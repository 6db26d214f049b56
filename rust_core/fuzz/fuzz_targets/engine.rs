//! Commands of every kind from any bytes: the engine says what the plain reference says, keeps what
//! must always hold, and a second engine comes to the same state.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = sim::fuzz::check(bytes) {
        panic!("{error}");
    }
});
