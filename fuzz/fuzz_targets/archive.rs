//! `cargo fuzz run -s none archive`, or `scripts/fuzz 60 archive`: whatever an archive holds, it is walked
//! through within its limits.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::archive::check(bytes));
