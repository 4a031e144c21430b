//! `cargo fuzz run -s none rules`, or `scripts/fuzz 60 rules`: whatever a rule file holds, it is refused or
//! loaded.

#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::rules::check(bytes));
