//! `cargo fuzz run -s none snapshot`, or `scripts/fuzz 60 snapshot`: whatever a snapshot file holds, it is refused or judged.

#![no_main]

#[path = "../snapshot.rs"]
mod snapshot;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| snapshot::check(bytes));
