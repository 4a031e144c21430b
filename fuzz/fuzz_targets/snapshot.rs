//! `cargo fuzz run -s none snapshot`, or `scripts/fuzz 60 snapshot`: whatever a snapshot file holds, it is
//! refused or judged.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::snapshot::check(bytes));
